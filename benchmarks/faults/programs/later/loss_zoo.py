"""Loss functions as objects: forward(prediction, target), then backward()."""
import numpy as np


class MSELoss:
    def forward(self, pred, target):
        self.pred, self.target = pred, target
        return np.mean((pred - target) ** 2)

    def backward(self):
        return 2 * (self.pred - self.target) / self.pred.size


class HuberLoss:
    def __init__(self, delta=1.0):
        self.delta = delta

    def forward(self, pred, target):
        self.err = pred - target
        small = np.abs(self.err) <= self.delta
        quadratic = 0.5 * self.err ** 2
        linear = self.delta * (np.abs(self.err) - 0.5 * self.delta)
        return np.where(small, quadratic, linear).mean()

    def backward(self):
        return np.clip(self.err, -self.delta, self.delta) / self.err.size


class BCEWithLogitsLoss:
    def forward(self, logits, target):
        self.logits, self.target = logits, target
        loss = np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))
        return loss.mean()

    def backward(self):
        prob = 1 / (1 + np.exp(-self.logits))
        return (prob - self.target) / self.target.size


class MultiClassHinge:
    def forward(self, scores, labels):
        n = scores.shape[0]
        correct = scores[np.arange(n), labels].reshape(n, 1)
        self.margins = np.maximum(0, scores - correct + 1)
        self.margins[np.arange(n), labels] = 0
        self.labels = labels
        return self.margins.sum() / n

    def backward(self):
        n = len(self.labels)
        grad = (self.margins > 0).astype(float)
        grad[np.arange(n), self.labels] = -grad.sum(axis=1)
        return grad / n


class CrossEntropyLoss:
    """Takes scores; the softmax is inside."""

    def forward(self, scores, labels):
        scores = scores - scores.max(axis=-1, keepdims=True)
        self.log_probs = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
        self.labels = labels
        return -self.log_probs[np.arange(len(labels)), labels].mean()

    def backward(self):
        grad = np.exp(self.log_probs)
        grad[np.arange(len(self.labels)), self.labels] -= 1
        return grad / len(self.labels)
