"""Pictures of a run. matplotlib is imported when one is drawn, and never its global state."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backproof.errors import BackproofError
from backproof.files import write_whole
from backproof.protocols import Array

if TYPE_CHECKING:
    from backproof.training.history import History

_TRAIN, _TEST, _LOSS, _MUTED = "#1f5fa8", "#d1491f", "#3a3a3a", "#767676"
_RIGHT, _WRONG = "#1a7f37", "#c62828"


def plot_history(history: History, path: str | Path, title: str = "") -> None:
    """Draw the loss of every step with its running mean, and below it both accuracies where measured, as PNG.

    Raises BackproofError for a history without a step, OSError.
    """
    if not history.loss:
        raise BackproofError("the history is empty: nothing to plot before the first step")
    evaluated = bool(history.steps)
    figure = _figure(8.0, 6.4 if evaluated else 3.8)
    axes = figure.subplots(2 if evaluated else 1, 1, sharex=True, squeeze=False)[:, 0]
    top, bottom = axes[0], axes[-1]

    loss = np.asarray(history.loss)
    steps = np.arange(1, len(loss) + 1)
    window = max(1, len(loss) // 100)
    top.plot(steps, loss, color=_LOSS, alpha=0.22, linewidth=0.7, label="each step")
    if window > 1:
        total = np.concatenate([np.zeros(window), loss.cumsum()])
        mean = (total[window:] - total[:-window]) / np.minimum(steps, window)
        top.plot(steps, mean, color=_LOSS, linewidth=1.6, label=f"mean of the last {window} steps")
        top.legend(frameon=False)
    top.set_ylabel("loss")
    top.set_ylim(bottom=0)
    if evaluated:
        few = {"marker": "o", "markersize": 3} if len(history.steps) <= 30 else {}
        bottom.plot(history.steps, history.train_accuracy, color=_TRAIN, label="training data", **few)
        bottom.plot(history.steps, history.test_accuracy, color=_TEST, label="test data", **few)
        for values, color, other in (
            (history.train_accuracy, _TRAIN, history.test_accuracy),
            (history.test_accuracy, _TEST, history.train_accuracy),
        ):
            bottom.annotate(
                f"{values[-1]:.3f}",
                (history.steps[-1], values[-1]),
                xytext=(4, 5 if values[-1] >= other[-1] else -10),
                textcoords="offset points",
                color=color,
                fontsize=9,
                annotation_clip=False,
            )
        bottom.set_ylabel("accuracy")
        bottom.set_ylim(0, 1.02)
        bottom.legend(frameon=False, loc="lower right")
    bottom.set_xlabel("step")
    for one in axes:
        one.grid(alpha=0.25)
        one.spines[["top", "right"]].set_visible(False)
        one.margins(x=0.01)
    if title:
        figure.suptitle(title, fontsize=11)
    _write(figure, path)


def plot_mistakes(
    images: Array, labels: Array, predicted: Array, path: str | Path, names: Sequence[str] | None = None
) -> None:
    """Draw the first samples that were taken for another class, at most 50, with both classes, as PNG.

    images: (N, H, W), (N, 1, H, W) or (N, H·H); labels, predicted: (N,) class indices; names: of the classes,
    their numbers where None. Raises BackproofError for images of another shape, OSError.
    """
    wrong = np.flatnonzero(labels != predicted)
    long_names = names is not None and max(map(len, names)) > 2
    columns = 8 if long_names else 10
    pictures = _pictures(images[wrong[: 5 * columns]])
    rows = max(1, -(-len(pictures) // columns))
    figure = _figure(9.0, 0.9 + (1.55 if long_names else 1.15) * rows)
    shown = "" if len(pictures) == len(wrong) else f"; the first {len(pictures)}"
    figure.suptitle(f"{len(wrong):,} of {len(labels):,} test samples taken for another class{shown}", fontsize=11)
    figure.supxlabel("green: what it is; red: what the network took it for", fontsize=9, color=_MUTED)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, picture, sample in zip(grid.flat, pictures, wrong, strict=False):
        axes.imshow(picture, cmap="gray_r", interpolation="nearest")
        classes = [str(c) if names is None else names[c] for c in (labels[sample], predicted[sample])]
        places = ((0.5, 1.19), (0.5, 1.03)) if long_names else ((0.4, 1.03), (0.6, 1.03))
        aligned = ("center", "center") if long_names else ("right", "left")
        for text, place, side, color in zip(classes, places, aligned, (_RIGHT, _WRONG), strict=True):
            size = 8 if long_names else 11
            axes.text(*place, text, color=color, ha=side, transform=axes.transAxes, fontsize=size)
    _write(figure, path)


def _pictures(images: Array) -> Array:
    """(N, H, W) of whatever is a grey picture."""
    if images.ndim == 4 and images.shape[1] == 1:
        return images[:, 0]
    side = round(float(np.sqrt(images.shape[-1])))
    if images.ndim == 2 and side * side == images.shape[1]:
        return images.reshape(-1, side, side)
    if images.ndim != 3:
        raise BackproofError(
            f"expected square grey pictures, (N, H, W), (N, 1, H, W) or (N, H*H), got {images.shape}"
        )
    return images


def _figure(width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _write(figure: Any, path: str | Path) -> None:
    png = io.BytesIO()
    figure.savefig(png, format="png")
    write_whole(Path(path), png.getvalue())
