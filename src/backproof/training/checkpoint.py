"""A run in one file: parameters, optimizer, history and the facts that are needed to go on.

The format is safetensors, which holds arrays and text and can run nothing. The tensors are named
`parameters/W1`, `optimizer/learning_rate`, `history/loss`; the facts are JSON in the header. A SHA-256 over both
tells a file that was damaged later.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from backproof.errors import BackproofError
from backproof.files import write_whole
from backproof.protocols import Array

_FORMAT = "backproof checkpoint 1"


class CheckpointError(BackproofError):
    """A checkpoint that is missing, damaged, foreign, or of another run; the file is left as it is."""


@dataclass(frozen=True)
class Checkpoint:
    """What a run needs to go on as if it had never stopped. `facts` is JSON-ready."""

    parameters: dict[str, Array]
    optimizer: dict[str, Array]
    history: dict[str, Array]
    facts: dict[str, Any]

    def save(self, path: str | Path) -> None:
        """Write the file whole or not at all. Raises OSError; CheckpointError for an array it cannot hold."""
        groups = {"parameters": self.parameters, "optimizer": self.optimizer, "history": self.history}
        tensors = {f"{group}/{name}": array for group, arrays in groups.items() for name, array in arrays.items()}
        facts = json.dumps(self.facts)
        metadata = {"format": _FORMAT, "facts": facts, "sha256": _digest(tensors, facts)}
        try:
            data = save({name: np.asarray(array, order="C") for name, array in tensors.items()}, metadata)
        except (SafetensorError, KeyError) as error:
            kinds = sorted({str(array.dtype) for array in tensors.values()})
            raise CheckpointError(
                f"cannot keep arrays of these types in a checkpoint: {', '.join(kinds)}"
            ) from error
        write_whole(Path(path), data)

    @classmethod
    def load(cls, path: str | Path) -> Checkpoint:
        """Read what `save` wrote. Raises CheckpointError for anything else, OSError if it cannot be read."""
        path = Path(path)
        if not path.is_file():
            raise CheckpointError(f"no checkpoint at {path}: nothing to resume from")
        refusal = f"{path} is not a checkpoint of Backproof"
        try:
            with safe_open(path, framework="np") as file:
                metadata = file.metadata() or {}
                written_as = metadata.get("format", "")
                if not written_as.startswith("backproof checkpoint "):
                    raise CheckpointError(f"{refusal}, though it is a safetensors file: name another one")
                if written_as != _FORMAT:
                    raise CheckpointError(f"{path} has format {written_as!r}, this version reads {_FORMAT!r}")
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            facts = metadata.get("facts", "")
            if _digest(tensors, facts) != metadata.get("sha256"):
                raise CheckpointError(
                    f"{path} is damaged: its content does not match its checksum; restore it from a copy, "
                    "or start the run again"
                )
        except SafetensorError as error:
            raise CheckpointError(f"{refusal}, or is damaged: {error}") from error
        groups: dict[str, dict[str, Array]] = {"parameters": {}, "optimizer": {}, "history": {}}
        for full_name, array in tensors.items():
            group, _, name = full_name.partition("/")
            groups[group][name] = array
        return cls(**groups, facts=json.loads(facts))


def save_parameters(path: str | Path, parameters: dict[str, Array], facts: dict[str, str]) -> None:
    """Write the parameters alone, under their own names, as other programs read them. Raises OSError."""
    write_whole(Path(path), save({k: np.asarray(a, order="C") for k, a in parameters.items()}, facts))


def _digest(tensors: dict[str, Array], facts: str) -> str:
    digest = hashlib.sha256(facts.encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
