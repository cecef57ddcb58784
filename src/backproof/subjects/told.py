"""`backproof.subject(...)`: a person says how code is to be seen, where guessing fails or guesses wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from backproof.errors import BackproofError
from backproof.protocols import Array
from backproof.subjects.definitions import describe
from backproof.subjects.given import given_inputs, given_labels
from backproof.subjects.hints import Hints
from backproof.subjects.resample import more_inputs
from backproof.subjects.signatures import wanted
from backproof.subjects.subject import Layerlike, Network, Operation
from backproof.subjects.trial import implied
from backproof.subjects.trial.fitting import network_by_trial
from backproof.subjects.trial.way import Way

ADVICE = (
    "Or say how to see it, in the file or in a test (then `backproof check FILE::seen`):\n"
    "    import backproof\n"
    '    seen = backproof.subject(net.forward, net.backward, x=x, t=t, loss="cross-entropy")'
)


class SubjectError(BackproofError):
    """What was said about a subject does not hold: names the argument and what was expected of it."""


def subject(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *,
    x: Any,
    t: Any = None,
    parameters: Mapping[str, Array] | None = None,
    gradients: Callable[[], Mapping[str, Any]] | None = None,
    loss: str | Callable[[Array, Array], Any] | None = None,
    layout: Literal["rows", "columns"] = "rows",
    name: str | None = None,
) -> Network | Layerlike:
    """What `backproof.check`, `backproof check FILE::seen` and `assert_gradients` judge, as you say it is.

    Without labels, a function or layer: `forward(x)` gives y, `backward(dout)`, or `backward(dout, x)`, gives dx,
    or (dx, then the parameters' gradients in their order), or a dict of them by name. With labels t, a network:
    `forward(x)` gives its scores, `backward(x, t)`, called after forward, the gradients of its parameters as a
    dict or a list; where they lie elsewhere is found by value.

    x: some inputs, (N, ...) or with layout "columns" (..., N); more like them are drawn. t: class indices (N,) or
    rows (N, K), with layout "columns" (K, N). parameters: the live arrays by name, changed in place by the check
    and put back; of a network by default all float arrays of the object that forward belongs to. gradients: called
    after backward, returns the parameters' gradients by name. loss: "mse", "cross-entropy", "binary" or "mae",
    each up to a constant factor, or a function loss(y, t); by default found out. name: for the report.

    Raises SubjectError where x, parameters or loss cannot be what they are said to be, ShapeError and LabelError
    where x or t holds no sample, SampleError where no gradients are found.
    """
    name = name or str(getattr(forward, "__qualname__", type(forward).__name__)).split(".<locals>.")[-1]
    rows, labels = given_inputs(x), given_labels(t)
    if isinstance(rows, tuple):
        raise SubjectError(
            f"{name}: x is a tuple of {len(rows)} inputs; a told subject has one, bind the others in"
        )
    for key, array in (parameters or {}).items():
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
            raise SubjectError(
                f"{name}: parameters[{key!r}] is {_kind(array)}, expected a float array that forward uses in place"
            )
    if isinstance(loss, str) and loss not in implied.NAMES:
        raise SubjectError(
            f"{name}: loss {loss!r} is not known; say one of {', '.join(implied.NAMES)}, or loss(y, t)"
        )
    if labels is None:
        if loss is not None:
            raise SubjectError(f"{name}: a loss needs labels: give t=... too")
        return _operation(forward, backward, rows, parameters or {}, gradients, layout, name)
    columns = layout == "columns"
    rows = rows.T.copy() if columns else rows
    labels = labels.T.copy() if columns and labels.ndim > 1 else labels
    hints = Hints(x=rows, t=labels, loss=loss if isinstance(loss, str) else None, layout=layout)
    return network_by_trial([_way(forward, backward, parameters, gradients, loss, name)], hints)


def _way(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    parameters: Mapping[str, Array] | None,
    gradients: Callable[[], Mapping[str, Any]] | None,
    loss: str | Callable[[Array, Array], Any] | None,
    name: str,
) -> Way:
    owner = getattr(forward, "__self__", None)
    roots = tuple(root for root in (parameters, owner) if root is not None)
    if not roots:
        raise SubjectError(f"{name}: forward belongs to no object, so say parameters={{'W': W, ...}}")
    last: dict[str, Any] = {}

    def run(x: Array) -> Any:
        last["y"] = forward(x)
        return last["y"]

    def back(x: Array, t: Any) -> Any:
        returned = backward(x, t)
        return returned if gradients is None else dict(gradients())

    return Way(
        name=name,
        described="a network as told",
        owner=owner if owner is not None else forward,
        roots=roots,
        forward=run,
        backward=back,
        losses={"loss": lambda x, t: loss(last["y"], t)} if callable(loss) else {},
        single=False,
        source={"gradient": backward, "predict": forward},
        only=None if parameters is None else tuple(map(id, parameters.values())),
    )


def _operation(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    x: Array,
    parameters: Mapping[str, Array],
    gradients: Callable[[], Mapping[str, Any]] | None,
    layout: str,
    name: str,
) -> Layerlike:
    try:
        y = np.asarray(forward(x.astype(np.float64)))
    except Exception as error:
        raise SubjectError(f"{name}: forward(x) raised {describe(error)} for x of shape {x.shape}") from error
    if y.dtype.kind not in "fiu":
        raise SubjectError(f"{name}: forward(x) gave {_kind(y)}, expected an array of numbers")
    with_x = len(wanted(backward)) > 1
    last: list[Array] = [x]

    def run(value: Array) -> Any:
        last[0] = value.copy()
        return forward(value)

    def back(dout: Any) -> dict[str, Any]:
        returned = backward(dout, last[0]) if with_x else backward(dout)
        found: dict[str, Any] = {f"d{key}": None for key in ("x", *parameters)}
        if isinstance(returned, Mapping):
            found |= {f"d{key.removeprefix('d')}": value for key, value in returned.items()}
        elif isinstance(returned, (tuple, list)):
            found |= dict(zip(found, returned, strict=False))
        else:
            found["dx"] = returned
        if gradients is not None:
            found |= {f"d{key.removeprefix('d')}": value for key, value in gradients().items()}
        return {key: found[key] for key in found if key == "dx" or key[1:] in parameters}

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        again = more_inputs(x.T, samples, rng).T.copy() if layout == "columns" else more_inputs(x, samples, rng)
        return Operation(
            name=name,
            forward=run,
            backward=back,
            parameters=lambda: parameters,
            is_loss=y.size == 1 and x.size > 1,
            owner=getattr(forward, "__self__", None),
            source={"forward": forward, "backward": backward},
            x=(again,),
        )

    held = f", parameters {', '.join(parameters)}" if parameters else ""
    return Layerlike(name, f"as told: forward and backward, samples in {layout}{held}", operation, arguments=(x,))


def _kind(value: Any) -> str:
    return f"an array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
