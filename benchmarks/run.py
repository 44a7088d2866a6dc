"""Speed against naive references, each in one run: `make bench`."""

from benchmarks import images, mog, noisy_tv
from jepatlas.common import stage

if __name__ == "__main__":
    stage.run(mog.main)
    print()
    stage.run(noisy_tv.main)
    print()
    stage.run(images.main)
