# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The solo model in Keras in a process of its own: given.npz (input and weights) in a folder → found.npz (outputs)."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
from bpnet_cases import HEADS, SIZES

from seqforge.architectures.bpnet import LengthWarning, solo_model

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    warnings.simplefilter("ignore", LengthWarning)
    model = solo_model(*SIZES, HEADS)
    with np.load(folder / "given.npz") as given:
        for name, variable in zip(model.weight_names, model.weights, strict=True):
            variable.assign(given[name.replace("/", "|")])
        found = model.predict(given["x"], verbose=0)
    np.savez(folder / "found.npz", *found)
