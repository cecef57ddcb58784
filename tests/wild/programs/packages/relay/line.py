"""A network that is given its layers one by one, and knows none of them."""


class Line:
    def __init__(self, *stations):
        self.__stations = stations

    def forward(self, x):
        for station in self.__stations:
            x = station.forward(x)
        return x

    def backward(self, delta):
        for station in reversed(self.__stations):
            station.backward_update_gradient(delta)
            delta = station.backward_delta(delta)
        return delta

    def fit(self, x, y, rate=0.1, epochs=10):
        for _ in range(epochs):
            for station in self.__stations:
                station.zero_grad()
            self.backward(self.forward(x) - y)
            for station in self.__stations:
                station.step(rate)
