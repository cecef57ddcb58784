"""Arguments that a layer's `forward` or a function takes: an input, and what goes by the other names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import FILTERS, HIDDEN, INPUT, KERNEL, OUTPUT, SECOND_HIDDEN, role, words_of
from backproof.subjects.hints import Hints
from backproof.subjects.one_score import one_score_each
from backproof.subjects.own_source import text_of
from backproof.subjects.products import multiplied
from backproof.subjects.samples import FORMS, labels
from backproof.subjects.shapes import STEPS, inputs_of, is_spatial, pixel_by_pixel, shapes_for
from backproof.subjects.signatures import wanted
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial.roles import role as trial_role
from backproof.subjects.tried import Refusal, SampleError, called, first_of, listed, tried

_LABEL_NAMES = {"t", "label", "labels", "target", "targets", "truth", "true", "teacher", "gt", "expected"}
_LOSS_WORDS = {"loss", "entropy", "cross", "error", "mse", "nll", "svm", "hinge", "cost", "logloss", "criterion"}
_OF_PROBABILITIES = {"entropy", "crossentropy", "nll", "logloss", "bce", "cce", "ce"}
_STATES = {"h", "c", "state", "hidden", "cell"}
_GATES = (1, 4, 3)  # of a plain recurrent step, an LSTM and a GRU: so many times as wide are its weights


def find_inputs(
    function: Callable[..., Any],
    hints: Hints = Hints(),  # noqa: B008 (frozen)
    n: int = 3,
    rng: np.random.Generator | None = None,
    *,
    holder: object = None,
    back: Callable[[Any], Any] | None = None,
) -> tuple[Any, ...]:
    """Arguments that `function` (a layer's `forward`, cs231n's `x_forward`, a plain f) takes, finite result.

    The first is the input (n, ...); the others follow from their names: labels, weights, biases, settings; what
    has no telling name is another input of the same shape. Parameters with a default keep it. Raises SampleError.
    back: called on an output right after; where it raises on rows, sequences (n, STEPS, features) are tried, and
    taken where they go both ways. What takes whole numbers alone, as an embedding does, gets those.
    """
    rng = rng or np.random.default_rng(0)
    names = wanted(function)
    if not names:
        raise SampleError(f"{called(function)} asks for no input. Write it as {called(function)}(x)")
    refusals: list[Refusal] = []
    snapshot = Snapshot(holder)  # a try that failed halfway has left shapes behind: running means, caches
    shapes = list(shapes_for(hints, holder, n, function))
    pixels = pixel_by_pixel(holder, n)
    doubtful: tuple[Any, ...] | None = None  # what goes, and may not be what is meant to go in
    words = words_of(called(function))
    likely = bool(words & _OF_PROBABILITIES) and not words & {"softmax", "sigmoid", "logits"}
    for shape in shapes:
        for probabilities in (likely, not likely):  # a log of scores is NaN: then rows that sum to 1
            x = rng.normal(size=shape)
            if probabilities:
                x = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
            for arguments in arguments_for(function, names, x, rng):
                answer, refusal = tried(function, *arguments)
                if refusal is None and x.ndim == 1 and np.ndim(first_of(answer)) > 1:
                    refusal = Refusal("one sample broadcast to several")  # (n, 1) columns: not this layout
                if refusal is None and _takes_squares(x, np.shape(first_of(answer))):
                    refusal = Refusal("a square of an oblong image: the code takes squares")
                    doubtful = doubtful or arguments
                if refusal is None and back is not None and _is_spread(x, answer, back, certain=shape in pixels):
                    refusal = Refusal("a gradient of another shape than went in: it was broadcast")
                    doubtful = doubtful or (None if shape in pixels else arguments)
                if refusal is None:
                    if back is None or x.ndim != 2:
                        return _bent(function, arguments)
                    goes_back = tried(lambda y: back(np.ones_like(y)), answer)[1] is None
                    if goes_back and not sums_over_steps(back):
                        return _bent(function, arguments)
                    longer = _sequences(function, back, arguments, rng, snapshot)
                    return longer or one_score_each(function, back, arguments, rng, holder) or arguments
                refusals.append(refusal)
                snapshot.restore()
    if doubtful is not None:  # nothing better goes
        tried(function, *doubtful)
        return _bent(function, doubtful)
    for x in inputs_of([], refusals, holder, n, rng):
        table = rng.normal(size=(INPUT, HIDDEN))
        arguments = (x, *(table if role(name) == "weight" else x for name in names[1:]))
        if tried(function, *arguments)[1] is None:
            return arguments
    raise SampleError(
        f"no input was found that {called(function)}({', '.join(names)}) takes. "
        f"Tried x of shape {listed(shapes)}; the first try ended with {refusals[0].words}",
        refusals[0].error,
    )


def _takes_squares(x: Array, shape: tuple[int, ...]) -> bool:
    """Whether an oblong image comes out as a square: the code goes by one of its sides."""
    sides = shape[-2:]
    return x.ndim == 4 == len(shape) and x.shape[-2] != x.shape[-1] and sides[0] == sides[1] > 1


def _is_spread(x: Array, answer: Any, back: Callable[[Any], Any], *, certain: bool) -> bool:
    """Whether one channel, or rows for images, were broadcast to what the weights have, by what comes back.

    certain: whether any input that does not come back in its own shape counts as that.
    """
    y = first_of(answer)
    if not certain and 1 not in x.shape[1:] and np.ndim(y) <= x.ndim:
        return False
    dx, refusal = tried(lambda ones: back(ones), np.ones_like(y, dtype=np.float64))
    return refusal is not None or np.shape(first_of(dx)) != x.shape


def _bent(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """These arguments with a stride, a padding and windows that show, where defaults leave the choice."""
    if np.ndim(arguments[0]) != 4 or not is_spatial(function):
        return arguments
    pools = "pool" in words_of(called(function))
    kinds = {"stride": 2, "width": 3, "pool": 3, "filter size": 3} if pools else {"stride": 2, "pad": 1}
    optional = list(inspect.signature(function).parameters.values())[len(arguments) :]
    settings = [kinds.get(role(p.name), p.default) for p in optional]
    if not optional or any(type(setting) is not int for setting in settings):
        return arguments
    bent = (*arguments, *settings)
    return bent if tried(function, *bent)[1] is None else arguments


def _sequences(
    function: Callable[..., Any],
    back: Callable[[Any], Any],
    arguments: tuple[Any, ...],
    rng: np.random.Generator,
    snapshot: Snapshot,
) -> tuple[Any, ...] | None:
    """These arguments with a sequence of as many features as input, where that goes forward and back."""
    snapshot.restore()
    n, width = arguments[0].shape
    longer = (rng.normal(size=(n, STEPS, width)), *arguments[1:])
    answer, refusal = tried(function, *longer)
    if refusal is None and tried(lambda y: back(np.ones_like(y)), answer)[1] is None:
        return longer
    snapshot.restore()
    tried(function, *arguments)
    return None


def sums_over_steps(back: Callable[..., Any]) -> bool:
    """Whether this backward adds up over the first two axes, as for samples and steps: not over three or four."""
    source = text_of(back)
    return bool(re.search(r"axis\s*=\s*\(0,\s*1\)", source)) and not re.search(r"\(0,\s*(1,\s*2|2,\s*3)\)", source)


def arguments_for(
    function: Callable[..., Any], names: list[str], x: Array, rng: np.random.Generator
) -> Iterator[tuple[Any, ...]]:
    """Ways to fill the arguments after x."""
    is_loss = bool(words_of(called(function)) & _LOSS_WORDS)
    maybe_labels = [i for i, name in enumerate(names) if i > 0 and (_is_label(name) or name.lower() == "y")]
    scores = bool(names) and trial_role(names[0]) == "y"  # forward(Y_pred, Y)
    sure_labels = [i for i in maybe_labels if _is_label(names[i]) or is_loss or scores]
    spatial = x.ndim == 4
    width = x.shape[1 if spatial else -1]
    after = (FILTERS if spatial else OUTPUT) if any(role(name) == "weight" for name in names) else width
    pools = any("pool" in words_of(name) for name in names[1:])
    # Windows that overlap, at a stride that shows, tell most; some code takes only what it can tile.
    windows = ((3, 2), (2, 1), (2, 2)) if pools else ((2, 2),)
    widths = [gates * HIDDEN for gates in _GATES]
    recurrent = [shapes for w in widths if (shapes := _recurrent(function, names, x, w))]
    for shapes in recurrent:
        yield (x, *(rng.normal(size=shapes[name]) for name in names[1:]))
    label_choices = [sure_labels] if sure_labels == maybe_labels else [sure_labels, maybe_labels]
    for window in windows:
        for chosen in label_choices:
            for form in FORMS if chosen else ("none",):
                filled: list[Any] = [x] if names else []
                for i, name in enumerate(names[1:], start=1):
                    if i not in chosen:
                        if name.lower() == "b" and "a" in [other.lower() for other in names[:i]]:
                            filled.append(rng.normal(size=x.shape))  # `a, b`: two inputs, no bias
                            continue
                        wide = after if role(name) in ("gamma", "beta") else width  # of what is normalised
                        filled.append(_argument(name, x, wide, spatial, window, rng))
                    elif x.ndim > 1:
                        filled.append(labels(form, len(x), x.shape[-1], rng))
                    else:
                        filled.append(rng.permutation(np.eye(len(x)))[0])
                yield tuple(filled)
    if spatial and any(role(name) in ("gamma", "beta") for name in names[1:]):  # (1, C, 1, 1)
        usual = [_argument(name, x, width, True, windows[0], rng) for name in names[1:]]
        along = [
            np.ndim(a) == 1 and role(name) in ("gamma", "beta") for name, a in zip(names[1:], usual, strict=True)
        ]
        yield (x, *(a[:, None, None][None] if c else a for a, c in zip(usual, along, strict=True)))
    if x.ndim == 3:
        yield from _of_fewer_axes(names, x, rng)
    if not spatial:
        yield from _several_weights(names, x, width, rng)
    if spatial and any(role(name) == "weight" for name in names[1:]):  # images and kernels with channels last
        side = KERNEL + 1  # not as many as there are samples
        for bias in ((FILTERS,), (1, 1, 1, FILTERS)):
            last = {"weight": (side, side, x.shape[-1], FILTERS), "bias": bias}
            yield (
                x,
                *(
                    rng.normal(size=last[role(name)])
                    if role(name) in last
                    else _argument(name, x, width, spatial, windows[0], rng)
                    for name in names[1:]
                ),
            )


def _of_fewer_axes(names: list[str], x: Array, rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    """Beside sequences (n, steps, features) inputs with a number a step, or with features alone."""
    usual = [np.shape(_argument(name, x, x.shape[-1], False, (2, 2), rng)) for name in names[1:]]
    if any(shape != x.shape for shape in usual) or any(map(_is_label, names)):
        return
    for shape in (x.shape[:2], x.shape[::2]):
        yield (x, *(rng.normal(size=shape) for _ in usual))


def _several_weights(
    names: list[str], x: Array, width: int, rng: np.random.Generator
) -> Iterator[tuple[Any, ...]]:
    """Arguments with two weights or more: one layer after the other, then all as wide as the input."""
    kinds = {name: role(name) for name in names[1:]}
    weights = [name for name, kind in kinds.items() if kind == "weight"]
    inner = (HIDDEN, SECOND_HIDDEN, 11, 13)[: len(weights) - 1]
    if not 2 <= len(weights) <= 5:
        return
    for widths in ((width, *inner, OUTPUT), (width,) * (len(weights) + 1)):
        pairs = list(pairwise(widths))
        shapes: dict[str, tuple[int, ...]] = dict(zip(weights, pairs, strict=True))
        for kind in ("bias", "gamma", "beta"):
            alike = [name for name in kinds if kinds[name] == kind]
            shapes |= {name: pair[1:] for name, pair in zip(alike, pairs, strict=False)}
        yield (
            x,
            *(
                rng.normal(size=shapes[name]) if name in shapes else _argument(name, x, width, False, (2, 2), rng)
                for name in names[1:]
            ),
        )


def _recurrent(
    function: Callable[..., Any], names: list[str], x: Array, columns: int
) -> dict[str, tuple[int, ...]]:
    """The shapes of a recurrent step's arguments, by the products that it writes; {} where it is none.

    States (n, HIDDEN), weights with as many rows as what they are multiplied with, and so many columns, biases.
    """
    left = multiplied(function)
    states = {name for name in left.values() if name != names[0]} & set(names)
    if not states or not left:
        return {}
    shapes: dict[str, tuple[int, ...]] = {}
    for name in names[1:]:
        if name in states or words_of(name) & _STATES:
            shapes[name] = (len(x), HIDDEN)
        elif name in left:
            shapes[name] = (x.shape[-1] if left[name] == names[0] else HIDDEN, columns)
        else:
            shapes[name] = (columns,)
    return shapes


def _argument(
    name: str, x: Array, width: int, spatial: bool, window: tuple[int, int], rng: np.random.Generator
) -> Any:
    """One argument by its name; window: side and stride of a pooling's windows."""
    kind, words = role(name), words_of(name)
    settings: dict[str, dict[str, Any]] = {
        "conv": {"stride": 2, "pad": 1},
        "pool": dict.fromkeys(("pool_height", "pool_width", "height", "width"), window[0]) | {"stride": window[1]},
        "bn": {"mode": "train", "eps": 1e-5, "momentum": 0.9},
        "gn": {"eps": 1e-5},
        "ln": {"eps": 1e-5},
        "dropout": {"mode": "train", "p": 0.5, "seed": 0},
    }
    if words & {"hparameters", "hparams", "hyperparameters", "hyperparams"}:
        return {"stride": 2, "pad": 1, "f": window[0]}
    if name == "G" or words & {"group", "groups"}:
        return np.int64(2)  # of channels; a whole number it stays
    if words & {"param", "params", "config"}:
        return dict(next((value for key, value in settings.items() if key in words), {}))
    if words & {"mode", "phase"}:
        return "train"
    if "prev" in words and words & {"h", "c"}:
        return rng.normal(size=(len(x), HIDDEN))
    if words == {"wx"}:
        return rng.normal(size=(width, HIDDEN))
    if words == {"wh"}:
        return rng.normal(size=(HIDDEN, HIDDEN))
    if kind == "weight":
        return rng.normal(size=(FILTERS, width, KERNEL, KERNEL) if spatial else (width, OUTPUT))
    if kind == "bias":
        return rng.normal(size=FILTERS if spatial else OUTPUT)
    if kind in ("gamma", "beta"):
        return rng.normal(size=width)
    if kind in ("stride", "pad", "pool", "filter size", "ratio", "momentum", "epsilon"):
        values = {
            "stride": 2,
            "pad": 0,
            "pool": 2,
            "filter size": KERNEL,
            "ratio": 0.5,
            "momentum": 0.9,
            "epsilon": 1e-5,
        }
        return values[kind]
    return rng.normal(size=x.shape)


def _is_label(name: str) -> bool:
    return bool(words_of(name) & _LABEL_NAMES)
