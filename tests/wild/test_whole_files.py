"""Files as people leave them, with what must be found out first: understood, right, found out when wrong."""

import shutil
from pathlib import Path

import pytest
from judging import judged

WHOLE = Path(__file__).parent / "programs" / "whole"

# (file, what is judged): words of the report, a piece of the source, the same gone wrong, what this spoils
CASES = {
    ("two_ranks", "Weighted"): (
        "forward(hs, a)",
        '"nth,nh->nt", self.hs, dout',
        '"nth,nh->nt", self.hs**2, dout',
        "da",
    ),
    ("two_ranks", "Likeness"): ("forward(hs, h)", "* self.h[:, None, :]", "* self.hs", "dhs"),
    ("two_ranks", "Neighbours"): ("one vector at a time", "self.outer @ e)", "2 * self.outer @ e)", "inner"),
    ("through_time", None): ("forward and bptt", "dh = da @ self.W.T", "dh = da @ self.W", "U"),
    ("called_layers", "Classes"): ("its layers walked backward", "d /= len(d)", "d /= 2 * len(d)", "W"),
    ("loss_with_slopes", "Plain"): ("loss(X, y) returns loss", "d.sum(axis=0)}", "d.sum()}", "b"),
    ("loss_with_slopes", "Centred"): ("loss(X, y) returns loss", "(da - da.mean(axis=0))", "da", "W"),
    ("loss_with_slopes", "OfImages"): (
        "images of 2 x 8 x 8",
        '"nchw,nfhw->fc", X[:, :, i : height - 1 + i], da',
        '"nchw,nfhw->fc", X[:, :, : height - 1], da',
        "K",
    ),
    ("on_token_ids", "Mixer"): (
        "a network on token ids: forward and backward",
        "self.second.backward(-0.5 * back)",
        "self.second.backward(back)",
        "first.params[0]",
    ),
    ("on_token_ids", "Translator"): (
        "a network on token ids: loss",
        'np.add.at(slopes["E"], source, dh[:, None, :])',
        'slopes["E"][source] += dh[:, None, :]',
        "E",
    ),
    ("penalty_off", "Ridge"): ("its own loss", "+ self.lam * self.A", "+ 2 * self.lam * self.A", "A"),
    ("leaves_at_wrong_shapes", None): ("samples in columns", "* (Z1 > 0)", "* Z1", "W1"),
    ("object_of_weights", None): ("init_model, forward_pass, backward_pass", "* (z1 > 0)", "* z1", "W1"),
    ("goes_back_by_another_name", None): (
        "a.sigmoid()",
        "self.grad += s * (1 - s)",
        "out.grad += s * (1 - s)",
        "dx",
    ),
    ("loss_in_columns", "Network"): (
        "its own cross_entropy",
        "(output - y) / m",
        "(output - y) * output / m",
        "W2",
    ),
    ("handed_all_again", "Bend"): ("forward and backward", "(1 - orig_outputs)", "(1 + orig_outputs)", "dx"),
    ("handed_all_again", "Full"): (
        "gradients in returned[0][0]",
        "orig_inputs.T @ delta",
        "2 * orig_inputs.T @ delta",
        "weights",
    ),
    ("handed_all_again", "Slope"): ("backward() that gives the slope", "np.cos(self.X)", "np.sin(self.X)", "dx"),
    ("handed_all_again", "Step"): ("one sample at a time", "delta @ neurons.T", "delta @ neurons.T * 2", "weight"),
    ("divided_in_layers", None): (
        "averaged over the batch",
        "return self.A - self.Y",
        "return self.A + self.Y",
        "dx",
    ),
    ("entry_a_layer", "Tuples"): (
        "[(8, 'relu'), (9, 'relu'), (4, 'sigmoid')]",
        "d * (z > 0)",
        "d * z",
        "params[0]",
    ),
    ("entry_a_layer", "Dicts"): ("scores in", "dZ * (self.Z[i - 1] > 0)", "dZ * self.Z[i - 1]", "W[1]"),
    ("asked_of_objects", "Stack"): (
        "Stack([Connected(...), Connected(...), Connected(...)], 4, Quadratic)",
        "* layer.bend.prime(layer.z)",
        "* layer.bend.value(layer.z)",
        "biases",
    ),
    ("gradients_in_the_step", "Perceptrons"): (
        "train alone, scores in y_pred",
        "deltas[0]) * d_sigmoid(self.activations[i + 1])",
        "deltas[0])",
        "weights[0]",
    ),
    ("asked_after", "SoftmaxLossLayer"): (
        "forward, get_loss and backward",
        "(self.prob - self",
        "(self.prob + self",
        "dx",
    ),
    ("asked_after", "Dense"): (
        "samples in columns",
        "np.dot(output_gradient, self",
        "2 * np.dot(output_gradient, self",
        "weights",
    ),
    ("own_functions", "Network"): (
        "[relu, relu, softmax]",
        "* relu_derivative(sums[i - 1])",
        "* relu(sums[i - 1])",
        "weights[0]",
    ),
    ("root_of_the_cost", None): (
        "half the sum of squares, implied",
        '(1 - cache["A1"] ** 2)',
        '(1 - cache["A1"])',
        "W1",
    ),
    ("short_names", "Pair"): ("gradient(x, t)", "dout.sum(axis=0)", "dout.sum()", "db"),
    ("iterations_told", None): (
        "forward and train",
        "(1 - self.hidden**2)",
        "(1 - self.hidden)",
        "hidden_weights",
    ),
    ("after_the_loss", "Net"): ("after loss(x, t)", "np.sum(dout, axis=0)", "np.sum(dout)", "db"),
    ("ends_in_softmax", None): (
        "implied",
        "np.sum(grad_outputs, axis=0)",
        "np.mean(grad_outputs, axis=0)",
        "biases",
    ),
    ("made_at_first", None): ("Norm()", "- self.norm * (d * self.norm).mean(axis=0)", "", "dx"),
    ("kept_by_training", None): ("the update of the parameters", "(1 - self.h**2)", "(1 - self.h)", "W1"),
    ("in_halves", "Lineaire"): (
        "its dx from backward_delta",
        "input.T @ delta",
        "input.T @ delta * 2",
        "_gradient",
    ),
    ("in_halves", "TanH"): ("backward_delta", "(1 - np.tanh(input) ** 2)", "(1 - np.tanh(input))", "dx"),
    ("penalty_of_its_own", None): ("Full((7, 4))", "dZ.sum(axis=0)", "dZ.sum()", "db"),
    ("ten_digits", None): ("TenNet(7, 8, 10)", "(1 - self.h**2)", "(1 - self.h)", "w1"),
    ("told_by_keywords", None): (
        "Deep(layer_dims=[7, 8, 9, 4])",
        'dZ @ layer["before"].T',
        'dZ**2 @ layer["before"].T',
        "['W']",
    ),
    ("kernels_of_pairs", None): ("Convolution(4, (3, 3))", "[i:i + a, j:j + b] +=", "[i:i + a, j:j + b] =", "dx"),
    ("ways_of_layers", "Cell"): ("forward(x, h_prev, c_prev)", "dc_next + dh_next * o", "dh_next * o", "dx"),
    ("ways_of_layers", "Reckoner"): (
        "reckon_neurons",
        "dvalues.sum(axis=0, keepdims=True)",
        "dvalues.sum()",
        "dbias",
    ),
    ("ways_of_layers", "Link"): ("no gradient of its input", "(1 - self.y**2)", "(1 - self.y)", "dW"),
    ("ways_of_layers", "Bend"): (
        "prop and back_prop",
        "(1 - np.tanh(self.input) ** 2)",
        "(1 - self.input**2)",
        "dx",
    ),
    ("losses_left", "OneSample"): ("one vector at a time", "self.p - one_hot", "self.p + one_hot", "dx"),
    ("losses_left", "Entropy"): ("labels: one-hot", "-y_true / d_values / len", "-y_true * d_values / len", "dx"),
    ("losses_left", "Both"): ("Both()", "y_true.argmax(axis=1)", "y_true.argmin(axis=1)", "dx"),
    ("set_later", None): ("one column at a time", "delta @ seen[i].T", "delta @ seen[i].T * 2", "weights"),
    ("many_sizes", None): (
        "House(7, 8, 9, 4)",
        "floor.y * (1 - floor.y) * errors",
        "floor.y * (1 - floor.x[0]) * errors",
        "floors[0].weights",
    ),
    ("drawn_by_function", None): (
        "Dense(7, 4, weight_init_fn, bias_init_fn)",
        "delta @ self.W.T",
        "delta @ self.W.T * 2",
        "dx",
    ),
    ("capital_words", "Network"): (
        "'ReLU', 'ReLU', 'Sigmoid'",
        "delta @ self.acts[i].T",
        "delta @ self.acts[i].T * 2",
        "weights",
    ),
    ("digits_alone", None): ("Reader([784, 8, 9, 4])", "(1 - self.h**2)", "(1 - self.h)", "dW1"),
    ("told_by_its_script", None): (
        "Stack([(20, 12, 'ramp')",
        "back = self.w[i].T @ g",
        "back = self.w[i].T @ g**2",
        "w[0]",
    ),
    ("turned_for_one_output", None): (
        "[0].T",
        "self.a[-i - 1] @ d.T",
        "self.a[-i - 1] @ d.T / 2",
        "w[0]",
    ),
    ("rows_in_columns_out", None): (
        "samples in rows, scores in columns",
        "dZ.sum(axis=1, keepdims=True) / n",
        "dZ.sum() / n",
        "c",
    ),
    ("loss_from_its_own_data", None): (
        "scores in prediction",
        "(1 - self.h**2)",
        "(1 - self.h)",
        "w",
    ),
    ("answers_into_place", None): (
        "scores in outputs",
        "(1 - self.h**2)",
        "(1 - self.h)",
        "w",
    ),
    ("known_by_what_it_returns", None): (
        "all_the_slopes",
        "* (a1 > 0)",
        "* (a1 < 1)",
        "w1",
    ),
    ("sums_by_their_names", None): (
        "gradients in returned['dW1']",
        "np.sum(dZ1, axis=1, keepdims=True)",
        "np.sum(dZ1)",
        "b1",
    ),
    ("in_line", None): (
        "one column at a time",
        "np.dot(d, seen[-k - 1].T)",
        "np.dot(d, last[-k - 1].T)",
        "weight[0]",
    ),
    ("parts", "Prepared"): (
        "a layer",
        "self.last.T @ delta",
        "self.last.T @ delta**2",
        "dw",
    ),
    ("parts", "InBatches"): (
        "forward_batch and backprop",
        "delta.T @ self.before",
        "delta.T @ self.before**2",
        "dweights",
    ),
    ("parts", "Steps"): (
        "no gradient of its input",
        "dout.sum(axis=0)",
        "dout[0]",
        "dc",
    ),
    ("chain", "Chain"): (
        "no gradient of its input",
        "self.dW = self.x.T @ g",
        "self.dW = self.x.T @ g**2",
        "dW",
    ),
    ("parts", "CrossEntropy"): (
        "together with the softmax",
        "(self.y_pred - self.y_true) / len",
        "(self.y_true - self.y_pred) / len",
        "dx",
    ),
    ("parts", "BinaryCrossEntropy"): (
        "a loss",
        "(self.p * (1 - self.p))",
        "(1 - self.p)",
        "dx",
    ),
    ("parts", "InSinglePrecision"): (
        "averaged over the batch",
        "self.x.T @ d_out / len(self.x)",
        "self.x.T @ d_out**2 / len(self.x)",
        "dW",
    ),
    ("parts", "NormOfSteps"): (
        "a layer",
        "np.sum(grad * self.seen, axis=(0, 1))",
        "np.sum(grad * self.seen**2, axis=(0, 1))",
        "dgain",
    ),
    ("parts", "LossInColumns"): (
        "samples in columns",
        "self.probs - Y_true",
        "self.probs - 2 * Y_true",
        "dx",
    ),
    ("small_rate", None): (
        "the update of the parameters",
        "delta * (1 - self.A[i] ** 2)",
        "delta * (1 - self.A[i])",
        "W[0]",
    ),
    ("loss_then_back", "Reader"): (
        "its own Cost",
        "self.x.T @ self.cost.backward()",
        "(self.x**2).T @ self.cost.backward()",
        "w",
    ),
    ("two_steps", None): (
        "sequences of two steps",
        "self.h[step].T @ dz",
        "self.h[step + 1].T @ dz",
        "Wh",
    ),
    ("model/mlp", None): (
        "samples in rows",
        "(1 - y_hat**2)",
        "(1 - y_hat)",
        "w",
    ),
    ("retropropagation", None): (
        "scores in sorties",
        "self.poids[i].T @ ecart",
        "self.poids[i].T @ ecart**2",
        "poids[0]",
    ),
    ("methods_as_functions", None): (
        "functions: initialize_parameters",
        '(1 - cache["H"] ** 2)',
        '(1 - cache["H"])',
        "W1",
    ),
    ("plain_numbers", None): (
        "one sample at a time",
        "w - lr * d * v for",
        "w - lr * d for",
        "weights",
    ),
    ("costs_of_sums", None): (
        "judged together with the sigmoid",
        "        return a - y\n",
        "        return (a - y) * bend_slope(z)\n",
        "delta",
    ),
    ("costs_of_sums", "mean_square"): (
        "mean_square and mean_square_prime",
        "    return 2 * (y_pred - y_true) / y_true.size\n",
        "    return 2 * sum(y_pred - y_true) / y_true.size\n",
        "wrong-axis",
    ),
    ("silent_names", None): (
        "antworte and backprop",
        "(d @ self.w[i]) * (1 - self.a[i] ** 2)",
        "(d @ self.w[i]) * (1 - self.a[i])",
        "w[0]",
    ),
    ("labels_in_columns", None): (
        "labels in columns",
        '"dB1": dZ1.sum(axis=0, keepdims=True)',
        '"dB1": dZ1.mean(axis=0, keepdims=True)',
        "B1",
    ),
    ("by_their_names", None): (
        "unroll_forward and unroll_backward",
        "dWh + before.T @ d",
        "dWh + now.T @ d",
        "dWh",
    ),
    ("unusual_layers", "Couche"): (
        "propagation_direct",
        "        return erreur_entrée\n",
        "        return erreur_sortie\n",
        "wrong-shape",
    ),
    ("unusual_layers", "Keyed"): (
        "samples in columns",
        "upper.sum(axis=1, keepdims=True)",
        "upper.mean(axis=1, keepdims=True)",
        "bias",
    ),
    ("unusual_layers", "Leaving"): (
        "gradients in gradients_w, gradients_b",
        "np.sum(gradients, axis=0)",
        "np.sum(gradients)",
        "sum-without-axis",
    ),
    ("unusual_layers", "Handed"): ("gradients in dW", "input.T @ inner", "input.T @ gradient", "dW"),
    ("unusual_layers", "Logged"): ("gradients in dW", "dW = self.x.T @ dout", "dW = self.x.T @ dout / 2", "dW"),
    ("unusual_layers", "Kept"): ("a layer: forward", "(1 - cache**2)", "(1 - cache)", "dx"),
    ("unusual_layers", "Asleep"): ("Asleep()", "return dout * self.mask", "return dout", "dx"),
    ("unusual_layers", "Passing"): ("a layer: forward", "dvalues.copy()", "dvalues * 2", "dx"),
    ("unusual_layers", "Reshaping"): (
        "(128, 1)",
        "np.reshape(output_gradient, self.input_shape)",
        "np.reshape(output_gradient[::-1], self.input_shape)",
        "dx",
    ),
    ("unusual_layers", "SquarePool"): ("SquarePool(2, 2)", "dx[window] += (part", "dx[window] = 2 * (part", "dx"),
    ("unusual_layers", "Step"): ("Wh(8, 8)", "h_prev.T @ d, d.sum", "h.T @ d, d.sum", "dparams[1]"),
    ("unusual_layers", "Flagged"): ("Flagged(0.5)", "return self.mask * dout", "return dout", "dx"),
    ("unusual_layers", "scores_loss"): ("a loss that returns", "(q - y) / len(x)", "(q + y) / len(x)", "dx"),
    ("unusual_layers", "ScoresAndTruth"): ("with labels", "(self.p - self.Y)", "(self.p + self.Y)", "dx"),
    ("in_one_method", "Parity"): ("train alone, scores in output", "* (1 - h) * h", "* h", "V"),
    ("in_one_method", "Studying"): (
        "_study alone, scores in self.output_layer",
        "back[i] * h * (1 - h) * in_data[j]",
        "back[i] * h * in_data[j]",
        "synapse0",
    ),
    ("in_one_method", "WithError"): (
        "backprop alone, scores in a_list",
        "delta * a_list[i] * (1 - a_list[i])",
        "delta * a_list[i]",
        "w[0]",
    ),
    ("settings", "Configured"): ("output_size=1", "(1 - self.hid**2)", "(1 - self.hid)", "w1"),
    ("settings", "Keyed"): ("'narrow'", "self.x.T @ grad", "(self.x**2).T @ grad", "W"),
    ("settings", "Ranged"): ("(-0.5, 0.5)", "return inner @ self.weights.T", "return grad @ self.weights.T", "dx"),
    ("settings", "AtOnce"): (
        "the update of the parameters",
        "output_error.sum(axis=0, keepdims=True)",
        "output_error.mean(axis=0, keepdims=True)",
        "bias",
    ),
    ("settings", "Sized"): ("Sized(4)", "grad * np.cos(", "grad * np.sin(", "dw"),
    ("data_of_their_own", "InColumns"): (
        "samples in columns",
        '(1 - cache["A1"] ** 2)',
        '(1 - cache["A1"])',
        "W1",
    ),
    ("data_of_their_own", "OfTheScript"): (
        "feedForward and backpropagation",
        "below = self.hidden * (1 - self.hidden)",
        "below = self.hidden",
        "w1",
    ),
    ("beside_its_class", None): ("forward and backprop", "* (1 - a1**2)", "* (1 - a1)", "W1"),
    ("lists_by_name", None): ("functions: ", "(1 - H[k] ** 2)", "(1 - H[k])", "W"),
    ("told_their_labels", "Layered"): (
        "its own CrossEntropy",
        "reversed(self.layers)",
        "reversed(self.layers[1:])",
        "W",
    ),
    ("told_their_labels", "CrossEntropy"): (
        "set_target, fprop and bprop",
        "-1 / self.P[np",
        "-self.P[np",
        "dx",
    ),
    ("told_their_labels", "Weighed"): (
        "set_labels, forward and backward",
        "return grad_output * d",
        "return grad_output * d**2",
        "dx",
    ),
    ("gives_its_loss", "Lossy"): ("loss: its own forward", "(1 - self.h**2)", "(1 - self.h)", "one.W"),
    ("gives_its_loss", "Stepped"): (
        "forward_prop and backward_prop",
        "* (1 - self.cache[i - 1])",
        "* (1 - self.cache[i - 1] ** 2)",
        "gradient()",
    ),
    ("offers", "Full"): (
        "a layer",
        "self.activation(self.z, slope=True)",
        "self.activation(self.y, slope=True)",
        "derivative-at-wrong-point",
    ),
    ("offers", "Named"): ("a layer", "lambda y: y * (1 - y)", "lambda y: y * (1 - y**2)", "dW"),
    ("offers", "MeanSquare"): ("a loss", "2 * self.off / len", "2 * self.off**2 / len", "dx"),
    ("handed_by_compile", "Ladder"): (
        "train_on_batch alone, scores in y_pred",
        "in reversed(self.rungs)",
        "in self.rungs[:0:-1]",
        "rungs[0].K",
    ),
    ("handed_by_compile", "Rung"): (
        "the update of the parameters",
        "self.opt(self.K, self.X.T @ G)",
        "self.opt(self.K, self.X.T @ G**2)",
        "dK",
    ),
    ("between_boxes", "Product"): (
        "between objects with val and slope",
        "upper.slope.sum(axis=0)",
        "upper.slope.mean(axis=0)",
        "own[1].val",
    ),
    ("between_boxes", "Softplus"): ("a layer", "(1 + np.exp(-lower", "(1 + np.exp(-upper", "dx"),
    ("between_boxes", "SquaredLoss"): ("a loss", "self.off / len", "abs(self.off) / len", "dx"),
    ("between_boxes", "BoxNet"): ("its own forward", "in (2, 1, 0)", "in (2, 1)", "layers[0].own[0].val"),
    ("built_for_sequences", "Windows"): ("samples in rows", "steps] += up @", "steps] = up @", "dx"),
    ("built_for_sequences", "Folded"): ("a layer", "(1 - np.tanh(self.Z) ** 2)", "(1 - np.tanh(self.Z))", "dW"),
    ("one_name_twice", None): ("forward and backward", "(1 - after[i] ** 2)", "(1 - after[i])", "weights"),
}


@pytest.mark.parametrize(("file", "name"), CASES)
def test_it_is_understood_and_right(file, name):
    words, *_ = CASES[file, name]
    reports = judged(f"{WHOLE / file}.py" + (f"::{name}" if name else ""))
    assert [report["findings"] for report in reports if not report["ok"]] == []
    assert any(words in report["understood"] or words in report["subject"] for report in reports)
    assert all(report["verdicts"] for report in reports)


@pytest.mark.parametrize(("file", "name"), CASES)
def test_gone_wrong_it_is_found_out(file, name, tmp_path):
    _, right, wrong, quantity = CASES[file, name]
    shutil.copytree(WHOLE, tmp_path / "whole")
    path = tmp_path / "whole" / f"{file}.py"
    source = path.read_text(encoding="utf-8")
    assert source.count(right) == 1
    path.write_text(source.replace(right, wrong), encoding="utf-8")
    reports = judged(f"{path}" + (f"::{name}" if name else ""))
    faults = [finding for report in reports for finding in report["findings"] if finding["kind"] != "note"]
    assert faults
    assert quantity in str(faults)
