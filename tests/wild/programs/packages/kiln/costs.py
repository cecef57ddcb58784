import numpy as np


class Squares:
    def value(self, pred, target):
        return 0.5 * np.mean(np.sum((pred - target) ** 2, axis=1))

    def grad(self, pred, target):
        return (pred - target) / len(pred)


class TwoClasses:
    def value(self, pred, target):
        return -np.mean(target * np.log(pred) + (1 - target) * np.log(1 - pred))

    def grad(self, pred, target):
        return (pred - target) / (pred * (1 - pred)) / pred.size


KNOWN = {"squares": Squares, "two": TwoClasses}


def named_loss(name):
    if isinstance(name, str):
        return KNOWN[name.lower()]()
    return name
