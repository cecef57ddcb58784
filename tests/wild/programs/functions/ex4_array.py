import numpy as np
from scipy.optimize import minimize
from scipy.io import loadmat


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoidGradient(z):
    return sigmoid(z) * (1 - sigmoid(z))


def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda_):
    t1 = nn_params[: hidden_layer_size * (input_layer_size + 1)].reshape(hidden_layer_size, input_layer_size + 1)
    t2 = nn_params[hidden_layer_size * (input_layer_size + 1) :].reshape(num_labels, hidden_layer_size + 1)
    m = X.shape[0]
    Y = np.eye(num_labels)[y.ravel() - 1]
    a1 = np.column_stack([np.ones(m), X])
    z2 = a1 @ t1.T
    a2 = np.column_stack([np.ones(m), sigmoid(z2)])
    h = sigmoid(a2 @ t2.T)
    J = np.sum(-Y * np.log(h) - (1 - Y) * np.log(1 - h)) / m
    J += lambda_ / (2 * m) * (np.sum(t1[:, 1:] ** 2) + np.sum(t2[:, 1:] ** 2))
    d3 = h - Y
    d2 = (d3 @ t2)[:, 1:] * sigmoidGradient(z2)
    g1 = d2.T @ a1 / m
    g2 = d3.T @ a2 / m
    g1[:, 1:] += lambda_ / m * t1[:, 1:]
    g2[:, 1:] += lambda_ / m * t2[:, 1:]
    grad = np.concatenate([g1.ravel(), g2.ravel()])
    return J, grad


def main():
    data = loadmat("ex4data1.mat")
    X, y = data["X"], data["y"]
    init = np.random.randn(25 * 401 + 10 * 26) * 0.1
    minimize(nnCostFunction, init, args=(400, 25, 10, X, y, 1), jac=True)


if __name__ == "__main__":
    main()
