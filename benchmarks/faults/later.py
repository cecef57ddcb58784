"""Faults written after the checker, without a look at its causes, and run blind before anything was mended.

Sixteen correct programs in the ways people write, a patch each, and what is right to say of it: fixed in writing
before the first run. `FIRST_RUN` holds that run's figures; no command gives them again, the checker has changed.
The truth is declared by hand: no twins.
"""
# ruff: noqa: E501 - old and new text stay on a line each

from __future__ import annotations

from typing import Any

from .hand import Fault
from .lines import right_lines
from .outcome import Truth
from .subjects import PROGRAMS

FOLDER = PROGRAMS / "later"
FIRST_RUN = (
    "The first run, on 2026-11-22 at commit 6a0c36e, one `backproof check FILE --format json` for each: of 120 faults "
    "95 detected (84 without those whose finding the correct program gave as well), 84 with the right layer, 93 with "
    "the right kind, 42 with the right cause, 57 with the right line; 12 confidently wrong; on the 16 correct programs "
    "and one harmless habit 3 false alarms and 2 refusals."
)


def text_of(program: str) -> str:
    return (FOLDER / f"{program}.py").read_text(encoding="utf-8")


def programs() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.py"))


def truth(fault: Fault, causes: str) -> Truth:
    if fault.benign:
        return Truth(fault.name, fault.program, "benign")
    lines = right_lines(text_of(fault.program), fault.text)
    return Truth(
        fault.name,
        fault.program,
        fault.category,
        fault.kinds,
        fault.layers,
        fault.quantities,
        fault.cause,
        lines[0],
        tuple(causes.split()),
        lines,
    )


def F(
    category: str,
    kinds: str,
    program: str,
    name: str,
    layers: str,
    quantities: str,
    words: str,
    causes: str,
    *edits: tuple[str, str],
    at: str = "",
) -> tuple[Fault, str]:
    """The fault and the slugs that are right for it."""
    parts = kinds.split("|"), layers.split("|"), quantities.split("|")
    fault = Fault(name, program, category, *map(tuple, parts), words, edits, at=at, original=text_of(program))
    return fault, causes


def back(*a: Any, **k: str) -> tuple[Fault, str]:
    return F("backward", "backward", *a, **k)


def incon(*a: Any, kinds: str = "forward", **k: str) -> tuple[Fault, str]:
    return F("forward inconsistent", kinds, *a, **k)


def cons(*a: Any, kinds: str = "forward", **k: str) -> tuple[Fault, str]:
    return F("forward self-consistent", kinds, *a, **k)


def state(*a: Any, kinds: str = "state", **k: str) -> tuple[Fault, str]:
    return F("state and aliasing", kinds, *a, **k)


def dtype(*a: Any, kinds: str = "dtype", **k: str) -> tuple[Fault, str]:
    return F("dtype", kinds, *a, **k)


def wiring(*a: Any, kinds: str = "backward", **k: str) -> tuple[Fault, str]:
    return F("wiring", kinds, *a, **k)


def benign(program: str, name: str, habit: str, *edits: tuple[str, str]) -> tuple[Fault, str]:
    return F("benign", "note", program, name, "", "", habit, "", *edits)


TERM = "batch-norm-term-missing statistics-as-constants"
NO_AXIS = "sum-without-axis wrong-axis"

# a network judged in one piece: the function that holds the fault, or where its way back begins
DEEP = "model_backward|model_backward()|gradient()|linear_backward|linear_backward()|model_forward|model_forward()"
NIELSEN = "Network|backprop|backprop()|gradient()|backward()"
MONO = "NeuralNetwork|backward|backward()|gradient()"
MONO_F = MONO + "|forward|forward()|softmax|softmax()|compute_loss|compute_loss()|loss|loss()|fc2|output"
REG = "TwoLayerNet|loss|loss()|gradient()"
FC = "FullyConnected|fc1|fc2|fc3"
LINEAR = "Linear|Linear1|Linear2|Linear3|Linear4|net.modules[0]|net.modules[3]|modules[0]|modules[3]"

