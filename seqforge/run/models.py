# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The trained Keras model of a run, whole or a part of it: a combined model's residual, its bias, the solo inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seqforge.architectures.parts import misfits
from seqforge.errors import RunError, UsageError, did_you_mean
from seqforge.registry import KERAS

if TYPE_CHECKING:
    from seqforge.run.record import Run

# what each architecture of the BPNet family can be taken apart into, the whole first
PARTS = {
    "BPNet": ("solo",),
    "BPNetTransformation": ("transformation", "solo"),
    "BPNetCombined": ("combined", "residual", "bias", "solo"),
}


def model(run: Run, part: str | None = None) -> Any:
    """The keras.Model of `part` (None: the whole) with the weights of the best epoch, not compiled.

    It says the names of its weights (`weight_names`), and its `heads`. Raises UsageError for a part that the model does
    not have, RunError for a run of another library or without weights.
    """
    experiment = run.experiment
    if experiment.library != KERAS:
        raise RunError(f"{run.path}: the run is on {experiment.library}; only runs on Keras have Keras models")
    name = part_of(experiment.architecture.name, part)
    arrays = run.weights()
    from seqforge.backends.importing import prefer_keras, start_keras

    prefer_keras(run.keras_backend)
    start_keras()
    whole = experiment.architecture.keras(experiment.spec(run.manifest["data"]["length"]))
    _assign(whole, arrays, str(run.path))
    return inside(whole, name)


def part_of(architecture: str, part: str | None) -> str:
    """The name of the part ("" for the whole); raises UsageError that lists those there are."""
    parts = PARTS.get(architecture, ())
    if part is None:
        return ""
    if part not in parts:
        way_out = did_you_mean(part, parts) if parts else "leave the part out for the whole model"
        raise UsageError(f"a model of {architecture or 'this kind'} has no part '{part}'; {way_out}")
    return "" if part == parts[0] else part


def _assign(model: Any, arrays: dict[str, Any], origin: str) -> None:
    """Put the weights of a run into its model; RunError lists those missing, surplus or of another shape."""
    from seqforge.backends.keras_models import named_weights

    weights = {weight.name: weight for weight in named_weights(model)}
    own = {name: array for name, array in arrays.items() if name in weights or not name.startswith("loss.")}
    wrong = misfits({name: weight.shape for name, weight in weights.items()}, own)
    if wrong:
        raise RunError(f"{origin}: the weights do not fit the model: {', '.join(sorted(wrong))}")
    for name, weight in weights.items():
        weight.assign(arrays[name])


def inside(whole: Any, part: str) -> Any:
    """The part of a model that was built whole; it shares its weights."""
    if not part:
        return whole
    from seqforge.architectures.keras.bpnet import solo_of
    from seqforge.architectures.keras.naming import named

    if part == "solo":
        nested = [layer.name for layer in whole.layers]
        return named(solo_of(whole.get_layer("bias") if "bias" in nested else whole))
    return whole.get_layer(part)
