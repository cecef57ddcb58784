"""Inputs that work: small, random, float64, of the shape that the code takes, labels in a form that it accepts."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.errors import BackproofError
from backproof.protocols import Array
from backproof.subjects.argument_roles import (
    CHANNELS,
    FILTERS,
    HIDDEN,
    INPUT,
    KERNEL,
    OUTPUT,
    role,
    unpacked,
    words_of,
)
from backproof.subjects.definitions import Silence, describe
from backproof.subjects.hints import Hints
from backproof.subjects.own_source import text_of
from backproof.subjects.products import multiplied
from backproof.subjects.signatures import wanted
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial.roles import role as trial_role

IMAGE_SIZES = (8, 28, 10, 12, 14, 16, 32, 6)  # of square images, where a fully connected layer fixes the size
LABEL_NAMES = {"t", "label", "labels", "target", "targets", "truth", "true", "teacher", "gt", "expected"}
_LOSS_WORDS = {"loss", "entropy", "cross", "error", "mse", "nll", "svm", "hinge", "cost", "logloss", "criterion"}
_OF_PROBABILITIES = {"entropy", "crossentropy", "nll", "logloss", "bce", "cce", "ce"}
STEPS = 4  # of a sequence, (n, STEPS, features)
_STATES = {"h", "c", "state", "hidden", "cell"}
_GATES = (1, 4, 3)  # of a plain recurrent step, an LSTM and a GRU: so many times as wide are its weights
_FORMS = ("one-hot", "one-hot integers", "indices")  # in order of preference: `y - t` needs rows


class SampleError(BackproofError):
    """No input was found that the code accepts; says what was tried and what the code answered.

    error: what the code raised on the likeliest input; None where it raised nothing.
    back: the way back in which arrays did not fit together, whatever went in; None where it was anything else.
    """

    def __init__(
        self, message: str, error: BaseException | None = None, back: Callable[..., Any] | None = None
    ) -> None:
        super().__init__(message)
        self.error, self.back = error, back


@dataclass(frozen=True)
class _Refusal:
    """Why an input did not work."""

    words: str
    error: BaseException | None = None


@dataclass(frozen=True)
class Sample:
    """An input (n, ...) and labels that work; `accepted` names every label form that did not raise."""

    x: Array
    t: Array
    form: str
    accepted: tuple[str, ...]


def find_sample(
    call: Callable[[Array, Array], Any],
    hints: Hints = Hints(),  # noqa: B008 (frozen)
    n: int = 3,
    rng: np.random.Generator | None = None,
    *,
    holder: object = None,
) -> Sample:
    """(x, t) that `call` takes without raising, with a finite result; n samples in a row each.

    holder: the object that the call belongs to; its parameters tell the width, its `predict` the classes.
    One-hot rows are preferred where several forms pass. Raises SampleError.
    """
    rng = rng or np.random.default_rng(0)
    refusals: list[_Refusal] = []
    snapshot = Snapshot(holder)  # a try that failed halfway has left shapes behind: running means, caches
    shapes = list(_shapes(hints, holder, n))
    for x in _inputs(shapes, refusals, holder, n, rng):
        for classes in _class_counts(hints, holder, x):
            accepted: dict[str, Array] = {}
            for form in _FORMS:
                t = labels(form, n, classes, rng)
                refusal = _tried(call, x, t)[1]
                if refusal is None:
                    accepted[form] = t
                else:
                    refusals.append(refusal)
                    snapshot.restore()
            if accepted:
                form = next(iter(accepted))
                return Sample(x, accepted[form], form, tuple(accepted))
    raise SampleError(
        f"no input was found that {_called(call)} takes. Tried x of shape {_listed(shapes)} "
        f"with labels as one-hot rows and as class indices; the first try ended with {refusals[0].words}",
        refusals[0].error,
    )


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
        raise SampleError(f"{_called(function)} asks for no input. Write it as {_called(function)}(x)")
    refusals: list[_Refusal] = []
    snapshot = Snapshot(holder)  # a try that failed halfway has left shapes behind: running means, caches
    shapes = list(_shapes(hints, holder, n, function))
    oblong: tuple[Any, ...] | None = None
    words = words_of(_called(function))
    likely = bool(words & _OF_PROBABILITIES) and not words & {"softmax", "sigmoid", "logits"}
    for shape in shapes:
        for probabilities in (likely, not likely):  # a log of scores is NaN: then rows that sum to 1
            x = rng.normal(size=shape)
            if probabilities:
                x = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
            for arguments in _arguments(function, names, x, rng):
                answer, refusal = _tried(function, *arguments)
                if refusal is None and x.ndim == 1 and np.ndim(_first(answer)) > 1:
                    refusal = _Refusal("one sample broadcast to several")  # (n, 1) columns: not this layout
                if refusal is None and _takes_squares(x, np.shape(_first(answer))):
                    refusal = _Refusal("a square of an oblong image: the code takes squares")
                    oblong = oblong or arguments
                if refusal is None:
                    if back is None or x.ndim != 2:
                        return _bent(function, arguments)
                    goes_back = _tried(lambda y: back(np.ones_like(y)), answer)[1] is None
                    if goes_back and not _sums_over_steps(back):
                        return _bent(function, arguments)
                    return _sequences(function, back, arguments, rng, snapshot) or arguments
                refusals.append(refusal)
                snapshot.restore()
    if oblong is not None:  # it takes no square either
        _tried(function, *oblong)
        return _bent(function, oblong)
    for x in _inputs([], refusals, holder, n, rng):
        table = rng.normal(size=(INPUT, HIDDEN))
        arguments = (x, *(table if role(name) == "weight" else x for name in names[1:]))
        if _tried(function, *arguments)[1] is None:
            return arguments
    raise SampleError(
        f"no input was found that {_called(function)}({', '.join(names)}) takes. "
        f"Tried x of shape {_listed(shapes)}; the first try ended with {refusals[0].words}",
        refusals[0].error,
    )


def _inputs(
    shapes: list[tuple[int, ...]], refusals: list[_Refusal], holder: object, n: int, rng: np.random.Generator
) -> Iterator[Array]:
    """Noise of these shapes; then, where the first was refused as an index, whole numbers up to a table's rows."""
    yield from (rng.normal(size=shape) for shape in shapes)
    if refusals and isinstance(refusals[0].error, IndexError):
        tables = [a for a in arrays_within(holder) if a.ndim == 2]
        rows = tables[0].shape[0] if tables else INPUT
        yield from (rng.integers(0, rows, shape) for shape in ((n, STEPS), (n,)))


