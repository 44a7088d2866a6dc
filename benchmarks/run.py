"""Speed against naive references, each in one run: `make bench`."""

from benchmarks import mog
from jepatlas.common import stage

if __name__ == "__main__":
    stage.run(mog.main)
