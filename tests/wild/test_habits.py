"""Networks, layers and losses of many habits: how each is understood, that it is right, the fault of one line."""

import re
import shutil
from pathlib import Path

import pytest
from judging import gone_wrong, judged

PROGRAMS = Path(__file__).parent / "programs" / "habits"

# program: (words of the report, a piece of the source, the same gone wrong, the parameters that this spoils)
HABITS = {
    "holds_its_data": (
        ["feedforward and backprop", "scores in output", "the update of the parameters", "labels: 0 or 1"],
        ("* sigmoid_derivative(self.layer1))", "* self.layer1)"),
        {"weights1"},
    ),
    "cache_and_own_loss": (
        ["forward and backward", "its own compute_loss", "labels: class indices"],
        ("dh[hidden <= 0] = 0", "pass"),
        {"W1", "b1"},
    ),
    "columns_and_sizes": (
        ["initialize_parameters, forward_propagation, backward_propagation", "columns", "its own compute_cost"],
        ("(1 - np.power(cache['A1'], 2))".replace("'", '"'), "np.power(cache['A1'], 2)"),
        {"W1", "b1"},
    ),
    "parameters_one_by_one": (
        ["init_params, forward_prop, backward_prop", "samples in columns", "class indices"],
        ("db2 = 1 / m * np.sum(dZ2, 1, keepdims=True)", "db2 = 1 / m * np.sum(dZ2)"),
        {"b2"},
    ),
    "forward_gives_a_dict": (
        ["init_layers, forward_pass, backward_pass", "samples in rows", "its own mse_loss"],
        ('da = dz @ params[i]["w"].T', 'da = da @ params[i]["w"].T'),
        {"[0]['w']", "[0]['b']", "[1]['w']", "[1]['b']"},
    ),
    "lists_of_activations": (
        ["create_network, forward, backprop", "half the sum of squares, implied"],
        ("delta = (weights[l].T @ delta) * activations[l] * (1 - activations[l])", "delta = weights[l].T @ delta"),
        {"['weights'][0]", "['biases'][0]", "['weights'][1]", "['biases'][1]"},
    ),
    "sizes_from_the_data": (
        ["init_weights, forward, gradients", "its own cross_entropy_cost"],
        ('"b": d.sum(axis=1, keepdims=True)', '"b": d[:, :1]'),
        {"b"},
    ),
    "flat_answers": (
        ["labels: flat", "its own loss"],
        ("np.array([error.mean()])", "np.array([error.sum()])"),
        {"b"},
    ),
    "weight_decay": (
        ["half the sum of squares, implied", "with an L2 penalty"],
        ("(1 - self.h**2)", "(1 - self.h)"),
        {"w1"},
    ),
    "gives_back_its_input": (
        ["forward and backward", "its own loss"],
        ("(1 - self.code**2)", "(1 - self.code)"),
        {"E"},
    ),
    "called_by_itself": (
        ["__call__ and backwards", "its own surprise_loss", "class indices"],
        ("(self.seen > 0)", "self.seen"),
        {"A"},
    ),
    "bias_as_a_number": (
        ["predict_proba and gradient", "times -1 / N"],
        ("grad_b = missing.mean()", "grad_b = missing.sum()"),
        {"b"},
    ),
    "columns_averaged": (
        ["samples in columns", "times 1 / N"],
        ("d = W.T @ d * A", "d = W.T @ d / m * A"),
        {"W[0]", "W[1]"},
    ),
    "flat_columns": (
        ["samples in columns", "labels: flat"],
        ("(p - y) * (1 - p**2)", "(p - y) * (1 - p)"),
        {"w", "b"},
    ),
    "columns_in_a_stack": (
        ["forward and backward, samples in rows", "labels: one-hot"],
        ("np.outer(e, x)", "np.outer(abs(e), x)"),
        {"w"},
    ),
    "slots_and_objects": (
        ["forward and backprop", "gradients in parts[0].change"],
        ("error = error * (1 - output**2)", "error = error * (1 - output)"),
        {"parts[2].weights"},
    ),
    "columns_out": (
        ["samples in rows, scores in columns", "the update of the parameters"],
        ("dZ.sum(axis=1, keepdims=True)", "dZ[:, :1]"),
        {"c"},
    ),
}


