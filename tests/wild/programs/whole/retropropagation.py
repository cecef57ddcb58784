"""Names in another language; the constructor takes pairs of data apart; one column at a time, weights moved on the spot."""
import numpy as np


def pente(z):
    return 1 - np.tanh(z) ** 2


class Reseau:
    def __init__(self, couches, pas, apprentissage, essai):
        self.couches, self.pas = couches, pas
        self.x_app, self.y_app = apprentissage
        self.x_essai, self.y_essai = essai
        self.poids = [np.random.randn(couches[i + 1], couches[i]) for i in range(len(couches) - 1)]
        self.seuils = [np.zeros((n, 1)) for n in couches[1:]]

    def propagation(self, x):
        self.sommes, self.sorties = [], [x]
        for p, s in zip(self.poids, self.seuils):
            self.sommes.append(p @ self.sorties[-1] + s)
            self.sorties.append(np.tanh(self.sommes[-1]))

    def retropropagation(self, y):
        ecart = (self.sorties[-1] - y) * pente(self.sommes[-1])
        for i in reversed(range(len(self.poids))):
            avant = self.poids[i].T @ ecart
            self.poids[i] = self.poids[i] - self.pas * ecart @ self.sorties[i].T
            self.seuils[i] = self.seuils[i] - self.pas * ecart
            if i:
                ecart = avant * pente(self.sommes[i - 1])
