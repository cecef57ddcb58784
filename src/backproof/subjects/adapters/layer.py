"""A single layer: `forward(x)` and `backward(dout)`, parameters and gradients as attributes, lists or dicts."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import role
from backproof.subjects.clearing import clears_gradients
from backproof.subjects.label_forms import BOTH_FORMS, tells_apart
from backproof.subjects.one_score import has_one_score_each
from backproof.subjects.own_source import text_around
from backproof.subjects.recording import Call, copied
from backproof.subjects.resample import are_indices, jittered, more_indices, more_inputs, more_labels
from backproof.subjects.side_by_side import apart, joined
from backproof.subjects.signatures import argument_names, required, takes_argument
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Layerlike, Operation
from backproof.subjects.trial import results, roles
from backproof.subjects.trial.matching import LETTERS

GRADIENT_NAMES = ("d{}", "d_{}", "{}_grad", "grad_{}", "grad{}", "{}_gradient")
USUAL_PARAMETERS = ("W", "b", "w", "gamma", "beta", "weight", "weights", "bias", "biases")
SETTINGS = ("stride", "pad", "pool", "filter size", "filters", "channels", "width")  # whole numbers they stay
BOXES = (("data", "value", "val", "array"), ("grad", "gradient", "g"))  # what a parameter object holds
LABEL_NAMES = ("t", "label", "labels", "target", "targets", "y_true", "truth", "teacher")


@dataclass(frozen=True)
class Slot:
    """One parameter of a layer: where its array and its gradient are to be read."""

    name: str
    read: Callable[[], Any]
    gradient: Callable[[], Any]


def is_label(names: list[str], i: int) -> bool:
    """Whether this argument is labels: by its name, or as `Y` beside scores, `forward(Y_pred, Y)`."""
    beside = i > 0 and names[i] not in LABEL_NAMES and (roles.role(names[0]), roles.role(names[i])) == ("y", "t")
    return names[i] in LABEL_NAMES or beside


def is_layer(item: object) -> bool:
    """Whether it has the two methods of a layer; classes and modules do not count."""
    return not inspect.isclass(item) and all(callable(getattr(item, m, None)) for m in ("forward", "backward"))


def several_outputs(item: Any) -> bool:
    """Whether forward returns as many values as backward takes gradients: h, c and backward(dh, dc)."""
    wanted = required(item.backward)
    upstream = all(re.match(r"d_?[a-z]|grad|delta", name) and roles.role(name) != "x" for name in wanted)
    return len(wanted) > 1 and upstream and len(results.returned_names(item.forward)) == len(wanted)


def arrays_of(layer: object) -> dict[str, Array]:
    """The float and integer arrays among a layer's attributes."""
    names: Iterable[str] = vars(layer) if hasattr(layer, "__dict__") else ()
    found = {name: vars(layer)[name] for name in names}
    for cls in type(layer).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            found.setdefault(name, getattr(layer, name, None))
    return {name: a for name, a in found.items() if isinstance(a, np.ndarray) and a.dtype.kind in "fiu"}


def find_slots(layer: Any, moving: Iterable[str] = ()) -> list[Slot]:
    """The layer's parameters, each with the place of its gradient.

    moving: attributes that `forward` rebinds at each call: caches, however they are named.
    """
    slots: dict[str, Slot] = {}
    params, grads = getattr(layer, "params", None), _gradient_container(layer)
    if isinstance(params, Mapping):
        for key, array in params.items():
            if isinstance(array, np.ndarray):
                slots[str(key)] = _slot_in_dict(layer, params, grads, key)
    elif isinstance(params, (list, tuple)) and isinstance(grads, (list, tuple)):
        for i, array in enumerate(params):
            if isinstance(array, np.ndarray):
                slot = _slot_in_list(layer, i, array)
                slots[slot.name] = slot
    if slots:
        return list(slots.values())
    attributes = arrays_of(layer)
    for name in attributes:
        gradient = _gradient_attribute(layer, name, grads)
        if gradient is not None and name not in moving:
            slots[name] = Slot(name, _reader(layer, name), gradient)
    for name, box in vars(layer).items() if hasattr(layer, "__dict__") else ():
        boxed = _boxed(name, box)
        if boxed is not None:
            slots[name] = boxed
    if slots:  # a layer that keeps gradients, but none for this usual parameter: it was forgotten
        for name in attributes:
            if name in USUAL_PARAMETERS and name not in slots and name not in moving:
                slots[name] = Slot(name, _reader(layer, name), lambda: None)
    back = getattr(type(layer), "backward", None)  # of the class: a run may listen to the object's own
    turned = _turned_beside(back) if slots and inspect.isfunction(back) else set()
    return [_turned(slot) if slot.name in turned else slot for slot in slots.values()]


