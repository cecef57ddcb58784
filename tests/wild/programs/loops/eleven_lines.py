"""Everything at the top level, as short as can be."""

import numpy as np

X = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0], [0, 0, 1], [1, 1, 1]])
y = np.array([[1], [1], [0], [0], [1]])


def bend(x, slope=False):
    return x * (1 - x) if slope else 1 / (1 + np.exp(-x))


np.random.seed(3)
first = 2 * np.random.random((3, 6)) - 1
second = 2 * np.random.random((6, 1)) - 1

for step in range(20000):
    inner = bend(np.dot(X, first))
    guess = bend(np.dot(inner, second))
    miss = y - guess
    if step % 5000 == 0:
        print("error", np.mean(np.abs(miss)))
    d2 = miss * bend(guess, slope=True)
    d1 = d2.dot(second.T) * bend(inner, slope=True)
    second += inner.T.dot(d2)
    first += X.T.dot(d1)

print(guess)
