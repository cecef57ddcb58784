"""Every program as units: one layer, function pair or whole network, fed with values by name.

A unit runs the program's own code (`call`) or its differentiable twin (`twin`) on the same values, so
the truth, the mutants and the peers all see one interface. Values are written into the program's live
arrays in place, as an optimizer would.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import autograd.numpy as anp
import numpy as np

from . import twins

PROGRAMS = Path(__file__).parent / "programs"
Array = Any
Values = dict[str, Array]
Backward = Callable[[Array], dict[str, Array | None]]


@dataclass
class Unit:
    """One thing whose gradient can be judged.

    `names` are the values with a derivative; `sample(rng, n)` draws all values for a batch of n;
    `call(values)` gives the output and a backward function: upstream gradient -> gradient by name.
    """

    name: str
    owner: str
    names: tuple[str, ...]
    sample: Callable[[np.random.Generator, int], Values]
    call: Callable[[Values], tuple[Array, Backward]]
    twin: Callable[..., Array]
    quantities: dict[str, str] = field(default_factory=dict)
    is_network: bool = False
    owners: dict[str, str] = field(default_factory=dict)

    def quantity(self, name: str) -> str:
        return self.quantities.get(name, "d" + name)


@dataclass
class Subject:
    """A program built and ready: what our checker is given as (object, x, t), and the units behind it."""

    targets: list[tuple[Any, Array | None, Array | None]]
    units: list[Unit]


@dataclass(frozen=True)
class Program:
    """A correct base program. `kind` is the network family, `style` whose manner it is written in."""

    name: str
    kind: str
    style: str
    build: Callable[[ModuleType], Subject]

    @property
    def path(self) -> Path:
        return PROGRAMS / f"{self.name}.py"

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


_serial = itertools.count()


def load(path: Path) -> ModuleType:
    """Import a file as a fresh module under a name of its own (its `__main__` part does not run)."""
    spec = importlib.util.spec_from_file_location(f"subject_{next(_serial)}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> Array:
    return scale * rng.standard_normal(shape)


# ---- units from objects ----------------------------------------------------------------------------------


def _apply(layer: Any, inputs: tuple[Array, ...]) -> tuple[Array, Callable[[Array], tuple[Array, ...]]]:
    out = layer.forward(*inputs)

    def backward(dout: Array) -> tuple[Array, ...]:
        dx = layer.backward(dout)
        return dx if isinstance(dx, tuple) else (dx,)

    return out, backward


def layer_unit(
    name: str,
    layer: Any,
    shape: tuple[int, ...],
    twin: Callable[..., Array],
    parameters: dict[str, tuple[Callable[[], Array], Callable[[], Array | None]]] | None = None,
    *,
    before: Callable[[], None] = lambda: None,
) -> Unit:
    """A layer with one input of `shape` (without the batch axis).

    `parameters` maps a name to two functions: the live array, and the gradient that `backward` left.
    """
    parameters = parameters or {}

    def sample(rng: np.random.Generator, n: int) -> Values:
        values = {"x": normal(rng, n, *shape)}
        for key, (live, _) in parameters.items():
            values[key] = normal(rng, *np.shape(live()), scale=0.5)
        return values

    def call(values: Values) -> tuple[Array, Backward]:
        for key, (live, _) in parameters.items():
            live()[...] = values[key]
        before()
        out, back = _apply(layer, (values["x"],))

        def backward(dout: Array) -> dict[str, Array | None]:
            (dx,) = back(dout)
            return {"x": dx} | {key: gradient() for key, (_, gradient) in parameters.items()}

        return out, backward

    return Unit(name, type(layer).__name__, ("x", *parameters), sample, call, twin)


def loss_unit(
    name: str,
    layer: Any,
    width: int,
    twin: Callable[..., Array],
    labels: Callable[[np.random.Generator, int], Array],
    *,
    takes_dout: bool = True,
) -> Unit:
    def sample(rng: np.random.Generator, n: int) -> Values:
        return {"x": normal(rng, n, width), "t": labels(rng, n)}

    def call(values: Values) -> tuple[Array, Backward]:
        out = layer.forward(values["x"], values["t"])
        return out, lambda dout: {"x": layer.backward(1.0) if takes_dout else layer.backward()}

    return Unit(name, type(layer).__name__, ("x",), sample, call, twin)


def network_unit(
    net: Any,
    params: dict[str, Callable[[], Array]],
    owners: dict[str, str],
    shape: tuple[int, ...],
    labels: Callable[[np.random.Generator, int], Array],
    twin: Callable[..., Array],
    run: Callable[[Array, Array], tuple[Array, Callable[[], dict[str, Array | None]]]],
) -> Unit:
    """The whole network: the loss as a function of its parameters, with `gradient()` behind it."""

    def sample(rng: np.random.Generator, n: int) -> Values:
        values = {key: normal(rng, *np.shape(live()), scale=0.3) for key, live in params.items()}
        return values | {"x": normal(rng, n, *shape), "t": labels(rng, n)}

    def call(values: Values) -> tuple[Array, Backward]:
        for key, live in params.items():
            live()[...] = values[key]
        loss, gradients = run(values["x"], values["t"])
        return loss, lambda dout: gradients()

    return Unit(
        "gradient()",
        type(net).__name__,
        tuple(params),
        sample,
        call,
        twin,
        {key: key for key in params},
        True,
        owners,
    )


def pair_unit(
    stem: str,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    names: tuple[str, ...],
    shapes: Callable[[int], tuple[tuple[int, ...], ...]],
    twin: Callable[..., Array],
    *extra: Callable[[], Any],
) -> Unit:
    """A cs231n pair: forward(*values, *extra) -> (out, cache); backward(dout, cache) -> gradients in order."""

    def sample(rng: np.random.Generator, n: int) -> Values:
        return {
            name: normal(rng, *shape, scale=1.0 if name == "x" else 0.5)
            for name, shape in zip(names, shapes(n), strict=True)
        }

    def call(values: Values) -> tuple[Array, Backward]:
        out, cache = forward(*(values[name] for name in names), *(make() for make in extra))

        def back(dout: Array) -> dict[str, Array | None]:
            gradients = backward(dout, cache)
            gradients = gradients if isinstance(gradients, tuple) else (gradients,)
            return dict(itertools.zip_longest(names, gradients[: len(names)]))

        return out, back

    return Unit(stem, f"{stem}_forward", names, sample, call, twin)


def joint_loss_unit(name: str, function: Callable[..., Any], width: int, twin: Callable[..., Array]) -> Unit:
    """A function of scores and labels that gives (loss, dx) at once."""

    def sample(rng: np.random.Generator, n: int) -> Values:
        return {"x": normal(rng, n, width), "t": rng.integers(0, width, n)}

    def call(values: Values) -> tuple[Array, Backward]:
        loss, dx = function(values["x"], values["t"])
        return loss, lambda dout: {"x": dx}

    return Unit(name, name, ("x",), sample, call, twin)


def classes(count: int) -> Callable[[np.random.Generator, int], Array]:
    return lambda rng, n: rng.integers(0, count, n)


def one_hot(count: int) -> Callable[[np.random.Generator, int], Array]:
    return lambda rng, n: np.eye(count)[rng.integers(0, count, n)]


def targets(width: int) -> Callable[[np.random.Generator, int], Array]:
    return lambda rng, n: normal(rng, n, width)


# ---- the book's style ------------------------------------------------------------------------------------


def _attributes(
    net: Any, layer: Any, keys: dict[str, str]
) -> dict[str, tuple[Callable[[], Array], Callable[[], Array | None]]]:
    """Parameters `name -> key in net.params`, gradients in the layer's attribute "d" + name."""

    def pair(name: str, key: str) -> tuple[Callable[[], Array], Callable[[], Array | None]]:
        return (lambda: net.params[key]), (lambda: getattr(layer, "d" + name))

    return {name: pair(name, key) for name, key in keys.items()}


