# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The peak classifier over whole profiles: what PeakNet would be without an autoencoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqforge.architectures.base import InputSpec
from seqforge.architectures.peak_classifier import PeakClassifier
from seqforge.architectures.peak_models import PeakModel
from seqforge.architectures.sized import seeded
from seqforge.registry import register


@register("architectures", "PeakOnlyClassifier")
@dataclass(frozen=True, kw_only=True)
class PeakOnlyClassifier(PeakModel):
    """Every peak's logits from its window and marker alone (part `peak_classifier`), put to its place."""

    def torch(self, spec: InputSpec) -> Any:
        from seqforge.architectures.torch.peaknet import PeakOnlyClassifier as Module

        full = self.sized(spec)
        with seeded(spec.seed):
            classifier = self.built("peak_classifier", PeakClassifier(num_classes=full.num_classes), spec)
            return Module(classifier, **full.settings(), freeze_peak_classifier=self.is_frozen("peak_classifier"))
