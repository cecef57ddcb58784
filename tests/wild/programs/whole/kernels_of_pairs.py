"""A convolution of one image without channels, its kernels' sides given as a pair."""
import numpy as np


class Convolution:
    def __init__(self, num_kernels, kernel_size):
        self.kernels = np.random.randn(num_kernels, *kernel_size)

    def windows(self, image):
        return np.lib.stride_tricks.sliding_window_view(image, self.kernels.shape[1:])

    def forward_propagation(self, input):
        self.input = input
        return np.einsum("ijab,kab->kij", self.windows(np.squeeze(input)), self.kernels)

    def backward_propagation(self, output_error, learning_rate):
        image = np.squeeze(self.input)
        kernels_gradient = np.einsum("ijab,kij->kab", self.windows(image), output_error)
        input_gradient = np.zeros(image.shape)
        a, b = self.kernels.shape[1:]
        for i, j in np.ndindex(output_error.shape[1:]):
            input_gradient[i:i + a, j:j + b] += np.tensordot(output_error[:, i, j], self.kernels, axes=1)
        self.kernels -= learning_rate * kernels_gradient
        return input_gradient
