"""Speed against naive references, each in one run: `make bench`."""

from benchmarks import busy, hidden_causes, images, mixture, noisy_tv
from jepatlas.common.base import stage

if __name__ == "__main__":
    stage.run(mixture.main)
    print()
    stage.run(noisy_tv.main)
    print()
    stage.run(hidden_causes.main)
    print()
    stage.run(images.main)
    print()
    stage.run(busy.main)
