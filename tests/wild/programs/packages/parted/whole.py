"""A network that is given its layers, its criterion and its optimizer, all of which lie in a folder beside it."""


class Whole:
    def __init__(self, layers, criterion, optimizer):
        self.layers = layers
        self.criterion = criterion
        self.optimizer = optimizer

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, prediction, label):
        return self.criterion.forward(prediction, label)

    def backward(self):
        g = self.criterion.backward()
        for layer in reversed(self.layers):
            g = layer.backward(g)
        return g

    def update(self):
        for layer in self.layers:
            layer.step(self.optimizer)
