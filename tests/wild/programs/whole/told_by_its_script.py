"""Its constructor takes what only its own script says; the answers are rectified in place."""
import numpy as np


def ramp(z):
    z[z < 0] = 0
    return z


def ramp_slope(z):
    return (z > 0).astype(float)


class Stack:
    squashers = {"ramp": (ramp, ramp_slope)}

    def __init__(self, plan):
        self.kinds = [kind for _, _, kind in plan]
        self.w = [np.random.random((rows, columns)) for columns, rows, _ in plan]
        self.c = [np.random.random(rows) for _, rows, _ in plan]

    def forward(self, x):
        self.seen, self.sums = [], []
        for w, c, kind in zip(self.w, self.c, self.kinds):
            self.seen.append(x)
            self.sums.append(w @ x + c)
            x = self.squashers[kind][0](self.sums[-1].copy())
        return x

    def backprop(self, y_pred, y_true, learning_rate=1e-5):
        g = 2 * (y_pred - y_true)
        for i in reversed(range(len(self.w))):
            g = g * self.squashers[self.kinds[i]][1](self.sums[i])
            back = self.w[i].T @ g
            self.w[i] -= learning_rate * np.outer(g, self.seen[i])
            self.c[i] -= learning_rate * g
            g = back


plan = [(20, 12, "ramp"), (12, 1, "ramp")]
net = Stack(plan)
for sample in np.random.random((50, 20)):
    net.backprop(net.forward(sample), sample.sum())
