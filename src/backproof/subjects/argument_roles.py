"""What a constructor's parameter is for, by the words in its name; and how large the check makes it."""

from __future__ import annotations

import ast
import functools
import re
import unicodedata
from typing import Any

from backproof.subjects.own_source import tree_of

# Never 3, 5, 6 or 10, the numbers of samples that a check uses, so that no wrong axis fits by chance.
INPUT, HIDDEN, SECOND_HIDDEN, OUTPUT = 7, 8, 9, 4
CHANNELS, FILTERS, KERNEL = 2, 8, 3

# Names of parameters, by their words. Earlier entries win.
_LIST = {
    "sizes",
    "dims",
    "layers",
    "list",
    "structure",
    "architecture",
    "topology",
    "shape",
    "nodes",
    "dimensions",
}
_IN = {
    "in", "input", "inputs", "features", "fan", "nin", "prev", "d", "dim", "x",
    "entree", "entrees", "entrada", "entradas", "eingabe", "ingresso", "wejscie", "giris",
}  # fmt: skip
_HIDDEN = {"hidden", "hid", "middle", "mid", "h", "hiddens", "cachee", "oculta", "ocultas", "oculto", "versteckt"}
_OUT = {
    "out", "output", "outputs", "classes", "class", "labels", "units", "neurons", "nodes", "nout", "k", "m",
    "sortie", "sorties", "salida", "salidas", "saida", "saidas", "ausgabe", "uscita", "wyjscie", "cikis",
    "neurones", "neuronas", "neuronios",
}  # fmt: skip
_FUNCTION = {"fn", "func", "function", "initializer", "initialiser"}
SLOPE = {"prime", "derivative", "deriv", "grad", "gradient", "d", "der"}
COUNT = {"num", "n", "nb", "number", "count"}


@functools.lru_cache(4096)
def words_of(name: str) -> frozenset[str]:
    """The words in an identifier: `n_hiddenUnits2` → {n, hidden, units}."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or name  # entrée: entree
    return frozenset(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", plain).lower().replace("_", " ")))


@functools.lru_cache(4096)
def role(name: str) -> str:
    """What a constructor's parameter is for, by its name; "" where it does not say."""
    words = words_of(name)
    tests: list[tuple[str, bool]] = [
        ("initialiser", bool(words & {"init", "initializer", "initialiser"}) and bool(words & _FUNCTION)),
        ("weight std", bool(words & {"std", "scale", "sigma", "init"})),
        ("rate", bool(words & {"lr", "rate", "eta"}) and not words & {"dropout", "drop", "keep"}),
        ("ratio", bool(words & {"ratio", "dropout", "drop", "keep", "prob", "p"})),
        ("decay", bool(words & {"decay", "lambda", "lambd", "reg", "l"}) and not words & {"layer", "layers"}),
        ("momentum", "momentum" in words),
        ("epsilon", bool(words & {"eps", "epsilon"})),
        ("activation", bool(words & {"activation", "activations", "act", "nonlinearity"})),
        ("seed", bool(words & {"seed", "rng"}) or words == {"random", "state"}),
        ("stride", bool(words & {"stride", "strides"})),
        ("pad", bool(words & {"pad", "padding"})),
        ("pool", "pool" in words),
        ("conv param", bool(words & {"conv", "convolution"}) and bool(words & {"param", "params"})),
        (
            "filter size",
            bool(words & {"filter", "kernel"}) and bool(words & {"size", "h", "w", "height", "width"}),
        ),
        ("filters", bool(words & {"filter", "filters", "fn"}) or ("channels" in words and bool(words & _OUT))),
        ("kernel", bool(words & {"kernel"})),
        ("channels", bool(words & {"channels", "channel", "c"})),
        ("gamma", "gamma" in words),
        ("beta", "beta" in words),
        ("hidden list", bool(words & _HIDDEN) and bool(words & (_LIST - {"nodes"} | {"units"}))),
        ("bias", bool(words & {"b", "bias", "biases"})),
        ("input", bool(words & {"weights", "weight"}) and bool(words & COUNT)),  # num_weights_per_neuron
        ("weight", bool(words & {"w", "weight", "weights", "wx", "wh"})),
        ("image", bool(words & {"image", "img"}) or words == {"input", "shape"}),
        ("hidden", bool(words & _HIDDEN)),
        ("input", bool(words & _IN) and not words & {"out", "output"}),
        ("hidden", "state" in words and bool(words & {"dim", "dims", "size", "n", "units"})),
        ("output", bool(words & {"nodes", "dims"}) and bool(words & {"out", "output", "outputs"})),
        ("sizes", bool(words & _LIST)),
        ("output", bool(words & _OUT)),
        ("width", words <= {"size", "n", "num", "width", "length"}),
    ]
    return next((name for name, holds in tests if holds), "")


def unpacked(subject: Any, method: str | None = None) -> dict[str, int]:
    """How many axes the code takes arrays to have: `FN, C, FH, FW = self.W.shape` → {"W": 4}.

    Of all methods of a class (or of one), or of a function; {} where there is no source.
    """
    counts: dict[str, int] = {}
    for node in ast.walk(tree_of(subject if method is None else getattr(subject, method, None))):
        match node:
            case ast.Assign([ast.Tuple(elts)], ast.Attribute(array, "shape")):
                name = array.attr if isinstance(array, ast.Attribute) else getattr(array, "id", "")
                counts[name] = len(elts)
    return counts
