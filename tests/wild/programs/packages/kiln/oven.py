"""A network that is told its loss by a word, and builds its layers one after the other."""

import numpy as np

from .costs import named_loss


class Oven:
    def __init__(self):
        self.bricks = []

    def add(self, brick):
        self.bricks.append(brick)

    def compile(self, input_dim, loss="squares", lr=0.1):
        shape = (input_dim,)
        for brick in self.bricks:
            brick.build(shape)
            shape = brick.out_shape
        self.loss, self.lr = named_loss(loss), lr

    def forward(self, x):
        for brick in self.bricks:
            x = brick.forward(x)
        return x

    def backward(self, up):
        for brick in reversed(self.bricks):
            up = brick.backward(up)
        return up

    def fit(self, x, y, epochs):
        for _ in range(epochs):
            pred = self.forward(x)
            print(self.loss.value(pred, y))
            self.backward(self.loss.grad(pred, y))
            for brick in self.bricks:
                if hasattr(brick, "weight"):
                    brick.weight -= self.lr * brick.weight_grad
                    brick.offset -= self.lr * brick.offset_grad
