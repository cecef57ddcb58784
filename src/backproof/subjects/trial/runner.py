"""Runs a way of the code with one layout, one input width and one form of labels: rows in, rows out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.hints import Hints
from backproof.subjects.resample import more_inputs, more_labels
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial import entries
from backproof.subjects.trial.layouts import FORMS, Layout, labels
from backproof.subjects.trial.matching import SIZES, left_behind
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.way import Way


class Runner:
    """The code with one layout, one input width, one form of labels."""

    def __init__(
        self, way: Way, layout: Layout, width: int, form: str, snapshot: Snapshot, classes: int, hints: Hints
    ) -> None:
        self.way, self.layout, self.width, self.form = way, layout, width, form
        self.snapshot, self.classes, self.hints = snapshot, classes, hints
        self.params: dict[str, Array] = {}  # the arrays that move the scores, once they are known
        self.untouched: list[str] = []  # places of gradients that no way back reaches
        self.bent = False  # updates that are no multiple of a gradient
        self.flat = False  # the scores of several samples have one axis
        self.refusal: BaseException | None = None
        self.grows = False  # each forward adds to a list: what it adds is taken away again

    def scores(self, x: Array) -> Array:
        """The scores of x (N, D), as rows (N, C); zeros where the code gives none."""
        if self.way.classes is not None:
            return np.zeros((len(x), self.way.classes))
        self.snapshot.hold_random()
        here = Snapshot(*self.way.roots) if self.grows else None
        answers = [np.array(self.way.forward(each), dtype=np.float64) for each in self.layout.calls(np.array(x))]
        if here is not None:
            here.restore()
        self.flat = answers[0].ndim == 1 and not self.layout.lone
        y = self.layout.rows(answers, len(x))
        if y is None or not np.all(np.isfinite(y)):
            shapes = [a.shape for a in answers[:1]]
            raise ValueError(f"{len(x)} samples of width {self.width} ({self.layout.words}) gave {shapes[0]}")
        return y

    def outputs(self, rng: np.random.Generator) -> int | None:
        """How many outputs a sample has; None where the code takes no such input."""
        if self.way.classes is not None:
            return self.way.classes if any(self._loss_runs(form, rng) for form in FORMS) else None
        shapes = None
        for self.grows in (False, True):  # a forward may take no second one before it is emptied
            try:
                shapes = [self.scores(self.inputs(n, rng)).shape for n in SIZES]
                break
            except (Exception, SystemExit) as error:
                self.refusal = self.refusal or error
                self.snapshot.restore()
        if shapes is None:
            return None
        return shapes[0][1] if shapes[0][1] == shapes[1][1] else None

    def _loss_runs(self, form: str, rng: np.random.Generator) -> bool:
        """Whether the code's own loss takes inputs of this layout and width with labels of this form."""
        self.form = form
        try:
            for n in SIZES:
                self.own_loss(next(iter(self.way.losses)), self.inputs(n, rng), self.targets(n, rng))
        except (Exception, SystemExit) as error:
            self.refusal = self.refusal or error
            self.snapshot.restore()
            return False
        return True

    def own_loss(self, name: str, x: Array, t: Array) -> float:
        """The code's own loss, summed over its calls."""
        self.snapshot.hold_random()
        here = Snapshot(*self.way.roots) if self.grows else None
        wanted = labels(self.layout, self.form, t)
        total = 0.0
        for each, label in zip(self.layout.calls(np.array(x)), wanted, strict=True):
            if self.way.classes is None:  # else forward gives no scores, and the loss goes forward by itself
                self.way.forward(each)
                self.snapshot.hold_random()  # a loss that goes forward once more drops the same units
            value = self.way.losses[name](each, label)
            value = value[0] if isinstance(value, tuple) else value
            total += float(np.sum(np.asarray(value, dtype=np.float64)))
        if here is not None:
            here.restore()
        return total

    def gradients(self, x: Array, t: Array) -> dict[str, Array]:
        """All arrays that may be gradients, by path, summed over the calls; the code's state is put back after."""
        wanted = labels(self.layout, self.form, t)
        total: dict[str, Array] = {}
        for each, label in zip(self.layout.calls(np.array(x)), wanted, strict=True):
            found = self._one_way_back(each, label)
            found = self._without_bent_updates(found)
            for path, array in found.items():
                total[path] = np.asarray(total[path] + array if path in total else array)
        return total | self._turned(total)

    def _turned(self, found: Mapping[str, Array]) -> dict[str, Array]:
        """Gradients of weights the other way round, where the code turns them when it uses them."""
        back = self.way.source.get("gradient")
        if back is None or not entries.turns_gradients(back):
            return {}
        shapes = {array.shape for array in self.params.values()}
        other = {p: a for p, a in found.items() if a.ndim == 2 and a.shape not in shapes and a.T.shape in shapes}
        return {f"{path}.T": array.T for path, array in other.items()}

    def _one_way_back(self, x: Array, t: Any) -> dict[str, Array]:
        here = Snapshot(*self.way.roots)
        try:
            self.snapshot.hold_random()
            self.way.forward(x)
            found = left_behind(self.way.roots, set(self.params), lambda: self.way.backward(x, t))
            held = reach(*self.way.roots) if self.untouched else {}
            return {
                path: np.array(held[path], dtype=np.float64) for path in self.untouched if path in held
            } | found
        finally:
            here.restore()

    def _without_bent_updates(self, found: dict[str, Array]) -> dict[str, Array]:
        """Without updates whose entries are all of one size: no multiple of a gradient (Adam's first step).

        The gradient may then be seen in a running mean that was empty before.
        """
        steps = [np.abs(a[a != 0]) for path, a in found.items() if path.startswith("update of ") and a.size > 4]
        if not steps or not all(s.size > 4 and s.max() - s.min() < 1e-3 * s.max() for s in steps):
            return found
        self.bent = True
        return {path: a for path, a in found.items() if not path.startswith("update of ")}

    def inputs(self, n: int, rng: np.random.Generator) -> Array:
        """n samples in rows: like those that were told, else noise."""
        told = self.hints.x
        return rng.standard_normal((n, self.width)) if told is None else more_inputs(told, n, rng)

    def targets(self, n: int, rng: np.random.Generator) -> Array:
        if self.hints.t is not None:
            return self.rows_of(more_labels(self.hints.t, n, self.classes, rng))
        if self.classes == 1:
            ones = (np.arange(n) % 2).astype(np.float64)[:, None]
            return 2 * ones - 1 if self.way.predicts_signs() else ones
        drawn = more_labels(np.zeros(n, dtype=np.int64), n, self.classes, rng)
        rows: Array = np.eye(self.classes)[drawn]
        return rows

    def rows_of(self, t: Array) -> Array:
        t = np.asarray(t)
        if t.ndim == 2:
            return t
        return t[:, None].astype(np.float64) if self.classes == 1 else np.eye(self.classes)[t.astype(np.int64)]