# file: class or function: (words of the report, a piece of the source, the same gone wrong, the quantity)
PARTS = {
    "losses": {
        "SquaredError": (["a loss: loss and gradient"], ("return y - y_true", "return y_true - y"), "dx"),
        "MeanSquaredError": (
            ["__call__ and gradient"],
            ("2 * (prediction - target)", "2 * (prediction + target)"),
            "dx",
        ),
        "ClassEntropy": (["labels: indices"], ("-1 / probs", "-probs"), "dx"),
        "BinaryEntropy": (["a loss: forward and backward"], ("(output * (1 - output))", "output"), "dx"),
        "SoftmaxInside": (["a loss: loss and grad"], ("(probs - target) / len", "(target - probs) / len"), "dx"),
        "Hinge": (["labels: indices"], ("d[np.arange(len(d)), self.labels] -= d.sum(axis=1)", "pass"), "dx"),
        "TenDigits": (["labels: indices"], ("(probs - hot) / rows", "(probs - hot) / 10"), "dx"),
        "HandsProbabilities": (["labels: indices"], ("-= 1", "+= 1"), "dx"),
        "HandsOn": (["a loss: forward and backward"], ("2 * self.error", "2 * abs(self.error)"), "dx"),
        "huber": (["huber and huber_prime"], ("np.clip(y_pred - y_true", "np.clip(y_pred + y_true"), "dx"),
    },
    "layers": {
        "Averaging": (
            ["gradients in weights_grad, bias_grad, averaged over the batch"],
            ("return grad @", "return -grad @"),
            "dx",
        ),
        "Columns": (
            ["samples in columns", "the update"],
            ("delta @ self.a.T", "abs(delta) @ self.a.T"),
            "dkernel",
        ),
        "TanhWithOutput": (["a layer"], ("(1 - self.output**2)", "(1 - self.output)"), "dx"),
        "AllAtOnce": (["gradients in returned[1]"], ("x.T @ d", "x.T @ dout"), "dW"),
        "OneSample": (["one sample at a time"], ("np.dot(self.weights.T, output_gradient)", "self.x"), "dx"),
        "CalledFirst": (["__call__ and backward"], ("g @ self.weight.T", "-g @ self.weight.T"), "dx"),
    },
    "keepers": {
        "DistanceKept": (["a loss: forward and backward"], ("2 * (self.guess", "2 * np.abs(self.guess"), "dx"),
        "EntropyAfterSoftmax": (
            ["judged together with the softmax before it"],
            ("(self.probs - self.labels)", "(self.probs + self.labels)"),
            "dx",
        ),
        "BentLoss": (["__call__ and dervative"], ("self.bend, e, self", "self.bend, -e, self"), "dx"),
        "OnlyOnce": (
            ["__call__ and backward", "gradients in grad[0]"],
            ("self.kept.T @ up", "-self.kept.T @ up"),
            "dweight",
        ),
        "RunningScale": (["gradients in dgain"], ("- 0.1 * through", "+ 0.1 * through"), "dx"),
    },
    "left_open": {
        "AsWideAsItsInput": (["the update of the parameters"], ("gradient @ self", "-gradient @ self"), "dx"),
        "HalfTheMemory": (
            ["gradients in returned[1]['W'], returned[1]['b'], averaged over the batch"],
            ("dz @ self", "d_out @ self"),
            "dx",
        ),
        "OneImagePool": (["one sample at a time"], ("largest * d_out", "d_out"), "dx"),
        "InPlace": (["the update of the parameters"], ("self.x.T @ up", "self.x.T @ up**2"), "dkernel"),
        "Bounded": (["a layer"], ("self.x.T @ up", "self.x.T @ up**2"), "dW"),
        "OneImageThreeByThree": (
            ["one sample at a time, gradients in dk"],
            ("self.dk[f] += g", "self.dk[f] = g"),
            "dk",
        ),
        "Joined": (["gradients in one.dw, two.dw"], ("self.two.backward(up)", "up @ self.two.W.T"), "dtwo.W"),
        "ShortForBias": (["a layer"], ("up.sum(axis=0)", "up.mean(axis=0)"), "dbias"),
        "soft_step": (["soft_step and soft_step_prime"], ("s * (1 - s)", "s * (1 + s)"), "dx"),
        "conv_forward": (["conv_forward and conv_backward"], ("dW += np", "dW = np"), "dW"),
    },
}
SINGLE = [(file, name) for file, parts in PARTS.items() for name in parts]