@functools.cache
def _turned_beside(back: Callable[..., Any]) -> set[str]:
    """The parameters whose gradients the code beside this backward turns: `self.W -= rate * self.dW.T`."""
    found = re.findall(r"\.(\w+)\.(?:T\b|transpose\(\))", text_around(back))
    names = [re.fullmatch(r"d_?(\w+)|(\w+)_grad|grad_?(\w+)|(\w+)_gradient", name) for name in found]
    return {next(filter(None, match.groups())) for match in names if match}


def _turned(slot: Slot) -> Slot:
    """The slot with a gradient that lies the other way round than its parameter turned."""

    def gradient() -> Any:
        found, shape = slot.gradient(), np.shape(slot.read())
        turned = np.ndim(found) == 2 and np.shape(found) != shape and np.shape(found)[::-1] == shape
        return np.transpose(found) if turned else found

    return Slot(slot.name, slot.read, gradient)


def operation_of(
    layer: Any,
    name: str,
    arguments: tuple[Any, ...],
    keywords: Mapping[str, Any] | None = None,
    *,
    words: tuple[str, ...] = (),
    output: Any = None,
    returned: Any = None,
) -> Operation:
    """The layer as an operation on these arguments, labels and flags bound in.

    output, returned: what `forward` and `backward` gave for them, where that is known.
    """
    keywords = dict(keywords or {})
    before = {key: id(value) for key, value in arrays_of(layer).items()}
    if output is None:
        output = layer.forward(*copied(arguments), **keywords)
    else:
        layer.forward(*copied(arguments), **keywords)
    moving = [key for key, value in arrays_of(layer).items() if before.get(key) != id(value)]
    slots = find_slots(layer, moving)

    split = isinstance(output, tuple) and len(required(layer.backward)) == len(output) > 1
    kept: list[Any] = list(output) if split else []
    ends = len(arguments) > 1 or not takes_argument(layer.backward)  # a penalty's backward() takes nothing
    is_loss = not split and np.size(output) == 1 and ends and np.size(arguments[0]) > 1
    looked_up = are_indices(lambda x: layer.forward(x, *copied(arguments[1:]), **keywords), arguments[0])
    if looked_up:
        layer.forward(*copied(arguments), **keywords)
    differentiable = [
        i for i, a in enumerate(arguments) if _is_float(a) or (i == 0 and _is_numeric(a) and not looked_up)
    ]
    names = argument_names(layer.forward, len(arguments))
    if is_loss or not isinstance(returned, tuple):
        labels = [i for i in differentiable if is_label(names, i)]
        rest = [i for i in differentiable if i not in labels]
        differentiable = rest[:1]
    else:
        differentiable = differentiable[: len(returned)]
    constant = {i: copied(a) for i, a in enumerate(arguments) if i not in differentiable}
    constants = [constant.get(i) for i in range(len(arguments))]
    input_names = ("x",) if len(differentiable) == 1 else tuple(names[i] for i in differentiable)

    def forward(*inputs: Any) -> Any:
        values = list(constants)
        for i, value in zip(differentiable, inputs, strict=True):
            values[i] = value
        y = layer.forward(*values, **keywords)
        kept[:] = y if split else []
        return joined(kept) if split else y

    takes_dout = takes_argument(layer.backward)
    adds_up = clears_gradients(layer)  # to what others set to zero before each round

    def backward(dout: Any) -> dict[str, Any]:
        if adds_up:
            set_to_zero(slots)
        each = apart(dout, kept) if split else [dout]
        back = layer.backward(*each) if takes_dout else layer.backward()
        gradients = {f"d{key}": None for key in input_names}
        several = back if isinstance(back, (tuple, list)) else (back,)
        gradients |= dict(zip(gradients, several, strict=False))
        found = {f"d{slot.name}": slot.gradient() for slot in slots}
        return gradients | (copied(found) if adds_up else found)

    return Operation(
        name=name,
        forward=forward,
        backward=backward,
        parameters=lambda: {slot.name: slot.read() for slot in slots},
        inputs=input_names,
        is_loss=is_loss,
        owner=layer,
        source={"forward": layer.forward, "backward": layer.backward},
        constants={names[i]: a for i, a in constant.items()} | keywords,
        words=(*words, name, type(layer).__name__),
        x=tuple(np.array(arguments[i], dtype=np.float64) for i in differentiable),
    )


