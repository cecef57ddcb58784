"""A network that is given its layers by add, its loss and optimizer by compile; it imports none of them."""


class Model:
    def __init__(self):
        self.layers = []
        self.loss = None

    def add(self, layer):
        self.layers.append(layer)

    def compile(self, loss, optimizer):
        self.loss, self.optimizer = loss, optimizer

    def forward(self, X):
        for layer in self.layers:
            layer.forward(X)
            X = layer.output
        return X

    def backward(self):
        self.loss.backward()
        gradient = self.loss.dinputs
        for layer in reversed(self.layers):
            layer.backward(gradient)
            gradient = layer.dinputs

    def train(self, X, y, epochs=10):
        for _ in range(epochs):
            self.loss.forward(self.forward(X), y)
            self.backward()
            for layer in self.layers:
                self.optimizer.update(layer)
