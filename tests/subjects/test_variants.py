"""The same object with the other activations that its class offers."""

import numpy as np

from backproof.subjects.construct import build
from backproof.subjects.variants import variants


class Choosy:
    """Offers four words, of which one does not construct."""

    def __init__(self, n_in, n_out, activation="tanh"):
        self.W = np.ones((n_in, n_out))
        self.activation = activation
        if activation == "relu":
            raise NotImplementedError
        if activation == "sigmoid" or activation == "logistic" or activation == "tanh":
            return


class Fixed:
    def __init__(self, n_in, n_out):
        self.W = np.ones((n_in, n_out))


def test_each_other_word_that_constructs_makes_one():
    _, proposal = next(build(Choosy))
    found = list(variants(Choosy, proposal))
    assert [instance.activation for instance, _ in found] == ["sigmoid", "logistic"]
    assert found[0][1] == "Choosy(..., activation='sigmoid')"


def test_without_an_activation_there_is_none():
    _, proposal = next(build(Fixed))
    assert list(variants(Fixed, proposal)) == []


def test_a_proposal_of_another_class_makes_none():
    _, proposal = next(build(Choosy))
    assert list(variants(type("Bare", (), {}), proposal)) == []