def _takes_squares(x: Array, shape: tuple[int, ...]) -> bool:
    """Whether an oblong image comes out as a square: the code goes by one of its sides."""
    sides = shape[-2:]
    return x.ndim == 4 == len(shape) and x.shape[-2] != x.shape[-1] and sides[0] == sides[1] > 1


def _bent(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """These arguments with a stride, a padding and windows that show, where defaults leave the choice."""
    if np.ndim(arguments[0]) != 4 or not _is_spatial(function):
        return arguments
    pools = "pool" in words_of(_called(function))
    kinds = {"stride": 2, "width": 3, "pool": 3, "filter size": 3} if pools else {"stride": 2, "pad": 1}
    optional = list(inspect.signature(function).parameters.values())[len(arguments) :]
    settings = [kinds.get(role(p.name), p.default) for p in optional]
    if not optional or any(type(setting) is not int for setting in settings):
        return arguments
    bent = (*arguments, *settings)
    return bent if _tried(function, *bent)[1] is None else arguments


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
    answer, refusal = _tried(function, *longer)
    if refusal is None and _tried(lambda y: back(np.ones_like(y)), answer)[1] is None:
        return longer
    snapshot.restore()
    _tried(function, *arguments)
    return None


def labels(form: str, n: int, classes: int, rng: np.random.Generator) -> Array:
    """Labels of n samples, their classes different as far as there are: rows (n, classes) or indices (n,)."""
    if classes == 1:  # one output: 0 or 1 a row
        binary = (np.arange(n) % 2).astype(np.float64)
        return binary[:, None] if form == "one-hot" else binary.astype(np.int64)[:, None]
    indices = rng.permutation(classes)[np.arange(n) % classes]
    if form == "indices":
        return indices
    return np.eye(classes, dtype=np.float64 if form == "one-hot" else np.int64)[indices]


def arrays_within(item: object, depth: int = 8) -> Iterator[Array]:
    """The float arrays that an object holds, in attributes, dicts, lists and the objects in them."""
    seen: set[int] = set()

    def inside(value: object, left: int) -> Iterator[Array]:
        if id(value) in seen or left < 0:
            return
        seen.add(id(value))
        if isinstance(value, np.ndarray):
            if value.dtype.kind == "f":
                yield value
        elif isinstance(value, dict):
            for member in value.values():
                yield from inside(member, left - 1)
        elif isinstance(value, list | tuple):
            for member in value:
                yield from inside(member, left - 1)
        elif hasattr(value, "__dict__") and not isinstance(value, type) and not callable(value):
            yield from inside(vars(value), left)

    yield from inside(vars(item) if hasattr(item, "__dict__") else {}, depth)


def _sums_over_steps(back: Callable[..., Any]) -> bool:
    """Whether this backward adds up over the first two axes, as for samples and steps: not over three or four."""
    source = text_of(back)
    return bool(re.search(r"axis\s*=\s*\(0,\s*1\)", source)) and not re.search(r"\(0,\s*(1,\s*2|2,\s*3)\)", source)


def _shapes(
    hints: Hints, holder: object, n: int, function: Callable[..., Any] | None = None
) -> Iterator[tuple[int, ...]]:
    """Shapes that x may have, the likeliest first, each once."""
    candidates: list[tuple[int, ...]] = []
    if hints.image is not None:
        candidates += [(n, *hints.image), (n, int(np.prod(hints.image)))]
    if function is not None and _is_spatial(function):
        candidates.append((n, CHANNELS, 6, 8) if "pool" in words_of(_called(function)) else (n, CHANNELS, 7, 9))
    if hints.features is not None:
        candidates.append((n, hints.features))
    held = list(arrays_within(holder)) if holder is not None else []
    matrices = [array for array in held if array.ndim == 2]
    candidates += [(n, array.shape[0]) for array in matrices[:1] if array.shape[0] > 1]  # (1, D) is a bias
    candidates += [
        (n, array.shape[1], 2 * array.shape[2] + 1, 2 * array.shape[3] + 2) for array in held if array.ndim == 4
    ]
    candidates += [(n, 7, 9, array.shape[2]) for array in held if array.ndim == 4]  # (H, W, C_in, C_out) kernels
    kernels = [array for array in held if array.ndim == 4]
    candidates += [(n, kernel.shape[1], size, size) for kernel in kernels[:1] for size in IMAGE_SIZES]
    candidates += [(n, array.shape[1]) for array in matrices[:1]]
    flat = [array.size for array in held[:2] if array.ndim == 1]
    candidates += [(n, size) for size in flat] + [(n, size, 4, 6) for size in flat]
    if function is not None and 3 in (axes := unpacked(function)).values():
        first = next(iter(wanted(function)), "x")
        candidates = [(n, STEPS, INPUT), *candidates] if axes.get(first) == 3 else candidates
    candidates += [(n, INPUT), (n, CHANNELS, 6, 8), (n, CHANNELS, 8, 8), (n, 784), (n, 1, 28, 28)]
    candidates.append((n, 1))
    candidates += [(n, STEPS, width) for width in ([matrices[0].shape[0]] if matrices else []) + [INPUT]]
    candidates.append((INPUT,))
    seen: set[tuple[int, ...]] = set()
    for shape in candidates:
        if shape not in seen:
            seen.add(shape)
            yield shape


def _class_counts(hints: Hints, holder: object, x: Array) -> list[int]:
    """How many classes there may be, the likeliest first."""
    counts: list[int] = []
    predict = getattr(holder, "predict", None)
    if callable(predict):
        scores, refusal = _tried(predict, x)
        if refusal is None and np.ndim(scores) == 2:
            counts.append(int(np.shape(scores)[1]))
    if hints.classes is not None:
        counts.append(hints.classes)
    matrices = [array for array in arrays_within(holder) if array.ndim == 2]
    counts += [matrices[-1].shape[1]] if matrices else []
    counts += [x.shape[-1], OUTPUT, 10] if x.ndim == 2 else [OUTPUT, 10]
    return list(dict.fromkeys(counts))


def _arguments(
    function: Callable[..., Any], names: list[str], x: Array, rng: np.random.Generator
) -> Iterator[tuple[Any, ...]]:
    """Ways to fill the arguments after x."""
    is_loss = bool(words_of(_called(function)) & _LOSS_WORDS)
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
            for form in _FORMS if chosen else ("none",):
                filled: list[Any] = [x] if names else []
                for i, name in enumerate(names[1:], start=1):
                    if i not in chosen:
                        wide = after if role(name) in ("gamma", "beta") else width  # of what is normalised
                        filled.append(_argument(name, x, wide, spatial, window, rng))
                    elif x.ndim > 1:
                        filled.append(labels(form, len(x), x.shape[-1], rng))
                    else:
                        filled.append(rng.permutation(np.eye(len(x)))[0])
                yield tuple(filled)
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
    return bool(words_of(name) & LABEL_NAMES)


def _is_spatial(function: Callable[..., Any]) -> bool:
    words = words_of(_called(function))
    return (
        bool(words & {"conv", "convolution", "pool", "pooling", "spatial", "im"})
        or unpacked(function).get("x") == 4
    )


def _tried(function: Callable[..., Any], *arguments: Any) -> tuple[Any, _Refusal | None]:
    """(answer, None) where the call returns finite numbers; else (None, what happened)."""
    silence = Silence()
    copies = [np.array(a) if isinstance(a, np.ndarray) else a for a in arguments]
    try:
        with (
            np.errstate(all="ignore"),
            warnings.catch_warnings(),
            redirect_stdout(silence),
            redirect_stderr(silence),
        ):
            warnings.simplefilter("ignore")
            answer = function(*copies)
    except (Exception, SystemExit) as error:
        return None, _Refusal(describe(error), error)
    first = _first(answer)
    try:
        if first is None:
            raise TypeError
        finite = bool(np.all(np.isfinite(np.asarray(first, dtype=np.float64))))
    except (TypeError, ValueError):
        return None, _Refusal(f"{type(first).__name__} as its result, where numbers were expected")
    return (answer, None) if finite else (None, _Refusal("a result that is not finite"))


def _first(answer: Any) -> Any:
    """The output of an (output, cache) pair, or the output itself."""
    return answer[0] if isinstance(answer, tuple) and answer else answer


def _called(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__qualname__", getattr(function, "__name__", type(function).__name__)))


def _listed(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes[:4])) + (" and others" if len(shapes) > 4 else "")
