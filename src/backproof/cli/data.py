"""`backproof data`: what data there is, fetch it, verify it, look at it."""

from __future__ import annotations

import io
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from backproof.datasets import DATASETS, DatasetError, find_dataset, load_images
from backproof.datasets.mnist import own_files
from backproof.datasets.registry import Dataset, obtain, places, read_verified
from backproof.files import write_whole

app = typer.Typer(help="The data sets: list, fetch, verify, show.", no_args_is_help=True)

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="A folder with the four IDX files, gzipped or plain."),
]


class Part(StrEnum):
    train = "train"
    test = "test"


@app.command("list")
def list_() -> None:
    """The data sets by name, and which of them are on this machine."""
    default = find_dataset().name
    for dataset in DATASETS.values():
        paths = [_first_existing(dataset, number) for number in range(4)]
        missing = paths.count(None)
        if paths[0] is not None and not missing:
            where = f"here: {paths[0].parent}"
        else:
            where = (
                f"{'not' if missing == 4 else 'only in part'} on this machine: backproof data fetch {dataset.name}"
            )
        own = " (the default of load_mnist)" if dataset.name == default else ""
        print(f"{dataset.name:<14} {dataset.summary}{own}")
        print(f"{'':<14} {where}")


@app.command()
def fetch(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="See `backproof data list`.")],
) -> None:
    """Bring data sets onto this machine, checked against their published sha256."""
    for dataset in [find_dataset(name) for name in names]:
        found = obtain(dataset)
        print(f"{dataset.name}: complete and verified, in {found[0][0].parent}")


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME...]", help="Without a name: all that is on this machine.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Compare files with what was published (sha256). Exit code 1 if one differs, 2 if one is missing."""
    if data_dir is not None and len(names or []) != 1:
        raise DatasetError("--data-dir is compared with one data set: backproof data verify NAME --data-dir DIR")
    chosen = [find_dataset(name) for name in names] if names else [d for d in DATASETS.values() if _is_here(d)]
    good = True
    for dataset in chosen:
        own = own_files(data_dir) if data_dir else None
        for number, file in enumerate(dataset.files):
            paths = [own[number]] if own else [path for path in places(dataset, file) if path.exists()]
            if not paths:
                raise DatasetError(f"{dataset.name}: {file.name} is not here; backproof data fetch {dataset.name}")
            for path in paths:
                same = read_verified(path, file) is not None
                good = good and same
                print(f"{'ok       ' if same else 'DIFFERENT'} {dataset.name:<14} {path}")
    if not good:
        print("DIFFERENT: not the published file, but damaged or another one; it is not used under this name.")
        raise typer.Exit(1)


@app.command()
def show(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="See `backproof data list`; without, the default.")
    ] = None,
    data_dir: DataDir = None,
    part: Annotated[Part, typer.Option(help="Which part of the set.")] = Part.train,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Where to draw; without, NAME-PART.png in this folder.")
    ] = None,
) -> None:
    """Draw the first samples of each class as a PNG."""
    if name or data_dir is None:
        dataset = find_dataset(name)
        title, classes = dataset.name, dataset.classes
    else:
        title, classes = data_dir.resolve().name, tuple("0123456789")
    path = out or Path(f"{title}-{part}.png")
    if path.suffix.lower() != ".png":
        raise DatasetError(f"--out {path}: the picture is a PNG; give it a name that ends in .png")
    if not path.parent.is_dir():
        raise DatasetError(f"--out {path}: the folder {path.parent} does not exist")
    train, test = load_images(name, data_dir)
    images, labels = train if part is Part.train else test
    _draw_sheet(images, labels, classes, f"{title}, {part}: {len(labels):,} images", path)
    print(f"{path}: the first samples of each class")


def _first_existing(dataset: Dataset, number: int) -> Path | None:
    return next((path for path in places(dataset, dataset.files[number]) if path.exists()), None)


def _is_here(dataset: Dataset) -> bool:
    return any(_first_existing(dataset, number) for number in range(4))


def _draw_sheet(
    images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], classes: tuple[str, ...], title: str, path: Path
) -> None:
    """One row per class, its name before it; columns are samples. images: (N, 28, 28), labels: (N,)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # slow to import, and only needed here
    from matplotlib.figure import Figure

    columns, cell = 16, 28 + 4
    sheet = np.zeros((len(classes) * cell, columns * cell), np.uint8)
    for label in range(len(classes)):
        for column, image in enumerate(images[labels == label][:columns]):
            y, x = label * cell + 2, column * cell + 2
            sheet[y : y + 28, x : x + 28] = image
    figure = Figure(figsize=(10, 6.4), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.imshow(sheet, cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
    axes.set_title(title, loc="left")
    axes.set_yticks(np.arange(len(classes)) * cell + cell / 2, classes)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    write_whole(path, picture.getvalue())
