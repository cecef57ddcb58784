"""What a parameter of somebody's function is for, by its name: input, labels, scores, upstream gradient, rate."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from backproof.subjects.argument_roles import words_of
from backproof.subjects.own_source import text_of
from backproof.subjects.signatures import parameters

_ROLES: dict[str, set[str]] = {
    "x": {
        "x", "inputs", "input", "xtrain", "xbatch", "data", "features", "batchx", "inputdata", "sample", "a0",
        "image", "images", "img", "inputvector", "inputslist", "inputlist", "xi", "samples", "batch", "inputarray",
        "traininginputs", "traininginput",
        "indata", "inputactivations", "inputvalues", "examples", "trainx", "traindata", "xtr", "datainput",
        "feature", "xb",
    },
    "t": {
        "y", "t", "target", "targets", "label", "labels", "ytrue", "ytrain", "expected", "truth", "answers",
        "desired", "trainingoutputs", "trainingoutput", "targetslist", "targetlist", "expectedoutput",
        "desiredoutput", "batchy", "ybatch",
        "yi", "groundtruth",
        "onehoty", "answer", "expectedoutputs", "yreal", "teacher", "trainy", "actual", "ground", "correct", "gt",
        "yactual", "yt", "ytr", "outputexpected", "targetoutput", "true", "targetvector", "yonehot", "classes",
        "desiredoutputs", "expectedvalues", "targetvalues", "targetoutputs", "truelabels", "onehot",
        "onehotlabels", "outdata", "yb", "digit", "digits", "cls", "category", "goal",
        "captions", "caption", "correctanswers", "correctanswer", "correctlabels", "correctoutputs",
    },
    "y": {
        "output", "outputs", "yhat", "ypred", "pred", "preds", "prediction", "predictions", "o", "al", "probs",
        "prob", "proba",
        "predicted", "out", "res", "netoutput", "finaloutput", "finaloutputs", "outputpredict", "scores", "a2",
        "a3",        "al2", "predictedoutput", "activation", "probabilities", "outputlayer", "result", "h",
        "logits", "p", "yp",
        "predy", "hypothesis", "hyp", "htheta", "outputlist", "guess", "guesses", "predictedoutputs",
        "outputactivations", "finalactivation", "score",
    },
    "rate": {
        "lr", "learningrate", "eta", "alpha", "rate", "stepsize", "learnrate", "lrate", "step", "a",
    },
    "optimizer": {"optimizer", "optimiser", "optim", "opt", "optimizerfn", "optimizerfunc"},
    "count": {"m", "n", "batchsize", "numsamples", "nsamples", "numexamples", "size", "bs", "nexamples"},
    "upstream": {
        "grad", "dout", "error", "delta", "lossgrad", "da", "dl", "doutput", "gradoutput", "dvalues", "gradient",
        "outputerror", "outputgradient", "lossgradient", "d", "dy", "dldy", "gradients", "grads", "dal", "dz",
        "upstream", "errors", "outputerrors", "doutputs", "g", "outputgrad", "accumgrad", "outgrad", "topgrad",
        "loss", "dloss", "upgrad", "nextgrad", "lossderivative", "eloss", "dlda", "err", "dldout", "dvalue",
        "outputdelta", "deltas", "e", "upstreamgrad", "gradout", "gradfromnext", "dnext", "dprev", "top", "dh",
    },
    "once": {"epochs", "epoch", "iterations", "niter", "iters", "nepochs", "epochnum",
        "epochno", "iteration", "numiterations", "numepochs", "iter", "epocas", "epoques", "epochen", "epoche"},
    "cache": {"cache", "caches", "memory", "forwardcache", "activations", "store", "stored", "tape"},
    "zero": {
        "lambd", "lambda", "reg", "l2", "decay", "weightdecay", "momentum", "regularization", "lmbda", "regparam",
        "beta", "mu", "lam", "lamda", "l1", "regrate", "mom",
    },
    "training": {"istraining", "istrain", "trainflg", "trainflag", "trainmode", "mode"},
}  # fmt: skip


# Names of losses.
LOSS = re.compile(
    r"loss|cost|cross_?entropy|(^|_)mse($|_)|objective|(^|_)bce($|_)|(^|_)nll($|_)|squared_error", re.I
)

# How much the squares of the weights weigh in the loss.
SHRINKING = re.compile(
    r"(l2_?)?lam(b?d?a?)_?(reg\w*|l2)?|lmbda|lam|reg(?!ress)\w*|l2\w*|weight_?decay|decay", re.IGNORECASE
)

# Where the whole name says nothing, one of its words may, in the languages that people write in. Earlier ones win.
_WORDS: tuple[tuple[str, set[str]], ...] = (
    ("once", {"iterations", "iteration", "epochs", "epoch", "iters"}),
    ("rate", {"taxa", "tasa", "taux", "lernrate", "aprendizado", "aprendizaje", "aprendizagem", "apprentissage"}),
    (
        "t",
        {
            "verdadeiro", "verdadeiros", "verdadera", "verdadero", "vrai", "vraie", "vrais", "esperado",
            "esperada", "esperados", "esperadas", "deseada", "deseado", "desejada", "desejado", "alvo", "alvos",
            "objetivo",
            "cible", "cibles", "attendu", "attendue", "rotulo", "rotulos", "etiqueta", "etiquetas", "reel", "ziel",
            "soll", "target", "targets", "label", "labels", "expected", "desired", "truth", "true", "theorique",
        },
    ),
    ("upstream", {"grad", "gradient", "gradiente", "erro", "erreur", "fehler", "error", "delta", "dout"}),
    ("y", {"previsto", "predito", "predicho", "previsao", "predicted", "pred", "saida", "salida", "sortie"}),
    ("x", {"entrada", "entradas", "entree", "entrees", "eingabe", "dados", "datos", "donnees", "donnee"}),
)  # fmt: skip


# A flag that says whether this is training: one of these words, alone or with some of those that go with it.
_TRAINING = {
    "train", "training", "treino", "treinando", "treinamento", "entrenamiento", "entrenando",
    "entrainement", "allenamento", "addestramento", "trening", "uczenie", "egitim",
    "trainieren", "hakseup", "hunlian", "gakushu", "gakushuu", "obuchenie",
}  # fmt: skip
_OF_A_FLAG = {
    "is", "in", "on", "flg", "flag", "mode", "phase", "state", "for", "now", "e", "es", "en", "em", "est", "ist",
    "modo", "modalita", "modus", "tryb", "fase", "im", "w", "bool",
}  # fmt: skip

_OF_A_SET = {"train", "training", "set", "batch", "all", "current"}  # train_set_x is x


_LAST = re.compile(r"[ay](final|last|out|end)|(final|last|out)(a|activation)")  # A_final


def key(name: str) -> str:
    """A name without underscores and capitals, so that y_hat, yHat and Y_hat are one."""
    return name.replace("_", "").lower()


@functools.lru_cache(4096)
def role(name: str) -> str:
    """x, t, y, rate, optimizer, count, upstream, once, cache, zero, training; "" where the name does not say."""
    plain = key(name)
    if name == "A":
        return "x"
    found = next((what for what, names in _ROLES.items() if plain in names), "")
    if not found:
        words = words_of(name)
        rest = "".join(words - _OF_A_SET)
        found = next((w for w in ("x", "t", "count") if rest in _ROLES[w] and words & _OF_A_SET), "")
        if not found and words & _TRAINING and words <= _TRAINING | _OF_A_FLAG:
            return "training"
        found = found or next((what for what, known in _WORDS if words & known), "")
    if not found and (_LAST.fullmatch(plain) or SHRINKING.fullmatch(name)):
        return "y" if _LAST.fullmatch(plain) else "zero"
    return found or ("training" if re.match(r"(save|store|keep|remember|record|retain)_?\w+$", name) else "")


def with_keywords(function: Callable[..., Any], values: Mapping[str, Any]) -> Callable[..., Any]:
    """The function, given what its code takes from `**kwargs`: `kwargs["learning_rate"]`. values: by role."""
    try:
        given = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return function
    into = next((p.name for p in given if p.kind is p.VAR_KEYWORD), None)
    if into is None:
        return function
    names = re.findall(rf"\b{into}\[\s*['\"](\w+)['\"]\s*\]", text_of(function))
    known = {name: values[role(name)] for name in names if role(name) in values}

    @functools.wraps(function)
    def given_them(*arguments: Any) -> Any:
        return function(*arguments, **known)

    return given_them if known else function


def roles_of(function: Callable[..., Any]) -> dict[str, str]:
    """The role of each parameter: where there are scores and labels, a bare `y` is whichever is still missing."""
    found = {name: role(name) for name in parameters(function)}
    taken = list(found.values())
    if "y" in found and taken.count("t") > 1 and "y" not in taken:
        found["y"] = "y"  # loss(y, t): the book's order
    return found


def fill(
    function: Callable[..., Any],
    values: Mapping[str, Any],
    named: Mapping[str, Any] | None = None,
    roles: Mapping[str, str] | None = None,
) -> list[Any] | None:
    """Arguments for every required parameter, and for optional ones that are x, t or y; None where one is unknown.

    values: by role. named: by the parameter's own name, which goes first.
    """
    roles = roles if roles is not None else roles_of(function)
    named = named or {}
    arguments: list[Any] = []
    for name, needed in parameters(function).items():
        what = roles.get(name, "")
        if name in named:
            arguments.append(named[name])
        elif what in values and (needed or what in ("x", "t", "y", "zero", "rate", "training", "once")):
            arguments.append(values[what])
        elif needed:
            return None
        else:
            break
    return arguments
