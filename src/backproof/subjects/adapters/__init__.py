"""What makes a Subject out of people's code: one shape of code a file, known by shape, never by base class."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects import told
from backproof.subjects.adapters import (
    blobs,
    boxed,
    cell,
    functions,
    fused_head,
    in_one_method,
    last_step,
    lazy_nodes,
    looked_up,
    loss_alone,
    loss_and_grads,
    loss_functions,
    loss_over_steps,
    monolith,
    nodes,
    odd_layer,
    odd_loss,
    token_sequences,
    trained_layers,
    training_loops,
    values,
)
from backproof.subjects.adapters import layer as layers
from backproof.subjects.adapters import network as networks
from backproof.subjects.adapters import pair as pairs
from backproof.subjects.both_forms import with_indices
from backproof.subjects.hints import Hints
from backproof.subjects.inputs import find_inputs
from backproof.subjects.samples import find_sample
from backproof.subjects.scalars import entry_by_entry, wants_numbers
from backproof.subjects.signatures import parameters, takes_argument, wanted
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Layerlike, Network, NotRecognised, Subject
from backproof.subjects.surrogate import left_alone
from backproof.subjects.trial import entries
from backproof.subjects.trial.fitting import network_by_trial
from backproof.subjects.trial.fused_heads import is_fused_head
from backproof.subjects.trial.one_loss import takes_labels
from backproof.subjects.trial.reach import reach
from backproof.subjects.tried import SampleError
from backproof.subjects.walked import holds_none

# Shapes of whole networks that are tried out until they are understood: `matches(item)`, `ways(item)`.
SHAPES = (functions, loss_functions, loss_and_grads, loss_alone, monolith, token_sequences, training_loops)


def recognise(
    item: Any,
    *,
    x: Any = None,
    t: Array | None = None,
    gradient: Callable[..., Any] | None = None,
    hints: Hints | None = None,
) -> Subject:
    """The object, function or tuple of functions as a Subject.

    x, t: inputs and labels that it takes, found where None (hints: what is known of their shape); x may be a tuple
    of several inputs. The object is left as it was.
    Raises NotRecognised where no adapter fits, SampleError where no input is found that works.
    """
    if isinstance(item, (Network, Layerlike)):
        return item
    hints = hints or Hints()
    if isinstance(x, np.ndarray) and x.ndim > 1:
        hints = replace(hints, x=x, t=t)
    snapshot = Snapshot(item)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = _recognised(item, x, t, gradient, hints)
            return left_alone(found) if isinstance(found, Layerlike) else found
    finally:
        snapshot.restore()


def _recognised(item: Any, x: Any, t: Array | None, gradient: Callable[..., Any] | None, hints: Hints) -> Subject:
    if not isinstance(item, type) and holds_none(item):
        raise NotRecognised(f"{type(item).__name__} holds no layers: what goes in comes out, and nothing is shown")
    if values.matches(item):
        return values.subject(item)
    if x is None and boxed.matches(item):
        return boxed.subject(item)
    if nodes.matches(item):
        return nodes.subject(item)
    if lazy_nodes.matches(item):
        return lazy_nodes.subject(item)
    if x is None and blobs.matches(item):
        return blobs.subject(item, hints)
    if x is None and not isinstance(item, type) and (slope := entries.gives_slope(type(item))) is not None:
        inputs = find_inputs(getattr(item, slope[0]), hints, holder=item)
        if not pairs.goes_back(item, inputs):
            return pairs.slope_subject(item, inputs)
    if x is None and not isinstance(item, type) and is_fused_head(type(item)):
        return fused_head.subject(item)
    if x is None and t is None and gradient is None and looked_up.matches(item):
        with contextlib.suppress(SampleError):  # it is no network on token ids
            return network_by_trial(looked_up.ways(item), hints)
    plain_loss = _is_plain_loss(item) and not odd_loss.is_told(item)
    if x is None and gradient is None and odd_loss.matches(item) and not (plain_loss or reach(item)):
        return odd_loss.subject(item)  # loss(y, t) and gradient(y, t) without parameters are no network
    if gradient is None and any(shape.matches(item) for shape in SHAPES):
        ways = (way for shape in SHAPES if shape.matches(item) for way in shape.ways(item))
        try:
            return network_by_trial(itertools.chain(ways, in_one_method.further_ways(item)), hints)
        except SampleError as refused:
            if not in_one_method.matches(item):
                raise
            with contextlib.suppress(SampleError):
                return network_by_trial(in_one_method.ways(item), hints)
            raise refused
    if gradient is not None and entries.only_goes_forward(type(item)) and not hasattr(item, "loss"):
        return network_by_trial(monolith.ways(item, gradient), hints)
    if networks.is_network(item, gradient):
        if x is None or t is None:
            x, t = _network_sample(item, gradient, hints)
        return with_indices(networks.network_of(item, x, t, gradient))
    if x is None and odd_loss.matches(item):
        if not _is_plain_loss(item):
            return odd_loss.subject(item)
        if (fused := odd_loss.fused(item)) is not None:
            return fused
    if layers.is_layer(item) and entries.is_to_come(item.backward) and entries.gives(item.forward):
        return pairs.one_way(item, _arguments(item.forward, x, t, hints, item))
    if x is None and layers.is_layer(item) and not (takes_argument(item.backward) or reach(item)):
        alone = len(parameters(item.forward)) == 1
        found = pairs.kept_slope_subject(item, find_inputs(item.forward, hints, holder=item)) if alone else None
        if found is not None:
            return found
    if x is None and t is None and cell.matches(item):
        with contextlib.suppress(SampleError):
            return cell.subject(item)
    if x is None and t is None and (trained := trained_layers.network(item, hints)) is not None:
        return trained
    plain = layers.is_layer(item) and layers.several_outputs(item)
    if t is None and not isinstance(x, tuple) and odd_layer.matches(item) and not plain:
        try:
            odd = odd_layer.subject(item, hints, lambda: _whole(item, hints))
        except SampleError:
            if x is None:
                return _without_labels(item, hints)
            odd = None
        if odd is not None:
            return odd
    if layers.is_layer(item) and _is_made_for_its_input(item):
        return _rebuilding(item, hints)
    if layers.is_layer(item):
        if layers.several_outputs(item):
            return layers.layer_subject(item, _arguments(item.forward, x, t, hints, item))
        if len(more := wanted(item.backward)) > 1:
            raise NotRecognised(_needs_more(item, more[1:]))
        back = item.backward if takes_argument(item.backward) else None
        try:
            inputs = _arguments(item.forward, x, t, hints, item, back)
        except SampleError:
            if x is None and odd_layer.matches(item):  # it was understood otherwise than in rows
                return odd_layer.understood(item, hints)
            return _without_labels(item, hints)
        if x is None and back is not None and not _gives_slope(item, inputs):
            if entries.hands_on(type(item)):
                return network_by_trial(monolith.ways(item), hints)
            whole = _whole(item, hints)  # the backward of a network may end at the parameters of the first layer
            weights = (
                [min(a.shape) for a in whole.parameters().values() if a.ndim == 2] if whole is not None else []
            )
            if whole is not None and sum(size > 1 for size in weights) > 1:
                return whole
        return layers.layer_subject(item, inputs)
    if isinstance(item, tuple) and len(item) == 2 and all(callable(f) for f in item):
        if x is None and odd_loss.is_pair(*item):
            return odd_loss.pair_subject(*item)
        try:
            inputs = _arguments(item[0], x, t, hints, None)
            inputs = pairs.in_sequences(*item, inputs) if x is None else inputs
        except SampleError as refused:
            if len(wanted(item[0])) != 1 or not wants_numbers(refused.error):
                raise
            item = (entry_by_entry(item[0]), entry_by_entry(item[1]))
            inputs = _arguments(item[0], x, t, hints, None)
        return pairs.pair_subject(item[0], item[1], inputs)
    if x is None and inspect.isfunction(item) and (over := loss_over_steps.subject(item)) is not None:
        return over
    if inspect.isroutine(item):
        return pairs.function_subject(item, _arguments(item, x, t, hints, None))
    if in_one_method.matches(item):
        return network_by_trial(in_one_method.ways(item), hints)
    raise NotRecognised(_explain(item))


def _without_labels(item: Any, hints: Hints) -> Network:
    """What takes no input as a layer, as a network whose backward is given the slope of the loss.

    Raises the SampleError that is being handled where it hands on to no layers, goes through no sequence and is
    not handed all again.
    """
    if last_step.matches(item):
        return network_by_trial(last_step.ways(item), hints)
    if not (entries.hands_on(type(item)) or monolith.is_handed_all_again(item)):
        raise
    return network_by_trial(monolith.ways(item), hints)


def _gives_slope(item: Any, inputs: tuple[Any, ...]) -> bool:
    """Whether backward returns a gradient of the input, rather than a list of those of the parameters."""
    here = Snapshot(item)
    try:
        y = np.asarray(item.forward(*(np.array(each) for each in inputs)))
        returned = item.backward(np.ones(y.shape))
    except Exception:  # it says so with its place
        return True
    finally:
        here.restore()
    return not (returned is None or isinstance(returned, (list, dict)))


def _whole(item: Any, hints: Hints) -> Network | None:
    """The item as one object that is the whole network, where its every gradient fits a loss."""
    try:
        return network_by_trial(monolith.ways(item), hints, exact=True)
    except SampleError:
        return None


def _is_made_for_its_input(item: Any) -> bool:
    """Whether its backward is given nothing and it has weights: no layer, whose way back begins at a gradient."""
    weights = any(a.ndim == 2 and min(a.shape) > 1 for a in reach(item).values())
    return weights and not takes_argument(item.backward) and entries.goes_back_bare(entries.methods(item))


def _rebuilding(item: Any, hints: Hints) -> Network:
    """The item as a network that rebuilds its input: its every gradient fits a loss between the two."""
    with contextlib.suppress(SampleError):
        return network_by_trial(monolith.ways(item), hints, exact=True)
    what = type(item).__name__
    raise NotRecognised(
        f"{what}.backward() is given nothing, and its gradients fit no loss between its output and its input: "
        "it cannot be seen where its way back begins. Write a method loss(x, t), or backward(dout)."
    )


def _is_plain_loss(item: Any) -> bool:
    """forward(y, t) and backward(dout=1), as in the book."""
    plain = layers.is_layer(item) and len(wanted(item.backward)) <= 1 <= len(parameters(item.backward))
    return plain and not takes_labels(item.backward)


def _network_sample(item: Any, gradient: Callable[..., Any] | None, hints: Hints) -> tuple[Array, Array]:
    """(x, t) that the loss takes; its gradient too, where anything pleases that."""
    loss = networks.loss_of(item, gradient)

    def loss_and_gradient(x: Array, t: Array) -> Any:
        answer = loss(x, t)
        networks.network_of(item, x, t, gradient).gradient(x, t)
        return answer

    try:
        sample = find_sample(loss_and_gradient, hints, holder=item)
    except SampleError:  # a gradient that raises on everything: the proof says so with its place
        sample = find_sample(loss, hints, holder=item)
    return sample.x, sample.t


def _arguments(
    function: Callable[..., Any],
    x: Any,
    t: Array | None,
    hints: Hints,
    holder: object,
    back: Callable[[Any], Any] | None = None,
) -> tuple[Any, ...]:
    if x is None:
        return find_inputs(function, hints, holder=holder, back=back)
    inputs = x if isinstance(x, tuple) else (x,)
    return inputs if t is None else (*inputs, np.asarray(t))


def _needs_more(item: Any, names: list[str]) -> str:
    what = type(item).__name__
    return (
        f"{what}.backward needs more than the incoming gradient: {', '.join(names)}. Backproof judges layers "
        "whose backward(dout) takes that alone and leaves the gradients where they can be read. Write:\n"
        "    def backward(self, dout): ...  # returns dx, leaves self.dW and self.db\n"
        "    def update(self, learning_rate): ...  # the step, by itself"
    )


def _explain(item: Any) -> str:
    what = item.__name__ if isinstance(item, type) else type(item).__name__
    if isinstance(item, type):
        return f"{what} is a class: pass an object of it, such as {what}(...)"
    public = [n for n in dir(item) if not n.startswith("_") and callable(getattr(item, n, None))]
    return (
        f"{what} was not recognised. Looked for: a network (loss(x, t) with gradient(x, t) or with layers), "
        "a layer (forward(x) and backward(dout)), a function or a pair of functions. "
        f"Found the methods: {', '.join(public[:12]) or 'none'}. Write:\n"
        "    def loss(self, x, t): ...      # returns one number\n"
        "    def gradient(self, x, t): ...  # returns {'W1': dW1, ...} for the arrays in self.params\n"
        + told.ADVICE
    )
