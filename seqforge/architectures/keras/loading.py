# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`.keras` files as models: written with what SeqForge knows about them, and read only if they hold no foreign code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import keras

from seqforge import files
from seqforge.architectures.keras.naming import named
from seqforge.architectures.keras_zip import NOTE, contents, heads, refuse_code
from seqforge.errors import BackendError, first_line
from seqforge.layers import register_keras


def save(model: Any, path: Path, facts: Mapping[str, Any] | None = None) -> None:
    """The model, not compiled, as a `.keras` file that appears when it is complete; `facts` go into its note."""
    known = getattr(model, "heads", ())
    window = {"window": [model.input_shape[1], model.outputs[0].shape[1]]} if known else {}
    note = {"heads": [asdict(head) for head in known], **window, **(facts or {})}
    with files.new_file(path) as temporary:
        keras.saving.save_model(model, temporary)
        with ZipFile(temporary, "a") as archive:
            archive.writestr(NOTE, json.dumps(note, indent=1))


def load(path: str | Path) -> Any:
    """The model of a `.keras` file, not compiled, with its `weight_names`, and its `heads` if it knows them.

    Raises BackendError for a file that Keras cannot read, and before anything in it is built for layers that are
    neither Keras' nor SeqForge's and for Lambda layers.
    """
    config, note = contents(Path(path))
    known = heads(note, path)
    refuse_code(config, path)
    register_keras()
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever a damaged file leads to
        raise BackendError(f"{path}: Keras cannot read this model: {first_line(error)}") from error
    model.heads = known
    return named(model)
