"""The data sets that `images.data.set` can name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Name = Literal["mnist", "fashion_mnist", "kmnist", "digits", "own"]
NAMES: tuple[str, ...] = get_args(Name)
DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Published:
    """A set of four files in the IDX format.

    title: what people call it; classes: their names, by label; checksums: MD5 by the name of the
    file without .gz; packed: of the .gz as it is served, not of its content; mirrors: folders on
    the web with the four .gz files, in the order to try them.
    """

    title: str
    classes: tuple[str, ...]
    checksums: Mapping[str, str]
    packed: bool
    mirrors: tuple[str, ...]


PUBLISHED = {
    # Y. LeCun, C. Cortes, C. J. C. Burges. Copies have been packed again and again, so what counts
    # is their content.
    "mnist": Published(
        title="MNIST",
        classes=DIGITS,
        checksums={
            "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
            "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
            "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
            "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
        },
        packed=False,
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
    ),
    # H. Xiao, K. Rasul, R. Vollgraf 2017, arXiv 1708.07747
    "fashion_mnist": Published(
        title="Fashion-MNIST",
        classes=(
            "T-shirt",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "boot",
        ),
        checksums={
            "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
        },
        packed=True,
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
    ),
    # T. Clanuwat et al. 2018, arXiv 1812.01718
    "kmnist": Published(
        title="KMNIST",
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        checksums={
            "train-images-idx3-ubyte": "bdb82020997e1d708af4cf47b453dcf7",
            "train-labels-idx1-ubyte": "e144d726b3acfaa3e44228e80efcd344",
            "t10k-images-idx3-ubyte": "5c965bf0a639b31b8f53240b1b52f4d7",
            "t10k-labels-idx1-ubyte": "7320c461ea6c1c855c0b718fb2a4b134",
        },
        packed=True,
        mirrors=(
            "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        ),
    ),
}