def _book(
    net: Any,
    shape: tuple[int, ...],
    labels: Callable[[np.random.Generator, int], Array],
    loss_layer: Any,
    loss_twin: Callable[..., Array],
    output: int,
    parts: list[tuple[str, tuple[int, ...], Callable[..., Array], dict[str, str]]],
    *,
    decay: float = 0.0,
) -> list[Unit]:
    """`parts`: a layer's name, the shape of its input, its twin, its parameters as name -> key."""
    units = [
        layer_unit(name, net.layers[name], inputs, twin, _attributes(net, net.layers[name], keys))
        for name, inputs, twin, keys in parts
    ]
    units.append(loss_unit(type(loss_layer).__name__, loss_layer, output, loss_twin, labels))

    def twin(x: Array, t: Array, **params: Array) -> Array:
        for _, _, function, keys in parts:
            x = function(x, **{name: params[key] for name, key in keys.items()})
        penalty = sum(0.5 * decay * anp.sum(W**2) for key, W in params.items() if key[0] == "W") if decay else 0
        return loss_twin(x, t) + penalty

    owners = {key: name for name, _, _, keys in parts for key in keys.values()}
    units.append(_book_network(net, owners, shape, labels, twin))
    return units


def _book_network(
    net: Any,
    owners: dict[str, str],
    shape: tuple[int, ...],
    labels: Callable[[np.random.Generator, int], Array],
    twin: Callable[..., Array],
) -> Unit:
    def run(x: Array, t: Array) -> tuple[Array, Callable[[], dict[str, Array | None]]]:
        def gradients() -> dict[str, Array | None]:
            net.loss(-x, t)  # another batch in between: `gradient` must not live on what `loss` left behind
            found = net.gradient(x, t)
            return {key: found.get(key) for key in owners}

        return net.loss(x, t), gradients

    live = {key: (lambda key=key: net.params[key]) for key in owners}
    return network_unit(net, live, owners, shape, labels, twin, run)


