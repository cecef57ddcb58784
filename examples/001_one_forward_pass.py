"""One forward pass of three images: every value on the way, with its shape.

Walking by hand, the notebook went from x W1 + b1 straight on to W2. The activation between the two is what makes
the network more than one matrix: without it, (x W1 + b1) W2 + b2 is a single affine map.
"""

import numpy as np

from backproof import TwoLayerNet
from backproof.datasets import load_mnist
from backproof.functions import cross_entropy_error, relu, softmax


def show(name, value):
    first = np.array2string(np.ravel(value)[-4:], precision=4, suppress_small=True)
    print(f"  {name:<22} {np.shape(value)!s:<10} ... {first}")


(x_train, t_train), _ = load_mnist(name="mnist-sample")
x, t = x_train[:3], t_train[:3]
network = TwoLayerNet(input_size=784, hidden_size=50, output_size=10, seed=0)
W1, b1, W2, b2 = network.params.values()

print("by hand: name, shape, last four entries")
a1 = x @ W1 + b1
z1 = relu(a1)
a2 = z1 @ W2 + b2
y = softmax(a2)
loss = cross_entropy_error(y, t)
for name, value in {
    "x": x,
    "t": t,
    "W1": W1,
    "b1": b1,
    "a1 = x W1 + b1": a1,
    "z1 = relu(a1)": z1,
    "W2": W2,
    "b2": b2,
    "a2 = z1 W2 + b2": a2,
    "y = softmax(a2)": y,
    "sum of each row of y": y.sum(axis=1),
    "loss": loss,
}.items():
    show(name, value)

print("\nthe same through the layers")
out = x
for name, layer in network.layers.items():
    out = layer.forward(out)
    show(name, out)
show("softmax with loss", network.last_layer.forward(out, t))
assert np.allclose(out, a2)

print("\nand back again: the gradient has the shape of the value")
dout = network.last_layer.backward()
show("d a2", dout)
for name, layer in reversed(network.layers.items()):
    dout = layer.backward(dout)
    for key, gradient in layer.grads.items():
        show(f"d {key} of {name}", gradient)
    show(f"d input of {name}", dout)

without_relu = a1 @ W2 + b2
print(f"\nwithout the relu the scores differ by up to {np.abs(without_relu - a2).max():.4f}")
