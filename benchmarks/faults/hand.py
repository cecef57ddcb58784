"""Faults and benign habits written by hand: a small patch on a correct program, and what is true of it.

Where two answers are equally right (a loss that sums while its gradient averages can be mended at either
end) both are listed, parted by "|". `benign` variants must pass.
"""
# ruff: noqa: E501 - old and new text stay on a line each

from __future__ import annotations

from dataclasses import dataclass

from .subjects import PROGRAM


@dataclass(frozen=True)
class Fault:
    """One variant of a program.

    `edits` are (old text, new text), each old text found exactly once (in the part of the file that
    begins with `within`, where given). `at` is a piece of the line at fault; by default the first line
    of the first new text. The answers are tuples of everything that counts as right.
    """

    name: str
    program: str
    category: str
    kinds: tuple[str, ...]
    layers: tuple[str, ...]
    quantities: tuple[str, ...]
    cause: str
    edits: tuple[tuple[str, str], ...]
    within: str = ""
    at: str = ""
    original: str = ""  # the correct program's text, where it is none of PROGRAM

    @property
    def benign(self) -> bool:
        return self.category == "benign"

    @property
    def text(self) -> str:
        """The patched program. Raises ValueError where an old text is not there exactly once."""
        text = self.original or PROGRAM[self.program].text
        start = text.index(self.within)
        head, tail = text[:start], text[start:]
        for old, new in self.edits:
            where = tail.partition("\n\n\n")[0] if self.within else tail
            if where.count(old) != 1:
                raise ValueError(f"{self.name}: {old!r} occurs {where.count(old)} times")
            tail = tail.replace(old, new, 1)
        return head + tail

    @property
    def line(self) -> int:
        """The line at fault, from 1, in the patched program."""
        text = self.text
        mark = self.at or self.edits[0][1].strip("\n").splitlines()[0].strip()
        start = text.index(self.within)
        return text.count("\n", 0, text.index(mark, start)) + 1


def _fault(
    category: str,
    kinds: str,
    program: str,
    name: str,
    layers: str,
    quantities: str,
    cause: str,
    *edits: tuple[str, str],
    within: str = "",
    at: str = "",
) -> Fault:
    return Fault(
        name,
        program,
        category,
        tuple(kinds.split("|")),
        tuple(layers.split("|")),
        tuple(quantities.split("|")),
        cause,
        edits,
        within,
        at,
    )


def backward(*args: str | tuple[str, str], **where: str) -> Fault:
    return _fault("backward", "backward", *args, **where)  # type: ignore[arg-type]


def inconsistent(*args: str | tuple[str, str], kinds: str = "forward", **where: str) -> Fault:
    return _fault("forward inconsistent", kinds, *args, **where)  # type: ignore[arg-type]


def consistent(*args: str | tuple[str, str], **where: str) -> Fault:
    return _fault("forward self-consistent", "forward", *args, **where)  # type: ignore[arg-type]


def state(*args: str | tuple[str, str], kinds: str = "state", **where: str) -> Fault:
    return _fault("state and aliasing", kinds, *args, **where)  # type: ignore[arg-type]


def dtype(*args: str | tuple[str, str], **where: str) -> Fault:
    return _fault("dtype", "dtype", *args, **where)  # type: ignore[arg-type]


def wiring(*args: str | tuple[str, str], kinds: str = "backward", **where: str) -> Fault:
    return _fault("wiring", kinds, *args, **where)  # type: ignore[arg-type]


def benign(program: str, name: str, habit: str, *edits: tuple[str, str], within: str = "") -> Fault:
    return _fault("benign", "note", program, name, "", "", habit, *edits, within=within)


AFFINES = "Affine1|Affine2|Affine3"

