"""Training: data, batch, loss and gradients, optimizer, history, plot and checkpoint."""

from backproof.training.checkpoint import CheckpointError
from backproof.training.history import History
from backproof.training.trainer import DivergenceError, Trainer

__all__ = ["CheckpointError", "DivergenceError", "History", "Trainer"]
