"""What a constructor is given as one thing, and words and functions that it looks up."""
import numpy as np


def narrow(shape):
    return np.random.uniform(-0.1, 0.1, shape)


def wide(shape):
    return np.random.normal(0, 1, shape)


STARTS = {"narrow": narrow, "wide": wide}


class Configured:
    """All sizes from one object; one output, desired values with one axis; many rounds at each training."""

    def __init__(self, config):
        self.params = {
            "w1": np.random.randn(config.input_size, config.hidden_size),
            "w2": np.random.randn(config.hidden_size, config.output_size),
        }
        self.learning_rate = config.learning_rate
        self.num_iters = config.num_iters
        self.log_step = config.log_step

    def forward(self, x):
        self.hid = np.tanh(x @ self.params["w1"])
        return self.hid @ self.params["w2"]

    def train(self, x, d):
        for i in range(self.num_iters):
            off = (self.forward(x) - d.reshape(-1, 1)) / len(x)
            below = off @ self.params["w2"].T * (1 - self.hid**2)
            self.params["w2"] -= self.learning_rate * self.hid.T @ off
            self.params["w1"] -= self.learning_rate * x.T @ below
            if i % self.log_step == 0:
                print(i, np.mean(off**2))


class Keyed:
    def __init__(self, settings, begin):
        self.W = STARTS[begin]((settings["n_in"], settings["n_out"]))
        self.rate = settings.get("alpha")

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, grad):
        dx = grad @ self.W.T
        self.W -= self.rate * self.x.T @ grad
        return dx


class Ranged:
    def __init__(self, input_size, output_size, init_range):
        self.weights = np.random.uniform(init_range[0], init_range[1], (input_size, output_size))

    def forward(self, x):
        self.x = x
        return np.tanh(x @ self.weights)

    def backward(self, grad):
        inner = grad * (1 - np.tanh(self.x @ self.weights) ** 2)
        self.dweights = self.x.T @ inner
        return inner @ self.weights.T


class AtOnce:
    """The optimizer is handed parameters, gradients and its own states in one call."""

    def __init__(self, n_in, n_out):
        self.weights = np.random.rand(n_in, n_out)
        self.bias = np.random.rand(1, n_out)
        self.v_weights = np.zeros((n_in, n_out))
        self.v_bias = np.zeros((1, n_out))

    def forward(self, input_data):
        self.input = input_data
        return input_data @ self.weights + self.bias

    def backward(self, output_error, optimizer_fn, learning_rate):
        below = output_error @ self.weights.T
        dW = self.input.T @ output_error
        dB = output_error.sum(axis=0, keepdims=True)
        w, b, vw, vb = optimizer_fn.minimize(
            self.weights, self.bias, dW, dB, self.v_weights, self.v_bias, learning_rate
        )
        self.weights, self.bias, self.v_weights, self.v_bias = w, b, vw, vb
        return below


class Sized:
    """The network that holds it sets input_size, which makes the weights."""

    def __init__(self, units):
        self.units = units
        self.seen = np.zeros(units)

    @property
    def input_size(self):
        return self._input_size

    @input_size.setter
    def input_size(self, n):
        self._input_size = n
        self.w = np.random.randn(n, self.units)

    def forward(self, x):
        self.x = x
        return np.sin(x @ self.w)

    def backward(self, grad):
        inner = grad * np.cos(self.x @ self.w)
        self.dw = self.x.T @ inner
        return inner @ self.w.T
