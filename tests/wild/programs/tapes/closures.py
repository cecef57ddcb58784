"""Numbers whose way back is a closure in each, and a method of another name for the whole."""


class Number:
    def __init__(self, data, before=()):
        self.data = data
        self.grad = 0.0
        self.before = before
        self.backward = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        out = Number(self.data + other.data, (self, other))

        def pass_on():
            self.grad += out.grad
            other.grad += out.grad

        out.backward = pass_on
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        out = Number(self.data * other.data, (self, other))

        def pass_on():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.backward = pass_on
        return out

    def backprop(self):
        order, seen = [], set()

        def visit(number):
            if number not in seen:
                seen.add(number)
                for each in number.before:
                    visit(each)
                order.append(number)

        visit(self)
        self.grad = 1.0
        for number in reversed(order):
            number.backward()
