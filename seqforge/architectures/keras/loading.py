# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`.keras` files as models: written with what SeqForge knows about them, and read only if they hold no foreign code.

Beside what Keras writes (config.json, metadata.json, model.weights.h5) a file of SeqForge holds `seqforge.json`: the
heads of the model, and which part of which run it is. Keras does not look at it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import keras

from seqforge import files
from seqforge.architectures.keras.naming import named
from seqforge.errors import BackendError
from seqforge.heads import Head
from seqforge.layers import register_keras

NOTE = "seqforge.json"
PLAIN = ("layers", "models", "initializers", "regularizers", "constraints", "activations", "dtype_policies", "random")
WAY_OUT = "give files that hold standard layers only, such as those of the residual and the bias model"


def save(model: Any, path: Path, facts: Mapping[str, Any] | None = None) -> None:
    """The model, not compiled, as a `.keras` file that appears when it is complete; `facts` go into its note."""
    heads = [asdict(head) for head in getattr(model, "heads", ())]
    with files.new_file(path) as temporary:
        keras.saving.save_model(model, temporary)
        with ZipFile(temporary, "a") as archive:
            archive.writestr(NOTE, json.dumps({"heads": heads, **(facts or {})}, indent=1))


def load(path: str | Path) -> Any:
    """The model of a `.keras` file, not compiled, with its `weight_names`, and its `heads` if it knows them.

    Raises BackendError for a file that Keras cannot read, and before anything in it is built for layers that are
    neither Keras' nor SeqForge's and for Lambda layers.
    """
    config, note = contents(Path(path))
    register_keras()
    refuse_code(config, str(path))
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever a damaged file leads to
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BackendError(f"{path}: Keras cannot read this model: {first}") from error
    model.heads = _heads(note, path)
    return named(model)


def _heads(note: Mapping[str, Any], path: str | Path) -> tuple[Head, ...]:
    try:
        return tuple(Head(**{**values, "tasks": tuple(values["tasks"])}) for values in note.get("heads") or ())
    except (TypeError, ValueError, KeyError) as error:
        raise BackendError(f"{path}: {NOTE} in it is damaged ({error})") from None


def contents(path: Path) -> tuple[Any, dict[str, Any]]:
    """The configuration of the model, and SeqForge's note; raises BackendError."""
    try:
        with ZipFile(path) as archive:
            note = json.loads(archive.read(NOTE)) if NOTE in archive.namelist() else {}
            return json.loads(archive.read("config.json")), note
    except FileNotFoundError:
        raise BackendError(f"{path}: no such file; expected a .keras file") from None
    except (OSError, BadZipFile, KeyError, ValueError, RecursionError) as error:
        raise BackendError(f"{path}: is no .keras file ({error})") from None


def refuse_code(config: Any, path: str) -> None:
    """Raise BackendError for the first class that is not Keras' or SeqForge's, and for code in Lambda layers."""
    inner = {key: value for key, value in config.items() if key != "compile_config"} if isinstance(config, dict) else ()
    for module, name, registered in classes(inner):
        if name == "Lambda":
            raise BackendError(f"{path}: holds a Lambda layer, which is code; {WAY_OUT}")
        if not _known(module, registered):
            owner = f" of '{module}'" if module else ""
            raise BackendError(f"{path}: the class '{name}'{owner} is neither Keras' nor SeqForge's; {WAY_OUT}")


def _known(module: str | None, registered: str | None) -> bool:
    """Whether a class is Keras' own, in a module of plain parts, or SeqForge's. Keras imports what a file names."""
    if module is None:
        return registered is None
    package, *rest = [part for part in module.split(".") if part != "src"]
    if package == "seqforge":
        return (registered or "").startswith("seqforge>")
    return package == "keras" and (not rest or rest[0] in PLAIN)


def classes(config: Any) -> Iterator[tuple[str | None, str, str | None]]:
    """(module, class, registered name) of every object in a configuration."""
    if isinstance(config, Mapping):
        if "class_name" in config and "config" in config:
            yield config.get("module"), str(config["class_name"]), config.get("registered_name")
        for value in config.values():
            yield from classes(value)
    elif isinstance(config, Sequence) and not isinstance(config, str):
        for value in config:
            yield from classes(value)