def set_to_zero(slots: Iterable[Slot]) -> None:
    """The gradients that are there set to zero, as a loop that trains does before each round."""
    for slot in slots:
        gradient = slot.gradient()
        if isinstance(gradient, np.ndarray) and gradient.flags.writeable:
            gradient[...] = 0


def layer_subject(layer: Any, arguments: tuple[Any, ...]) -> Layerlike:
    """A layer, or a loss layer with its labels, on arguments like these."""
    names = argument_names(layer.forward, len(arguments))

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        again = resampled(arguments, names, samples, rng)
        if are_indices(layer.forward, arguments[0]):
            again = (more_indices(arguments[0], samples, rng), *again[1:])
        flags = _off_by_default(layer.forward)
        output = layer.forward(*copied(again), **flags)
        try:
            outputs = output if isinstance(output, tuple) and several_outputs(layer) else (output,)
            douts = [1.0 if np.size(y) == 1 else np.ones(np.shape(y)) for y in outputs]
            returned = layer.backward(*douts) if takes_argument(layer.backward) else layer.backward()
        except Exception:  # the examination meets it again and says so with its place
            returned = None
        return operation_of(layer, type(layer).__name__, again, flags, output=output, returned=returned)

    kind = "a loss layer with labels" if any(is_label(names, i) for i in range(1, len(names))) else "a layer"
    return Layerlike(
        type(layer).__name__,
        f"{kind}: forward({', '.join(names)}) and backward",
        operation,
        layer,
        arguments,
        also=_in_indices(layer, arguments, names),
        also_words=BOTH_FORMS,
    )


def _in_indices(layer: Any, arguments: tuple[Any, ...], names: list[str]) -> Layerlike | None:
    """A loss layer of one-hot rows as one of class indices, where its code knows both and takes them."""
    at = next((i for i in range(1, len(names)) if is_label(names, i) and _is_one_hot(np.asarray(arguments[i]))), 0)
    if not at or not tells_apart(layer.backward):
        return None
    indices = np.argmax(arguments[at], axis=1)
    again = (*arguments[:at], indices, *arguments[at + 1 :])
    here = Snapshot(layer)
    try:
        for samples in (4, 5):  # indices broadcast against as many classes as there are
            layer.forward(*resampled(again, names, samples, np.random.default_rng(0)))
    except Exception:  # it knows another difference than this
        return None
    finally:
        here.restore()
    found = layer_subject(layer, again)
    found.understood += ", labels: class indices"
    return found


def _off_by_default(forward: Callable[..., Any]) -> dict[str, bool]:
    """The flag for training, `forward(x, train_flg=False)`, set; where it is on by itself, nothing."""
    given = inspect.signature(forward).parameters.values()
    return {p.name: True for p in given if p.default is False and roles.role(p.name) == "training"}


def resampled(
    arguments: tuple[Any, ...], names: list[str], samples: int, rng: np.random.Generator
) -> tuple[Any, ...]:
    """Arguments like these for another number of samples: inputs and labels redrawn, settings kept."""
    first = np.asarray(arguments[0])
    one_each = any(has_one_score_each(first, value) for value in arguments[1:])
    classes = first.shape[-1] if first.ndim > 1 else 2 if one_each else 1
    found: list[Any] = []
    for name, value in zip(names, arguments, strict=True):
        if not isinstance(value, np.ndarray) or value.ndim == 0 or len(value) != len(first):
            number = type(value) is int and role(name) not in SETTINGS
            found.append(float(value) if number else value)
        elif found and (is_label(list(names), len(found)) or value.dtype.kind in "iub" or _is_one_hot(value)):
            found.append(more_labels(value, samples, classes, rng))
        elif value.ndim > 1 or one_each:
            found.append(more_inputs(value, samples, rng))
        else:
            found.append(jittered(value, rng))
    return tuple(found)


