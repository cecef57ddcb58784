"""Affine for one sample and for a batch, then the softmax of a 3 x 10 batch: every row sums to 1."""

import numpy as np

from backproof.functions import softmax
from backproof.layers import Affine, SoftmaxWithLoss

rng = np.random.default_rng(0)

print("Affine, one sample: the bias is added once and gets its gradient once")
affine = Affine(W=rng.random((2, 3)), b=rng.random(3))
x = rng.random(2)
y = affine.forward(x)
dx = affine.backward(np.ones(3))
print(f"  x {x.shape} -> y {y.shape}, back to dx {dx.shape}, dW {affine.dW.shape}, db {affine.db.shape}")
print("  db =", affine.db)

print("\nAffine, a batch of two: the bias is added to each row, so its gradient is the sum over the rows")
X = rng.random((2, 2))
Y = affine.forward(X)
dY = rng.random((2, 3))
dX = affine.backward(dY)
print(f"  X {X.shape} -> Y {Y.shape}, back to dX {dX.shape}, dW {affine.dW.shape}, db {affine.db.shape}")
print("  dY\n   ", str(dY.round(3)).replace("\n", "\n    "))
print("  db =", affine.db.round(3))

A = np.array(
    [
        [1.0, 3.0, 5.0, 7.0, 9.0, 1.5, 3.5, 5.5, 7.5, 9.5],
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        [-10.0, -8.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0],
    ]
)
T = np.eye(10)[[7, 4, 9]]

print("\nsoftmax with one sum for the whole 3 x 10 batch, as the notebook had it")
whole = np.exp(A - A.max()) / np.exp(A - A.max()).sum()
print("  rows sum to", whole.sum(axis=1).round(3))

print("\nsoftmax over each row")
print("  " + str(softmax(A).round(3)).replace("\n", "\n  "))
print("  rows sum to", softmax(A).sum(axis=1))

layer = SoftmaxWithLoss()
print("\nSoftmaxWithLoss")
print(f"  loss {layer.forward(A, T):.4f}")
print("  backward: (y - t) / 3, so that every row sums to 0")
print("  " + str(layer.backward().round(3)).replace("\n", "\n  "))
