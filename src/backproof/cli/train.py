"""`backproof train`: train the book's two-layer network and leave a run folder."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Literal

import numpy as np
import typer
from threadpoolctl import threadpool_limits

from backproof.datasets import DATASETS, load_mnist
from backproof.errors import BackproofError
from backproof.files import remove_unfinished, write_whole
from backproof.networks import TwoLayerNet
from backproof.optimizers import SGD
from backproof.protocols import Array
from backproof.training import CheckpointError, History, Trainer
from backproof.training.batches import as_inputs
from backproof.training.checkpoint import Checkpoint, save_parameters
from backproof.training.compiled import load_kernels
from backproof.training.plots import plot_history, plot_mistakes
from backproof.training.progress import text_curve

CHECKPOINT = "checkpoint.safetensors"
RESULTS = ("history.csv", "curve.png", "misclassified.png", "model.safetensors", "config.json")
CLASSES = 10
PIXEL_RANGE = 255  # the pixels stay uint8 in memory and reach the network in 0..1
_ALSO_WITH_RESUME = {"resume", "data_dir", "checkpoint_every"}


@dataclass(frozen=True)
class Settings:
    """What the user chose, as kept in the checkpoint and in config.json."""

    data: str
    data_dir: str | None
    hidden: int
    activation: str
    iterations: int | None
    epochs: int | None
    batch_size: int
    learning_rate: float
    dtype: str
    seed: int
    sampling: Literal["replacement", "shuffled"]
    compiled: bool


class _Terminated(BaseException):
    """SIGTERM, raised where Ctrl-C would be."""


def train(
    context: typer.Context,
    data: Annotated[str, typer.Option(help="Data set: see `backproof data list`.")] = "mnist-sample",
    data_dir: Annotated[Path | None, typer.Option(help="Folder of your own with the four IDX files.")] = None,
    hidden: Annotated[int, typer.Option(min=1, help="Width of the hidden layer.")] = 50,
    activation: Annotated[Literal["relu", "sigmoid"], typer.Option(help="Of the hidden layer.")] = "relu",
    iterations: Annotated[int | None, typer.Option(min=1, help="Steps to train.", show_default="10000")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs to train, instead of --iterations.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Samples in a step.")] = 100,
    learning_rate: Annotated[float, typer.Option(help="Step size of the descent, above 0.")] = 0.1,
    dtype: Annotated[Literal["float32", "float64"], typer.Option(help="Type of the parameters.")] = "float32",
    sampling: Annotated[
        Literal["replacement", "shuffled"],
        typer.Option(help="Draw each batch anew from all samples, or go through them in shuffled order."),
    ] = "replacement",
    threads: Annotated[
        str | None,
        typer.Option(
            metavar="INTEGER|auto",
            help="BLAS threads; `auto` measures, and gives up that the same seed gives the same bits.",
            show_default="fixed by the shapes",
        ),
    ] = None,
    compiled: Annotated[
        bool, typer.Option("--compiled", help="Compile the step with numba: seconds to begin with, then faster.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Chooses weights and batches.", show_default="drawn, and shown")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Run folder to make.", show_default="the next free of runs/001, runs/002 ..."),
    ] = None,
    resume: Annotated[Path | None, typer.Option(help="Run folder of a stopped run to go on with.")] = None,
    checkpoint_every: Annotated[int, typer.Option(min=1, help="Steps between two checkpoints.")] = 1000,
) -> None:
    """Train the book's two-layer network on images of digits or clothes, and leave a run folder.

    The folder holds the curve (curve.png, history.csv), the model (model.safetensors), the settings
    (config.json), a sheet of misclassified test images and the checkpoint that --resume goes on from.
    Ctrl-C and SIGTERM save first.
    """
    previous = signal.signal(signal.SIGTERM, _terminate)
    folder: Path | None = resume
    is_new = False
    try:
        with threadpool_limits(1, user_api="blas"):
            if resume is not None:
                _refuse_flags_that_are_stored(context)
                settings = _stored_settings(resume / CHECKPOINT, data_dir)
            else:
                if iterations is not None and epochs is not None:
                    raise BackproofError("give either --iterations or --epochs, not both")
                settings = Settings(
                    data=data,
                    data_dir=None if data_dir is None else str(data_dir.absolute()),
                    hidden=hidden,
                    activation=activation,
                    iterations=10_000 if iterations is None and epochs is None else iterations,
                    epochs=epochs,
                    batch_size=batch_size,
                    learning_rate=learning_rate,
                    dtype=dtype,
                    seed=int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed,
                    sampling=sampling,
                    compiled=compiled,
                )
                _refuse_to_overwrite(out)
            SGD(learning_rate)  # a bad rate is refused before the data is fetched, a bad number of threads too
            blas_threads = _threads(threads)
            if settings.compiled:
                load_kernels()
            training, test = load_mnist(normalize=False, name=settings.data, data_dir=settings.data_dir)
            network = TwoLayerNet(
                training[0].shape[1],
                settings.hidden,
                CLASSES,
                activation=settings.activation,
                dtype=settings.dtype,
                seed=settings.seed,
            )
            if folder is None:
                is_new = out is None or not out.exists()
                folder = _make_folder(out)
            trainer = Trainer(
                network,
                (training, test),
                optimizer=SGD(settings.learning_rate),
                batch_size=settings.batch_size,
                seed=settings.seed,
                sampling=settings.sampling,
                divide_by=PIXEL_RANGE,
                threads=blas_threads,
                compiled=settings.compiled,
                checkpoint=folder / CHECKPOINT,
                checkpoint_every=checkpoint_every,
                about=asdict(settings),
            )
            if resume is not None:
                history = trainer.resume()
            else:
                history = trainer.fit(iterations=settings.iterations, epochs=settings.epochs)
            _leave_results(folder, settings, trainer, history, network, test)
            _print_results(folder, settings, trainer, history)
    except (KeyboardInterrupt, _Terminated) as stop:
        print(f"\nbackproof: stopped; {_what_is_saved(folder)}", file=sys.stderr)
        raise typer.Exit(130 if isinstance(stop, KeyboardInterrupt) else 143) from None
    except MemoryError as error:
        raise BackproofError(f"not enough memory ({error}): try a smaller --hidden or --batch-size") from error
    except OSError as error:
        if folder is None or error.filename is None or Path(error.filename).parent != folder:
            raise
        raise BackproofError(f"{error.strerror}: {error.filename}; {_what_is_saved(folder)}") from error
    finally:
        signal.signal(signal.SIGTERM, previous)
        if is_new and folder is not None:
            with suppress(OSError):
                folder.rmdir()  # goes only where nothing was written


def _threads(given: str | None) -> int | Literal["auto"] | None:
    if given is None:
        return None
    if given == "auto":
        return "auto"
    if not given.isdecimal() or int(given) == 0:
        raise BackproofError(f"--threads takes a number of at least 1, or auto, got {given!r}")
    return int(given)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def _refuse_flags_that_are_stored(context: typer.Context) -> None:
    given = [
        "--" + name.replace("_", "-")
        for name in context.params
        if name not in _ALSO_WITH_RESUME and _is_given(context, name)
    ]
    if given:
        raise BackproofError(
            f"--resume goes on with the settings of the run, so it cannot be combined with {', '.join(given)}"
        )


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _stored_settings(path: Path, data_dir: Path | None) -> Settings:
    stored = {"compiled": False, **Checkpoint.load(path).facts["about"]}  # runs of before there was a choice
    if set(stored) != set(Settings.__annotations__):
        raise CheckpointError(
            f"{path} was not written by this version of `backproof train`: load it with Trainer.resume"
        )
    return Settings(**{**stored, **({} if data_dir is None else {"data_dir": str(data_dir.absolute())})})


def _refuse_to_overwrite(out: Path | None) -> None:
    held = [name for name in (CHECKPOINT, *RESULTS) if out is not None and (out / name).exists()]
    if held:
        raise BackproofError(
            f"{out} already holds a run ({', '.join(held)}): go on with it by --resume {out}, "
            "or choose another --out"
        )


def _make_folder(out: Path | None) -> Path:
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            return out
        runs = Path("runs")
        runs.mkdir(exist_ok=True)
        number = max((int(p.name) for p in runs.iterdir() if p.name.isdecimal()), default=0)
        while True:
            number += 1
            folder = runs / f"{number:03d}"
            with suppress(FileExistsError):  # another run was quicker
                folder.mkdir()
                return folder
    except OSError as error:
        raise BackproofError(f"cannot make the run folder {error.filename}: {error.strerror}") from error


def _what_is_saved(folder: Path | None) -> str:
    if folder is None or not (folder / CHECKPOINT).exists():
        return "nothing had been saved yet"
    with suppress(CheckpointError):
        step = Checkpoint.load(folder / CHECKPOINT).facts["step"]
        return f"step {step} is saved, go on with: backproof train --resume {folder}"
    return f"{folder / CHECKPOINT} is left as it is"


def _leave_results(
    folder: Path,
    settings: Settings,
    trainer: Trainer,
    history: History,
    network: TwoLayerNet,
    test: tuple[Array, Array],
) -> None:
    for name in RESULTS:
        remove_unfinished(folder / name)
    history.save(folder / "history.csv")
    title = f"{settings.data}, {settings.hidden} hidden {settings.activation} units, seed {settings.seed}"
    plot_history(history, folder / "curve.png", title)
    x, t = test
    parts = (as_inputs(x[i : i + 1000], settings.dtype, PIXEL_RANGE) for i in range(0, len(x), 1000))
    predicted = np.concatenate([network.predict(part).argmax(axis=1) for part in parts])
    names = DATASETS[settings.data].classes if settings.data_dir is None else None
    plot_mistakes(x, t, predicted, folder / "misclassified.png", names)
    config = {
        **asdict(settings),
        "steps": trainer.step,
        "threads": trainer.threads,
        "layers": [x.shape[1], settings.hidden, CLASSES],
        "versions": {
            name: version(name) for name in ("backproof", "numpy", *(["numba"] if settings.compiled else []))
        },
    }
    save_parameters(folder / "model.safetensors", network.params, {"backproof": json.dumps(config)})
    write_whole(folder / "config.json", (json.dumps(config, indent=2) + "\n").encode())


def _print_results(folder: Path, settings: Settings, trainer: Trainer, history: History) -> None:
    rows: dict[str, Any] = {
        "test accuracy": f"{history.test_accuracy[-1]:.4f}",
        "train accuracy": f"{history.train_accuracy[-1]:.4f}",
        "loss": f"{np.mean(history.loss[-100:]):.4f} (mean of the last {min(100, len(history.loss))} steps)",
        "steps": f"{trainer.step:,} in {history.seconds[-1]:.1f} s, BLAS threads: {trainer.threads}",
        "seed": settings.seed,
        "run folder": f"{folder}: {', '.join(RESULTS)}",
    }
    print()
    for name, value in rows.items():
        print(f"{name:<16}{value}")
    blocks = " ▁▂▃▄▅▆▇█"
    try:
        blocks.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        blocks = " .:-=+*#%"
    last = f"to step {trainer.step:,}"
    width = max(10, min(60, shutil.get_terminal_size().columns - 10))
    for title, values in ((f"loss {last}", history.loss), (f"test accuracy {last}", history.test_accuracy)):
        print("\n" + text_curve(title, values, width, blocks=blocks))
