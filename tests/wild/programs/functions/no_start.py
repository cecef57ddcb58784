import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def feed_forward(X, W1, W2, B1, B2):
    Z1 = W1.T.dot(X) + B1
    A1 = sigmoid(Z1)
    Z2 = W2.T.dot(A1) + B2
    e = np.exp(Z2 - Z2.max(axis=0))
    return e / e.sum(axis=0), {"A1": A1, "Z1": Z1}


def back_propagation(seen, T, Y_pred, W2, X):
    D = Y_pred - T
    dW2 = seen["A1"].dot(D)
    dB2 = np.sum(D, axis=0, keepdims=True).T
    back = W2.dot(D.T) * seen["A1"] * (1 - seen["A1"])
    return {"dW1": X.dot(back.T), "dB1": back.sum(axis=1, keepdims=True), "dW2": dW2, "dB2": dB2}


def gradient_descent(W1, W2, B1, B2, g, lr=0.001):
    return W1 - lr * g["dW1"], W2 - lr * g["dW2"], B1 - lr * g["dB1"], B2 - lr * g["dB2"]


if __name__ == "__main__":
    X, T = np.random.randn(30, 4), np.eye(3)[np.random.randint(0, 3, 30)]
    N, D = X.shape
    X = X.T
    M, K = 8, 3
    W1 = np.random.randn(D, M) / np.sqrt(D)
    W2 = np.random.randn(M, K) / np.sqrt(M)
    B1 = np.expand_dims(np.random.randn(M), 1)
    B2 = np.expand_dims(np.random.randn(K), 1)
    for i in range(1000):
        Y_pred, seen = feed_forward(X, W1, W2, B1, B2)
        g = back_propagation(seen, T, Y_pred.T, W2, X)
        W1, W2, B1, B2 = gradient_descent(W1, W2, B1, B2, g)
