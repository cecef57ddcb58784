"""The graph (x + y) * z by the chain rule, all functions on a few numbers, a gradient check, a training."""

import numpy as np

from backproof import SGD, Trainer, TwoLayerNet, functions, numerical_gradient
from backproof.datasets import load_mnist
from backproof.layers import AddLayer, MulLayer

print("g = (x + y) * z at x = 2, y = 3, z = 4")
add, multiply = AddLayer(), MulLayer()
p = add.forward(2.0, 3.0)
g = multiply.forward(p, 4.0)
dp, dz = multiply.backward(1.0)
dx, dy = add.backward(dp)
print(f"  forward   p = x + y = {p}, g = p z = {g}")
print(f"  backward  dg/dp = {dp}, dg/dz = {dz}, dg/dx = {dx}, dg/dy = {dy}")
numeric = numerical_gradient(lambda v: (v[0] + v[1]) * v[2], np.array([2.0, 3.0, 4.0]))
print(f"  numeric   dg/dx, dg/dy, dg/dz = {numeric.round(6)}")

print("\nfunctions of x = [-2, 0, 2]")
x = np.array([-2.0, 0.0, 2.0])
for name in (
    "identity_function",
    "step_function",
    "sigmoid",
    "sigmoid_grad",
    "relu",
    "relu_grad",
    "softmax",
):
    print(f"  {name:<18} {getattr(functions, name)(x).round(4)}")
print("losses of y = softmax(x) for class 2, t = [0, 0, 1]")
y, t = functions.softmax(x), np.array([0, 0, 1])
print(f"  mean_squared_error  {functions.mean_squared_error(y, t):.4f}")
print(f"  cross_entropy_error {functions.cross_entropy_error(y, t):.4f}")
print(f"  softmax_loss        {functions.softmax_loss(x, t):.4f}")

(x_train, t_train), test = load_mnist(name="mnist-sample", one_hot_label=True)
network = TwoLayerNet(input_size=784, hidden_size=50, output_size=10, seed=0)

print("\ngradient check on 3 images: mean |backpropagated - numeric|")
numeric = network.numerical_gradient(x_train[:3], t_train[:3])
backprop = network.gradient(x_train[:3], t_train[:3])
for name in numeric:
    print(f"  {name}: {np.abs(backprop[name] - numeric[name]).mean():.1e}")

print("\ntraining on 4,000 digits, 10,000 steps of 100 images")
trainer = Trainer(network, ((x_train, t_train), test), optimizer=SGD(0.1), seed=0)
history = trainer.fit(iterations=10_000)
rows = zip(history.steps, history.train_accuracy, history.test_accuracy, strict=True)
for step, train_accuracy, test_accuracy in list(rows)[::25]:
    print(f"  step {step:5d}  train {train_accuracy:.3f}  test {test_accuracy:.3f}")
