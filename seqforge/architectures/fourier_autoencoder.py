# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The lowest Fourier coefficients of every dye as latent: a compression without parameters to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from seqforge.architectures.electropherograms import Autoencoder, Sentence
from seqforge.parameters import Count, OneOf, setting
from seqforge.registry import register


@register("architectures", "FourierAutoencoder")
@dataclass(frozen=True, kw_only=True)
class FourierAutoencoder(Autoencoder):
    """Real FFT over the scan axis, cut to its lowest coefficients. It has nothing to train."""

    of_data: ClassVar[Mapping[str, str]] = {"in_channels": "channels", "signal_length": "length"}
    length_name: ClassVar[str] = "signal_length"
    trainable: ClassVar[bool] = False

    in_channels: Count | None = setting(None, "dyes; None: as the data", "num_dyes")
    signal_length: Count | None = setting(None, "scan points of a profile; None: as the data", "input_length")
    latent_coeffs: Count = setting(256, "coefficients kept per dye, at most L // 2 + 1")
    norm: Annotated[str, OneOf("backward", "ortho", "forward")] = setting("backward", "how the transform is scaled")

    def problems(self) -> list[Sentence]:
        most = (self.signal_length or 2 * self.latent_coeffs) // 2 + 1
        if self.latent_coeffs <= most:
            return []
        rule = f"expected 1 to signal_length // 2 + 1 = {most}, received {self.latent_coeffs}"
        return [("latent_coeffs", f"latent_coeffs: {rule}")]

    @property
    def latent(self) -> tuple[int, ...]:
        return self.dyes or 0, self.latent_coeffs, 2

    def _smaller(self) -> str:
        return "choose fewer latent_coeffs"

    def module(self) -> Any:
        from seqforge.architectures.torch.autoencoders import FourierAutoencoder as Module

        return Module(**self.settings())
