"""Stage scripts, run as `python -m stages.TRACK.STAGE` from the project's root.

They use the library of their own checkout: DVC also runs them in temporary copies of the project,
where the installed jepatlas would be that of another folder. And they compute on one thread unless
OMP_NUM_THREADS says otherwise: the cores are filled by stages side by side, and results do not
depend on how many there are.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

# Read when torch and NumPy are loaded, so it must stand before that. OpenMP's threads wait by
# spinning, which on a machine that is busy with other work slows them down out of proportion.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
