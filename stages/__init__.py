"""Stage scripts, run as `python -m stages.TRACK.STAGE` from the project's root.

They use the library of their own checkout: DVC also runs them in temporary copies of the project,
where the installed jepatlas would be that of another folder.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
