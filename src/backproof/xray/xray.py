"""`backproof.xray`: run a subject once, forward and back, and keep its graph."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from backproof.errors import BackproofError, ShapeError
from backproof.files import write_whole
from backproof.findings import Finding, Report
from backproof.protocols import Array
from backproof.subjects.adapters import recognise
from backproof.subjects.adapters.pair import cached_pair, derivative_pair
from backproof.subjects.recording import Recording, copied, record
from backproof.subjects.signatures import takes_argument
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Layerlike, Network, Operation
from backproof.xray.graph import Graph, Parameter, graph_of
from backproof.xray.marks import mark
from backproof.xray.notable import Remark, remarks
from backproof.xray.parameters import Parameters
from backproof.xray.steps import Step, steps_of
from backproof.xray.values import Value, keep, plain, value_of

SAMPLES = 3  # of an input that is made up


@dataclass
class Xray:
    """The graph of one run, forward and back.

    subject: its name; understood: as what it was taken; graph: nodes and edges; error: what ended the run early,
    None where nothing did; notes: what a reader has to know of how this was made.
    """

    subject: str
    understood: str
    graph: Graph = field(default_factory=Graph)
    error: str | None = None
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def fill(self, graph: Graph, recording: Recording | None = None) -> None:
        """Take the graph in; of the recording, what ended it."""
        self.graph = graph
        error = recording.error if recording else None
        self.error = f"{type(error).__name__}: {error}" if error is not None else None

    @property
    def loss(self) -> float | None:
        """The number at the end, where the graph ends in one."""
        ends = [e for e in self.graph.edges if self.graph.node(e.target).kind == "output" and e.value is not None]
        return ends[-1].value.number if ends and ends[-1].value and ends[-1].value.is_number else None

    @property
    def stands_out(self) -> list[Remark]:
        """What is worth a look, in words with its figure."""
        return remarks(self.graph, self.loss)

    @property
    def steps(self) -> list[Step]:
        """The run one operation at a time, forward and then back, with the numbers of the first sample."""
        return steps_of(self.graph)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: nodes, edges with the figures of value and gradient, what stands out, the steps."""
        data = {
            "subject": self.subject,
            "understood": self.understood,
            "loss": self.loss,
            "error": self.error,
            "nodes": [node.to_dict() for node in self.graph.nodes],
            "edges": [edge.to_dict() for edge in self.graph.edges],
            "stands_out": [remark.to_dict() for remark in self.stands_out],
            "steps": [step.to_dict() for step in self.steps],
            "notes": self.notes,
        }
        return {key: plain(part) for key, part in data.items()}

    def to_html(self, path: str | Path | None = None) -> str:
        """One self-contained page; written to `path` where one is given. Raises OSError."""
        from backproof.xray.html import page

        return _written(page(self), path)

    def to_svg(self, path: str | Path | None = None) -> str:
        """The drawing alone, as a picture for a text; written to `path` where one is given. Raises OSError."""
        from backproof.xray.svg import picture

        return _written(picture(self.graph, self.subject), path)

    def _repr_html_(self) -> str:
        from backproof.xray.html import fragment

        return fragment(self)

    def __repr__(self) -> str:
        layers = [node.name for node in self.graph.nodes if node.kind not in ("input", "output")]
        return f"<Xray of {self.subject}: {' → '.join(layers[:12])}{' …' if len(layers) > 12 else ''}>"


def xray(
    subject: object,
    x: Any = None,
    t: Array | None = None,
    *,
    gradient: Callable[..., Any] | None = None,
    report: Report | Mapping[str, Any] | None = None,
) -> Xray:
    """Run `subject` forward and back on (x, t) and keep the value and the gradient on every edge.

    subject: what `backproof.check` takes: a network, a layer, a loss layer, a pair of functions. x, t: inputs
    (N, ...) and labels; made up where None; x may be a tuple of several inputs. gradient: a free function
    `gradient(network, x, t)`. report: of `backproof.check`, or its JSON: what it found wrong is marked.
    A layer by itself gets random numbers as the gradient from above, a function with its derivative gets ones. The
    subject is left exactly as it was. What it raises midway stands on its node.
    Raises NotRecognised where no adapter knows this shape of code, SampleError where no input is found that works,
    BackproofError where there is no way back or x is of another shape than the code takes.
    """
    seen = recognise(subject, x=x, t=t, gradient=gradient)
    snapshot = Snapshot(subject)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            if isinstance(seen, Network):
                own_x = seen.x if x is None else np.asarray(x)
                own_t = seen.t if t is None else np.asarray(t)
                picture = _network(replace(seen, x=own_x, t=own_t))
            elif seen.owner is not None and seen.arguments:
                picture = _layer(seen.owner, seen.understood, seen.arguments)
            else:
                picture = _operation(seen, subject, x)
    finally:
        snapshot.restore()
    if x is None:
        picture.notes.append("No input was given: x is small random numbers of a shape that works.")
    if report is not None:
        picture.findings = mark(picture.graph, report)
    return picture


def _network(network: Network) -> Xray:
    picture = Xray(network.name, network.understood)
    network = replace(network, x=network.x.copy(), t=network.t.copy())  # the caller's own stay as they are
    parameters = Parameters(network.layers)
    names = {id(network.x): "x", id(network.t): "t"}

    def name_of(value: Any) -> str | None:
        if id(value) in names or not isinstance(value, np.ndarray):
            return names.get(id(value))
        for array, name in ((network.x, "x"), (network.t, "t")):
            if np.may_share_memory(value, array) and value.size == array.size:
                return name
        return None

    recording = record(network.layers, lambda: network.gradient(network.x, network.t), parameters.gradients, keep)
    own = network.parameters()
    if recording.calls:
        graph = graph_of(recording, network.layers, parameters.of_layers(own), name_of)
    else:
        graph = _whole(network, recording)
        picture.notes.append("There are no layer objects inside: only the ends can be seen.")
    picture.fill(graph, recording)
    return picture