def _target(
    net: Any, shape: tuple[int, ...], labels: Callable[[np.random.Generator, int], Array]
) -> tuple[Any, Array, Array]:
    """The network with three samples and their labels."""
    rng = np.random.default_rng(0)
    return net, normal(rng, 3, *shape), labels(rng, 3)


def book_two_layer(module: ModuleType) -> Subject:
    net = module.TwoLayerNet(4, 6, 3)
    units = _book(
        net, (4,), one_hot(3), net.lastLayer, twins.softmax_cross_entropy, 3,
        [
            ("Affine1", (4,), twins.affine, {"W": "W1", "b": "b1"}),
            ("Relu1", (6,), twins.relu, {}),
            ("Affine2", (6,), twins.affine, {"W": "W2", "b": "b2"}),
        ],
    )  # fmt: skip
    return Subject([_target(net, (4,), one_hot(3))], units)


def book_multi_layer(module: ModuleType) -> Subject:
    net = module.MultiLayerNet(4, [6, 5], 3)
    units = _book(
        net, (4,), classes(3), net.last_layer, twins.softmax_cross_entropy, 3,
        [
            ("Affine1", (4,), twins.affine, {"W": "W1", "b": "b1"}),
            ("Sigmoid1", (6,), twins.sigmoid, {}),
            ("Affine2", (6,), twins.affine, {"W": "W2", "b": "b2"}),
            ("Sigmoid2", (5,), twins.sigmoid, {}),
            ("Affine3", (5,), twins.affine, {"W": "W3", "b": "b3"}),
        ],
        decay=0.1,
    )  # fmt: skip
    return Subject([_target(net, (4,), classes(3))], units)


