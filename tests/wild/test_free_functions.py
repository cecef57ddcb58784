"""Files of functions as people write them: each judged and right, and found out with one line gone wrong."""

from pathlib import Path

import pytest
from judging import gone_wrong, judged

PROGRAMS = Path(__file__).parent / "programs" / "functions"

# file: words of the report, then pairs of a piece of the source and the same gone wrong, with what this spoils
CASES = {
    "several_weights": (
        "an (out, cache) pair: mixed_forward and mixed_backward",
        ("+ np.swapaxes(da, 1, 2) @ q", "", "dx"),
        ("(dout @ w2.T) * (1 - h**2)", "(dout @ w2.T) * (1 - h)", "dx"),
        ("dout.sum(axis=(0, 1))", "dout.mean(axis=(0, 1))", "db2"),
    ),
    "averaged_pair": (
        "averaged over the batch",
        ("db = np.mean(dout, axis=0)", "db = np.sum(dout, axis=0)", "dw"),  # then dw is a fault
        ("x.reshape(n, -1).T @ dout / n", "x.reshape(n, -1).T @ dout", "db"),
        ("dout * cache * (1 - cache)", "dout * cache", "dx"),
    ),
    "kaggle_cols": (
        "functions: init_params, forward_prop, backward_prop, samples in columns",
        ("W2.T.dot(dZ2) * ReLU_deriv(Z1)", "W2.T.dot(dZ2) * ReLU_deriv(dZ2[0])", "W1"),
        ("db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)", "db2 = 1 / m * np.sum(dZ2)", "b2"),
    ),
    "kaggle_rows": ("functions: initialize, forward", ("relu(z1, derivative=True)", 'relu(x @ p["w1"])', "w1")),
    "no_start": (
        "functions: W1, W2, B1, B2, feed_forward",
        ('seen["A1"] * (1 - seen["A1"])', 'seen["A1"]', "W1"),
    ),
    "no_start_rows": ("derivative_w1", ("return X.T.dot(dZ)", "return X.T.dot(dZ * Z)", "W1")),
    "globals_net": ("the update of the parameters", ("(1 - a1 ** 2)", "(1 - a1)", "W1")),
    "globals_return": (
        "the module's arrays",
        ("d_h = d_o @ w2.T * sigmoid(h, deriv=True)", "d_h = d_o @ w2.T", "w1"),
    ),
    "globals_data": ("samples in rows, scores in columns", ('(1 - cache["A1"] ** 2)', '(1 - cache["A1"])', "W1")),
    "globals_sizes": ("its own cost_mse", ("dZ2 * A1 * (1 - A1)", "dZ2 * A1", "W1")),
    "l_layer_reg": ("forward_propagation_with_dropout", ("dA1 = dA1 / keep_prob", "pass", "W1")),
    "l_layer_lambd": (
        "its own compute_cost_with_regularization",
        ("dZ2 = np.multiply(dA2, np.int64(A2 > 0))", "dZ2 = np.multiply(dA2, np.int64(A2 < 0))", "W2"),
        ("+ lambd / m * W1", "+ lambd / m * W1 ** 2", "W1"),
    ),
    "average_bias": (
        "functions: init_params, forward_prop, back_prop",
        ("np.sum(dZ2, axis=0, keepdims=True)", "np.average(dZ2, axis=0, keepdims=True)", "B2"),
    ),
    "lists_params": ("functions: make_network", ("sigmoid_prime(zs[i - 1])", "zs[i - 1]", "['weights'][1]")),
    "propagate": ("its own propagate", ("np.sum(A - Y)", "np.sum(Y - A)", "b")),
    "logistic_gd": ("cost_function with gradient", ("X.T @ (h - y) / m", "X.T @ (h * h - y) / m", "theta")),
    "softmax_reg": ("labels: class indices", ("X.T @ d / n", "X.T @ d", "W")),
    "softmax_naive": (
        "its own softmax_loss_naive",
        ("(p[j] - (j == y[i])) * X[i]", "(p[j] - 2 * (j == y[i])) * X[i]", "W"),
        ("-mask.sum(axis=1)", "-1", "W"),
    ),
    "ex4_array": (
        "loss and gradient of nn_params",
        ("* sigmoidGradient(z2)", "* sigmoidGradient(sigmoid(z2))", "nn_params"),
        ("+= lambda_ / m * t2[:, 1:]", "+= lambda_ / m * t2[:, 1:] / 2", "nn_params"),
    ),
    "ex4_split": ("cost with gradient", ("t2.T @ d3i, sigmoid_gradient(z2i)", "t2.T @ d3i, z2i", "theta")),
    "train_step": ("the update of the parameters", ("(1 - h ** 2)", "(1 - h)", "W1")),
    "nn_single": ("loss and gradient of W1, W2", ("grad_z[z < 0] = 0", "grad_z[h < 0] = 0", "W1")),
    "loops_loss": ("loss(X, y) returns loss and gradients", ("W2.dot(p) * (h > 0)", "W2.dot(p)", "W1")),
    "misspelt": (
        "functions: initialize_paras, forward_probagation, backward_probagation",
        ("(1 - A_prev**2)", "(1 - A_prev)", "W2"),
    ),
    "strength": (
        "loss(X, y) returns loss and gradients",
        ("X.T @ dh + reg_strength * self.W1", "X.T @ dh", "W1"),
        ("np.sum(self.W1**2) + np.sum(self.W2**2)", "np.sum(self.W1**2)", "W2"),
    ),
    "among_methods": (
        "layernorm_forward and layernorm_backprop",
        ("np.sum(dY * xhat, axis=0)", "np.sum(dY, axis=0)", "dgamma"),
    ),
    "flags": (
        "a function with its derivative: tanh",
        ("return 1 - np.tanh(z) ** 2", "return 1 - z ** 2 / 2", "dx"),
        ("1.0 * (x > 0)", "1.0 * (x < 0)", "dx"),
    ),
    "flags2": (
        "a loss: mse",
        ("2 * (y_pred - y_true)", "2 * (y_true - y_pred) * y_pred", "dx"),
        ("np.where(x > 0, 1, 0.01)", "np.where(x > 0, 1, 0.1)", "dx"),
    ),
    "dict_methods": (
        "a network in one object: forward and backward",
        ("dZ.sum(axis=1, keepdims=True) / m", "dZ.sum(axis=1, keepdims=True)", "b3"),
    ),
    "sizes_handed_on": (
        "functions: init_params, model_forward, model_backward, samples in columns",
        ("* (1 - caches[l - 1] ** 2)", "* caches[l - 1]", "W2"),
    ),
    "dict_methods_from_one": (
        "a network in one object: forward and backward",
        ("dZ @ self.A[l - 1].T / m", "dZ @ self.A[l - 1].T", "b3"),
    ),
}
WRONG = [(file, *change) for file, (_, *changes) in CASES.items() for change in changes]


