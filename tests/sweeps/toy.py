"""A project of one cheap stage, so that experiments take DVC's time and no more."""

from pathlib import Path

from tests import project

PIPELINE = """
stages:
  measure:
    foreach: ${methods}
    do:
      cmd: python stages/measure.py ${key}
      deps: [stages/measure.py]
      params: [seed, width, strength]
      outs: ["data/measured/${key}.csv"]
  figures:
    cmd: "false"
    deps: [data/measured]
"""
PARAMS = "seed: 0\nwidth: 3\nstrength: 0.5\nmethods: {plain: 1}\n"
MEASURE = """
import os, sys, time, pathlib, yaml
p = yaml.safe_load(open("params.yaml"))
if p["width"] == 13:
    sys.exit("width 13 brings bad luck")
while pathlib.Path(os.environ.get("WAIT_WHILE", "nothing")).exists():
    time.sleep(0.05)
area = p["width"] ** 2 * p["strength"] + 0.1 * p["seed"]
threads = os.environ["OMP_NUM_THREADS"]
file = pathlib.Path(f"data/measured/{sys.argv[1]}.csv")
file.parent.mkdir(parents=True, exist_ok=True)
file.write_text(
    "method,measure,mean,ci95,min,max,members\\n"
    f"plain,area,{area},0.5,1,2,\\nplain,threads,{threads},0,1,1,\\nplain,unseen,1,0,1,1,\\n"
)
"""
SWEEP = """
title: Areas
targets: [measure@plain]
parameters: {width: width}
grid: {width: [2.5, 13, 4]}
measures: [area, threads]
figure: {x: width}
"""


def make(root: Path) -> Path:
    """The project in a new folder, committed."""
    for name, text in {
        "dvc.yaml": PIPELINE,
        "params.yaml": PARAMS,
        "stages/measure.py": MEASURE,
        "sweeps/areas.yaml": SWEEP,
        ".gitignore": "/sweeps/results/\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    project.run(root, "git", "init", "--quiet")
    project.run(root, "git", "config", "user.name", "tester")
    project.run(root, "git", "config", "user.email", "tester@localhost")
    project.run(root, "dvc", "init", "--quiet")
    project.commit(root, "Begin")
    return root