@pytest.mark.parametrize("name", HABITS)
def test_it_is_understood_and_right(name):
    words, _, _ = HABITS[name]
    (report,) = judged(PROGRAMS / f"{name}.py")
    assert report["findings"] == []
    assert report["verdicts"]
    for each in words:
        assert each in report["understood"]


@pytest.mark.parametrize("name", HABITS)
def test_with_one_line_wrong_the_fault_lies_in_what_it_spoils(name, tmp_path):
    _, (right, wrong), spoilt = HABITS[name]
    path = gone_wrong(PROGRAMS / f"{name}.py", right, wrong, tmp_path)
    (report,) = judged(path)
    faults = [finding for finding in report["findings"] if finding["kind"] == "backward"]
    assert faults
    assert {finding["quantity"] for finding in faults} <= spoilt
    assert all(finding["file"] == str(path) and finding["line"] for finding in faults)


@pytest.mark.parametrize(("file", "name"), SINGLE)
def test_a_layer_or_loss_is_understood_and_right(file, name):
    words, _, _ = PARTS[file][name]
    (report,) = judged(f"{PROGRAMS / file}.py::{name}")
    assert report["ok"]
    assert report["findings"] == []
    for each in words:
        assert each in report["understood"]


@pytest.mark.parametrize(("file", "name"), SINGLE)
def test_a_layer_or_loss_with_one_line_wrong(file, name, tmp_path):
    _, (right, wrong), quantity = PARTS[file][name]
    source = (PROGRAMS / f"{file}.py").read_text(encoding="utf-8")
    start = source.index(name)
    assert right in source[start:]
    path = tmp_path / f"{file}.py"
    path.write_text(source[:start] + source[start:].replace(right, wrong, 1), encoding="utf-8")
    (report,) = judged(f"{path}::{name}")
    first = report["findings"][0]
    assert (first["kind"], first["quantity"], first["file"]) == ("backward", quantity, str(path))


def test_a_softmax_that_passes_the_gradient_on_is_judged_by_its_forward():
    (report,) = judged(f"{PROGRAMS / 'layers'}.py::SoftmaxLeftToTheLoss")
    assert report["ok"]
    assert report["verdicts"] == []
    assert "its loss's business" in report["understood"]


def test_a_huber_loss_is_judged_beyond_its_bend(tmp_path):
    source = (PROGRAMS / "keepers.py").read_text(encoding="utf-8")
    path = tmp_path / "keepers.py"
    path.write_text(source.replace("self.bend * np.sign(e))", "self.bend * np.sign(e) + e)"), encoding="utf-8")
    (right,) = judged(f"{PROGRAMS / 'keepers'}.py::HuberLoss")
    assert right["ok"]
    (wrong,) = judged(f"{path}::HuberLoss")
    assert [finding["quantity"] for finding in wrong["findings"]] == ["dx"]


def test_a_stack_of_columns_and_a_loss_that_is_handed_to_backward(tmp_path):
    path = PROGRAMS / "stacked_columns.py"
    (right,) = judged(f"{path}::Column")
    assert right["ok"]
    assert (
        "samples as a stack of columns, gradients in W_step, loss: its own SumOfSquaresLoss" in right["understood"]
    )
    wrong = tmp_path / path.name
    source = path.read_text(encoding="utf-8")
    wrong.write_text(source.replace("(1 - self.h**2)", "(1 - self.h)"), encoding="utf-8")
    (report,) = judged(f"{wrong}::Column")
    assert [finding["quantity"] for finding in report["findings"]] == ["W"]


