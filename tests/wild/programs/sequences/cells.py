"""One step of a recurrent layer: a vector alone, rows whose gradients add up, two states in columns."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class OneVector:
    """h = f * h_prev + (1 - f) * n, with one gate."""

    def __init__(self, n_in, n_hidden):
        self.Wf, self.Uf = np.random.randn(n_hidden, n_in), np.random.randn(n_hidden, n_hidden)
        self.Wn, self.Un = np.random.randn(n_hidden, n_in), np.random.randn(n_hidden, n_hidden)
        self.bf, self.bn = np.zeros(n_hidden), np.zeros(n_hidden)
        self.reset_gradients()

    def reset_gradients(self):
        for name in ("Wf", "Uf", "Wn", "Un", "bf", "bn"):
            setattr(self, f"d{name}", np.zeros_like(getattr(self, name)))

    def forward(self, x, h_prev):
        self.x, self.before = x, h_prev
        self.f = sigmoid(self.Wf @ x + self.Uf @ h_prev + self.bf)
        self.n = np.tanh(self.Wn @ x + self.f * (self.Un @ h_prev) + self.bn)
        return self.f * h_prev + (1 - self.f) * self.n

    def backward(self, dh):
        dn = dh * (1 - self.f) * (1 - self.n**2)
        through = self.Un @ self.before
        df = (dh * (self.before - self.n) + dn * through) * self.f * (1 - self.f)
        self.dWn += np.outer(dn, self.x)
        self.dUn += np.outer(dn * self.f, self.before)
        self.dbn += dn
        self.dWf += np.outer(df, self.x)
        self.dUf += np.outer(df, self.before)
        self.dbf += df
        return self.Wn.T @ dn + self.Wf.T @ df, dh * self.f + self.Un.T @ (dn * self.f) + self.Uf.T @ df


class AddsUp:
    def __init__(self, n_in, n_hidden):
        self.Wx, self.Wh = np.random.randn(n_in, n_hidden), np.random.randn(n_hidden, n_hidden)
        self.dWx, self.dWh = np.zeros_like(self.Wx), np.zeros_like(self.Wh)

    def forward(self, x, h_prev):
        self.x, self.before = x, h_prev
        self.h = np.tanh(x @ self.Wx + h_prev @ self.Wh)
        return self.h

    def backward(self, dh):
        dz = dh * (1 - self.h**2)
        self.dWx += self.x.T @ dz
        self.dWh += self.before.T @ dz
        return dz @ self.Wh.T, dz @ self.Wx.T


class TwoStates:
    def __init__(self, input_size, hidden_size):
        self.H = hidden_size
        self.W = np.random.randn(4 * hidden_size, hidden_size + input_size) * 0.1
        self.b = np.zeros((4 * hidden_size, 1))
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x, h_prev, c_prev):
        self.z, self.before = np.vstack([h_prev, x]), c_prev
        a = np.split(self.W @ self.z + self.b, 4)
        self.i, self.f, self.o, self.g = *map(sigmoid, a[:3]), np.tanh(a[3])
        c = self.f * c_prev + self.i * self.g
        self.y = np.tanh(c)
        return self.o * self.y, c

    def backward(self, dh, dc):
        dc = dc + dh * self.o * (1 - self.y**2)
        di, df, do = dc * self.g, dc * self.before, dh * self.y
        gates = zip((self.i, self.f, self.o), (di, df, do))
        da = np.vstack([*(d * s * (1 - s) for s, d in gates), dc * self.i * (1 - self.g**2)])
        self.dW += da @ self.z.T
        self.db += da.sum(axis=1, keepdims=True)
        dz = self.W.T @ da
        return dz[self.H :], dz[: self.H], dc * self.f
