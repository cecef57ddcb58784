"""Whole networks of many habits: how each is understood, that it is right, and the fault with one line wrong."""

from pathlib import Path

import pytest

from backproof.check.job import program

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
    "slots_and_objects": (
        ["forward and backprop", "gradients in parts[0].change"],
        ("error = error * (1 - output**2)", "error = error * (1 - output)"),
        {"parts[2].weights"},
    ),
}


def judged(path):
    """The reports of a check of one file, as the child process sends them."""
    messages = []
    program({"target": str(path), "make": None, "depth": "normal", "seed": 0, "done": {}}, messages.append)
    return [message["report"] for message in messages if "report" in message]


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
    source = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
    assert source.count(right) == 1
    path = tmp_path / f"{name}.py"
    path.write_text(source.replace(right, wrong), encoding="utf-8")
    (report,) = judged(path)
    faults = [finding for finding in report["findings"] if finding["kind"] == "backward"]
    assert faults
    assert {finding["quantity"] for finding in faults} <= spoilt
    assert all(finding["file"] == str(path) and finding["line"] for finding in faults)


def test_every_program_here_has_a_line():
    assert {path.stem for path in PROGRAMS.glob("*.py")} == set(HABITS)
