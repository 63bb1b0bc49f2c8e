# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What the models see, beside the truth: one region of the test set, and the footprints of the motifs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from truth import Predicted, Regions, letters, shares, wanted_footprint

from seqforge.definitions.profile_data import Motif
from seqforge.evaluation.figures import canvas, tidy

STRANDS = ("plus", "minus")
OBSERVED, TRUE, FREE, UNCORRECTED = "#9aa7b0", "#222222", "#1f6f8b", "#d1495b"


def region(path: Path, peaks: Regions, row: int, free: Predicted, uncorrected: Predicted) -> None:
    """Shares of the reads of region `row`, a strand a column: observed, the truth without bias, and of two models."""
    lines = {
        "observed reads": (peaks.reads[row], OBSERVED),
        "true signal, without bias": (peaks.signal[row], TRUE),
        "residual model": (shares(free.logits[[row]])[0], FREE),
        "without bias correction": (shares(uncorrected.logits[[row]])[0], UNCORRECTED),
    }
    figure, axes = canvas(11, 8, columns=2, rows=len(lines))
    for own, (title, (values, color)) in zip(axes, lines.items(), strict=True):
        part = np.asarray(values, dtype=np.float64) / np.sum(values)
        for strand, name in enumerate(STRANDS):
            own[strand].fill_between(np.arange(len(part)), part[:, strand], color=color, linewidth=0)
            own[strand].set_ylim(0, part.max() * 1.05)
            tidy(own[strand], "", "share of reads", f"{title}, {name} strand")
    for last in axes[-1]:
        last.set_xlabel("position in the output window")
    _save(figure, path)


def footprints(path: Path, motifs: tuple[Motif, ...], models: dict[str, dict[str, Predicted]]) -> None:
    """Per motif: K, and the mean predicted profile of random sequences with it, its lowest value taken off."""
    figure, axes = canvas(11, 3.4 * len(motifs), columns=2, rows=len(motifs))
    for own, motif in zip(np.atleast_2d(axes), motifs, strict=True):
        means = {name: shares(found[f"with {motif.name}"].logits).mean(axis=0) for name, found in models.items()}
        wanted = wanted_footprint(motif, len(next(iter(means.values()))))
        drawn = [("truth", wanted, TRUE)]
        drawn += zip(means, means.values(), (FREE, UNCORRECTED), strict=True)
        for name, values, color in drawn:
            _footprint(own, values, name, color)
        for strand, name in enumerate(STRANDS):
            tidy(own[strand], "bases from the motif's centre", "share of reads", f"{motif.name}, {name} strand")
            half = len(letters(motif)) // 2
            own[strand].axvspan(-half, half, color="#eef2f4", zorder=0)
        own[0].legend(frameon=False, fontsize=8)
    _save(figure, path)


def _footprint(axes: Any, values: np.ndarray, name: str, color: str) -> None:
    """Above the median, which is background, and as shares of what is there."""
    above = np.maximum(values - np.median(values), 0)
    offsets = np.arange(len(values)) - len(values) // 2
    for strand in range(len(STRANDS)):
        axes[strand].plot(offsets, above[:, strand] / above.sum(), color=color, label=name, linewidth=1.3)


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=110, metadata={"Software": None})
