"""Programs that cannot be judged: never called right, and the report says what stood in the way."""

import re

import pytest
from judging import judged

from backproof.check.job import program

HEAD = "import numpy as np\n"
REFUSALS = {
    "no way in": (
        """
class Net:
    def __init__(self):
        self.W = np.ones((4, 2))
    def feedforward(self):
        return self.W.sum(axis=0)
    def backprop(self, y):
        return {"W": self.W}
""",
        "no input and labels were found",
    ),
    "three inputs": (
        """
class Net:
    def __init__(self):
        self.W = np.ones((4, 2))
    def forward(self, x, mask, memory):
        return x @ self.W * mask + memory
    def backward(self, x, y):
        return {"W": self.W}
""",
        "no input and labels were found",
    ),
    "a training that makes its weights anew": (
        """
class Net:
    def __init__(self, n_in, n_out):
        self.sizes = n_in, n_out
        self.begin()
    def begin(self):
        self.W = 0.1 * np.random.randn(*self.sizes)
    def forward(self, x):
        return np.tanh(x @ self.W)
    def fit(self, x, y, epochs=10, lr=0.1):
        self.begin()
        for _ in range(epochs):
            p = self.forward(x)
            self.W -= lr * x.T @ ((p - y) * (1 - p * p))
""",
        "begins its training with weights of its own",
    ),
    "a perceptron, which goes by no slope": (
        """
class Step:
    def __init__(self):
        self.w = None
    def fit(self, X, y, epochs=10, lr=0.1):
        if self.w is None:
            self.w = np.zeros(X.shape[1])
        for _ in range(epochs):
            for x, t in zip(X, y):
                self.w += lr * (t - self.predict(x)) * x
    def predict(self, X):
        return np.where(X @ self.w > 0, 1, 0)
""",
        "no input and labels were found",
    ),
    "an unknown argument": (
        """
class Net:
    def __init__(self, n_in, n_out):
        self.W = np.ones((n_in, n_out))
    def forward(self, x):
        return x @ self.W
    def backward(self, x, y, mystery):
        return {"W": x.T @ (x @ self.W - y) * mystery}
""",
        "backward takes x, y, mystery: not known what to give",
    ),
    "a forward that takes what nobody has": (
        """
def init_params(n_x, n_y):
    return {"W": np.ones((n_x, n_y))}
def forward(X, params, schedule):
    return X @ params["W"] * schedule
def backward(X, Y, params):
    return {"W": X.T @ (X @ params["W"] - Y)}
""",
        "no input and labels were found",
    ),
    "a backward that takes what nobody has": (
        """
def init_params(n_x, n_y):
    return {"W": np.ones((n_x, n_y))}
def forward(X, params):
    return X @ params["W"]
def backward(X, Y, params, schedule):
    return {"W": X.T @ (X @ params["W"] - Y) * schedule}
""",
        "backward takes X, Y, params, schedule: not known what to give",
    ),
    "an update by Adam": (
        """
class Net:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
    def forward(self, x):
        return x @ self.W
    def train(self, x, y):
        g = x.T @ (self.forward(x) - y)
        m, v = 0.1 * g, 0.001 * g**2
        self.W -= 0.01 * (m / 0.1) / (np.sqrt(v / 0.001) + 1e-12)
""",
        "as with Adam",
    ),
    "no gradient anywhere": (
        """
class Net:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
    def forward(self, x):
        return x @ self.W
    def backward(self, x, y):
        print("to be written")
""",
        "no input and labels were found",
    ),
    "a loss that never is a number": (
        """
class StrangeLoss:
    def forward(self, y_pred, y_true):
        return np.nan * np.sum(y_pred - y_true)
    def backward(self, y_pred, y_true):
        return y_pred - y_true
""",
        "the loss is no finite number",
    ),
    "an upstream gradient of more axes": (
        """
class Layer:
    def __init__(self, n_in, n_out):
        self.W = np.random.rand(n_in, n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W
    def backward(self, dout):
        rows = np.reshape(dout, (dout.shape[0], dout.shape[2]))
        self.dW = self.x.T @ rows
        return dout @ self.W.T
""",
        "Layer.backward raised IndexError",
    ),
    "a loss that leaves no gradient": (
        """
class ForgetfulLoss:
    def forward(self, y_pred, y_true):
        return np.sum((y_pred - y_true) ** 2)
    def backward(self, y_pred, y_true):
        return 2.0
""",
        "leaves nothing of the scores' shape",
    ),
    "a gradient with an attribute that only objects of the file have": (
        """
class Traced:
    def mark(self, slope):
        self.slope = slope
class Layer:
    def forward(self, x):
        self.x = x
        return x**2
    def backward(self, dout):
        return 2 * self.x * dout.slope
""",
        "object has no attribute 'slope'",
    ),
    "an attribute that only the network sets": (
        """
class Layer:
    def forward(self, x):
        self.x = x
        return x**2
    def backward(self, dout):
        return 2 * self.x * dout * self.share
def settle(layers):
    for layer in layers:
        layer.share = 1 / len(layers)
""",
        "object has no attribute 'share'",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_it_is_not_judged_and_the_report_says_why(name, tmp_path):
    text, words = REFUSALS[name]
    path = tmp_path / "net.py"
    path.write_text(HEAD + text, encoding="utf-8")
    messages = []
    program({"target": str(path), "make": None, "depth": "normal", "seed": 0, "done": {}}, messages.append)
    (report,) = [message["report"] for message in messages if "report" in message]
    assert report["exit_code"] == 2 if "exit_code" in report else not report["ok"]
    (finding,) = report["findings"]
    assert finding["kind"] == "uncheckable"
    assert words in finding["message"]


@pytest.mark.parametrize("name", [name for name in REFUSALS if "attribute that only" in name])
def test_where_nobody_sets_the_attribute_it_is_a_fault(name, tmp_path):
    text = re.sub(r"(self|layer)\.(slope|share) = .*", "pass", REFUSALS[name][0])
    path = tmp_path / "net.py"
    path.write_text(HEAD + text, encoding="utf-8")
    (report,) = judged(path)
    assert [finding["cause"] for finding in report["findings"]] == ["raises"]
    assert report["findings"][0]["kind"] == "backward"


def test_a_way_back_without_its_forward_is_not_passed_over_in_silence(tmp_path):
    path = tmp_path / "half.py"
    path.write_text(
        "import numpy as np\n\n\ndef sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n\n\n"
        "def Backprop(net, x, y):\n    d = net.out - y\n    return np.outer(d, x), d\n",
        encoding="utf-8",
    )
    reports = judged(path)
    (message,) = [finding["message"] for report in reports for finding in report["findings"]]
    assert message.startswith("Backprop goes back by its name")


def test_a_training_that_is_not_understood_is_told_where_no_gradient_was_judged(tmp_path):
    path = tmp_path / "steps.py"
    path.write_text(
        "import numpy as np\n"
        "def sigmoid(x):\n"
        "    return 1 / (1 + np.exp(-x))\n"
        "def train(samples, lr, store):\n"
        "    for key in store:\n"
        "        store[key] -= lr * sigmoid(samples @ store[key]).T @ samples\n",
        encoding="utf-8",
    )
    *_, report = judged(path)
    assert (report["subject"], report["findings"][0]["kind"]) == ("train", "uncheckable")
