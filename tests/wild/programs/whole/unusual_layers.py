"""Layers whose arguments, settings and gradients lie where others would not look for them."""
import numpy as np


class Couche:
    def __init__(self, taille_entree, taille_sortie):
        self.poids = np.random.randn(taille_entree, taille_sortie)
        self.biais = np.zeros((1, taille_sortie))

    def propagation_direct(self, entrée):
        self.entrée = entrée
        return entrée @ self.poids + self.biais

    def retro_propagation(self, erreur_sortie, taux):
        erreur_entrée = erreur_sortie @ self.poids.T
        self.poids -= taux * self.entrée.T @ erreur_sortie
        self.biais -= taux * erreur_sortie
        return erreur_entrée


class Keyed:
    def __init__(self, rows: int = None, columns: int = None):
        self.weights = np.random.randn(rows, columns)
        self.bias = np.zeros((rows, 1))

    def forward(self, x=None, **kwargs):
        self.seen = x
        return self.weights @ x + self.bias

    def backward(self, upper=None, **kwargs):
        lower = self.weights.T @ upper
        self.weights = self.weights - kwargs["learning_rate"] * upper @ self.seen.T
        self.bias = self.bias - kwargs["learning_rate"] * upper.sum(axis=1, keepdims=True)
        return lower


class Leaving:
    def __init__(self, input_shape, output_shape):
        self.weights = np.random.random((input_shape, output_shape))
        self.bias = np.zeros((1, output_shape))

    def fprop(self, inputs):
        self.inputs = inputs
        self.outputs = inputs @ self.weights + self.bias

    def bprop(self, gradients, inputs=None):
        if inputs == None:  # noqa: E711
            inputs = self.inputs
        self.gradients_w = inputs.T @ gradients
        self.gradients_b = np.sum(gradients, axis=0)
        self.gradients_i = gradients @ self.weights.T


class Handed:
    def __init__(self, input_size, output_size):
        self.W = np.random.randn(input_size, output_size)
        self.dW = None

    def forward(self, input):
        return np.tanh(input @ self.W)

    def backward(self, input, output, gradient):
        inner = gradient * (1 - output**2)
        self.dW = input.T @ inner
        return inner @ self.W.T, 0.5 * np.sum(self.W**2)


class Logged:
    def __init__(self, d_in, d_out):
        self.W = np.random.randn(d_in, d_out)
        self.dW = np.zeros_like(self.W)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout, journal):
        self.dW = self.x.T @ dout
        return dout @ self.W.T


class Kept:
    def forward(self, x):
        y = np.tanh(x)
        return y, y

    def backward(self, dout, cache):
        return dout * (1 - cache**2)


class Asleep:
    def __init__(self, keep=0.6):
        self.keep, self._train = keep, False

    def forward(self, x):
        if self._train:
            self.mask = (np.random.random(x.shape) < self.keep) / self.keep
            return x * self.mask
        return x

    def backward(self, dout):
        return dout * self.mask


class Passing:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs

    def backward(self, dvalues):
        self.dinputs = dvalues.copy()


class Reshaping:
    def __init__(self, input_shape, output_shape):
        self.input_shape, self.output_shape = input_shape, output_shape

    def forward(self, x):
        return np.reshape(x, self.output_shape)

    def backward(self, output_gradient, learning_rate):
        return np.reshape(output_gradient, self.input_shape)


class SquarePool:
    def __init__(self, pool_size, stride):
        self.pool_size, self.stride = pool_size, stride

    def places(self, x):
        side = (x.shape[2] - self.pool_size) // self.stride + 1
        for i in range(side):
            for j in range(side):
                top, left = i * self.stride, j * self.stride
                yield i, j, (..., slice(top, top + self.pool_size), slice(left, left + self.pool_size))

    def forward(self, x):
        self.x = x
        side = (x.shape[2] - self.pool_size) // self.stride + 1
        y = np.zeros((*x.shape[:2], side, side))
        for i, j, window in self.places(x):
            y[..., i, j] = x[window].max(axis=(2, 3))
        return y

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for i, j, window in self.places(self.x):
            part = self.x[window]
            dx[window] += (part == part.max(axis=(2, 3), keepdims=True)) * dout[..., i : i + 1, j : j + 1]
        return dx


class Step:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        self.kept = x, h_prev, np.tanh(x @ Wx + h_prev @ Wh + b)
        return self.kept[2]

    def backward(self, dh):
        Wx, Wh, _ = self.params
        x, h_prev, h = self.kept
        d = dh * (1 - h**2)
        for grad, value in zip(self.grads, (x.T @ d, h_prev.T @ d, d.sum(axis=0))):
            grad[...] = value
        return d @ Wx.T, d @ Wh.T


class ScoresAndTruth:
    def forward(self, Ypred, Y):
        e = np.exp(Ypred - Ypred.max(axis=1, keepdims=True))
        self.p, self.Y = e / e.sum(axis=1, keepdims=True), Y
        return -np.sum(Y * np.log(self.p)) / len(Y)

    def backward(self, dout=1):
        return (self.p - self.Y) / len(self.Y)


class Flagged:
    def __init__(self, ratio):
        self.ratio, self.mask = ratio, None

    def forward(self, x, train_flg=False):
        if train_flg:
            self.mask = np.random.rand(*x.shape) > self.ratio
            return x * self.mask
        return x * (1 - self.ratio)

    def backward(self, dout):
        return self.mask * dout


def scores_loss(x, y):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    q = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(y * np.log(q), axis=1)), (q - y) / len(x)
