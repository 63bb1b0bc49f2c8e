# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The layers of `<sequential>`, one per file; `register_keras` makes SeqForge's own Keras layers known to Keras."""

from __future__ import annotations

from importlib import import_module

# the modules whose classes stand in saved models under the package name "seqforge"
KERAS_MODULES = ("seqforge.architectures.keras.blocks", "seqforge.architectures.keras.profile_layers")


def register_keras() -> None:
    """Let `keras.saving.load_model` find SeqForge's layers. Imports Keras, which importing seqforge does not."""
    import_module("seqforge.backends.importing").start_keras()
    for module in KERAS_MODULES:
        import_module(module)
    from seqforge.layers.average_pooling1d import same_average_pooling

    same_average_pooling()
