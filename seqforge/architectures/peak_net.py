# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""PeakNet: peaks classified by their window and by the latent of their whole profile (thesis, TU Delft 2026).

Combiners: one network over both, feature-wise modulation (FiLM, Perez 2018, arXiv:1709.07871), or attention of the peak
over the positions of the latent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from seqforge.architectures.base import InputSpec
from seqforge.architectures.electropherograms import Autoencoder, Found, Sentence
from seqforge.architectures.peak_classifier import Counts, PeakClassifier
from seqforge.architectures.peak_models import PeakModel
from seqforge.architectures.per_dye_conv1d_autoencoder import PerDyeConv1dAutoencoder
from seqforge.architectures.sized import seeded
from seqforge.parameters import Count, OneOf, Switch, setting
from seqforge.registry import register

if TYPE_CHECKING:
    from seqforge.losses.base import Loss

COMBINERS = ("mlp", "film", "attention")
ENCODINGS = ("shared", "none", "sinusoidal", "learned")
OF_ATTENTION = {"embed_dim": 32, "num_heads": 4, "positional_encoding": "shared"}


@register("architectures", "PeakNet", "CombinedClassifier")
@dataclass(frozen=True, kw_only=True)
class PeakNet(PeakModel):
    """Every peak's logits from its window, its marker and the latent of its whole profile, put to its place.

    Parts: `autoencoder`, whose decoder is not used, and `peak_classifier`, whose head is not used.
    """

    parts: ClassVar[tuple[str, ...]] = ("autoencoder", "peak_classifier")

    autoencoder_out_shape: Counts | None = setting(None, "shape of the latent, to be compared with the part's")
    peak_classifier_out_features: Count | None = setting(None, "features of a peak, to be compared with the part's")
    hidden_dims: Counts = setting((256, 128), "units of the hidden layers behind the combination")
    freeze_autoencoder: Switch | None = setting(None, "keep the autoencoder's weights; None: as its part says")
    combiner: Annotated[str, OneOf(*COMBINERS)] = setting("mlp", "how window and profile are combined")
    embed_dim: Count = setting(32, "width of the attention")
    num_heads: Count = setting(4, "heads of the attention; they share embed_dim")
    positional_encoding: Annotated[str, OneOf(*ENCODINGS)] = setting(
        "shared", "what tells attention of positions; shared and none: nothing does"
    )

    def is_frozen(self, name: str) -> bool:
        own = self.freeze_autoencoder if name == "autoencoder" else None
        return super().is_frozen(name) if own is None else own

    @property
    def autoencoder(self) -> Autoencoder:
        """The autoencoder's settings."""
        known = self.part_architecture("autoencoder")
        return known if isinstance(known, Autoencoder) else PerDyeConv1dAutoencoder()

    def problems(self) -> list[Sentence]:
        found = super().problems()
        if self.embed_dim % self.num_heads:
            rule = f"expected a divisor of embed_dim {self.embed_dim}, received {self.num_heads}"
            found.append(("num_heads", f"num_heads: {rule}"))
        return found

    def _unfit(self, spec: InputSpec) -> Iterator[Found]:
        yield from super()._unfit(spec)
        yield from self._unfit_autoencoder(spec)
        for name, usual in OF_ATTENTION.items() if self.combiner != "attention" else ():
            if getattr(self, name) != usual:
                message = f"{name}: only the combiner attention reads it, not {self.combiner}"
                yield "SF0404", message, f"leave {name} out", "warning"

    def _unfit_autoencoder(self, spec: InputSpec) -> Iterator[Found]:
        known = self.part_architecture("autoencoder")
        if known is not None and not isinstance(known, Autoencoder):
            yield "SF0565", f"part 'autoencoder': expected an autoencoder, received {known.name}", "", "error"
            return
        full = self.autoencoder.sized(self.part_spec("autoencoder", spec))
        pairs = (("dyes", full.dyes, spec.channels), ("scan points", full.scan_points, spec.length))
        for noun, own, wanted in pairs:
            if own and wanted and own != wanted:
                yield (
                    "SF0565",
                    f"part 'autoencoder': expected {wanted} {noun}, as the profiles have, received {own}",
                    "",
                    "error",
                )
        for _, sentence in full.problems() if known is None else ():
            yield (
                "SF0565",
                f"part 'autoencoder': with its defaults, {sentence}",
                "name an autoencoder that fits",
                "error",
            )
        yield from self._contradictions(full)

    def _contradictions(self, autoencoder: Autoencoder) -> Iterator[Found]:
        stated = self.autoencoder_out_shape
        if stated is not None and not autoencoder.problems() and stated != autoencoder.latent:
            message = f"autoencoder_out_shape: expected {autoencoder.latent}, the part's, received {stated}"
            yield "SF0565", message, "leave autoencoder_out_shape out", "error"

    def summary(self, spec: InputSpec) -> str:
        return self.autoencoder.latent_summary(self.part_spec("autoencoder", spec))

    def unused_parameters(self, loss: Loss) -> tuple[str, ...]:
        decoders = (f"autoencoder.{pattern}" for pattern in self.autoencoder.decoder_names)
        return *decoders, "peak_classifier.head.*"

    def torch(self, spec: InputSpec) -> Any:
        from seqforge.architectures.torch.peaknet import PeakNet as Module

        full = self.sized(spec)
        settings = full.settings() | {"freeze_autoencoder": self.is_frozen("autoencoder")}
        with seeded(spec.seed):
            autoencoder = self.built("autoencoder", PerDyeConv1dAutoencoder(), spec)
            classifier = self.built("peak_classifier", PeakClassifier(num_classes=full.num_classes), spec)
            frozen = self.is_frozen("peak_classifier")
            return Module(autoencoder, classifier, **settings, freeze_peak_classifier=frozen)