# a folder of files: the one judged, a piece of one of them, the same gone wrong, the layer that is to blame
PACKAGES = [
    ("stack/model.py", "model.py", "reversed(self.layers)", "self.layers[:0:-1]", "gradient()"),
    ("stack/model.py", "parts.py", "(1 - self.output**2)", "(1 - self.output)", "Tanh"),
    (
        "shelf/perceptron.py",
        "perceptron.py",
        "if i < len(self.bends):\n                grad",
        "if i < 0:\n                grad",
        "gradient()",
    ),
    ("shelf/perceptron.py", "bends.py", "grad_output * self.on", "grad_output", "Rectifier"),
    (
        "rooted/chapter/net.py",
        "shared_parts/turns.py",
        "np.cos(self.x @ self.W)",
        "np.sin(self.x @ self.W)",
        "Turn",
    ),
    ("shop/shop.py", "shop.py", "* bend_slope(self.z)", "* bend(self.z)", "gradient()"),
    ("parted/whole.py", "pieces/full.py", "g.sum(axis=0)", "g.sum()", "Full"),
    ("parted/whole.py", "pieces/bends.py", "(1 - self.y**2)", "(1 - self.y)", "Tanh"),
    ("kiln/oven.py", "oven.py", "reversed(self.bricks)", "self.bricks[:0:-1]", "gradient()"),
    ("kiln/bricks.py", "bricks.py", "up * (1 - self.y**2)", "(1 - self.y**2)", "Activation"),
    (
        "kiln/costs.py",
        "costs.py",
        "return (pred - target) / len(pred)",
        "return (pred + target) / len(pred)",
        "Squares",
    ),
    ("relay/line.py", "stations.py", "delta.sum(axis=0, keepdims=True)", "delta.mean()", "Station"),
]


def test_a_layer_that_forgets_to_return_is_no_network(tmp_path):
    path = tmp_path / "layer.py"
    path.write_text(
        "class Affine:\n    def __init__(self, W, b):\n        self.W, self.b = W, b\n"
        "    def forward(self, x):\n        self.x = x\n        return x @ self.W + self.b\n"
        "    def backward(self, dout):\n        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)\n"
        "        dx = dout @ self.W.T\n",
        encoding="utf-8",
    )
    (report,) = judged(path)
    assert [(f["quantity"], f["cause"]) for f in report["findings"]] == [("dx", "gradient-missing")]


@pytest.mark.parametrize("wrong", [False, True])
def test_a_forward_may_lie_in_the_file_that_the_way_back_imports_from(wrong, tmp_path):
    folder = shutil.copytree(PROGRAMS.parent / "packages" / "halves", tmp_path / "halves")
    source = (folder / "back.py").read_text(encoding="utf-8")
    (folder / "back.py").write_text(source.replace("(1 - A**2)", "(1 - A)") if wrong else source, encoding="utf-8")
    (report,) = judged(folder / "back.py")
    assert "deep_forward, deep_backward" in report["understood"]
    assert [finding["quantity"] for finding in report["findings"] if finding["kind"] != "note"] == ["W2"] * wrong


@pytest.mark.parametrize(
    "target", sorted({package[0] for package in PACKAGES} - {"kiln/bricks.py", "kiln/costs.py"})
)
def test_a_network_is_filled_with_layers_of_the_files_beside_it(target):
    reports = judged(PROGRAMS.parent / "packages" / target)
    assert all(report["ok"] for report in reports)
    assert [r["subject"] for r in reports if re.search("a network (in one object|with 4 layers)", r["understood"])]


def test_what_only_looks_a_loss_up_is_no_loss():
    reports = judged(PROGRAMS.parent / "packages" / "kiln" / "costs.py")
    assert [(report["subject"], report["ok"]) for report in reports] == [
        ("Squares()", True),
        ("TwoClasses()", True),
    ]


