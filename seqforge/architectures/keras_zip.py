# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What a `.keras` file says without Keras: its configuration, the classes in it, and SeqForge's note.

Beside what Keras writes (config.json, metadata.json, model.weights.h5) a file of SeqForge holds `seqforge.json`: the
heads and lengths of the model, and which part of which run it is. Keras does not look at it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from seqforge.errors import BackendError
from seqforge.heads import Head

NOTE = "seqforge.json"
# modules of Keras whose classes are parts of models; others (utils, losses …) have no business in a file
PLAIN = ("layers", "models", "initializers", "regularizers", "constraints", "activations", "dtype_policies", "random")
WAY_OUT = "give files that hold standard layers only, such as those of the residual and the bias model"


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


def heads(note: Mapping[str, Any], path: str | Path) -> tuple[Head, ...]:
    """The heads that the note tells, none in files of other tools; raises BackendError for a damaged note."""
    try:
        return tuple(Head(**{**values, "tasks": tuple(values["tasks"])}) for values in note.get("heads") or ())
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BackendError(f"{path}: {NOTE} in it is damaged ({error})") from None


def window(note: Mapping[str, Any]) -> tuple[int, int] | None:
    """The lengths of input and output, in bases, if the note tells them."""
    found = note.get("window")
    return (int(found[0]), int(found[1])) if isinstance(found, list) and len(found) == 2 else None


def refuse_code(config: Any, path: str | Path) -> None:
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
