class SGD:
    def __init__(self, lr=0.1):
        self.lr = lr

    def next(self, value, gradient):
        return value - self.lr * gradient
