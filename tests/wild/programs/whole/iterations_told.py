"""A network that trains on all it is given, as often as it is told."""
import numpy as np


class Net:
    def __init__(self, input_size, hidden_size, output_size):
        self.hidden_weights = np.random.uniform(size=(input_size, hidden_size))
        self.output_weights = np.random.uniform(size=(hidden_size, output_size))

    def forward(self, inputs):
        self.hidden = np.tanh(inputs @ self.hidden_weights)
        return np.tanh(self.hidden @ self.output_weights)

    def train(self, training_inputs, y_true_values, number_of_training_iterations, learning_rate):
        for _ in range(number_of_training_iterations):
            output = self.forward(training_inputs)
            delta = (y_true_values - output) * (1 - output**2)
            hidden_delta = delta @ self.output_weights.T * (1 - self.hidden**2)
            self.output_weights += learning_rate * self.hidden.T @ delta
            self.hidden_weights += learning_rate * training_inputs.T @ hidden_delta
