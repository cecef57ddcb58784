import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward(X, W1, b1, W2, b2):
    Z = 1 / (1 + np.exp(-X.dot(W1) - b1))
    A = Z.dot(W2) + b2
    expA = np.exp(A)
    Y = expA / expA.sum(axis=1, keepdims=True)
    return Y, Z


def derivative_w2(Z, T, Y):
    return Z.T.dot(T - Y)


def derivative_b2(T, Y):
    return (T - Y).sum(axis=0)


def derivative_w1(X, Z, T, Y, W2):
    dZ = (T - Y).dot(W2.T) * Z * (1 - Z)
    return X.T.dot(dZ)


def derivative_b1(T, Y, W2, Z):
    return ((T - Y).dot(W2.T) * Z * (1 - Z)).sum(axis=0)


def cost(T, Y):
    tot = T * np.log(Y)
    return tot.sum()


def main():
    D, M, K = 2, 3, 3
    X = np.random.randn(90, D)
    T = np.eye(3)[np.random.randint(0, 3, 90)]
    W1, b1, W2, b2 = np.random.randn(D, M), np.random.randn(M), np.random.randn(M, K), np.random.randn(K)
    lr = 1e-3
    for epoch in range(1000):
        output, hidden = forward(X, W1, b1, W2, b2)
        W2 += lr * derivative_w2(hidden, T, output)
        b2 += lr * derivative_b2(T, output)
        W1 += lr * derivative_w1(X, hidden, T, output, W2)
        b1 += lr * derivative_b1(T, output, W2, hidden)


if __name__ == "__main__":
    main()
