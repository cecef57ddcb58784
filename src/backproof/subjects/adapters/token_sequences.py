"""Recurrent networks that take a sequence at once, a token or a column a step, with a label a step.

`lossFun(inputs, targets, hprev)` on weights of the module, methods of an object, functions that are handed their
weights; forward and back in one or apart. The steps of one sequence are the samples of the trial.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from backproof.subjects.adapters import odd_layer, odd_loss
from backproof.subjects.adapters.layer import is_layer
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial import entries, results
from backproof.subjects.trial.functions import Functions
from backproof.subjects.trial.layouts import SEQUENCES, TOKENS, Layout
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.roles import key
from backproof.subjects.trial.sequence_runner import SequenceRunner
from backproof.subjects.trial.sequence_starts import lengths_of, starts_of, states_of
from backproof.subjects.trial.sequences import Steps, argument_roles, hands_state, steps_in
from backproof.subjects.trial.starts import Start
from backproof.subjects.trial.way import Way

_PROBED = 3  # steps of the sequences by which sizes are found
_SCORES = ("o", "ps", "p", "yhat", "ys", "y", "ycap", "probs", "outputs")
_MOST_PLACES = 2  # of what forward returned, that are tried for the scores

Loss = Callable[[Any, Any], Any]


def matches(item: object) -> bool:
    """Such functions of a file, or an object with such methods that is no plainer layer or loss."""
    if isinstance(item, (Steps, Functions)):
        return next(_all_steps(item), None) is not None
    if inspect.isclass(item) or inspect.isroutine(item) or isinstance(item, (tuple, list, dict)):
        return False
    other = is_layer(item) or odd_layer.matches(item) or odd_loss.matches(item)
    return any(hands_state(steps) or not other for steps in _all_steps(item))


def ways(item: Any) -> Iterator[Way]:
    """Every start, shape of the state and form of the data with which such functions run."""
    for steps in _all_steps(item):
        for start in starts_of(steps):
            lengths = lengths_of(steps, start)
            for state in states_of(lengths, steps):
                yield from _Probe(steps, start, state, lengths).ways()


def _all_steps(item: Any) -> Iterator[Steps]:
    if isinstance(item, Steps):
        return iter((item, *item.others))
    if isinstance(item, Functions):
        return steps_in(item.name, item.own)
    return steps_in(type(item).__name__, entries.methods(item), item)


class _Sizes(NamedTuple):
    """With what the code was seen to run: a layout, as many tokens (or rows of a column), as many labels."""

    layout: Layout
    tokens: int
    classes: int


class _Probe:
    """Finds out the sizes with which functions run that go through a sequence: with one start and one state."""

    def __init__(self, steps: Steps, start: Start, state: tuple[int, ...] | None, lengths: list[int]) -> None:
        self.steps, self.start, self.lengths = steps, start, lengths
        self.runner = SequenceRunner(steps, start, state)

    def ways(self) -> Iterator[Way]:
        """The trial's view: by its own loss where it has one, else by the scores of its steps."""
        found = self._by_loss()
        if found is not None:
            name, loss, sizes = found
            yield self._way(sizes.layout, sizes.tokens, lambda x: None, {name: loss}, sizes.classes)
        if self.steps.back is not None:
            for place in self._places():
                yield from self._by_scores(partial(self.runner.scores, place))

    def _by_loss(self) -> tuple[str, Loss, _Sizes] | None:
        """Its own loss, by name, with the sizes at which it runs; None where it has none that runs."""
        forward = self.steps.forward
        tries: list[tuple[str, Loss]] = []
        if "t" in argument_roles(forward).values():
            tries.append((forward.__name__, self.runner.own_loss))
        if self.steps.back is not None:
            places = [None, *range(len(results.returned_names(forward)))]
            for name, function in self.runner.losses.items():
                tries += [(name, partial(self.runner.loss_beside, function, place)) for place in places]
        for name, loss in tries:
            for layout in SEQUENCES:
                sizes = self._sizes(loss, layout)
                if sizes is not None:
                    return name, loss, sizes
        return None

    def _by_scores(self, scores: Callable[[Any], Any]) -> Iterator[Way]:
        """The way by these scores, for a loss that is implied."""
        for layout in SEQUENCES:
            tokens = self._tokens(scores, layout)
            if tokens is not None:
                yield self._way(layout, tokens, scores, {}, None)
                return

    def _places(self) -> list[int | None]:
        """Where in what forward returned the scores may lie, the likeliest first."""
        names = results.returned_names(self.steps.forward)
        likely = sorted(range(len(names)), key=lambda i: key(names[i]) not in _SCORES)
        return [*likely[:_MOST_PLACES]] if len(names) > 1 else [None]

    def _way(
        self,
        layout: Layout,
        tokens: int,
        forward: Callable[[Any], Any],
        losses: dict[str, Loss],
        classes: int | None,
    ) -> Way:
        steps = self.steps
        names = ", ".join(f.__name__ for f in steps.functions)
        where = "" if steps.owner is not None else f" of {self.start.words}"
        beside = [self.runner.losses[name] for name in losses if name in self.runner.losses]

        def told(function: Callable[..., Any], *, anew: bool = True) -> Callable[..., Any]:
            """The function, with as many tokens as were found; anew: what it leaves is taken away again."""

            def run(*arguments: Any) -> Any:
                here = Snapshot(*self.runner.roots) if anew else None
                self.runner.vocabulary = tokens
                answer = function(*arguments)
                if here is not None:
                    here.restore()
                return answer

            return run

        return Way(
            name=steps.name,
            described=f"a network of steps{where}: {names}",
            owner=steps.owner if steps.owner is not None else self.start.parts,
            roots=self.runner.roots,
            forward=told(forward),
            backward=told(self.runner.gradients, anew=False),
            losses={name: told(loss) for name, loss in losses.items()},
            single=False,
            classes=classes,
            widths=(tokens,),
            layouts=(layout,),
            only=self._kept(layout, tokens),
            source={"gradient": steps.back or steps.forward, "loss": [*beside, steps.forward][0]},
        )

    def _kept(self, layout: Layout, tokens: int) -> tuple[int, ...]:
        """The arrays that forward leaves as they are: weights, and no state that goes on to the next sequence."""
        self.runner.vocabulary = tokens
        here = Snapshot(*self.runner.roots)
        before = {path: (array, array.copy()) for path, array in reach(*self.runner.roots).items()}
        x = layout.calls(np.eye(tokens)[[0] * _PROBED])[0]
        self.runner.forward(x, [0] * _PROBED)
        after = reach(*self.runner.roots)
        same = [a for path, (a, was) in before.items() if after.get(path) is a and np.array_equal(a, was)]
        here.restore()
        return tuple(map(id, same))

    def _sizes(self, loss: Loss, layout: Layout) -> _Sizes | None:
        tokens = self._tokens(lambda x: loss(x, [0] * _PROBED), layout)
        if tokens is None:
            return None
        self.runner.vocabulary = tokens
        x = layout.calls(np.eye(tokens)[[0] * _PROBED])[0]
        for classes in self.lengths:
            if self._ends_at(classes, lambda label: loss(x, [label] * _PROBED)):
                return _Sizes(layout, tokens, classes)
        return None

    def _tokens(self, run: Callable[[Any], Any], layout: Layout) -> int | None:
        """How many tokens there are, or rows of a column; None where the code takes no such steps."""
        for length in self.lengths:
            self.runner.vocabulary = length
            if layout is TOKENS:
                if self._ends_at(length, lambda token: run([token] * _PROBED)):
                    return length
            elif self._refusal(run, layout.calls(np.ones((_PROBED, length)))[0]) is None:
                return length
        return None

    def _ends_at(self, count: int, run: Callable[[int], Any]) -> bool:
        """Whether the numbers below `count` are places in a table, and `count` is none."""
        return self._refusal(run, count - 1) is None and self._refusal(run, count) is not None

    def _refusal(self, run: Callable[[Any], Any], value: Any) -> BaseException | None:
        """What it raises; None where it runs."""
        here = Snapshot(*self.runner.roots)
        try:
            run(value)
        except (Exception, SystemExit) as error:
            return error
        finally:
            here.restore()
        return None