def operation_of_call(layer: Any, call: Call, samples: int | None = None) -> Operation:
    """The layer as it was called in a recorded run of a network on that many samples."""
    operation = operation_of(
        layer, call.layer, call.inputs, call.keywords, output=call.output, returned=call.returned
    )
    operation.batch_first = bool(operation.x) and operation.x[0].ndim > 1 and len(operation.x[0]) == samples
    return operation


def _is_float(value: Any) -> bool:
    return (isinstance(value, np.ndarray) and value.dtype.kind == "f") or isinstance(value, float)


def _is_one_hot(value: Array) -> bool:
    rows = value.ndim == 2 and value.shape[1] > 1
    return bool(rows and np.all((value == 0) | (value == 1)) and np.all(value.sum(axis=1) == 1))


def _is_numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iu"


def _gradient_container(layer: Any) -> Any:
    for name in ("grads", "gradients", "grad"):
        value = getattr(layer, name, None)
        if isinstance(value, (Mapping, list, tuple)):
            return value
    return None


def _gradient_attribute(layer: Any, name: str, grads: Any) -> Callable[[], Any] | None:
    """Where the gradient of a parameter is, by its name, else by another name for the same."""
    if (found := _named_after(layer, name)) is not None:
        return found
    if isinstance(grads, Mapping) and grads.keys() & {name, f"d{name}"}:
        return lambda: _from_dict(_gradient_container(layer), name)
    letter = LETTERS.get(name, "")  # `bias` with `grad_b`, `weights` with `weight_gradient`
    others = [other for other, short in LETTERS.items() if short == letter and other != name]
    free = [other for other in (*others, letter) if other and not hasattr(layer, other)]
    return next((place for other in free if (place := _named_after(layer, other)) is not None), None)


def _named_after(layer: Any, name: str) -> Callable[[], Any] | None:
    """The attribute that is called the gradient of this."""
    for pattern in GRADIENT_NAMES:
        attribute = pattern.format(name)
        if hasattr(layer, attribute):
            return _reader(layer, attribute)
    namesakes = [held for held in arrays_of(layer) if held.lower() == name.lower()]
    for pattern in GRADIENT_NAMES:  # `w` with `dW`, `W` with `dw`
        alike = [held for held in _held(layer) if held.lower() == pattern.format(name).lower()]
        if len(alike) == 1 >= len(namesakes):
            return _reader(layer, alike[0])
    return None


def _held(layer: object) -> list[str]:
    return list(vars(layer)) if hasattr(layer, "__dict__") else []


def _boxed(name: str, box: Any) -> Slot | None:
    """The slot of a parameter object, which holds its array and its gradient: `weight.data`, `weight.grad`."""
    held = vars(box) if hasattr(box, "__dict__") and not inspect.isclass(box) else {}
    array = next((key for key in BOXES[0] if isinstance(held.get(key), np.ndarray)), None)
    gradient = next((key for key in BOXES[1] if key in held), None)
    if array is None or gradient is None or is_layer(box):
        return None
    return Slot(name, _reader(box, array), _reader(box, gradient))


def _slot_in_dict(layer: Any, params: Mapping[str, Any], grads: Any, key: str) -> Slot:
    read = lambda: layer.params[key]  # noqa: E731
    if isinstance(grads, Mapping):
        return Slot(str(key), read, lambda: _from_dict(_gradient_container(layer), key))
    return Slot(str(key), read, _gradient_attribute(layer, str(key), None) or (lambda: None))


def _slot_in_list(layer: Any, i: int, array: Array) -> Slot:
    name = next((n for n, a in arrays_of(layer).items() if a is array), f"params[{i}]")

    def gradient() -> Any:
        grads = _gradient_container(layer)
        return grads[i] if i < len(grads) else None

    return Slot(name, lambda: layer.params[i], gradient)


def _from_dict(grads: Any, key: str) -> Any:
    return grads.get(key, grads.get(f"d{key}")) if isinstance(grads, Mapping) else None


def _reader(layer: Any, name: str) -> Callable[[], Any]:
    return lambda: getattr(layer, name, None)
