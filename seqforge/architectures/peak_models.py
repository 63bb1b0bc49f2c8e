# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What the models that classify peaks within whole profiles share: what they read and put out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.architectures.electropherograms import DYES, SCAN_POINTS, EPGArchitecture, Found, Sentence, no_profiles
from seqforge.architectures.parts import RunPart
from seqforge.architectures.peak_classifier import PeakClassifier
from seqforge.arrays import np
from seqforge.parameters import Count, Natural, Real, setting

if TYPE_CHECKING:
    from seqforge.architectures.parts import PartModel

PEAKS = (1, 2)  # peaks per profile in a shape proof


@dataclass(frozen=True, kw_only=True)
class PeakModel(EPGArchitecture):
    """Logits of every peak at its centre; every other scan point has the constant logits of the default class."""

    task_names: ClassVar[tuple[str, ...]] = ("segmentation",)
    of_data: ClassVar[Mapping[str, str]] = {"num_classes": "outputs"}
    parts: ClassVar[tuple[str, ...]] = ("peak_classifier",)
    parts_optional: ClassVar[bool] = True
    parts_trainable: ClassVar[bool] = True

    num_classes: Count | None = setting(None, "classes; None: one per label")
    default_class: Natural = setting(0, "the class of scan points without a peak")
    background_logit: Real = setting(8.0, "logit of the default class where there is no peak; all others are 0")

    @property
    def reads(self) -> tuple[str, ...]:  # type: ignore[override]
        """Without an embedding nothing is fed in the place of markers."""
        return "profiles", "windows", "markers" if self.needs_markers else "", "centres", "counts"

    @property
    def output_kind(self) -> str | None:
        return "logits"

    def part(self, name: str) -> PartModel | None:
        """The sub-model given for `name`; None: it is built with its defaults."""
        return self.given.get(name)

    def part_architecture(self, name: str) -> Architecture | None:
        """What the part is, where that is known."""
        return getattr(self.part(name), "architecture", None)

    def part_spec(self, name: str, spec: InputSpec) -> InputSpec:
        """What the part is built for, where the whole model is built for `spec`."""
        part = self.part(name)
        return part.within(spec).spec if isinstance(part, RunPart) else spec

    def is_frozen(self, name: str) -> bool:
        """Whether the part's weights stay as they are."""
        return self.frozen.get(name, False)

    @property
    def classifier(self) -> PeakClassifier:
        """The peak classifier's settings."""
        known = self.part_architecture("peak_classifier")
        return known if isinstance(known, PeakClassifier) else PeakClassifier()

    @property
    def needs_markers(self) -> bool:
        return self.classifier.needs_markers

    @property
    def n_markers(self) -> int:
        return self.classifier.n_markers

    @property
    def window_channels(self) -> int:
        return self.classifier.window_channels

    @property
    def window_width(self) -> int:
        return self.classifier.window_width

    def problems(self) -> list[Sentence]:
        if self.num_classes is None or self.default_class < self.num_classes:
            return []
        rule = f"expected 0..{self.num_classes - 1} for {self.num_classes} classes, received {self.default_class}"
        return [("default_class", f"default_class: {rule}")]

    def _reason(self, name: str) -> str:
        return "one class for each label"

    def _unfit(self, spec: InputSpec) -> Iterator[Found]:
        yield from super()._unfit(spec)
        for name, part in self.given.items():
            if self.part_architecture(name) is None:
                message = f"part '{name}': expected a run or a definition, received {part.origin}"
                yield "SF0565", message, "", "error"
        yield from self._unfit_classifier(spec)
        for name in self.parts:
            if self.is_frozen(name) and name not in self.given:
                message = f"freeze_{name}: the part '{name}' is frozen, but not trained: it stays as it was drawn"
                yield "SF0432", message, f'add <part name="{name}" run="…"/>, or let it train along', "warning"

    def _unfit_classifier(self, spec: InputSpec) -> Iterator[Found]:
        known = self.part_architecture("peak_classifier")
        if known is None:
            return
        if not isinstance(known, PeakClassifier):
            message = f"part 'peak_classifier': expected a PeakClassifier, received {known.name}"
            yield "SF0565", message, "", "error"
            return
        own = known.num_classes or getattr(getattr(self.part("peak_classifier"), "spec", None), "outputs", None)
        wanted = self.sized(spec).num_classes
        if own and own != wanted:
            message = f"part 'peak_classifier': expected {wanted} classes, one for each label, received {own}"
            yield "SF0565", message, "", "error"

    def output_shape(self, spec: InputSpec) -> tuple[int, ...]:
        return self.sized(spec).num_classes or 2, spec.channels or DYES, spec.length or SCAN_POINTS

    def example(self, spec: InputSpec) -> dict[str, np.ndarray]:
        """Two profiles without signal, with one and two peaks."""
        profiles, count = no_profiles(spec), sum(PEAKS)
        centres = np.array([[0, 0], [0, 0], [0, 1]], "int64")
        counts = np.array(PEAKS, "int64")
        return {"profiles": profiles, **self.classifier.no_peaks(count), "centres": centres, "counts": counts}

    def built(self, name: str, default: Architecture, spec: InputSpec) -> Any:
        """The part's nn.Module, with the weights that it was given; without a part the default's."""
        part = self.part(name)
        return default.torch(spec) if part is None else part.within(spec).torch()  # type: ignore[attr-defined]