FAULTS = [
    # ---- columns, functions and caches
    back("columns_deep", "bias-gradient-along-units", DEEP, "b1|b2|b3|db", "summed over the units", "wrong-axis",
         ("db = np.sum(dZ, axis=1, keepdims=True) / m", "db = np.sum(dZ, axis=0, keepdims=True) / m")),
    back("columns_deep", "weights-alone-not-averaged", DEEP, "W1|W2|W3|dW", "1/m missing for W, there for b", "missing-batch-mean",
         ("dW = dZ @ A_prev.T / m", "dW = dZ @ A_prev.T")),
    back("columns_deep", "bias-four-times", DEEP, "b1|b2|b3|db", "4 / m in place of 1 / m", "wrong-factor",
         ("db = np.sum(dZ, axis=1, keepdims=True) / m", "db = 4. / m * np.sum(dZ, axis=1, keepdims=True)")),
    back("columns_deep", "relu-passes-everything", DEEP + "|relu|relu()", "W1|b1|W2|b2|dx|dZ", "the mask is never applied", "mask-missing dout-passed-through derivative-factor-missing",
         ("        dZ[Z <= 0] = 0\n", "")),
    back("columns_deep", "difference-turned-round", DEEP + "|compute_cost|compute_cost()|loss", "W1|b1|W2|b2|W3|b3|dx|dZ|loss", "Y - AL", "wrong-sign sign-flipped",
         ("dZ = AL - Y", "dZ = Y - AL")),
    incon("columns_deep", "second-entropy-term-negated", DEEP + "|compute_cost|compute_cost()|loss|loss()", "loss|output|W1|b1|W2|b2|W3|b3", "minus where plus is due", "",
          ("Y * np.log(AL) + (1 - Y) * np.log(1 - AL)", "Y * np.log(AL) - (1 - Y) * np.log(1 - AL)"), kinds="forward|backward"),
    incon("columns_deep", "sigmoid-falls", DEEP + "|sigmoid|sigmoid()|compute_cost|loss|loss()", "loss|output|W1|b1|W2|b2|W3|b3", "exp(Z) in place of exp(-Z)", "sigmoid-sign-flipped",
          ("return 1 / (1 + np.exp(-Z))", "return 1 / (1 + np.exp(Z))"), kinds="forward|backward"),
    # ---- one column at a time
    back("nielsen_net", "prime-of-the-activation", NIELSEN, "nabla_w|nabla_b|weights|biases|weights[0]|biases[0]|W1|b1", "derivative at the output", "derivative-at-wrong-point",
         ("            sp = sigmoid_prime(z)\n", "            sp = sigmoid_prime(activations[-l])\n")),
    back("nielsen_net", "prime-left-out", NIELSEN, "nabla_w|nabla_b|weights|biases|weights[0]|biases[0]|W1|b1", "no derivative of the hidden layers", "derivative-factor-missing",
         ("np.dot(self.weights[-l + 1].T, delta) * sp", "np.dot(self.weights[-l + 1].T, delta)")),
    back("nielsen_net", "always-the-last-weights", NIELSEN, "nabla_w|nabla_b|weights|biases|weights[0]|biases[0]|W1|b1|dx", "wrong from two hidden layers on", "wrong-layers-gradient raises",
         ("np.dot(self.weights[-l + 1].T, delta)", "np.dot(self.weights[-1].T, delta)")),
    back("nielsen_net", "bias-from-prime", NIELSEN, "nabla_b|biases|biases[0]|b1", "sp in place of delta", "ignores-dout",
         ("            nabla_b[-l] = delta\n", "            nabla_b[-l] = sp\n")),
    back("nielsen_net", "prime-half-at-input", NIELSEN + "|sigmoid_prime|sigmoid_prime()", "nabla_w|nabla_b|weights|biases|dx|weights[0]|biases[0]|W1|b1", "1 - z in place of 1 - sigmoid(z)", "derivative-at-wrong-point",
         ("return sigmoid(z) * (1 - sigmoid(z))", "return sigmoid(z) * (1 - z)")),
    back("nielsen_net", "cost-falls", NIELSEN + "|cost_derivative|cost_derivative()", "nabla_w|nabla_b|weights|biases|dx|loss|weights[0]|biases[0]|W1|b1", "y - a in place of a - y", "wrong-sign sign-flipped",
         ("return output_activations - y", "return y - output_activations")),
    # ---- one class, two hidden layers
    back("monolith_tanh", "second-weights-doubled", MONO, "W2|dW2", "a factor of two", "wrong-factor",
         ("self.dW2 = self.a1.T @ dz2", "self.dW2 = 2 * self.a1.T @ dz2")),
    back("monolith_tanh", "four-over-m", MONO, "b1|db1", "4 / m where the mean is taken already", "wrong-factor",
         ("self.db1 = np.sum(dz1, axis=0, keepdims=True)", "self.db1 = 4. / m * np.sum(dz1, axis=0, keepdims=True)")),
    back("monolith_tanh", "output-bias-over-classes", MONO, "b3|db3", "summed over the classes", "wrong-axis",
         ("self.db3 = np.sum(dz3, axis=0, keepdims=True)", "self.db3 = np.sum(dz3, axis=1, keepdims=True)")),
    back("monolith_tanh", "tanh-prime-of-input", MONO, "W2|b2|W1|b1|dW2|dW1|db1|db2", "1 - z squared", "derivative-at-wrong-point",
         ("dz2 = dz3 @ self.W3.T * (1 - self.a2 ** 2)", "dz2 = dz3 @ self.W3.T * (1 - self.z2 ** 2)")),
    back("monolith_tanh", "weights-see-the-scores", MONO, "W2|dW2", "z1 where a1 belongs", "derivative-at-wrong-point input-not-used",
         ("self.dW2 = self.a1.T @ dz2", "self.dW2 = self.z1.T @ dz2")),
    back("monolith_tanh", "first-derivative-left-out", MONO, "W1|b1|dW1|db1", "no derivative of the first tanh", "derivative-factor-missing",
         ("dz1 = dz2 @ self.W2.T * (1 - self.a1 ** 2)", "dz1 = dz2 @ self.W2.T")),
    back("monolith_tanh", "bias-of-the-next-layer", MONO, "b1|db1", "dz2 in place of dz1", "wrong-layers-gradient",
         ("self.db1 = np.sum(dz1, axis=0, keepdims=True)", "self.db1 = np.sum(dz2, axis=0, keepdims=True)")),
    incon("monolith_tanh", "softmax-down-the-columns", MONO_F, "output|loss|dx|W1|W2|W3|b1|b2|b3|probs", "axis 0 in the sum", "softmax-wrong-axis wrong-axis",
          ("return e / np.sum(e, axis=1, keepdims=True)", "return e / np.sum(e, axis=0, keepdims=True)")),
    incon("monolith_tanh", "logarithm-of-ten", MONO_F, "loss|output", "log10 where log is due", "log10",
          ("np.log(self.probs + 1e-12)", "np.log10(self.probs + 1e-12)"), kinds="forward|backward"),
    incon("monolith_tanh", "hidden-bias-not-added", MONO_F, "b2|db2|output", "the bias is never added", "affine-without-bias",
          ("self.z2 = self.a1 @ self.W2 + self.b2", "self.z2 = self.a1 @ self.W2"), kinds="forward|backward"),
    # ---- loss and gradients at once, with a penalty
    back("cs_reg_net", "penalty-forgotten-once", REG, "W2", "the penalty's gradient of W2 is missing", "regulariser-missing",
         ("hidden.T.dot(dscores) + 2 * reg * W2", "hidden.T.dot(dscores)")),
    back("cs_reg_net", "penalty-halved", REG, "W1", "reg in place of 2 reg", "regulariser-factor",
         ("X.T.dot(dhidden) + 2 * reg * W1", "X.T.dot(dhidden) + reg * W1")),
    back("cs_reg_net", "mask-of-itself", REG, "W1|b1", "the mask is taken from dhidden", "mask-from-dout",
         ("dhidden[hidden <= 0] = 0", "dhidden[dhidden <= 0] = 0")),
    back("cs_reg_net", "bias-summed-to-a-number", REG, "b1", "sum without axis", NO_AXIS,
         ("grads['b1'] = dhidden.sum(axis=0)", "grads['b1'] = dhidden.sum()")),
    back("cs_reg_net", "labels-for-all-rows", REG, "W2|b2|W1|b1|dx", "dscores[:, y]", "labels-not-subtracted",
         ("dscores[range(N), y] -= 1", "dscores[:, y] -= 1")),
    incon("cs_reg_net", "penalty-of-one-matrix", REG, "loss|W2|output", "the loss leaves out W2", "regulariser-missing regulariser-factor",
          ("reg * (np.sum(W1 * W1) + np.sum(W2 * W2))", "reg * np.sum(W1 * W1)"), kinds="forward|backward"),
    incon("cs_reg_net", "one-sum-for-the-batch", REG, "loss|output|W1|W2|b1|b2", "softmax over the whole batch", "softmax-over-batch sum-without-axis",
          ("exp_scores / exp_scores.sum(axis=1, keepdims=True)", "exp_scores / exp_scores.sum()"), kinds="forward|backward"),
    incon("cs_reg_net", "absolute-hidden-units", REG, "loss|output|W1|b1", "the absolute value for a ReLU", "absolute-value",
          ("hidden = np.maximum(0, X.dot(W1) + b1)", "hidden = np.abs(X.dot(W1) + b1)"), kinds="forward|backward"),
    dtype("cs_reg_net", "whole-number-biases", REG, "b1", "biases of whole numbers", "integer-parameters",
          ("self.params['b1'] = np.zeros(hidden_size)", "self.params['b1'] = np.zeros(hidden_size, dtype=int)")),
    # ---- activations
    back("activation_zoo", "slope-on-the-wrong-side", "LeakyReLU", "dx", "the mask is inverted", "mask-inverted",
         ("slope[self.x <= 0] = self.alpha", "slope[self.x > 0] = self.alpha")),
    incon("activation_zoo", "leaks-the-positive", "LeakyReLU", "output|dx", "x < 0 in forward", "mask-inverted relu-sign-flipped relu-of-minus-x",
          ("        return np.where(x > 0, x, self.alpha * x)\n", "        return np.where(x < 0, x, self.alpha * x)\n"), kinds="forward|backward"),
    back("activation_zoo", "elu-without-alpha", "ELU", "dx", "out in place of out + alpha", "",
         ("np.where(self.x > 0, 1, self.out + self.alpha)", "np.where(self.x > 0, 1, self.out)")),
    back("activation_zoo", "slope-gradient-of-all", "PReLU", "da|a", "positive entries count too", "mask-missing",
         ("self.da = np.sum(grad_output * np.minimum(0, self.x), axis=0)", "self.da = np.sum(grad_output * self.x, axis=0)")),
    back("activation_zoo", "slope-gradient-one-number", "PReLU", "da|a", "sum without axis", NO_AXIS,
         ("self.da = np.sum(grad_output * np.minimum(0, self.x), axis=0)", "self.da = np.sum(grad_output * np.minimum(0, self.x))")),
    back("activation_zoo", "swish-without-x", "Swish", "dx", "x missing in the second term", "input-not-used derivative-factor-missing",
         ("self.sig + self.x * self.sig * (1 - self.sig)", "self.sig + self.sig * (1 - self.sig)")),
    back("activation_zoo", "gelu-three-forgotten", "GELU", "dx", "the cube's 3 is missing", "",
         ("1 + 3 * 0.044715 * x ** 2", "1 + 0.044715 * x ** 2")),
    back("activation_zoo", "softplus-derivative-mirrored", "Softplus", "dx", "exp(x) in place of exp(-x)", "",
         ("grad_output / (1 + np.exp(-self.x))", "grad_output / (1 + np.exp(self.x))")),
    back("activation_zoo", "hard-tanh-one-edge", "HardTanh", "dx", "the lower edge is not looked at", "mask-missing",
         ("inside = (self.x > -1) & (self.x < 1)", "inside = self.x < 1")),
    state("activation_zoo", "swish-in-place", "Swish", "x|dx|output", "x *= sig writes into the input", "writes-into-input",
          ("        return x * self.sig\n", "        x *= self.sig\n        return x\n"), kinds="state|backward", at="x *= self.sig"),
    incon("activation_zoo", "softplus-log-ten", "Softplus", "output|dx", "log10 of 1 + exp", "log10",
          ("np.log1p(np.exp(-np.abs(x)))", "np.log10(1 + np.exp(-np.abs(x)))"), kinds="forward|backward"),
    # ---- losses
    back("loss_zoo", "square-rule-forgotten", "MSELoss", "dx|dpred|loss", "the 2 is missing", "wrong-factor loss-scale",
         ("return 2 * (self.pred - self.target) / self.pred.size", "return (self.pred - self.target) / self.pred.size")),
    back("loss_zoo", "mean-over-samples-alone", "MSELoss", "dx|dpred|loss", "len in place of size", "wrong-factor loss-scale",
         ("/ self.pred.size", "/ len(self.pred)")),
    back("loss_zoo", "huber-never-linear", "HuberLoss", "dx|dpred|loss", "the error is not clipped", "",
         ("np.clip(self.err, -self.delta, self.delta) / self.err.size", "self.err / self.err.size")),
    incon("loss_zoo", "logits-times-target-added", "BCEWithLogitsLoss", "dx|loss|output|dlogits", "plus where minus is due", "",
          ("np.maximum(logits, 0) - logits * target", "np.maximum(logits, 0) + logits * target"), kinds="forward|backward"),
    back("loss_zoo", "logits-not-averaged", "BCEWithLogitsLoss", "dx|loss|dlogits", "the mean is missing", "missing-batch-mean wrong-factor loss-scale",
         ("return (prob - self.target) / self.target.size", "return prob - self.target")),
    back("loss_zoo", "hinge-lowers-by-one", "MultiClassHinge", "dx|loss|dscores", "-1 in place of the number of margins", "",
         ("grad[np.arange(n), self.labels] = -grad.sum(axis=1)", "grad[np.arange(n), self.labels] = -1")),
    incon("loss_zoo", "own-margin-counted", "MultiClassHinge", "dx|loss|output|dscores", "the correct class keeps its margin", "",
          ("        self.margins[np.arange(n), labels] = 0\n", ""), kinds="forward|backward"),
    incon("loss_zoo", "labels-unused", "CrossEntropyLoss", "dx|loss|output|dscores", "the mean over all classes", "ignores-labels",
          ("-self.log_probs[np.arange(len(labels)), labels].mean()", "-self.log_probs.mean()")),
    cons("loss_zoo", "neighbours-label", "CrossEntropyLoss", "dx|loss|output|dscores", "labels are taken from 1", "labels-off-by-one",
         ("        self.labels = labels\n        return -self.log_probs", "        labels = labels - 1\n        self.labels = labels\n        return -self.log_probs"), at="labels = labels - 1"),
    incon("loss_zoo", "normalised-down-the-batch", "CrossEntropyLoss", "dx|loss|output|dscores", "axis 0", "softmax-wrong-axis wrong-axis",
          ("np.exp(scores).sum(axis=-1, keepdims=True)", "np.exp(scores).sum(axis=0, keepdims=True)")),
    # ---- normalisation
    incon("norm_zoo", "mean-of-the-batch", "LayerNorm", "output|dx", "the mean over the samples", "wrong-axis",
          ("mean = x.mean(axis=-1, keepdims=True)", "mean = x.mean(axis=0, keepdims=True)")),
    benign("norm_zoo", "epsilon-beside-the-root", "eps added to the deviation",
           ("1 / np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)", "1 / (x.std(axis=-1, keepdims=True) + self.eps)")),
    back("norm_zoo", "gradient-not-centred", "LayerNorm", "dx", "the mean's term is missing", TERM,
         ("centred = g - g.mean(axis=-1, keepdims=True)", "centred = g")),
    back("norm_zoo", "scale-forgotten", "LayerNorm", "dx", "gamma missing in dx", "gamma-not-used derivative-factor-missing",
         ("g = dy * self.gamma", "g = dy")),
    back("norm_zoo", "deviation-squared", "BatchNorm1d", "dx", "std ** -2 in place of -3", "",
         ("self.std ** -3", "self.std ** -2")),
    back("norm_zoo", "mean-term-not-shared", "BatchNorm1d", "dx", "/ m missing in the last term", "missing-batch-mean wrong-factor " + TERM,
         ("2 * self.xmu / m + dmean / m", "2 * self.xmu / m + dmean")),
    back("norm_zoo", "half-forgotten", "BatchNorm1d", "dx", "-1 in place of -0.5", "wrong-factor " + TERM,
         ("self.xmu * -0.5 * self.std", "self.xmu * -1 * self.std")),
    incon("norm_zoo", "sample-variance", "BatchNorm1d", "dx|output", "ddof=1 in forward alone", "wrong-factor",
          ("var = x.var(axis=0)", "var = x.var(axis=0, ddof=1)"), kinds="forward|backward"),
    incon("norm_zoo", "images-share-a-mean", "InstanceNorm2d", "output|dx", "the mean over the batch too", "wrong-axis",
          ("mu = x.mean(axis=(2, 3), keepdims=True)", "mu = x.mean(axis=(0, 2, 3), keepdims=True)")),
    back("norm_zoo", "height-alone", "InstanceNorm2d", "dx", "k = H in place of H W", "wrong-factor",
         ("k = dout.shape[2] * dout.shape[3]", "k = dout.shape[2]")),
    back("norm_zoo", "scale-gradient-per-image", "InstanceNorm2d", "dgamma|gamma", "not summed over the batch", "wrong-axis",
         ("(dout * self.xn).sum(axis=(0, 2, 3), keepdims=True)", "(dout * self.xn).sum(axis=(2, 3), keepdims=True)")),
    back("norm_zoo", "dropped-come-back", "Dropout", "dx", "the mask is missing on the way back", "mask-missing",
         ("        return dout * self.mask\n", "        return dout / (1 - self.p)\n")),
    # ---- recurrent
    back("recurrent_steps", "tanh-not-squared", "rnn_step|rnn_step_forward|rnn_step_backward", "dx|dWx|dWh|db|dprev_h", "1 - h in place of 1 - h squared", "derivative-factor-missing",
         ("da = dnext_h * (1 - next_h ** 2)", "da = dnext_h * (1 - next_h)")),
    back("recurrent_steps", "recurrent-weights-not-transposed", "rnn_step|rnn_step_forward|rnn_step_backward", "dprev_h|dh0", "Wh is square, so nothing raises", "transposed",
         ("dprev_h = da @ Wh.T", "dprev_h = da @ Wh")),
    back("recurrent_steps", "time-not-passed-on", "rnn|rnn_forward|rnn_backward", "dx|dWx|dWh|db|dh0|dprev_h", "the gradient from the next step is missing", "branch-forgotten",
         ("rnn_step_backward(dh[:, t] + dprev, cache[t])", "rnn_step_backward(dh[:, t], cache[t])")),
    back("recurrent_steps", "last-step-only", "rnn|rnn_forward|rnn_backward", "dWh", "set where it should be added", "overlaps-overwritten one-row-only",
         ("dWh += dWh_t", "dWh = dWh_t")),
    back("recurrent_steps", "carry-forgotten", "gated_unit|gated_unit_forward|gated_unit_backward", "dprev_h", "the direct way of prev_h is missing", "branch-forgotten",
         ("dprev_h = dh * (1 - z) + dz @ Uz.T + dc @ Uc.T", "dprev_h = dz @ Uz.T + dc @ Uc.T")),
    back("recurrent_steps", "gate-turned-round", "gated_unit|gated_unit_forward|gated_unit_backward", "dx|dprev_h|dWz|dUz|dbz", "prev_h - c", "wrong-sign",
         ("dz = dh * (c - prev_h) * z * (1 - z)", "dz = dh * (prev_h - c) * z * (1 - z)")),
    back("recurrent_steps", "other-gate", "gated_unit|gated_unit_forward|gated_unit_backward", "dx|dprev_h|dWc|dUc|dbc", "1 - z in place of z", "",
         ("dc = dh * z * (1 - c ** 2)", "dc = dh * (1 - z) * (1 - c ** 2)")),
    incon("recurrent_steps", "candidate-without-bias", "gated_unit|gated_unit_forward|gated_unit_backward", "dbc|bc|output", "bc is never added", "affine-without-bias",
          ("c = np.tanh(x @ Wc + prev_h @ Uc + bc)", "c = np.tanh(x @ Wc + prev_h @ Uc)"), kinds="forward|backward"),
    # ---- attention
    back("attention", "keys-not-transposed", "SelfAttention", "dWk|dx", "d_scores square, so nothing raises", "transposed",
         ("dk = d_scores.transpose(0, 2, 1) @ self.q", "dk = d_scores @ self.q")),
    back("attention", "scale-left-out", "SelfAttention", "dWk|dWq|dx", "1 / sqrt(D) missing", "derivative-factor-missing wrong-factor",
         ("self.att * (d_att - inner) * self.scale", "self.att * (d_att - inner)")),
    back("attention", "attention-jacobian-diagonal", "SelfAttention", "dWk|dWq|dx", "p (1 - p) entry by entry", "softmax-jacobian-diagonal",
         ("self.att * (d_att - inner) * self.scale", "self.att * (1 - self.att) * d_att * self.scale")),
    back("attention", "queries-and-keys-exchanged", "SelfAttention", "dWk|dWq", "dWq holds dWk", "keys-swapped",
         ('self.dWq = np.einsum("ntd,nte->de", self.x, dq)', 'self.dWq = np.einsum("ntd,nte->de", self.x, dk)'),
         ('self.dWk = np.einsum("ntd,nte->de", self.x, dk)', 'self.dWk = np.einsum("ntd,nte->de", self.x, dq)')),
    back("attention", "queries-through-keys", "SelfAttention", "dx", "Wk and Wq exchanged in dx", "keys-swapped",
         ("return dq @ self.Wq.T + dk @ self.Wk.T", "return dq @ self.Wk.T + dk @ self.Wq.T")),
    incon("attention", "attention-over-queries", "SelfAttention|softmax", "output|dx|dWq|dWk|dWv", "axis -2 in the sum", "softmax-wrong-axis wrong-axis",
          ("return e / e.sum(axis=-1, keepdims=True)", "return e / e.sum(axis=-2, keepdims=True)"), kinds="forward|backward"),
    back("attention", "hidden-mask-missing", "FeedForward", "dx|dW1|db1", "no ReLU on the way back", "mask-missing",
         ("dpre = (dout @ self.W2.T) * (self.pre > 0)", "dpre = dout @ self.W2.T")),
    # ---- embeddings
    back("embedding_bag", "repeated-words-overwrite", "Embedding|embed|embedding", "dW|E|W", "set, not added, where a word occurs twice", "overlaps-overwritten",
         ("np.add.at(self.dW, self.idx, dout)", "self.dW[self.idx] = dout")),
    back("embedding_bag", "repeated-words-once", "Embedding|embed|embedding", "dW|E|W", "+= with repeated indices adds once", "overlaps-overwritten",
         ("np.add.at(self.dW, self.idx, dout)", "self.dW[self.idx] += dout")),
    back("embedding_bag", "mean-gradient-not-divided", "MeanOverTime|mean", "dx", "the 1 / T is missing", "derivative-factor-missing wrong-factor",
         ("np.repeat(dout[:, np.newaxis, :], self.steps, axis=1) / self.steps", "np.repeat(dout[:, np.newaxis, :], self.steps, axis=1)")),
    state("embedding_bag", "embedding-gradient-grows", "Embedding|embed|embedding", "dW|E|W", "never reset", "accumulates",
          ("        self.dW = np.zeros_like(self.W)\n        np.add.at", "        np.add.at"), at="np.add.at", kinds="state|backward"),
    wiring("embedding_bag", "dense-gradients-exchanged", "gradient()", "W|b", "dW and db exchanged", "keys-swapped",
           ("'W': self.layers['dense'].dW,\n            'b': self.layers['dense'].db,", "'W': self.layers['dense'].db,\n            'b': self.layers['dense'].dW,")),
    # ---- loops
    back("loops_conv", "bias-of-the-last-image", "conv|conv_forward|conv_backward", "db", "set where it should be added", "overlaps-overwritten one-row-only",
         ("db[f] += dout[n, f].sum()", "db[f] = dout[n, f].sum()")),
    back("loops_conv", "padding-cut-at-the-end", "conv|conv_forward|conv_backward", "dx", "both rims cut at the end", "",
         ("dxp[:, :, pad:dxp.shape[2] - pad, pad:dxp.shape[3] - pad]", "dxp[:, :, :dxp.shape[2] - 2 * pad, :dxp.shape[3] - 2 * pad]")),
    back("loops_conv", "stride-forgotten-back", "conv|conv_forward|conv_backward", "dx|dw", "shows with a stride of two only", "",
         ("top, left = i * stride, j * stride", "top, left = i, j")),
    incon("loops_conv", "stride-forgotten-forward", "conv|conv_forward|conv_backward", "dx|dw|output", "the columns move by one", "",
          ("window = xp[n, :, i * stride:i * stride + HH, j * stride:j * stride + WW]", "window = xp[n, :, i * stride:i * stride + HH, j:j + WW]"), kinds="forward|backward"),
    back("loops_conv", "place-of-the-maximum-turned", "maxpool|maxpool_forward|maxpool_backward", "dx", "row and column exchanged", "axes-permuted order-not-restored transposed",
         ("dx[n, c, r + a, s + b] += dout[n, c, i, j]", "dx[n, c, r + b, s + a] += dout[n, c, i, j]")),
    back("loops_conv", "share-of-one-side", "avgpool|avgpool_forward|avgpool_backward", "dx", "divided by size once", "wrong-factor derivative-factor-missing",
         ("[:, :, None, None] / (size * size)", "[:, :, None, None] / size")),
    dtype("loops_conv", "maximum-as-integers", "maxpool|maxpool_forward|maxpool_backward", "output|out", "an integer buffer", "rounds-inside",
          ("    out = np.zeros((N, C, Ho, Wo))\n    for i in range(Ho):\n        for j in range(Wo):\n            out[:, :, i, j] = x[:, :, i * stride:i * stride + size, j * stride:j * stride + size].max",
           "    out = np.zeros((N, C, Ho, Wo), dtype=np.int64)\n    for i in range(Ho):\n        for j in range(Wo):\n            out[:, :, i, j] = x[:, :, i * stride:i * stride + size, j * stride:j * stride + size].max"), kinds="dtype|forward"),
    # ---- framework with a residual wrapper
    back("res_framework", "identity-forgotten", "Residual|Residual1|modules[2]|net.modules[2]|net[2]", "dx", "the identity's gradient is missing", "branch-forgotten",
         ("return grad + self.inner.backward(grad)", "return self.inner.backward(grad)")),
    state("res_framework", "bias-gradient-added-up", LINEAR, "b|bias|bias.grad|db|dbias", "never reset", "accumulates",
          ("self.bias.grad = grad.sum(axis=0)", "self.bias.grad += grad.sum(axis=0)"), kinds="state|backward"),
    back("res_framework", "sigmoid-of-the-gradient", "Sigmoid|Sigmoid1|modules[1]|net.modules[1]|net[1]", "dx", "1 - grad in place of 1 - y", "",
         ("return grad * self.y * (1 - self.y)", "return grad * self.y * (1 - grad)")),
    back("res_framework", "error-not-averaged", "MSE|criterion", "dx|loss|dy", "1/N missing", "missing-batch-mean",
         ("return self.diff / len(self.diff)", "return self.diff")),
    state("res_framework", "first-input-kept", LINEAR, "W|weight|weight.grad|dW|dweight", "the first batch stays", "stale-cache depends-on-earlier-calls",
          ("        self.cache = x\n", "        if not hasattr(self, 'cache'):\n            self.cache = x\n"), kinds="state|backward"),
    back("res_framework", "weights-gradient-turned", LINEAR, "W|weight|weight.grad|dW|dweight", "operands exchanged", "operands-swapped transposed",
         ("self.weight.grad = self.cache.T @ grad", "self.weight.grad = grad.T @ self.cache")),
    # ---- the book's network in other words
    wiring("book_three", "second-and-third-exchanged", "gradient()", "W2|W3|b2|b3", "names in the wrong order", "keys-swapped wrong-layers-gradient",
           ("for i, name in enumerate(('fc1', 'fc2', 'fc3'), start=1):", "for i, name in enumerate(('fc1', 'fc3', 'fc2'), start=1):")),
    wiring("book_three", "penalty-on-the-gradient", "gradient()", "W1|W2|W3", "dw in place of w", "regulariser-missing regulariser-factor",
           ("layer.dw + self.l2 * layer.w", "layer.dw + self.l2 * layer.dw")),
    back("book_three", "parentheses-forgotten", "Tanh|tanh", "dx", "dout * 1 - y squared", "",
         ("dx = dout * (1 - np.square(self.out))", "dx = dout * 1 - np.square(self.out)")),
    state("book_three", "zeros-in-the-input", "ReLU|relu", "x|dx|output", "out is x itself", "writes-into-input",
          ("        out = np.zeros_like(x)\n        out[self.on] = x[self.on]\n", "        out = x\n        out[~self.on] = 0\n"), at="out[~self.on] = 0", kinds="state|backward"),
    back("book_three", "one-hot-of-the-neighbour", "SoftmaxLoss|lossLayer", "dx", "t - 1 in the one-hot rows", "labels-off-by-one labels-not-subtracted",
         ("onehot[np.arange(n), self.t] = 1", "onehot[np.arange(n), self.t - 1] = 1")),
    incon("book_three", "mean-over-classes", "SoftmaxLoss|lossLayer|cross_entropy", "loss|output|dx", "divided by the number of classes", "loss-scale wrong-factor",
          ("/ y.shape[0]", "/ y.shape[1]"), kinds="forward|backward"),
    # ---- plain functions
    back("plain_functions", "sigmoid-half-at-input", "sigmoid|sigmoid_derivative", "dx", "1 - x in place of 1 - s", "derivative-at-wrong-point",
         ("return s * (1 - s)", "return s * (1 - x)")),
    back("plain_functions", "tanh-derivative-not-squared", "tanh|tanh_derivative", "dx", "the square is missing", "derivative-factor-missing",
         ("return 1 - np.tanh(x) ** 2", "return 1 - np.tanh(x)")),
    back("plain_functions", "slopes-exchanged", "leaky_relu|leaky_relu_derivative", "dx", "alpha where x > 0", "mask-inverted",
         ("np.where(x > 0, 1, alpha)", "np.where(x > 0, alpha, 1)")),
    back("plain_functions", "softsign-not-squared", "softsign|softsign_derivative", "dx", "the square is missing", "derivative-factor-missing",
         ("return 1 / (1 + np.abs(x)) ** 2", "return 1 / (1 + np.abs(x))")),
    back("plain_functions", "mse-over-rows", "mse|mse_prime", "dx|loss|dy_pred", "len in place of size", "wrong-factor loss-scale",
         ("/ np.size(y_true)", "/ len(y_true)")),
    cons("plain_functions", "softmax-of-everything", "softmax", "output", "sum without axis", "softmax-over-batch sum-without-axis",
         ("return e / e.sum(axis=-1, keepdims=True)", "return e / e.sum()")),
    back("plain_functions", "softplus-precedence", "softplus|softplus_derivative", "dx", "1 / 1 + exp(-x)", "sigmoid-missing-parentheses",
         ("return 1 / (1 + np.exp(-x))", "return 1 / 1 + np.exp(-x)")),
    # ---- learning inside backward
    back("update_inside", "bias-moves-by-one-number", "Dense", "bias|b|db|dbias", "sum without axis", NO_AXIS,
         ("np.sum(output_gradient, axis=0, keepdims=True)", "np.sum(output_gradient)")),
    state("update_inside", "weights-move-first", "Dense", "dx|input_gradient|weights", "the gradient goes back through the new weights", "updates-parameters weights-already-updated",  # the second has a name of its own since
          ("        input_gradient = np.dot(output_gradient, self.weights.T)\n        weights_gradient", "        weights_gradient"),
          ("        return input_gradient\n\n\nclass Activation", "        return np.dot(output_gradient, self.weights.T)\n\n\nclass Activation"), at="return np.dot(output_gradient, self.weights.T)", kinds="state|backward"),
    back("update_inside", "outer-product-forgotten", "Softmax", "dx|input_gradient", "s * s in place of the outer product", "softmax-jacobian-diagonal",
         ("np.diag(s) - np.outer(s, s)", "np.diag(s) - s * s")),
    back("update_inside", "tanh-prime-of-x", "Tanh|Activation|tanh_prime", "dx|input_gradient", "1 - x squared", "derivative-at-wrong-point",
         ("return 1 - np.tanh(x) ** 2", "return 1 - x ** 2")),
    back("update_inside", "weights-climb", "Dense", "weights|W|dW|dweights", "ascent for the weights alone", "wrong-sign sign-flipped",
         ("self.weights -= learning_rate * weights_gradient", "self.weights += learning_rate * weights_gradient")),
    # ---- everything in attributes
    back("from_scratch_style", "biases-over-neurons", "Layer_Dense", "biases|dbiases|b|db", "axis 1", "wrong-axis",
         ("np.sum(dvalues, axis=0, keepdims=True)", "np.sum(dvalues, axis=1, keepdims=True)")),
    back("from_scratch_style", "mask-of-the-gradient", "Activation_ReLU", "dx|dinputs", "the mask is taken from dvalues", "mask-from-dout",
         ("self.dinputs[self.inputs <= 0] = 0", "self.dinputs[dvalues <= 0] = 0")),
    back("from_scratch_style", "inner-for-outer-product", "Activation_Softmax", "dx|dinputs", "the transposition stands at the wrong factor", "operands-swapped transposed",
         ("np.dot(single_output, single_output.T)", "np.dot(single_output.T, single_output)")),
    back("from_scratch_style", "samples-not-counted", "Loss_CategoricalCrossentropy", "dx|dinputs|loss", "1/N missing", "missing-batch-mean",
         ("        self.dinputs = -y_true / dvalues\n        self.dinputs = self.dinputs / samples\n", "        self.dinputs = -y_true / dvalues\n"), at="self.dinputs = -y_true / dvalues"),
    back("from_scratch_style", "equals-minus", "Activation_Softmax_Loss_CategoricalCrossentropy", "dx|dinputs|loss", "=- 1 in place of -= 1", "labels-not-subtracted",
         ("self.dinputs[range(samples), y_true] -= 1", "self.dinputs[range(samples), y_true] =- 1")),
]  # fmt: skip