def _whole(network: Network, recording: Recording) -> Graph:
    """A network written as bare array code: one node, its parameters and their gradients."""
    graph = Graph()
    x, t = graph.add("input", "x"), graph.add("input", "t")
    gradients = recording.gradients if isinstance(recording.gradients, Mapping) else {}
    found = [
        Parameter(name, name, value_of(array), _kept(gradients.get(name)))
        for name, array in network.parameters().items()
    ]
    node = graph.add("network", network.name, class_name=network.name, parameters=found)
    for leaf, array in ((x, network.x), (t, network.t)):
        graph.join(leaf, node, leaf.name, value=_kept(array))
    if recording.error is not None:
        node.error, node.error_phase = f"{type(recording.error).__name__}: {recording.error}", "backward"
        return graph
    loss = np.asarray(network.loss(network.x, network.t), dtype=np.float64)
    graph.join(node, graph.add("output", "L"), "L", value=value_of(loss), gradient=value_of(np.ones(())))
    return graph


def _layer(layer: Any, understood: str, arguments: tuple[Any, ...]) -> Xray:
    name = type(layer).__name__
    picture = Xray(name, understood)
    arguments = copied(arguments)
    parameters = Parameters({name: layer})

    wants_dout = takes_argument(layer.backward)

    def run() -> None:
        dout = _from_above(layer.forward(*arguments))
        layer.backward(dout) if wants_dout else layer.backward()

    recording = record({name: layer}, run, parameters.gradients, keep)
    picture.fill(graph_of(recording, {name: layer}, parameters.of_layers()), recording)
    if wants_dout and picture.loss is None:
        picture.notes.append("The layer stands alone: the gradient from above is random.")
    return picture


def _operation(seen: Layerlike, subject: Any, x: Any) -> Xray:
    """Functions, and layers with other methods than forward and backward: one node, as the check sees them."""
    functions = subject if isinstance(subject, tuple) and seen.arguments else None
    cached = functions is not None and isinstance(functions[0](*copied(seen.arguments)), tuple)
    if functions is None:
        operation = _on(seen, x)
    elif cached:
        operation = cached_pair(functions[0], functions[1], seen.arguments)
    else:
        operation = derivative_pair(functions[0], functions[1], seen.arguments[0])
    if operation.backward is None:
        why = f"pass it with its derivative, backproof.xray(({seen.name}, {seen.name}_grad), x)"
        raise BackproofError(
            f"{seen.name} has no way back to look at: {why if seen.owner is None else seen.understood}"
        )
    picture = Xray(seen.name, seen.understood)
    layer = _AsLayer(operation)
    bound = {name: value for name, value in operation.constants.items() if isinstance(value, np.ndarray)}
    arguments = (*operation.x, *bound.values())
    names = {id(a): name for a, name in zip(arguments, (*operation.inputs, *bound), strict=True)}
    slope = functions is not None and not cached

    def run() -> None:
        output = layer.forward(*arguments)
        layer.backward(np.ones(np.shape(output)) if slope else _from_above(output))

    parameters = Parameters({operation.name: layer})
    recording = record({operation.name: layer}, run, parameters.gradients, keep)
    graph = graph_of(
        recording, {operation.name: layer}, parameters.of_layers(), lambda value: names.get(id(value))
    )
    for node in graph.nodes:
        node.class_name = node.class_name if node.call is None else seen.name
    picture.fill(graph, recording)
    if picture.loss is None:
        picture.notes.append(f"It stands alone: the gradient from above is {'all ones' if slope else 'random'}.")
    return picture


def _on(seen: Layerlike, x: Any) -> Operation:
    """The operation on the caller's own input, samples in rows or in columns; on a small random one without."""
    rng = np.random.default_rng(0)
    if x is None:
        return seen.operation(SAMPLES, rng)
    given = np.asarray(x[0] if isinstance(x, tuple) else x)
    wanted: tuple[int, ...] = ()
    for samples in dict.fromkeys((given.shape[:1] or (1,)) + given.shape[-1:]):
        operation = seen.operation(samples, rng)
        wanted = operation.x[0].shape
        if wanted == given.shape:
            return replace(operation, x=(given.astype(np.float64), *operation.x[1:]))
    raise ShapeError(f"{seen.name} takes x of shape {wanted}, or more such samples; got {given.shape}")


def _from_above(output: Any) -> Any:
    """A gradient for what stands alone: of all ones a normalisation or a softmax would give nothing back."""
    return 1.0 if np.size(output) == 1 else np.random.default_rng(1).standard_normal(np.shape(output))


class _AsLayer:
    """An operation under the names that the recording listens to."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self.params = dict(operation.parameters())
        self.grads: dict[str, Any] = {}

    def forward(self, *inputs: Any) -> Any:
        return self._operation.forward(*inputs[: len(self._operation.inputs)])

    def backward(self, dout: Any) -> Any:
        assert self._operation.backward is not None
        gradients = self._operation.backward(dout)
        self.grads = {name: gradients.get(f"d{name}") for name in self.params}
        return tuple(gradients.get(f"d{name}") for name in self._operation.inputs)


def _kept(value: Any) -> Value | None:
    found = keep(value)
    return found if isinstance(found, Value) else None


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        write_whole(Path(path), text.encode())
    return text
