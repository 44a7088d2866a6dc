"""The same bytes whatever kernels the environment asks for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import stages
from tests import project

# What the stages do with each library: hashes of the results. The inputs of torch's are NumPy's, so
# that what one library changes does not show in the results of another.
ARITHMETIC = """
import stages
import hashlib, json
import numpy as np, torch
from scipy import linalg
from torch.nn import functional

rng = np.random.default_rng(0)
x, y, images = (rng.standard_normal(shape) for shape in ((400, 20), (128, 500), (16, 8, 14, 14)))
whole = np.rint(x)  # its products are exact, so that all libraries are given the same
gram = whole.T @ whole
t, s, pixels, h = (torch.from_numpy(one).float() for one in (x, y, images, gram))
weight = t[:16 * 18].reshape(16, 8, -1)[..., :9].reshape(16, 8, 3, 3)
drawn = torch.randn(1001, generator=torch.Generator().manual_seed(0))
results = {
    "OpenBLAS": [x.T @ x, y @ y.T, *np.linalg.eigh(gram), *np.linalg.svd(gram),
                 np.linalg.cholesky(gram), linalg.solve(gram, gram + 1), linalg.expm(gram / 1e4)],
    "MKL": [t.T @ t, s @ s.T, torch.linalg.svdvals(h), torch.linalg.cholesky(h),
            torch.linalg.solve(h, h + 1), *torch.linalg.eigh(h)],
    "ATen": [t.exp().sum(0), t.logsumexp(1), t.tanh().var(0), t.softmax(1), drawn,
             functional.silu(t), functional.layer_norm(t, (20,)), t.lerp(t.flip(0), 0.01)],
    "oneDNN": [functional.conv2d(pixels, weight, padding=1), functional.gelu(t)],
    "NumPy": [np.tanh(x), np.exp(x.astype(np.float32)), np.sin(x.astype(np.float32))],
}
for name, found in results.items():
    found = b"".join(np.ascontiguousarray(one).tobytes() for one in found)
    results[name] = hashlib.sha256(found).hexdigest()
print(json.dumps(results))
"""
# What an environment may ask of them. Where it is not overruled, the first changes bytes of each,
# and the last ends in an illegal instruction on a processor without AVX-512.
ENVIRONMENTS = [
    {
        "OPENBLAS_CORETYPE": "Prescott",
        "MKL_CBWR": "COMPATIBLE",
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    },
    {
        "OPENBLAS_CORETYPE": "Sandybridge",
        "MKL_CBWR": "SSE4_2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3",
    },
    {
        "OPENBLAS_CORETYPE": "SkylakeX",
        "MKL_CBWR": "AVX512",
        "ATEN_CPU_CAPABILITY": "avx512",
        "ONEDNN_MAX_CPU_ISA": "AVX512_CORE",
        "NPY_DISABLE_CPU_FEATURES": "",
    },
]

# The stages of every track that compute, with all of a small project's methods.
WORLDS = """
import stages
import importlib, itertools
from jepatlas.common.base.parameters import read
from tools import demo

for module, *arguments in itertools.chain(*demo.chains(read()).values()):
    if module.count(".") == 2 and not module.endswith("figures"):
        importlib.import_module(module).main(*arguments)
"""

pytestmark = pytest.mark.skipif(
    "OPENBLAS_CORETYPE" not in os.environ, reason="the kernels are pinned where there is AVX2"
)


def run(root: Path, code: str, **variables: str) -> str:
    """What the code prints where the environment says this of kernels and threads, and no more."""
    said = {*stages.KERNELS, "OMP_NUM_THREADS"}
    others = {name: value for name, value in os.environ.items() if name not in said}
    path = f"{root}:{root / 'src'}"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**others, "PYTHONPATH": path, **variables},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.mark.slow
def test_arithmetic_does_not_depend_on_the_environment() -> None:
    found = [json.loads(run(project.ROOT, ARITHMETIC, **one)) for one in ({}, *ENVIRONMENTS)]
    assert {name for name in found[0] if len({one[name] for one in found}) > 1} == set()
    free = json.loads(run(project.ROOT, ARITHMETIC.replace("import stages", ""), **ENVIRONMENTS[0]))
    assert [name for name in free if free[name] == found[0][name]] == []  # or it shows nothing


OWN = dict.fromkeys(("MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2")  # rather than OpenMP's


@pytest.mark.parametrize(("asked", "threads"), [({}, 1), (OWN, 1), ({"OMP_NUM_THREADS": "2"}, 2)])
def test_a_stage_computes_on_one_thread_unless_told_otherwise(
    asked: dict[str, str], threads: int
) -> None:
    code = (
        "import stages, numpy, torch, threadpoolctl\n"
        "pools = [pool['num_threads'] for pool in threadpoolctl.threadpool_info()]\n"
        "print({torch.get_num_threads(), *pools})"
    )
    assert run(project.ROOT, code, **asked) == f"{{{threads}}}\n"


class Worlds:
    """A small project in an arithmetic; in portable one its images too are trained in float32."""

    def __init__(self, root: Path, arithmetic: str) -> None:
        self.root = project.begin(root)
        project.change(root, lambda params: params.update(arithmetic=arithmetic))
        self.undisturbed = self.results()

    def results(self, **variables: str) -> dict[Path, bytes]:
        """What the stages leave in such an environment."""
        run(self.root, WORLDS, **variables)
        folders = [self.root / name for name in ("data", "metrics", "plots")]
        files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
        return {file.relative_to(self.root): file.read_bytes() for file in files}

    def changed(self, *folders: str, **variables: str) -> set[str]:
        """The tracks of which something in the folders becomes other in such an environment."""
        found = self.results(**variables)
        assert found.keys() == self.undisturbed.keys()
        other = {file for file in found if found[file] != self.undisturbed[file]}
        return {file.parts[1] for file in other if file.parts[0] in folders}


@pytest.fixture(scope="module")
def worlds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return Worlds(tmp_path_factory.mktemp("kernels") / "jepatlas", request.param)


@pytest.mark.soak
@pytest.mark.parametrize("variables", ENVIRONMENTS)
@pytest.mark.parametrize("worlds", ["portable", "fast"], indirect=True)
def test_no_track_depends_on_the_environment(worlds: Worlds, variables: dict[str, str]) -> None:
    assert worlds.changed("data", "metrics", "plots", **variables) == set()


@pytest.mark.soak
@pytest.mark.parametrize("threads", ["2", "4"])
@pytest.mark.parametrize("worlds", ["portable"], indirect=True)
def test_metrics_of_three_tracks_do_not_depend_on_threads(worlds: Worlds, threads: str) -> None:
    assert worlds.changed("metrics", OMP_NUM_THREADS=threads) <= {"images"}
