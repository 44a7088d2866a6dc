"""Stage scripts, run as `python -m stages.TRACK.STAGE` from the project's root.

They use the library of their own checkout: DVC also runs them in temporary copies of the project,
where the installed jepatlas would be that of another folder. They compute on one thread unless
OMP_NUM_THREADS says otherwise: the cores are filled by stages side by side, and results do not
depend on how many there are. And they compute by the same kernels on every processor with AVX2,
whatever it and the environment would choose, so that results do not depend on that either. Two
things remain: MKL, see `arithmetic` in params.yaml, and bfloat16, see `images.precision`.
"""

import os
import signal
import sys

# Libraries take seconds to import, and a Ctrl-C among them would show a traceback. So it ends the
# process until `stage.run` takes it over. Python calls itself `-m` as long as it looks for the
# stage: not where something else, such as a test, imports one. In the background it is ignored.
if sys.argv[0] == "-m" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

# All of these are read when torch and NumPy are loaded, so they must stand before that. OpenMP's
# threads wait by spinning, which on a machine that is busy with other work slows them down out of
# proportion.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
# What libraries have of their own, and rather follow, would change results.
for variable in (
    "MKL_NUM_THREADS",
    "MKL_DOMAIN_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "GOTO_NUM_THREADS",
):
    os.environ.pop(variable, None)

KERNELS = {
    "OPENBLAS_CORETYPE": "Haswell",  # the matrix products and LAPACK of NumPy and SciPy
    "MKL_CBWR": "AVX2",  # the matrix products and LAPACK of torch
    "ATEN_CPU_CAPABILITY": "avx2",  # torch's own loops
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # convolutions, GELU
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",  # NumPy's functions
}
CPUS = Path("/proc/cpuinfo")
if CPUS.exists() and " avx2 " in CPUS.read_text(encoding="utf-8"):
    os.environ.update(KERNELS)
