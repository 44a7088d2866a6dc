"""The same bytes whatever kernels the environment asks for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import stages
from tests import project

# What the stages do with matrices, in NumPy, SciPy and torch: a hash of the results.
ARITHMETIC = """
import stages
import hashlib
import numpy as np, torch
from scipy import linalg

x = np.random.default_rng(0).standard_normal((400, 20))
gram, t = x.T @ x, torch.from_numpy(x).float()
results = [gram, *np.linalg.eigh(gram), *np.linalg.svd(x), np.linalg.cholesky(gram),
           linalg.solve(gram, gram + 1), (t.T @ t).numpy(), t.exp().sum(0).numpy(),
           torch.linalg.svdvals(t).numpy(), t.logsumexp(1).numpy(), t.tanh().var(0).numpy()]
print(hashlib.sha256(b"".join(np.ascontiguousarray(one).tobytes() for one in results)).hexdigest())
"""
ENVIRONMENTS = [
    {},
    {"OPENBLAS_CORETYPE": "Prescott"},
    {"OPENBLAS_CORETYPE": "Zen", "ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"},
]

pytestmark = pytest.mark.skipif(
    "OPENBLAS_CORETYPE" not in os.environ, reason="the kernels are pinned where there is AVX2"
)


def run(root: Path, *command: str, **variables: str) -> str:
    pinned = {name: value for name, value in os.environ.items() if name not in stages.KERNELS}
    path = f"{root}:{root / 'src'}"
    return subprocess.run(
        [sys.executable, *command],
        cwd=root,
        env={**pinned, "PYTHONPATH": path, **variables},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.mark.slow
def test_arithmetic_does_not_depend_on_the_environment() -> None:
    found = [run(project.ROOT, "-c", ARITHMETIC, **one) for one in ENVIRONMENTS]
    assert len(set(found)) == 1
    free = ARITHMETIC.replace("import stages", "")
    assert run(project.ROOT, "-c", free, **ENVIRONMENTS[1]) != found[0]  # or it shows nothing


@pytest.mark.parametrize(("asked", "threads"), [({}, 1), ({"OMP_NUM_THREADS": "2"}, 2)])
def test_a_stage_computes_on_one_thread_unless_told_otherwise(
    asked: dict[str, str], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS")
    code = "import stages, torch; print(torch.get_num_threads())"
    assert run(project.ROOT, "-c", code, **asked) == f"{threads}\n"


@pytest.mark.soak
def test_a_training_does_not_depend_on_the_environment(tmp_path: Path) -> None:
    """The noisy TV's whitens its inputs, and takes second moments apart, by LAPACK."""
    root = project.copy(tmp_path / "jepatlas")
    found = []
    for variables in (*ENVIRONMENTS, {"OMP_NUM_THREADS": "2"}):
        for stage in (["data"], ["oracle"], ["train", "vae"], ["evaluate", "vae"]):
            run(root, "-m", f"stages.noisy_tv.{stage[0]}", *stage[1:], **variables)
        files = [*root.glob("data/noisy_tv/**/*"), *root.glob("metrics/**/*.json")]
        found.append({file: file.read_bytes() for file in files if file.is_file()})
    assert all(one == found[0] for one in found)
    assert any(file.suffix == ".safetensors" for file in found[0])