@pytest.mark.parametrize("file", CASES)
def test_it_is_understood_and_right(file):
    reports = judged(PROGRAMS / f"{file}.py")
    assert [report["findings"] for report in reports if not report["ok"]] == []
    assert any(CASES[file][0] in report["understood"] for report in reports)
    assert any(report["verdicts"] for report in reports)


@pytest.mark.parametrize(("file", "right", "wrong", "quantity"), WRONG)
def test_with_one_line_wrong_it_is_found_out(file, right, wrong, quantity, tmp_path):
    path = gone_wrong(PROGRAMS / f"{file}.py", right, wrong, tmp_path)
    faults = [f for report in judged(path) for f in report["findings"] if f["kind"] in ("forward", "backward")]
    assert quantity in {fault["quantity"] for fault in faults}
    assert all(fault["file"] == str(path) and fault["line"] for fault in faults)


def test_every_program_here_is_judged():
    assert {path.stem for path in PROGRAMS.glob("*.py")} == set(CASES)


def test_biases_that_are_averaged_are_found_in_their_own_line(tmp_path):
    source = (PROGRAMS / "average_bias.py").read_text(encoding="utf-8").replace("np.sum(dZ", "np.average(dZ")
    path = tmp_path / "average_bias.py"
    path.write_text(source, encoding="utf-8")
    (first, *_) = [f for report in judged(path) for f in report["findings"] if f["kind"] == "backward"]
    assert first["cause"] == "averaged-instead-of-summed"
    assert "np.average" in source.splitlines()[first["line"] - 1]