@pytest.mark.parametrize(("target", "file", "right", "wrong", "culprit"), PACKAGES)
def test_a_mistake_in_a_network_of_layers_lies_where_it_is(target, file, right, wrong, culprit, tmp_path):
    package = Path(target).parts[0]
    folder = shutil.copytree(PROGRAMS.parent / "packages" / package, tmp_path / package)
    source = (folder / file).read_text(encoding="utf-8")
    assert source.count(right) == 1
    (folder / file).write_text(source.replace(right, wrong), encoding="utf-8")
    reports = judged(tmp_path / target)
    faults = [finding for report in reports for finding in report["findings"] if finding["kind"] == "backward"]
    assert {finding["layer"] for finding in faults} == {culprit}
    assert {Path(finding["file"]).name for finding in faults} == {Path(file).name}


LINE = PROGRAMS.parent / "packages" / "relay" / "line.py"
TURNED_ROUND = (
    """            station.backward_update_gradient(delta)
            delta = station.backward_delta(delta)
""",
    """            delta = station.backward_delta(delta)
            station.backward_update_gradient(delta)
""",
)


@pytest.mark.parametrize(("right", "wrong"), [TURNED_ROUND, ("reversed(self.__stations)", "self.__stations")])
def test_a_container_that_hands_the_wrong_gradients_to_its_layers_is_found_out(right, wrong, tmp_path):
    folder = shutil.copytree(LINE.parent, tmp_path / "relay")
    source = LINE.read_text(encoding="utf-8")
    assert source.count(right) == 1
    (folder / "line.py").write_text(source.replace(right, wrong), encoding="utf-8")
    (report,) = judged(folder / "line.py")
    assert [(finding["layer"], finding["cause"]) for finding in report["findings"]] == [("Line", "raises")]


def test_a_container_without_layers_is_never_right(tmp_path):
    path = tmp_path / "line.py"
    path.write_text(LINE.read_text(encoding="utf-8"), encoding="utf-8")  # without its stations
    (report,) = judged(path)
    assert not report["ok"]
    assert {finding["kind"] for finding in report["findings"]} == {"uncheckable"}


def test_what_a_network_holds_is_judged_by_itself_where_it_did_not_run_or_offers_more(tmp_path):
    parts = [
        (PROGRAMS.parent / "packages" / "kiln" / f"{name}.py").read_text("utf-8") for name in ("bricks", "costs")
    ]
    whole = (LINE.parents[1] / "kiln" / "oven.py").read_text(encoding="utf-8").replace("from .costs", "# ")
    path = tmp_path / "all.py"
    path.write_text("\n".join([*parts, whole]), encoding="utf-8")
    assert [r["subject"] for r in judged(path)] == ["Oven()", "Activation('sigmoid')", "Squares()", "TwoClasses()"]
    path.write_text(path.read_text("utf-8").replace("return (pred - target) / len(pred)", "return pred"), "utf-8")
    assert [r["subject"] for r in judged(path) if not r["ok"]] == ["Squares()"]


def test_functions_in_a_class_and_a_word_behind_forward_make_pairs(tmp_path):
    path = PROGRAMS / "left_open.py"
    reports = {report["subject"].split(" ")[0]: report for report in judged(path)}
    assert reports["bump"]["ok"]
    assert reports["scale_forward_plain"]["ok"]
    wrong = tmp_path / path.name
    source = path.read_text(encoding="utf-8").replace("-2 * x * Bends", "-x * Bends")
    wrong.write_text(source.replace("dout * gamma, (", "dout, ("), encoding="utf-8")
    faults = [finding["quantity"] for report in judged(wrong) for finding in report["findings"]]
    assert faults == ["dx", "dx"]


def test_every_program_here_has_a_line():
    assert {path.stem for path in PROGRAMS.glob("*.py")} == {*HABITS, *PARTS, "stacked_columns"}
