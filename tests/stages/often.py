"""A stage with checkpoints so often that a short training writes many:
`python often.py MODULE [ARGUMENT ...]`, from a project.
"""

import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))
import stages  # puts this checkout's src first  # noqa: F401
from jepatlas.common.learning import training

training.CHECKPOINT_EVERY = 0.1
sys.argv.pop(0)
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
