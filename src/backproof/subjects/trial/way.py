"""One way to run somebody's code forward and back, as an adapter reads it."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from backproof.protocols import Array
from backproof.subjects.own_source import text_of
from backproof.subjects.select import functions_used
from backproof.subjects.trial import entries
from backproof.subjects.trial.clipping import clips, without_clip
from backproof.subjects.trial.layouts import Layout


@dataclass(frozen=True)
class Way:
    """One way to run somebody's code forward and back, as an adapter reads it.

    forward(x): the scores, in the code's own layout. backward(x, t): called after forward; what it returns, what
    it leaves within reach of `roots` and what it does to the parameters are searched for gradients.
    losses: the code's own losses, by name, each called after forward with (x, t).
    single: whether the code may be meant for one sample at a time.
    layouts: how its samples may lie; None: in any of the usual ways.
    only: the identities of the arrays that may be parameters; None: all that move the scores.
    narrow: made with one output: taken where a parameter has one entry, however many outputs there are.
    classes: how many there are, where there are no scores to say it and the code's own loss alone tells.
    widths: of the inputs that its parameters were made for, where their shapes do not say it: no others then.
    rebuilds: whether an implied loss is between the scores and the inputs themselves.
    errors: whether backward is given an error alone, which people count as y - t or as t - y.
    tentative: understood only where weights' gradients fit a loss, of one sample at a time all: a round may be
        another thing than a step down one.
    trains: whether backward is a training on its own loss, which its steps then go down.
    penalised: whether losses and backward are told how much the weights' squares weigh; no other penalty then.
    """

    name: str
    described: str
    owner: object
    roots: tuple[object, ...]
    forward: Callable[[Array], Any]
    backward: Callable[[Array, Any], Any]
    losses: Mapping[str, Callable[[Array, Any], Any]] = field(default_factory=dict)
    single: bool = True
    takes_labels: bool = True
    narrow: bool = False
    classes: int | None = None
    widths: tuple[int, ...] = ()
    rebuilds: bool = False
    errors: bool = False
    tentative: bool = False
    trains: bool = False
    penalised: bool = False
    layouts: tuple[Layout, ...] | None = None
    only: tuple[int, ...] | None = None
    source: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def descends(self) -> bool:
        """Whether the code around takes steps against its gradient, and none along it."""
        text = "".join(map(text_of, self._homes()))
        return bool(_DOWN.search(text)) and not _UP.search(text)

    def predicts_signs(self) -> bool:
        """Whether what it predicts is a sign: its labels are -1 and 1 then."""
        named = entries.matching(entries.methods(self.owner), entries.SCORES) if self.owner is not None else []
        return any("np.sign(" in text_of(each) for each in named)

    def without_clip(self) -> Way | None:
        """The same without the clip that the code puts its gradients through; None where there is none."""
        calls = [*self.source.values(), *self.functions.values()]
        if not any(clips(text_of(each)) for each in [type(self.owner), *calls]):
            return None
        return replace(
            self, described=f"{self.described}, its clip left out", backward=without_clip(self.backward)
        )

    @property
    def functions(self) -> dict[str, Callable[..., Any]]:
        """The functions of its module that it calls; softmaxes and losses are judged in the whole."""
        methods = [inspect.unwrap(getattr(m, "__func__", m)) for m in self.source.values()]
        plain = [m for m in methods if inspect.isfunction(m)]
        if not plain:
            return {}
        namespace = plain[0].__globals__
        used = functions_used([*plain, type(self.owner)], namespace)
        return {name: namespace[name] for name in sorted(used) if not _WHOLE.search(name)}

    def _homes(self) -> list[object]:
        """The class that it is made of, or the module of its functions."""
        functions = [m for m in self.source.values() if inspect.isfunction(m)]
        return [sys.modules.get(functions[0].__module__)] if functions else [type(self.owner)]


_RATE = r"(self\.)?(lr|eta|alpha|rate|learning_?rate|step_?size)"
_DOWN = re.compile(rf"-=?\s*\(?\s*{_RATE}\b", re.IGNORECASE)
_UP = re.compile(rf"\+=?\s*\(?\s*{_RATE}\b", re.IGNORECASE)
_WHOLE = re.compile(r"softmax|loss|cost|entropy|error|mse", re.IGNORECASE)
