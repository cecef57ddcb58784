"""Weights of the module, a text that is not there, gradients in a dict, clipped far down."""

import numpy as np

with open("poems.txt") as file:
    poems = file.read().lower()

letters = sorted(set(poems))
place = {letter: i for i, letter in enumerate(letters)}
size, width, seq_length = len(letters), 24, 30

W_in = np.random.randn(width, size) * 0.01
W_back = np.random.randn(width, width) * 0.01
W_out = np.random.randn(size, width) * 0.01
b_in = np.zeros((width, 1))
b_out = np.zeros((size, 1))


def loss_and_slopes(inputs, targets, h_prev):
    states, guesses, loss = {-1: h_prev}, {}, 0.0
    assert len(inputs) == seq_length
    for t, letter in enumerate(inputs):
        states[t] = np.tanh(W_in[:, [letter]] + W_back @ states[t - 1] + b_in)
        scores = np.exp(W_out @ states[t] + b_out)
        guesses[t] = scores / scores.sum()
        loss -= np.log(guesses[t][targets[t], 0])
    slopes = {
        "W_in": np.zeros_like(W_in),
        "W_back": np.zeros_like(W_back),
        "W_out": np.zeros_like(W_out),
        "b_in": np.zeros_like(b_in),
        "b_out": np.zeros_like(b_out),
    }
    later = np.zeros_like(h_prev)
    for t in range(len(inputs) - 1, -1, -1):
        error = guesses[t].copy()
        error[targets[t]] -= 1
        slopes["W_out"] += error @ states[t].T
        slopes["b_out"] += error
        inner = (W_out.T @ error + later) * (1 - states[t] ** 2)
        slopes["W_in"][:, [inputs[t]]] += inner
        slopes["W_back"] += inner @ states[t - 1].T
        slopes["b_in"] += inner
        later = W_back.T @ inner
    for slope in slopes.values():
        np.clip(slope, -0.01, 0.01, out=slope)
    return loss, slopes, states[len(inputs) - 1]


def train(rounds):
    h, at = np.zeros((width, 1)), 0
    for _ in range(rounds):
        inputs = [place[c] for c in poems[at : at + seq_length]]
        targets = [place[c] for c in poems[at + 1 : at + seq_length + 1]]
        loss, slopes, h = loss_and_slopes(inputs, targets, h)
        print(loss, slopes["b_in"].sum())