def book_matrix_net(module: ModuleType) -> Subject:
    net = module.TwoLayerNet(4, 6, 3)

    def twin(x: Array, t: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> Array:
        return twins.softmax_cross_entropy(twins.affine(twins.sigmoid(twins.affine(x, W1, b1)), W2, b2), t)

    owners = dict.fromkeys(("W1", "b1", "W2", "b2"), "gradient()")
    return Subject([_target(net, (4,), one_hot(3))], [_book_network(net, owners, (4,), one_hot(3), twin)])


def book_batch_norm(module: ModuleType) -> Subject:
    net = module.BatchNormNet(4, 6, 3)
    units = _book(
        net, (4,), targets(3), net.last_layer, twins.half_squared_error, 3,
        [
            ("Affine1", (4,), twins.affine, {"W": "W1", "b": "b1"}),
            ("BatchNorm1", (6,), twins.batch_norm, {"gamma": "gamma1", "beta": "beta1"}),
            ("Relu1", (6,), twins.relu, {}),
            ("Affine2", (6,), twins.affine, {"W": "W2", "b": "b2"}),
            ("BatchNorm2", (6,), twins.batch_norm, {"gamma": "gamma2", "beta": "beta2"}),
            ("Relu2", (6,), twins.relu, {}),
            ("Affine3", (6,), twins.affine, {"W": "W3", "b": "b3"}),
        ],
    )  # fmt: skip
    return Subject([_target(net, (4,), targets(3))], units)


def book_conv_net(module: ModuleType) -> Subject:
    net = module.SimpleConvNet(
        (2, 4, 4), {"filter_num": 3, "filter_size": 3, "pad": 1, "stride": 1}, output_size=4
    )

    def convolution(x: Array, W: Array, b: Array) -> Array:
        return twins.convolution(x, W, b, pad=1)

    units = _book(
        net, (2, 4, 4), one_hot(4), net.last_layer, twins.softmax_cross_entropy, 4,
        [
            ("Conv1", (2, 4, 4), convolution, {"W": "W1", "b": "b1"}),
            ("Relu1", (3, 4, 4), twins.relu, {}),
            ("Conv2", (3, 4, 4), convolution, {"W": "W2", "b": "b2"}),
            ("Relu2", (3, 4, 4), twins.relu, {}),
            ("Pool1", (3, 4, 4), twins.max_pool, {}),
            ("Affine1", (3, 2, 2), twins.affine, {"W": "W3", "b": "b3"}),
        ],
    )  # fmt: skip
    return Subject([_target(net, (2, 4, 4), one_hot(4))], units)


def book_residual(module: ModuleType) -> Subject:
    net = module.ResNet(4, 6, 3)
    units = _book(
        net, (4,), classes(3), net.last_layer, twins.softmax_cross_entropy, 3,
        [
            ("Affine1", (4,), twins.affine, {"W": "W1", "b": "b1"}),
            ("Relu1", (6,), twins.relu, {}),
            ("Block1", (6,), twins.residual_block, {"W1": "W2", "b1": "b2", "W2": "W3", "b2": "b3"}),
            ("Block2", (6,), twins.residual_block, {"W1": "W4", "b1": "b4", "W2": "W5", "b2": "b5"}),
            ("Affine2", (6,), twins.affine, {"W": "W6", "b": "b6"}),
        ],
    )  # fmt: skip
    return Subject([_target(net, (4,), classes(3))], units)


# ---- cs231n's style --------------------------------------------------------------------------------------


def _pairs(module: ModuleType, rows: list[tuple[Any, ...]]) -> Subject:
    subject = Subject([], [])
    for stem, *rest in rows:
        pair = getattr(module, f"{stem}_forward"), getattr(module, f"{stem}_backward")
        subject.targets.append((pair, None, None))
        subject.units.append(pair_unit(stem, *pair, *rest))
    return subject


def cs_layers(module: ModuleType) -> Subject:
    affine = ("x", "w", "b")
    norm = ("x", "gamma", "beta")
    subject = _pairs(
        module,
        [
            ("affine", affine, lambda n: ((n, 2, 3), (6, 4), (4,)), lambda x, w, b: twins.affine(x, w, b)),
            ("relu", ("x",), lambda n: ((n, 4),), twins.relu),
            ("sigmoid", ("x",), lambda n: ((n, 4),), twins.sigmoid),
            ("tanh", ("x",), lambda n: ((n, 4),), twins.tanh),
            ("affine_relu", affine, lambda n: ((n, 2, 3), (6, 4), (4,)), twins.affine_relu),
            ("layernorm", norm, lambda n: ((n, 4), (4,), (4,)), twins.layer_norm),
        ],
    )
    for name, twin in (("softmax_loss", twins.softmax_cross_entropy), ("svm_loss", twins.hinge)):
        function = getattr(module, name)
        subject.targets.append((function, None, None))
        subject.units.append(joint_loss_unit(name, function, 4, twin))
    return subject


def cs_batch_norm(module: ModuleType) -> Subject:
    row = (
        "batchnorm",
        ("x", "gamma", "beta"),
        lambda n: ((n, 4), (4,), (4,)),
        lambda x, gamma, beta: twins.batch_norm(x, gamma, beta, eps=1e-5),
        lambda: {"mode": "train"},
    )
    return _pairs(module, [row])


def cs_conv(module: ModuleType) -> Subject:
    return _pairs(
        module,
        [
            (
                "conv",
                ("x", "w", "b"),
                lambda n: ((n, 2, 5, 5), (3, 2, 3, 3), (3,)),
                lambda x, w, b: twins.convolution(x, w, b, stride=2, pad=1),
                lambda: {"stride": 2, "pad": 1},
            ),
            (
                "max_pool",
                ("x",),
                lambda n: ((n, 2, 5, 5),),
                lambda x: twins.max_pool(x, 3, 2),  # windows overlap
                lambda: {"pool_height": 3, "pool_width": 3, "stride": 2},
            ),
            ("avg_pool", ("x",), lambda n: ((n, 2, 3, 4),), twins.mean_pool),
        ],
    )


# ---- a framework's style ---------------------------------------------------------------------------------

Access = tuple[Callable[[], Array], Callable[[], Array | None]]


def _framework(
    net: Any,
    loss_layer: Any,
    loss_twin: Callable[..., Array],
    shape: tuple[int, ...],
    output: int,
    labels: Callable[[np.random.Generator, int], Array],
    parts: list[tuple[tuple[int, ...], Callable[..., Array], dict[str, Access]]],
    run: Callable[[Array, Array], tuple[Array, Callable[[], None]]],
    gradients: Callable[[], Iterator[Array | None]],
    *,
    takes_dout: bool = True,
) -> list[Unit]:
    """A network that holds a list of layers; a layer's name is its class with its place in the list."""
    units = [
        layer_unit(f"layers[{i}]", net.layers[i], inputs, twin, access)
        for i, (inputs, twin, access) in enumerate(parts)
    ]
    units.append(
        loss_unit(type(loss_layer).__name__, loss_layer, output, loss_twin, labels, takes_dout=takes_dout)
    )
    keys = [(i, name) for i, (_, _, access) in enumerate(parts) for name in access]
    live = {f"layers[{i}].{name}": parts[i][2][name][0] for i, name in keys}

    def twin(x: Array, t: Array, **params: Array) -> Array:
        for i, (_, function, access) in enumerate(parts):
            x = function(x, **{name: params[f"layers[{i}].{name}"] for name in access})
        return loss_twin(x, t)

    def step(x: Array, t: Array) -> tuple[Array, Callable[[], dict[str, Array | None]]]:
        loss, backward = run(x, t)

        def found() -> dict[str, Array | None]:
            backward()
            return dict(zip(live, gradients(), strict=True))

        return loss, found

    owners = {f"layers[{i}].{name}": f"layers[{i}]" for i, name in keys}
    units.append(network_unit(net, live, owners, shape, labels, twin, step))
    return units


def framework_dict(module: ModuleType) -> Subject:
    net = module.NeuralNet(4, 6, 3)

    def access(layer: Any) -> dict[str, Access]:
        return {
            "w": (lambda: layer.params["w"], lambda: layer.grads.get("w")),
            "b": (lambda: layer.params["b"], lambda: layer.grads.get("b")),
        }

    def linear(x: Array, w: Array, b: Array) -> Array:
        return twins.affine(x, w, b)

    def run(x: Array, t: Array) -> tuple[Array, Callable[[], None]]:
        loss = net.loss(x, t)
        return loss, lambda: net.backward(net.loss_layer.backward())

    units = _framework(
        net, net.loss_layer, twins.softmax_cross_entropy, (4,), 3, classes(3),
        [
            ((4,), linear, access(net.layers[0])),
            ((6,), twins.tanh, {}),
            ((6,), linear, access(net.layers[2])),
            ((6,), twins.leaky_relu, {}),
            ((6,), linear, access(net.layers[4])),
        ],
        run,
        lambda: (gradient for _, gradient in net.params_and_grads()),
    )  # fmt: skip

    def dropped(x: Array) -> Array:
        return x * (np.random.RandomState(7).rand(*x.shape) > 0.5) / 0.5

    softmax, dropout = module.Softmax(), module.Dropout()
    alone = [
        layer_unit("Softmax", softmax, (4,), twins.softmax),
        layer_unit("Dropout", dropout, (4,), dropped, before=lambda: np.random.seed(7)),
    ]
    rest = [(softmax, None, None), (dropout, None, None)]
    return Subject([_target(net, (4,), classes(3)), *rest], alone + units)


def framework_list(module: ModuleType) -> Subject:
    net = module.TwoLayerNet(4, 6, 3)

    def access(layer: Any) -> dict[str, Access]:
        def pair(i: int) -> Access:
            return (lambda: layer.params[i]), (lambda: layer.grads[i])

        return {name: pair(i) for i, name in zip(range(len(layer.params)), "Wb", strict=False)}

    def run(x: Array, t: Array) -> tuple[Array, Callable[[], None]]:
        return net.forward(x, t), lambda: net.backward()

    units = _framework(
        net, net.loss_layer, twins.softmax_cross_entropy, (4,), 3, classes(3),
        [
            ((4,), twins.affine, access(net.layers[0])),
            ((6,), twins.sigmoid, {}),
            ((6,), twins.affine, access(net.layers[2])),
        ],
        run,
        lambda: iter(net.grads),
    )  # fmt: skip
    matmul = module.MatMul(np.zeros((4, 3)))
    alone = layer_unit("MatMul", matmul, (4,), twins.matmul, access(matmul))
    return Subject([_target(net, (4,), classes(3)), (matmul, None, None)], [alone, *units])


def framework_conv(module: ModuleType) -> Subject:
    net = module.ConvNet(size=4, channels=3, classes=5)

    def access(layer: Any) -> dict[str, Access]:
        return {
            "weight": (lambda: layer.weight, lambda: layer.grad_weight),
            "bias": (lambda: layer.bias, lambda: layer.grad_bias),
        }

    def convolution(x: Array, weight: Array, bias: Array) -> Array:
        return twins.convolution(x, weight, bias, pad=1)

    def dense(x: Array, weight: Array, bias: Array) -> Array:
        return twins.affine(x, weight, bias)

    def run(x: Array, t: Array) -> tuple[Array, Callable[[], None]]:
        return net.loss(x, t), lambda: net.backward()

    def gradients() -> Iterator[Array | None]:
        for layer in (net.layers[0], net.layers[4]):
            yield layer.grad_weight
            yield layer.grad_bias

    units = _framework(
        net, net.criterion, twins.softmax_cross_entropy, (1, 4, 4), 5, one_hot(5),
        [
            ((1, 4, 4), convolution, access(net.layers[0])),
            ((3, 4, 4), twins.relu, {}),
            ((3, 4, 4), twins.max_pool, {}),
            ((3, 2, 2), twins.flatten, {}),
            ((12,), dense, access(net.layers[4])),
        ],
        run,
        gradients,
        takes_dout=False,
    )  # fmt: skip
    return Subject([_target(net, (1, 4, 4), one_hot(5))], units)


PROGRAM_LIST = [
    Program("book_two_layer", "MLP", "book", book_two_layer),
    Program("book_multi_layer", "sigmoid", "book", book_multi_layer),
    Program("book_matrix_net", "sigmoid", "book", book_matrix_net),
    Program("book_batch_norm", "batch norm", "book", book_batch_norm),
    Program("book_conv_net", "convolution", "book", book_conv_net),
    Program("book_residual", "residual", "book", book_residual),
    Program("cs_layers", "MLP", "cs231n", cs_layers),
    Program("cs_batch_norm", "batch norm", "cs231n", cs_batch_norm),
    Program("cs_conv", "convolution", "cs231n", cs_conv),
    Program("framework_dict", "MLP", "framework", framework_dict),
    Program("framework_list", "sigmoid", "framework", framework_list),
    Program("framework_conv", "convolution", "framework", framework_conv),
]
PROGRAM = {program.name: program for program in PROGRAM_LIST}
