"""Free functions; the parameters are a list of layers, forward returns all it computed as one dict."""
import numpy as np


def init_layers(sizes, seed=3):
    rng = np.random.default_rng(seed)
    return [{"w": rng.normal(size=(m, n)), "b": np.zeros(n)} for m, n in zip(sizes[:-1], sizes[1:])]


def forward_pass(x, params):
    tape = {"a0": x}
    for i, layer in enumerate(params):
        tape[f"z{i + 1}"] = tape[f"a{i}"] @ layer["w"] + layer["b"]
        tape[f"a{i + 1}"] = np.tanh(tape[f"z{i + 1}"])
    return tape


def mse_loss(prediction, target):
    return np.mean((prediction - target) ** 2)


def backward_pass(tape, params, target):
    n = len(params)
    prediction = tape[f"a{n}"]
    da = 2 * (prediction - target) / target.size
    grads = []
    for i in reversed(range(n)):
        dz = da * (1 - tape[f"a{i + 1}"] ** 2)
        grads.insert(0, {"w": tape[f"a{i}"].T @ dz, "b": dz.sum(axis=0)})
        da = dz @ params[i]["w"].T
    return grads
