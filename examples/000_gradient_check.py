"""A gradient check that prints 0.07 for b2 and an accuracy that stays near 0.1: the softmax was to blame.

The softmax of this notebook divides by the sum over the whole batch, so that the ten outputs of one image do not
sum to 1. But `(y - t) / N` is the gradient of a softmax over each row: the two do not belong together.
"""

import numpy as np

from backproof import SGD, Trainer, TwoLayerNet
from backproof.datasets import load_mnist
from backproof.functions import cross_entropy_error
from backproof.layers import SoftmaxWithLoss


class WholeBatchSoftmaxWithLoss(SoftmaxWithLoss):
    def forward(self, x, t):
        exp_x = np.exp(x - np.max(x))
        self.t, self.y = t, exp_x / np.sum(exp_x)  # the fault: one sum for all rows
        self.loss = cross_entropy_error(self.y, self.t)
        return self.loss


(x_train, t_train), test = load_mnist(name="mnist-sample", one_hot_label=True)
x_batch, t_batch = x_train[:3], t_train[:3]

for title, last_layer in (
    ("softmax over the whole batch", WholeBatchSoftmaxWithLoss()),
    ("softmax over each row", SoftmaxWithLoss()),
):
    print(f"\n{title}")
    network = TwoLayerNet(input_size=784, hidden_size=50, output_size=10, seed=0)
    network.last_layer = last_layer

    numeric = network.numerical_gradient(x_batch, t_batch)
    backprop = network.gradient(x_batch, t_batch)
    print("  outputs of each of the three images sum to", last_layer.y.sum(axis=1).round(3))
    print("  mean |backpropagated - numeric|")
    for name in numeric:
        print(f"    {name}: {np.abs(backprop[name] - numeric[name]).mean():.1e}")

    trainer = Trainer(network, ((x_train, t_train), test), optimizer=SGD(0.1), seed=0)
    history = trainer.fit(iterations=2000)
    for step, accuracy in list(zip(history.steps, history.test_accuracy, strict=True))[::10]:
        print(f"    step {step:4d}  test accuracy {accuracy:.3f}")