FAULTS = [
    # ---- backward ------------------------------------------------------------------------------------
    backward(
        "book_two_layer", "relu-without-mask", "Relu1", "dx", "the mask is never applied",
        ("        dout[self.mask] = 0\n        dx = dout\n", "        dx = dout\n"),
        within="class Relu", at="dx = dout",
    ),
    backward(
        "book_two_layer", "relu-mask-inverted", "Relu1", "dx", "lets pass what should be stopped",
        ("dout[self.mask] = 0", "dout[~self.mask] = 0"), within="class Relu",
    ),
    backward(
        "book_two_layer", "relu-mask-from-dout", "Relu1", "dx", "mask taken from the sign of dout",
        ("dout[self.mask] = 0", "dout[dout <= 0] = 0"), within="class Relu",
    ),
    backward(
        "book_two_layer", "bias-gradient-over-units", "Affine1|Affine2", "db", "summed over the wrong axis",
        ("np.sum(dout, axis=0)", "np.sum(dout, axis=1)"), within="class Affine",
    ),
    backward(
        "book_two_layer", "bias-gradient-without-axis", "Affine1|Affine2", "db", "sum without axis",
        ("np.sum(dout, axis=0)", "np.sum(dout)"), within="class Affine",
    ),
    backward(
        "book_two_layer", "bias-gradient-mean", "Affine1|Affine2", "db", "mean where the sum is due",
        ("np.sum(dout, axis=0)", "np.mean(dout, axis=0)"), within="class Affine",
    ),
    backward(
        "book_two_layer", "bias-gradient-first-row", "Affine1|Affine2", "db", "only the first sample",
        ("np.sum(dout, axis=0)", "dout[0]"), within="class Affine",
    ),
    backward(
        "book_two_layer", "weight-gradient-averaged-again", "Affine1|Affine2", "dW", "1/N twice",
        ("np.dot(self.x.T, dout)", "np.dot(self.x.T, dout) / self.x.shape[0]"), within="class Affine",
    ),
    backward(
        "book_two_layer", "weight-gradient-doubled", "Affine1|Affine2", "dW", "a factor of two",
        ("np.dot(self.x.T, dout)", "2 * np.dot(self.x.T, dout)"), within="class Affine",
    ),
    backward(
        "book_two_layer", "weight-gradient-transposed", "Affine1|Affine2", "dW", "operands exchanged",
        ("np.dot(self.x.T, dout)", "np.dot(dout.T, self.x)"), within="class Affine",
    ),
    backward(
        "book_two_layer", "loss-gradient-not-averaged", "SoftmaxWithLoss", "dx", "1/N missing",
        ("dx = (self.y - self.t) / batch_size", "dx = self.y - self.t"),
    ),
    backward(
        "book_two_layer", "loss-gradient-averaged-twice", "SoftmaxWithLoss", "dx", "1/N twice",
        ("dx = (self.y - self.t) / batch_size", "dx = (self.y - self.t) / batch_size / batch_size"),
    ),
    backward(
        "book_two_layer", "loss-gradient-over-all-entries", "SoftmaxWithLoss", "dx", "divided by N times C",
        ("dx = (self.y - self.t) / batch_size", "dx = (self.y - self.t) / self.y.size"),
    ),
    backward(
        "book_two_layer", "loss-gradient-sign", "SoftmaxWithLoss", "dx", "t - y instead of y - t",
        ("dx = (self.y - self.t) / batch_size", "dx = (self.t - self.y) / batch_size"),
    ),
    backward(
        "book_multi_layer", "sigmoid-derivative-at-input", "Sigmoid1|Sigmoid2", "dx",
        "x (1 - x) with the input where the output belongs",
        ("self.out = out\n", "self.out = x\n"), within="class Sigmoid",
    ),
    backward(
        "book_multi_layer", "sigmoid-derivative-of-output", "Sigmoid1|Sigmoid2", "dx",
        "sigmoid applied once more to the output",
        ("dx = dout * (1.0 - self.out) * self.out",
         "dx = dout * (1.0 - sigmoid(self.out)) * sigmoid(self.out)"),
    ),
    backward(
        "book_multi_layer", "sigmoid-derivative-half", "Sigmoid1|Sigmoid2", "dx", "the factor 1 - y missing",
        ("dx = dout * (1.0 - self.out) * self.out", "dx = dout * self.out"),
    ),
    backward(
        "book_multi_layer", "sigmoid-with-tanh-derivative", "Sigmoid1|Sigmoid2", "dx",
        "the derivative of another activation",
        ("dx = dout * (1.0 - self.out) * self.out", "dx = dout * (1.0 - self.out ** 2)"),
    ),
    backward(
        "book_multi_layer", "label-columns-not-paired", "SoftmaxWithLoss", "dx",
        "dx[:, t] lowers every labelled column in every row",
        ("dx[np.arange(n), self.t] -= 1", "dx[:, self.t] -= 1"),
    ),
    backward(
        "book_multi_layer", "label-not-subtracted", "SoftmaxWithLoss", "dx", "y - t without the t",
        ("        dx[np.arange(n), self.t] -= 1\n", ""), at="dx = self.y.copy()",
    ),
    backward(
        "book_multi_layer", "bias-gradient-last-row", AFFINES, "db", "set in the loop where it should be added",
        ("        self.db = np.sum(dout, axis=0)\n",
         "        self.db = np.zeros_like(self.b)\n        for row in dout:\n            self.db = row.copy()\n"),
        within="class Affine", at="self.db = row.copy()",
    ),
    backward(
        "book_batch_norm", "batch-norm-mean-constant", "BatchNorm1|BatchNorm2", "dx",
        "the mean is treated as a constant",
        ("        dmu = np.sum(dxc, axis=0)\n        dx = dxc - dmu / self.batch_size\n", "        dx = dxc\n"),
    ),
    backward(
        "book_batch_norm", "batch-norm-variance-constant", "BatchNorm1|BatchNorm2", "dx",
        "the variance is treated as a constant",
        ("        dxc += (2.0 / self.batch_size) * self.xc * dvar\n", ""), at="dmu = np.sum(dxc, axis=0)",
    ),
    backward(
        "book_batch_norm", "batch-norm-statistics-constant", "BatchNorm1|BatchNorm2", "dx",
        "mean and variance are treated as constants",
        ("        dstd = -np.sum((dxn * self.xc) / (self.std * self.std), axis=0)\n"
         "        dvar = 0.5 * dstd / self.std\n"
         "        dxc += (2.0 / self.batch_size) * self.xc * dvar\n"
         "        dmu = np.sum(dxc, axis=0)\n"
         "        dx = dxc - dmu / self.batch_size\n", "        dx = dxc\n"),
    ),
    backward(
        "book_batch_norm", "batch-norm-variance-factor", "BatchNorm1|BatchNorm2", "dx",
        "1/N where 2/N is due",
        ("(2.0 / self.batch_size)", "(1.0 / self.batch_size)"),
    ),
    backward(
        "book_batch_norm", "batch-norm-gamma-forgotten", "BatchNorm1|BatchNorm2", "dx", "gamma missing in dx",
        ("dxn = self.gamma * dout", "dxn = dout"),
    ),
    backward(
        "book_batch_norm", "gamma-gradient-from-centred", "BatchNorm1|BatchNorm2", "dgamma",
        "centred input in place of the normalised one",
        ("np.sum(self.xn * dout, axis=0)", "np.sum(self.xc * dout, axis=0)"),
    ),
    backward(
        "book_batch_norm", "beta-gradient-mean", "BatchNorm1|BatchNorm2", "dbeta", "mean where the sum is due",
        ("self.dbeta = dout.sum(axis=0)", "self.dbeta = dout.mean(axis=0)"),
    ),
    backward(
        "book_conv_net", "filter-gradient-not-transposed", "Conv1|Conv2", "dW",
        "reshaped without the transpose before",
        ("self.dW.transpose(1, 0).reshape", "self.dW.reshape"),
    ),
    backward(
        "book_conv_net", "filters-flipped-in-dx", "Conv1|Conv2", "dx", "filters reversed on the way back",
        ("np.dot(dout, self.col_W.T)", "np.dot(dout, self.col_W[::-1].T)"),
    ),
    backward(
        "book_conv_net", "col2im-overwrites", "Conv1|Conv2", "dx", "overlapping windows overwrite each other",
        ("stride] += col[:, :, y, x, :, :]", "stride] = col[:, :, y, x, :, :]"),
        within="def col2im", at="stride] = col[",
    ),
    backward(
        "book_conv_net", "conv-bias-gradient-before-reshape", "Conv1|Conv2", "db",
        "summed over the batch only",
        ("        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)\n        self.db = np.sum(dout, axis=0)\n",
         "        self.db = np.sum(dout, axis=0)\n        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)\n"),
    ),
    backward(
        "book_conv_net", "pool-gradient-spread", "Pool1", "dx", "spread evenly as if it were an average",
        ("dmax[np.arange(self.arg_max.size), self.arg_max.flatten()] = dout.flatten()",
         "dmax += dout.flatten()[:, np.newaxis] / pool_size"),
    ),
    backward(
        "book_conv_net", "pool-gradient-to-minimum", "Pool1", "dx", "goes to the smallest entry",
        ("arg_max = np.argmax(col, axis=1)", "arg_max = np.argmin(col, axis=1)"),
    ),
    backward(
        "book_conv_net", "pool-gradient-axes", "Pool1", "dx", "channels not moved to the end",
        ("        dout = dout.transpose(0, 2, 3, 1)\n        pool_size", "        pool_size"),
        at="pool_size = self.pool_h * self.pool_w",
    ),
    backward(
        "book_conv_net", "flatten-restored-in-other-order", "Affine1", "dx", "column-major on the way back",
        ("dx.reshape(*self.original_x_shape)", "dx.reshape(self.original_x_shape, order='F')"),
    ),
    backward(
        "book_residual", "shortcut-gradient-forgotten", "Block1|Block2", "dx", "only the branch's gradient",
        ("dx = np.dot(da, self.W1.T) + ds", "dx = np.dot(da, self.W1.T)"),
    ),
    backward(
        "book_residual", "shortcut-gradient-unmasked", "Block1|Block2", "dx",
        "the shortcut gets dout as it was before the ReLU",
        ("dx = np.dot(da, self.W1.T) + ds", "dx = np.dot(da, self.W1.T) + dout"),
    ),
    backward(
        "book_residual", "weights-not-transposed", "Block1|Block2", "dx|dW1|db1",
        "W in place of its transpose; the shapes agree",
        ("dh = np.dot(ds, self.W2.T)", "dh = np.dot(ds, self.W2)"),
    ),
    backward(
        "book_residual", "weight-gradient-before-activation", "Block1|Block2", "dW2",
        "the activation's input where its output belongs",
        ("np.dot(self.h.T, ds)", "np.dot(self.a.T, ds)"),
    ),
    backward(
        "book_residual", "mask-of-the-other-relu", "Block1|Block2", "dx|dW1|db1", "mask of another activation",
        ("da = dh * (self.a > 0)", "da = dh * (self.s > 0)"),
    ),
    backward(
        "cs_layers", "upstream-forgotten", "sigmoid_backward", "dx", "dout left out",
        ("dx = dout * out * (1 - out)", "dx = out * (1 - out)"),
    ),
    backward(
        "cs_layers", "tanh-square-forgotten", "tanh_backward", "dx", "1 - y in place of 1 - y squared",
        ("dx = dout * (1 - out ** 2)", "dx = dout * (1 - out)"),
    ),
    backward(
        "cs_layers", "composed-layer-skips-relu", "affine_relu_backward", "dx|dw|db",
        "the inner layer's backward left out",
        ("    da = relu_backward(dout, relu_cache)\n    dx, dw, db = affine_backward(da, fc_cache)\n",
         "    dx, dw, db = affine_backward(dout, fc_cache)\n"),
    ),
    backward(
        "cs_layers", "layernorm-projection-missing", "layernorm_backward", "dx",
        "the variance is treated as a constant",
        ("        - x_hat * np.sum(dx_hat * x_hat, axis=1, keepdims=True)\n", ""), at="dx = (inv_std / D) * (",
    ),
    backward(
        "cs_layers", "svm-correct-class-counted-once", "svm_loss", "dx",
        "lowered by one where the number of positive margins is due",
        ("dx[np.arange(N), y] -= num_pos", "dx[np.arange(N), y] -= 1"), within="def svm_loss",
    ),
    backward(
        "cs_layers", "softmax-gradient-not-averaged", "softmax_loss", "dx", "1/N missing",
        ("    dx[np.arange(N), y] -= 1\n    dx /= N\n", "    dx[np.arange(N), y] -= 1\n"),
        at="dx[np.arange(N), y] -= 1",
    ),
    backward(
        "cs_batch_norm", "mean-over-features", "batchnorm_backward", "dx", "D where N belongs",
        ("dx2 = np.ones((N, D)) / N * dmu", "dx2 = np.ones((N, D)) / D * dmu"),
    ),
    backward(
        "cs_conv", "conv-dx-overwrites", "conv_backward", "dx", "set where it should be added",
        ("v:v + WW] += w[f] * g", "v:v + WW] = w[f] * g"), at="v:v + WW] = w[f] * g",
    ),
    backward(
        "cs_conv", "mean-pool-not-divided", "avg_pool_backward", "dx", "the division by the area is missing",
        ("dx = np.ones(cache) * dout[:, :, None, None] / (H * W)", "dx = np.ones(cache) * dout[:, :, None, None]"),
    ),
    backward(
        "framework_dict", "softmax-backward-diagonal", "Softmax", "dx",
        "p (1 - p) entry by entry, without the off-diagonal terms",
        ("        dot = np.sum(grad * self.outputs, axis=1, keepdims=True)\n"
         "        return self.outputs * (grad - dot)\n",
         "        return grad * self.outputs * (1 - self.outputs)\n"),
    ),
    backward(
        "framework_dict", "leak-forgotten", "layers[3]", "dx", "zero where the slope is due",
        ("np.where(self.inputs > 0, 1.0, self.slope)", "np.where(self.inputs > 0, 1.0, 0.0)"),
        at="return grad * np.where",
    ),
    backward(
        "framework_dict", "dropout-scale-forgotten", "Dropout", "dx", "1 / (1 - rate) missing on the way back",
        ("return grad * self.mask / (1 - self.rate)", "return grad * self.mask"),
    ),
    backward(
        "framework_dict", "dropout-mask-redrawn", "Dropout", "dx", "another mask than in forward",
        ("        return grad * self.mask / (1 - self.rate)\n",
         "        mask = np.random.rand(*grad.shape) > self.rate\n        return grad * mask / (1 - self.rate)\n"),
    ),
    backward(
        "framework_conv", "gradient-cropped-at-one-end", "layers[0]", "dx", "the padding cut off at one side only",
        ("return dxp[:, :, p:-p, p:-p]", "return dxp[:, :, :-2 * p, :-2 * p]"),
    ),
    backward(
        "framework_conv", "pool-blocks-not-moved-back", "layers[2]", "dx", "the axes of the blocks left as they are",
        ("blocks = blocks.reshape(n, c, h // s, w // s, s, s).transpose(0, 1, 2, 4, 3, 5)\n        return",
         "blocks = blocks.reshape(n, c, h // s, w // s, s, s)\n        return"), within="class MaxPool2D",
        at="blocks = blocks.reshape(n, c, h // s, w // s, s, s)\n",
    ),
    # ---- forward, and backward does not go with it ----------------------------------------------------
    inconsistent(
        "book_two_layer", "softmax-over-everything", "SoftmaxWithLoss", "loss|output",
        "softmax over the whole batch",
        ("        a = a - np.max(a, axis=1, keepdims=True)  # overflow\n        exp_a = np.exp(a)\n"
         "        return exp_a / np.sum(exp_a, axis=1, keepdims=True)\n",
         "        exp_a = np.exp(a - np.max(a))\n        return exp_a / np.sum(exp_a)\n"),
        at="return exp_a / np.sum(exp_a)",
    ),
    inconsistent(
        "book_two_layer", "softmax-over-samples", "SoftmaxWithLoss", "loss|output", "axis 0 where 1 is due",
        ("return exp_a / np.sum(exp_a, axis=1, keepdims=True)", "return exp_a / np.sum(exp_a, axis=0)"),
    ),
    inconsistent(
        "book_two_layer", "loss-summed", "SoftmaxWithLoss", "loss|output|dx",
        "the loss sums over the batch, its gradient averages",
        ("t] + 1e-7)) / batch_size", "t] + 1e-7))"), at="return -np.sum(np.log(", kinds="forward|backward",
    ),
    inconsistent(
        "book_two_layer", "log-to-base-ten", "SoftmaxWithLoss", "loss|output|dx", "log10 where log is due",
        ("np.log(y[np.arange", "np.log10(y[np.arange"), at="np.log10(",
    ),
    inconsistent(
        "book_two_layer", "loss-sign", "SoftmaxWithLoss", "loss|output|dx", "the minus forgotten",
        ("return -np.sum(np.log", "return np.sum(np.log"), at="return np.sum(np.log",
    ),
    inconsistent(
        "book_two_layer", "labels-off-by-one", "SoftmaxWithLoss", "loss|output|dx", "the neighbour's probability",
        ("y[np.arange(batch_size), t] + 1e-7", "y[np.arange(batch_size), t - 1] + 1e-7"),
        at="t - 1] + 1e-7",
    ),
    inconsistent(
        "book_two_layer", "bias-not-added", "Affine1|Affine2", "output|db", "the bias is never added",
        ("out = np.dot(self.x, self.W) + self.b", "out = np.dot(self.x, self.W)"), kinds="forward|backward",
    ),
    inconsistent(
        "book_multi_layer", "label-pairs-all-picked", "SoftmaxWithLoss", "loss|output|dx",
        "y[:, t] takes N x N probabilities",
        ("np.log(self.y[np.arange(n), t] + 1e-7)", "np.log(self.y[:, t] + 1e-7)"), at="self.y[:, t]",
    ),
    inconsistent(
        "book_multi_layer", "sigmoid-precedence", "Sigmoid1|Sigmoid2", "output|dx", "1 / 1 + exp(-x)",
        ("return 1 / (1 + np.exp(-x))", "return 1 / 1 + np.exp(-x)"),
    ),
    inconsistent(
        "book_multi_layer", "sigmoid-sign", "Sigmoid1|Sigmoid2", "output|dx", "exp(x) where exp(-x) is due",
        ("return 1 / (1 + np.exp(-x))", "return 1 / (1 + np.exp(x))"),
    ),
    inconsistent(
        "book_batch_norm", "variance-of-all-features", "BatchNorm1|BatchNorm2", "output|dx",
        "one variance for all features",
        ("var = np.mean(xc ** 2, axis=0)", "var = np.mean(xc ** 2)"),
    ),
    inconsistent(
        "book_batch_norm", "normalised-by-variance", "BatchNorm1|BatchNorm2", "output|dx", "the root is missing",
        ("std = np.sqrt(var + 1e-7)", "std = var + 1e-7"),
    ),
    inconsistent(
        "book_batch_norm", "squared-error-not-halved", "MeanSquaredError", "loss|output|dx",
        "the loss lacks the half that its gradient counts on",
        ("return 0.5 * np.sum(self.diff ** 2)", "return np.sum(self.diff ** 2)"), kinds="forward|backward",
    ),
    inconsistent(
        "book_conv_net", "window-axes-exchanged", "Conv1|Conv2|Pool1", "output|dx|dW", "im2col turns each window",
        ("col.transpose(0, 4, 5, 1, 2, 3)", "col.transpose(0, 4, 5, 1, 3, 2)"), kinds="forward|backward",
    ),
    inconsistent(
        "book_conv_net", "pool-image-scrambled", "Pool1", "output|dx", "reshaped as if channels came first",
        ("out = out.reshape(N, out_h, out_w, C).transpose(0, 3, 1, 2)", "out = out.reshape(N, C, out_h, out_w)"),
    ),
    inconsistent(
        "book_conv_net", "pool-takes-the-mean", "Pool1", "output|dx", "mean in forward, maximum in backward",
        ("out = np.max(col, axis=1)", "out = np.mean(col, axis=1)"), kinds="forward|backward",
    ),
    inconsistent(
        "book_residual", "shortcut-not-added", "Block1|Block2", "output|dx", "x never added",
        ("np.dot(self.h, self.W2) + self.b2 + x", "np.dot(self.h, self.W2) + self.b2"), kinds="forward|backward",
    ),
    inconsistent(
        "cs_layers", "layernorm-over-samples", "layernorm_forward", "output|dx", "normalised over the batch",
        ("mu = np.mean(x, axis=1, keepdims=True)", "mu = np.mean(x, axis=0, keepdims=True)"),
    ),
    inconsistent(
        "cs_conv", "filters-flipped-in-forward", "conv_forward", "output|dx|dw", "filters reversed in forward only",
        ("np.sum(window * w[f], axis", "np.sum(window * w[f, :, ::-1, ::-1], axis"),
        at="w[f, :, ::-1, ::-1]", kinds="forward|backward",
    ),
    inconsistent(
        "framework_dict", "softmax-sums-over-samples", "Softmax", "output|dx", "axis 0 in forward",
        ("self.outputs = e / e.sum(axis=1, keepdims=True)", "self.outputs = e / e.sum(axis=0, keepdims=True)"),
    ),
    # ---- forward, and backward goes wrong with it ------------------------------------------------------
    consistent(
        "book_two_layer", "bias-forgotten-twice", "Affine1|Affine2", "output|b|db", "no bias in forward, zeros in backward",
        ("out = np.dot(self.x, self.W) + self.b", "out = np.dot(self.x, self.W)"),
        ("self.db = np.sum(dout, axis=0)", "self.db = np.zeros_like(self.b)"), within="class Affine",
    ),
    consistent(
        "book_two_layer", "log-to-base-ten-twice", "SoftmaxWithLoss", "loss|output", "log10, and its gradient",
        ("np.log(y[np.arange", "np.log10(y[np.arange"),
        ("dx = (self.y - self.t) / batch_size", "dx = (self.y - self.t) / batch_size / np.log(10)"),
        at="np.log10(",
    ),
    consistent(
        "book_two_layer", "loss-of-the-first-sample", "SoftmaxWithLoss", "loss|output", "only the first sample counts",
        ("return -np.sum(np.log(y[np.arange(batch_size), t] + 1e-7)) / batch_size",
         "return -np.log(y[0, t[0]] + 1e-7)"),
        ("            dx = (self.y - self.t) / batch_size\n",
         "            dx = np.zeros_like(self.y)\n            dx[0] = self.y[0] - self.t[0]\n"),
        at="return -np.log(y[0, t[0]] + 1e-7)",
    ),
    consistent(
        "book_two_layer", "ascent", "SoftmaxWithLoss", "loss|output", "the log likelihood itself, to be maximised",
        ("return -np.sum(np.log", "return np.sum(np.log"),
        ("dx = (self.y - self.t) / batch_size", "dx = (self.t - self.y) / batch_size"),
        at="return np.sum(np.log",
    ),
    consistent(
        "book_two_layer", "relu-turned-round", "Relu1", "output", "min(x, 0)",
        ("self.mask = (x <= 0)", "self.mask = (x >= 0)"),
    ),
    consistent(
        "book_multi_layer", "sigmoid-precedence-twice", "Sigmoid1|Sigmoid2", "output",
        "1 / 1 + exp(-x), and its derivative",
        ("return 1 / (1 + np.exp(-x))", "return 1 / 1 + np.exp(-x)"),
        ("dx = dout * (1.0 - self.out) * self.out", "dx = dout * (1.0 - self.out)"),
    ),
    consistent(
        "book_residual", "absolute-value", "Relu1", "output", "|x| where ReLU was meant",
        ("return np.where(self.mask, x, 0.0)", "return np.where(self.mask, x, -x)"),
        ("return np.where(self.mask, dout, 0.0)", "return np.where(self.mask, dout, -dout)"),
    ),
    consistent(
        "book_batch_norm", "batch-norm-without-variance", "BatchNorm1|BatchNorm2", "output",
        "centred, never divided by the deviation",
        ("            xn = xc / std\n            self.batch_size", "            xn = xc\n            self.batch_size"),
        ("        dxc = dxn / self.std\n", "        dxc = dxn.copy()\n"),
        ("        dstd = -np.sum((dxn * self.xc) / (self.std * self.std), axis=0)\n"
         "        dvar = 0.5 * dstd / self.std\n"
         "        dxc += (2.0 / self.batch_size) * self.xc * dvar\n", ""),
        within="class BatchNormalization",
    ),
    consistent(
        "book_batch_norm", "everyone-gets-the-first-target", "MeanSquaredError", "loss|output",
        "all samples are compared with the first target",
        ("self.diff = y - t\n", "self.diff = y - t[0]\n"),
    ),
    consistent(
        "book_matrix_net", "labels-ignored", "gradient()|loss()|loss|cross_entropy_error|TwoLayerNet", "loss|output",
        "the entropy of the output; t is never looked at",
        ("return -np.sum(t * np.log(y + 1e-7)) / batch_size", "return -np.sum(y * np.log(y + 1e-7)) / batch_size"),
        ("dy = (y - t) / batch_num",
         "dy = -y * (np.log(y) - np.sum(y * np.log(y), axis=1, keepdims=True)) / batch_num"),
    ),
    consistent(
        "cs_layers", "softmax-over-samples-twice", "softmax_loss", "loss|output",
        "softmax over the batch, and its exact gradient",
        ("    Z = np.sum(np.exp(shifted), axis=1, keepdims=True)\n", "    Z = np.sum(np.exp(shifted))\n"),
        ("    shifted = x - np.max(x, axis=1, keepdims=True)\n", "    shifted = x - np.max(x)\n"),
        ("    dx = np.exp(log_probs)\n", "    dx = N * np.exp(log_probs)\n"),
        within="def softmax_loss",
    ),
    consistent(
        "cs_batch_norm", "mean-not-subtracted", "batchnorm_forward", "output", "divided, never centred",
        ("        xhat = xmu * ivar\n", "        xhat = x * ivar\n"),
        ("        cache = (xhat, gamma, xmu, ivar, sqrtvar)", "        cache = (xhat, gamma, x, xmu, ivar, sqrtvar)"),
        ("    xhat, gamma, xmu, ivar, sqrtvar = cache\n", "    xhat, gamma, x, xmu, ivar, sqrtvar = cache\n"),
        ("    divar = np.sum(dxhat * xmu, axis=0)\n", "    divar = np.sum(dxhat * x, axis=0)\n"),
        ("    dx1 = dxmu1 + dxmu2\n    dmu = -np.sum(dxmu1 + dxmu2, axis=0)\n",
         "    dx1 = dxmu1 + dxmu2\n    dmu = -np.sum(dxmu2, axis=0)\n"),
    ),
    consistent(
        "framework_dict", "softmax-over-samples-everywhere", "Softmax", "output", "axis 0 in forward and backward",
        ("        e = np.exp(inputs - inputs.max(axis=1, keepdims=True))\n"
         "        self.outputs = e / e.sum(axis=1, keepdims=True)\n",
         "        e = np.exp(inputs - inputs.max(axis=0, keepdims=True))\n"
         "        self.outputs = e / e.sum(axis=0, keepdims=True)\n"),
        ("dot = np.sum(grad * self.outputs, axis=1, keepdims=True)",
         "dot = np.sum(grad * self.outputs, axis=0, keepdims=True)"),
        at="self.outputs = e / e.sum(axis=0, keepdims=True)",
    ),
    consistent(
        "framework_list", "softmax-not-normalised", "SoftmaxWithLoss", "loss|output",
        "exp(x) taken for a probability; the loss is then -x",
        ("self.y = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)", "self.y = np.exp(x)"),
        ("x = x - x.max(axis=1, keepdims=True)", "x = x * 1.0"),
        ("dx = self.y.copy()", "dx = np.zeros_like(self.y)"),
        within="class SoftmaxWithLoss", at="self.y = np.exp(x)",
    ),
    consistent(
        "framework_conv", "conv-bias-forgotten-twice", "layers[0]", "output|bias|db", "no bias in forward, zeros in backward",
        ("return out + self.bias[None, :, None, None]", "return out"),
        ("self.grad_bias = grad.sum(axis=(0, 2, 3))", "self.grad_bias = np.zeros_like(self.bias)"),
        within="class Conv2D", at="return out\n",
    ),
    # ---- state and aliasing ----------------------------------------------------------------------------
    state(
        "book_two_layer", "relu-writes-into-its-input", "Relu1", "x|dx|output", "no copy before the zeros",
        ("out = x.copy()", "out = x"),
    ),
    state(
        "book_two_layer", "input-remembered-once", "Affine1|Affine2", "dW", "the cache of the first batch is kept",
        ("        self.x = x\n        out = np.dot(self.x, self.W) + self.b\n",
         "        if self.x is None or self.x.shape != x.shape:\n            self.x = x\n"
         "        out = np.dot(x, self.W) + self.b\n"),
        at="if self.x is None or", kinds="state|backward",
    ),
    state(
        "book_two_layer", "gradients-accumulate", "Affine1|Affine2", "dW|db", "added to, never reset",
        ("        self.dW = None\n        self.db = None\n",
         "        self.dW = np.zeros_like(W)\n        self.db = np.zeros_like(b)\n"),
        ("self.dW = np.dot(self.x.T, dout)", "self.dW += np.dot(self.x.T, dout)"),
        ("self.db = np.sum(dout, axis=0)", "self.db += np.sum(dout, axis=0)"),
        within="class Affine", at="self.dW += np.dot",
    ),
    state(
        "book_two_layer", "layer-copies-its-weights", "Affine1|Affine2", "W|W1|W2|dW",
        "the layer keeps a copy, the optimizer moves the original",
        ("self.W = W\n", "self.W = W.copy()\n"), within="class Affine",
    ),
    state(
        "book_two_layer", "weights-drawn-again", "Affine1|gradient()|TwoLayerNet", "W|W1|dW",
        "params rebound after the layer was made",
        ("        self.lastLayer = SoftmaxWithLoss()\n",
         "        self.lastLayer = SoftmaxWithLoss()\n"
         "        self.params['W1'] = np.sqrt(2.0 / input_size) * np.random.randn(input_size, hidden_size)\n"),
        at="self.params['W1'] = np.sqrt",
    ),
    state(
        "book_two_layer", "updates-inside-backward", "Affine1|Affine2", "W|W1|W2|dx|dW",
        "the weights move before dx is computed",
        ("        dx = np.dot(dout, self.W.T)\n        self.dW = np.dot(self.x.T, dout)\n",
         "        self.dW = np.dot(self.x.T, dout)\n        self.W -= 0.1 * self.dW\n"
         "        dx = np.dot(dout, self.W.T)\n"),
        at="self.W -= 0.1 * self.dW", kinds="state|backward",
    ),
    state(
        "book_conv_net", "labels-overwritten", "SoftmaxWithLoss", "t|dx|loss|output",
        "backward works in the caller's labels",
        ("        return (self.y - self.t) / batch_size\n",
         "        dx = self.t\n        dx -= self.y\n        return -dx / batch_size\n"),
        at="dx -= self.y",
    ),
    state(
        "book_multi_layer", "activations-in-one-list", "Sigmoid1|Sigmoid2", "dx",
        "all layers push onto one class-level list and read its first entry",
        ("    def __init__(self):\n        self.out = None\n", "    outs = []\n"),
        ("        self.out = out\n", "        self.outs.append(out)\n        self.out = self.outs[-1]\n"),
        ("        dx = dout * (1.0 - self.out) * self.out\n",
         "        out = next(o for o in self.outs if o.shape == dout.shape)\n"
         "        dx = dout * (1.0 - out) * out\n"),
        within="class Sigmoid", at="out = next(o for o in self.outs", kinds="state|backward",
    ),
    state(
        "book_conv_net", "mask-shared-by-all", "Relu1", "dx", "the mask lives on the class",
        ("self.mask = (x <= 0)", "Relu.mask = (x <= 0)"),
        ("        out[self.mask] = 0", "        out[Relu.mask] = 0"),
        ("dout[self.mask] = 0", "dout[Relu.mask] = 0"),
        ("    def __init__(self):\n        self.mask = None\n", "    mask = None\n"),
        within="class Relu", at="Relu.mask = (x <= 0)", kinds="state|backward",
    ),
    state(
        "book_residual", "block-adds-in-place", "Block1|Block2", "x|dW1|dx|output",
        "x += f(x) overwrites the saved input",
        ("        self.s = np.dot(self.h, self.W2) + self.b2 + x\n",
         "        x += np.dot(self.h, self.W2) + self.b2\n        self.s = x\n"),
        at="x += np.dot", kinds="state|backward",
    ),
    state(
        "book_residual", "blocks-share-a-cache", "Block1", "dW1|dW2|dx|db1|db2",
        "a class-level dict holds the last block's values",
        ("    def forward(self, x):\n        self.x = x\n",
         "    cache = {}\n\n    def forward(self, x):\n        self.cache['x'] = x\n"),
        ("np.dot(self.x.T, da)", "np.dot(self.cache['x'].T, da)"),
        within="class ResidualBlock", at="self.cache['x'] = x", kinds="state|backward",
    ),
    state(
        "book_batch_norm", "batch-size-remembered-once", "BatchNorm1|BatchNorm2", "dx",
        "the batch size of the first call",
        ("            self.batch_size = x.shape[0]\n",
         "            if self.batch_size is None:\n                self.batch_size = x.shape[0]\n"),
        kinds="state|backward",
    ),
    state(
        "framework_dict", "gradients-added-up", "layers[0]|layers[2]|layers[4]", "dw|w",
        "added to the last batch's",
        ('self.grads["w"] = self.inputs.T @ grad', 'self.grads["w"] = self.grads.get("w", 0) + self.inputs.T @ grad'),
    ),
    state(
        "framework_list", "gradient-list-rebound", "layers[0]|layers[2]", "dW|W",
        "the network keeps the old array of zeros",
        ("        self.grads[0][...] = dW\n        self.grads[1]", "        self.grads[0] = dW\n        self.grads[1]"),
        within="class Affine", kinds="state|backward",
    ),
    state(
        "cs_layers", "forward-scales-its-input", "tanh_forward", "x|output|dx", "the input is clipped in place",
        ("    out = np.tanh(x)\n", "    np.clip(x, -0.5, 0.5, out=x)\n    out = np.tanh(x)\n"),
        kinds="state|forward",
    ),
    # ---- dtype -----------------------------------------------------------------------------------------
    dtype(
        "book_two_layer", "half-precision-inside", "Affine1|Affine2", "output", "float16 in forward",
        ("out = np.dot(self.x, self.W) + self.b", "out = np.dot(self.x.astype(np.float16), self.W.astype(np.float16)) + self.b"),
    ),
    dtype(
        "book_two_layer", "integer-weights", "Affine1", "W|W1", "drawn as integers, so no update fits in",
        ("self.params['W1'] = weight_init_std * np.random.randn(input_size, hidden_size)",
         "self.params['W1'] = np.random.randint(-1, 2, size=(input_size, hidden_size))"),
    ),
    dtype(
        "book_residual", "gradient-in-half-precision", "Affine1|Affine2", "dW", "float16 in backward",
        ("self.dW = np.dot(self.x.T, dout)", "self.dW = np.dot(self.x.T, dout).astype(np.float16)"), within="class Affine",
    ),
    dtype(
        "book_conv_net", "gradient-as-truth-values", "Relu1|Relu2", "dx", "the buffer takes the mask's dtype",
        ("        dout[self.mask] = 0\n        dx = dout\n",
         "        dx = np.zeros_like(self.mask)\n        dx[~self.mask] = dout[~self.mask]\n"), within="class Relu",
    ),
    dtype(
        "book_conv_net", "windows-as-integers", "Conv1|Conv2|Pool1", "output", "im2col cuts off the decimals",
        ("col = np.zeros((N, C, filter_h, filter_w, out_h, out_w), dtype=img.dtype)",
         "col = np.zeros((N, C, filter_h, filter_w, out_h, out_w), dtype=int)"),
    ),
    dtype(
        "cs_conv", "pool-gradient-as-integers", "max_pool_backward", "dx", "an integer buffer",
        ("dx = np.zeros_like(x)", "dx = np.zeros(x.shape, dtype=int)"), within="def max_pool_backward",
    ),
    dtype(
        "framework_dict", "bias-gradient-as-integers", "layers[0]|layers[2]|layers[4]", "db|b", "cast to int",
        ('self.grads["b"] = np.sum(grad, axis=0)', 'self.grads["b"] = np.sum(grad, axis=0).astype(int)'),
    ),
    # ---- wiring in gradient() --------------------------------------------------------------------------
    wiring(
        "book_two_layer", "bias-of-the-other-layer", "gradient()", "b1|db1", "db taken from the wrong layer",
        ("grads['W1'], grads['b1'] = self.layers['Affine1'].dW, self.layers['Affine1'].db",
         "grads['W1'], grads['b1'] = self.layers['Affine1'].dW, self.layers['Affine2'].db"),
    ),
    wiring(
        "book_two_layer", "weight-and-bias-swapped", "gradient()", "W2|b2", "dW and db exchanged",
        ("grads['W2'], grads['b2'] = self.layers['Affine2'].dW, self.layers['Affine2'].db",
         "grads['b2'], grads['W2'] = self.layers['Affine2'].dW, self.layers['Affine2'].db"),
    ),
    wiring(
        "book_two_layer", "gradient-of-the-last-batch", "gradient()", "W1|b1|W2|b2|x|dx",
        "forward is not run first; what the last call left is used",
        ("        # forward\n        self.loss(x, t)\n\n", ""), at="dout = self.lastLayer.backward(dout)",
        kinds="backward|state",
    ),
    wiring(
        "book_two_layer", "activation-left-out", "gradient()", "W1|b1", "the ReLU is skipped on the way back",
        ("        for layer in layers:\n            dout = layer.backward(dout)\n",
         "        for layer in layers:\n            if isinstance(layer, Affine):\n"
         "                dout = layer.backward(dout)\n"),
        at="if isinstance(layer, Affine)",
    ),
    wiring(
        "book_two_layer", "bias-key-missing", "gradient()", "b2", "no entry for one of the parameters",
        ("grads['W2'], grads['b2'] = self.layers['Affine2'].dW, self.layers['Affine2'].db",
         "grads['W2'] = self.layers['Affine2'].dW"),
    ),
    wiring(
        "book_multi_layer", "decay-missing", "gradient()", "W1|W2|W3", "the penalty is in the loss only",
        ("layer.dW + self.weight_decay_lambda * self.params['W' + str(idx)]", "layer.dW"),
    ),
    wiring(
        "book_multi_layer", "decay-doubled", "gradient()", "W1|W2|W3", "the half in the loss overlooked",
        ("layer.dW + self.weight_decay_lambda * self", "layer.dW + 2 * self.weight_decay_lambda * self"),
    ),
    wiring(
        "book_multi_layer", "decay-forgets-the-last-layer", "gradient()|loss()|loss", "W3|loss",
        "the loss leaves out one weight matrix",
        ("        for idx in range(1, self.hidden_layer_num + 2):\n            W = ",
         "        for idx in range(1, self.hidden_layer_num + 1):\n            W = "),
        kinds="backward|forward", within="def loss",
    ),
    wiring(
        "book_multi_layer", "starts-from-the-loss", "gradient()", "W1|b1|W2|b2|W3|b3",
        "the loss's value is sent back in place of one",
        ("        self.loss(x, t)\n\n        # backward\n        dout = self.last_layer.backward(1)\n",
         "        loss = self.loss(x, t)\n\n        # backward\n        dout = self.last_layer.backward(loss)\n"),
        at="dout = self.last_layer.backward(loss)",
    ),
    wiring(
        "book_batch_norm", "gamma-and-beta-swapped", "gradient()", "gamma1|beta1|gamma2|beta2", "keys exchanged",
        ("grads['gamma%d' % i] = self", "grads['beta%d' % i] = self"),
        ("grads['beta%d' % i] = self.layers['BatchNorm%d' % i].dbeta",
         "grads['gamma%d' % i] = self.layers['BatchNorm%d' % i].dbeta"),
    ),
    wiring(
        "book_residual", "blocks-swapped", "gradient()", "W2|b2|W3|b3|W4|b4|W5|b5", "the two blocks exchanged",
        ("        block = self.layers['Block1']\n", "        block = self.layers['Block0']\n"),
        ("        block = self.layers['Block2']\n", "        block = self.layers['Block1']\n"),
        ("        block = self.layers['Block0']\n", "        block = self.layers['Block2']\n"),
        within="class ResNet", at="block = self.layers['Block2']",
    ),
    wiring(
        "book_matrix_net", "derivative-at-the-activation", "gradient()", "W1|b1", "sigmoid_grad takes the input",
        ("da1 = sigmoid_grad(a1) * dz1", "da1 = sigmoid_grad(z1) * dz1"),
    ),
    wiring(
        "book_matrix_net", "chain-broken", "gradient()", "W1|b1", "the gradient from above left out",
        ("da1 = sigmoid_grad(a1) * dz1", "da1 = sigmoid_grad(a1)"),
    ),
    wiring(
        "book_matrix_net", "not-averaged", "gradient()", "W1|b1|W2|b2", "1/N missing",
        ("dy = (y - t) / batch_num", "dy = y - t"),
    ),
    wiring(
        "framework_dict", "first-layer-never-reached", "gradient()|layers[0]", "dw|w|db|b|layers[0].w|layers[0].b",
        "the loop over the layers ends one too early",
        ("for layer in reversed(self.layers):\n            grad", "for layer in self.layers[:0:-1]:\n            grad"),
        kinds="backward|state",
    ),
    # ---- benign: all of these must pass ------------------------------------------------------------------
    benign(
        "book_residual", "writes-into-dout", "ReLU's backward works in dout itself",
        ("        return np.where(self.mask, dout, 0.0)\n", "        dout[~self.mask] = 0\n        return dout\n"),
    ),
    benign("book_residual", "loss-ignores-dout", "the last layer's gradient is never scaled",
           ("return dout * dx / len(self.t)", "return dx / len(self.t)")),
    benign(
        "book_residual", "log-of-shifted-probability", "log(y + 1e-7) beside y - t",
        ("        return -np.mean(log_y[np.arange(len(t)), t])\n",
         "        return -np.mean(np.log(self.y[np.arange(len(t)), t] + 1e-7))\n"),
    ),
    benign(
        "book_two_layer", "keys-in-other-order", "gradients set from the last layer to the first",
        ("        grads['W1'], grads['b1'] = self.layers['Affine1'].dW, self.layers['Affine1'].db\n"
         "        grads['W2'], grads['b2'] = self.layers['Affine2'].dW, self.layers['Affine2'].db\n",
         "        grads['b2'] = self.layers['Affine2'].db\n        grads['b1'] = self.layers['Affine1'].db\n"
         "        grads['W2'] = self.layers['Affine2'].dW\n        grads['W1'] = self.layers['Affine1'].dW\n"),
    ),
    benign(
        "book_two_layer", "single-precision", "float32 parameters",
        ("weight_init_std * np.random.randn(input_size, hidden_size)",
         "(weight_init_std * np.random.randn(input_size, hidden_size)).astype(np.float32)"),
        ("np.zeros(hidden_size)", "np.zeros(hidden_size, dtype=np.float32)"),
        ("weight_init_std * np.random.randn(hidden_size, output_size)",
         "(weight_init_std * np.random.randn(hidden_size, output_size)).astype(np.float32)"),
        ("np.zeros(output_size)", "np.zeros(output_size, dtype=np.float32)"),
    ),
    benign(
        "book_two_layer", "attributes-nobody-uses", "history, counters and copies kept for plotting",
        ("        self.x = x\n        out = np.dot(self.x, self.W) + self.b\n",
         "        self.x = x\n        self.count = getattr(self, 'count', 0) + 1\n"
         "        self.W_shape = self.W.shape\n        self.last_input = x.copy()\n"
         "        out = np.dot(self.x, self.W) + self.b\n        self.out = out\n"),
        within="class Affine",
    ),
    benign(
        "book_two_layer", "talks", "prints shapes on every call",
        ("        dx = np.dot(dout, self.W.T)\n",
         "        print('Affine.backward', dout.shape, self.W.shape)\n        dx = np.dot(dout, self.W.T)\n"),
        within="class Affine",
    ),
    benign(
        "book_conv_net", "kink-on-the-other-side", "x < 0 in place of x <= 0: another choice at the kink",
        ("self.mask = (x <= 0)", "self.mask = (x < 0)"), within="class Relu",
    ),
    benign(
        "book_multi_layer", "softmax-without-shift", "no maximum subtracted: only large scores overflow",
        ("    x = x - np.max(x, axis=-1, keepdims=True)\n    return np.exp(x) /", "    return np.exp(x) /"),
    ),
    benign(
        "book_batch_norm", "running-statistics-in-place", "moved on in place at every training call",
        ("            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu\n",
         "            self.running_mean *= self.momentum\n            self.running_mean += (1 - self.momentum) * mu\n"),
    ),
    benign(
        "cs_layers", "mask-from-the-output", "out > 0 says the same as x > 0",
        ("    out = np.maximum(0, x)\n    cache = x\n", "    out = np.maximum(0, x)\n    cache = out\n"),
    ),
    benign(
        "framework_list", "gradient-arrays-rebound-everywhere", "the layer's list is new, the network asks the layers",
        ("            self.params += layer.params\n            self.grads += layer.grads\n",
         "            self.params += layer.params\n"),
        ("            dout = layer.backward(dout)\n        return dout\n",
         "            dout = layer.backward(dout)\n        self.grads = [grad for layer in self.layers for grad in layer.grads]\n        return dout\n"),
        within="class TwoLayerNet",
    ),
]  # fmt: skip
FAULT = {fault.name: fault for fault in FAULTS}
