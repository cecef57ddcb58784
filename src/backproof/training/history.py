"""What a run leaves behind: the loss of every step, and the accuracies and time of every evaluation."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from backproof.files import write_whole
from backproof.protocols import Array


@dataclass
class History:
    """The course of a run.

    loss[i]: loss of step i + 1, on its batch, before its update. The other four have one entry per evaluation:
    steps: after how many steps; train_accuracy, test_accuracy: 0 to 1, on all samples; seconds: time spent in
    `fit` until then.
    """

    loss: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def copy(self) -> History:
        """The same in lists of its own."""
        return History(**{f.name: list(getattr(self, f.name)) for f in fields(self)})

    def save(self, path: str | Path) -> None:
        """Write a CSV file: a row per step from 0 on, with empty cells where nothing was measured.

        Numbers are written so that reading them gives the same bits. Raises OSError.
        """
        evaluations = dict(
            zip(
                self.steps,
                zip(self.train_accuracy, self.test_accuracy, self.seconds, strict=True),
                strict=True,
            )
        )
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["step", "loss", "train_accuracy", "test_accuracy", "seconds"])
        for step, loss in enumerate(["", *self.loss]):
            if step > 0 or step in evaluations:
                writer.writerow([step, loss, *evaluations.get(step, ("", "", ""))])
        write_whole(Path(path), text.getvalue().encode())

    def plot(self, path: str | Path) -> None:
        """Draw the loss and the accuracies into a PNG file. Raises OSError."""
        from backproof.training.plots import plot_history  # matplotlib is slow to import

        plot_history(self, path)

    def tensors(self) -> dict[str, Array]:
        """The same as arrays, for a checkpoint."""
        return {
            f.name: np.array(getattr(self, f.name), dtype=np.int64 if f.name == "steps" else np.float64)
            for f in fields(self)
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Array]) -> History:
        """Take back what `tensors` gave; KeyError where one is missing."""
        return cls(**{f.name: tensors[f.name].tolist() for f in fields(cls)})
