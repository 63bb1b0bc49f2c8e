# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The state of a Keras learner as safetensors and JSON; no pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.errors import RunError

ARRAYS, STATE = "learner.safetensors", "learner.json"


def write(folder: Path, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> None:
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: np.asarray(array, order="C") for name, array in arrays.items()}, folder / ARRAYS)
    (folder / STATE).write_text(json.dumps(state, indent=1, sort_keys=True) + "\n")


def read(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and state; raises RunError for a folder that does not hold them."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(folder / ARRAYS)), json.loads((folder / STATE).read_text())
    except (OSError, ValueError, SafetensorError) as error:
        raise RunError(f"{folder}: no readable state of a Keras learner ({error})") from None
