# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""PeakNet and the peak classifier over whole profiles as nn.Modules."""

from __future__ import annotations

from contextlib import nullcontext
from math import log, prod
from typing import Any

import torch
from torch import Tensor, nn

from seqforge.architectures import peak_net, peak_only_classifier
from seqforge.architectures.electropherograms import checked
from seqforge.architectures.peak_models import PeakModel
from seqforge.architectures.torch.autoencoders import Autoencoder
from seqforge.architectures.torch.peak_classifier import PeakClassifier
from seqforge.architectures.torch.peak_places import Places, places, scattered
from seqforge.architectures.torch.signal_forms import as_profiles
from seqforge.errors import WrongInput

WAVE = 10000.0  # the longest wave of a sinusoidal encoding, in multiples of 2π positions


class Peaks(nn.Module):
    """Profiles (n, dye, scan) and their peaks → logits (n, class, dye, scan), of each peak at its centre.

    Peaks of all profiles stand one after the other, in the order of profiles: `peak_windows` (P, channel, width),
    `marker_idxs` (P,), `peak_centers` (P, 2) with dye and scan point, `peak_counts` (n,) peaks of every profile.
    """

    def __init__(self, settings: PeakModel):
        super().__init__()
        self.settings = settings
        self.num_classes = settings.num_classes

    def forward(
        self,
        full_image: Tensor,
        peak_windows: Tensor,
        marker_idxs: Tensor | None,
        peak_centers: Tensor,
        peak_counts: Tensor,
    ) -> Tensor:
        profiles, found = self._places(full_image, peak_windows, peak_centers, peak_counts)
        logits = self._logits(profiles, peak_windows, marker_idxs, found)
        default, background = self.settings.default_class, self.settings.background_logit
        return scattered(logits, found, tuple(profiles.shape), default, background)

    def peak_logits(
        self,
        full_image: Tensor,
        peak_windows: Tensor,
        marker_idxs: Tensor | None,
        peak_centers: Tensor,
        peak_counts: Tensor,
    ) -> Tensor:
        """(P, class), before they are put to their places."""
        profiles, found = self._places(full_image, peak_windows, peak_centers, peak_counts)
        return self._logits(profiles, peak_windows, marker_idxs, found)

    def _places(self, full_image: Tensor, windows: Tensor, centres: Tensor, counts: Tensor) -> tuple[Tensor, Places]:
        profiles, _ = as_profiles(full_image, self.settings.name)
        return profiles, places(centres, counts, len(windows), tuple(profiles.shape), self.settings.name)

    def _logits(self, profiles: Tensor, windows: Tensor, markers: Tensor | None, found: Places) -> Tensor:
        """(P, class)."""
        raise NotImplementedError

    def frozen_parts(self) -> list[nn.Module]:
        return []

    def train(self, mode: bool = True) -> Any:
        """Frozen parts stay as in evaluation, whatever the mode: their running statistics do not move."""
        super().train(mode)
        for part in self.frozen_parts():
            part.eval()
        return self


class PeakOnlyClassifier(Peaks):
    """The logits of the classifier's own head; `full_image` only says the shape."""

    def __init__(
        self,
        peak_classifier: PeakClassifier,
        num_classes: int = 2,
        default_class: int = 0,
        background_logit: float = 8.0,
        freeze_peak_classifier: bool = False,
    ):
        super().__init__(
            checked(
                peak_only_classifier.PeakOnlyClassifier,
                num_classes=num_classes,
                default_class=default_class,
                background_logit=background_logit,
            )
        )
        if peak_classifier.num_classes != num_classes:
            rule = f"expected {peak_classifier.num_classes}, as the peak classifier has, received {num_classes}"
            raise WrongInput(f"PeakOnlyClassifier.num_classes: {rule}")
        self.peak_classifier, self.freeze_peak_classifier = peak_classifier, freeze_peak_classifier
        _freeze(self)

    def frozen_parts(self) -> list[nn.Module]:
        return [self.peak_classifier] if self.freeze_peak_classifier else []

    def _logits(self, profiles: Tensor, windows: Tensor, markers: Tensor | None, found: Places) -> Tensor:
        logits: Tensor = self.peak_classifier(windows, markers)
        return logits


class CombinedClassifier(Peaks):
    """PeakNet: the logits of every peak from its window, its marker and the latent of its profile.

    Not used, and kept for the weights' sake: the head of the peak classifier and the decoder of the autoencoder.
    """

    def __init__(
        self,
        autoencoder: Autoencoder,
        peak_classifier: PeakClassifier,
        autoencoder_out_shape: tuple[int, ...] | None = None,
        peak_classifier_out_features: int | None = None,
        hidden_dims: tuple[int, ...] = (256, 128),
        num_classes: int = 2,
        default_class: int = 0,
        freeze_autoencoder: bool = True,
        combiner: str = "mlp",
        background_logit: float = 8.0,
        embed_dim: int = 32,
        num_heads: int = 4,
        positional_encoding: str = "shared",
        freeze_peak_classifier: bool = False,
    ):
        settings: peak_net.PeakNet = checked(
            peak_net.PeakNet,
            autoencoder_out_shape=autoencoder_out_shape,
            peak_classifier_out_features=peak_classifier_out_features,
            hidden_dims=hidden_dims,
            num_classes=num_classes,
            default_class=default_class,
            freeze_autoencoder=freeze_autoencoder,
            combiner=combiner,
            background_logit=background_logit,
            embed_dim=embed_dim,
            num_heads=num_heads,
            positional_encoding=positional_encoding,
        )
        super().__init__(settings)
        _agree("autoencoder_out_shape", settings.autoencoder_out_shape, tuple(autoencoder.encoded_shape))
        _agree("peak_classifier_out_features", peak_classifier_out_features, peak_classifier.backbone_out_features)
        self.autoencoder, self.peak_classifier = autoencoder, peak_classifier
        self.freeze_autoencoder, self.freeze_peak_classifier = freeze_autoencoder, freeze_peak_classifier
        self.combiner = COMBINERS[settings.combiner](settings, autoencoder, peak_classifier.backbone_out_features)
        _freeze(self)

    def frozen_parts(self) -> list[nn.Module]:
        frozen = {self.autoencoder: self.freeze_autoencoder, self.peak_classifier: self.freeze_peak_classifier}
        return [part for part, is_so in frozen.items() if is_so]

    def _logits(self, profiles: Tensor, windows: Tensor, markers: Tensor | None, found: Places) -> Tensor:
        with torch.no_grad() if self.freeze_autoencoder else nullcontext():
            z = self.autoencoder.encode(profiles)
        local = self.peak_classifier.backbone(windows, markers)
        latent = self.autoencoder.latent_map(z) if self.combiner.reads_map else z.flatten(1)
        logits: Tensor = self.combiner(latent, local, found, profiles.shape[2])
        return logits


PeakNet = CombinedClassifier


def _agree(name: str, stated: Any, own: Any) -> None:
    if stated not in (None, own):
        raise WrongInput(f"PeakNet.{name}: expected {own}, as the part has, received {stated}; leave it out")


def _freeze(model: Peaks) -> None:
    for part in model.frozen_parts():
        part.requires_grad_(False)
    model.train(model.training)


def _stack(inputs: int, settings: peak_net.PeakNet) -> nn.Sequential:
    """Linear layers with ReLU between them: inputs → hidden_dims → classes."""
    modules: list[nn.Module] = []
    for units in settings.hidden_dims:
        modules += [nn.Linear(inputs, units), nn.ReLU()]
        inputs = units
    return nn.Sequential(*modules, nn.Linear(inputs, settings.num_classes or 2))


class MLP(nn.Module):
    """One network over the flattened latent of the peak's profile and the peak's own features."""

    reads_map = False

    def __init__(self, settings: peak_net.PeakNet, autoencoder: Autoencoder, local: int):
        super().__init__()
        self.stack = _stack(prod(autoencoder.encoded_shape) + local, settings)

    def forward(self, latent: Tensor, local: Tensor, found: Places, length: int) -> Tensor:
        logits: Tensor = self.stack(torch.cat([latent[found.profile].to(local.dtype), local], dim=1))
        return logits


class FiLM(nn.Module):
    """The latent scales and shifts the peak's features; generated once per profile."""

    reads_map = False

    def __init__(self, settings: peak_net.PeakNet, autoencoder: Autoencoder, local: int):
        super().__init__()
        self.generator = nn.Linear(prod(autoencoder.encoded_shape), 2 * local)
        nn.init.normal_(self.generator.weight, std=0.02)
        with torch.no_grad():
            self.generator.bias[:local].fill_(1)  # gamma
            self.generator.bias[local:].zero_()  # beta
        self.stack = _stack(local, settings)

    def forward(self, latent: Tensor, local: Tensor, found: Places, length: int) -> Tensor:
        gamma, beta = self.generator(latent)[found.profile].chunk(2, dim=1)
        logits: Tensor = self.stack((gamma * local + beta).relu())
        return logits


class Attention(nn.Module):
    """The peak asks the positions of its profile's latent.

    Keys and values are made once per profile; the peaks of a profile stand side by side as its queries, padded to the
    number of the profile that has most.
    """

    reads_map = True

    def __init__(self, settings: peak_net.PeakNet, autoencoder: Autoencoder, local: int):
        super().__init__()
        channels, positions = autoencoder.map_shape
        width, self.encoding = settings.embed_dim, settings.positional_encoding
        shape = {"shared": (width,), "learned": (width, positions)}.get(self.encoding)
        self.positional = None if shape is None else nn.Parameter(torch.randn(shape))
        self.global_projection = nn.Conv1d(channels, width, 1)
        self.local_projection = nn.Linear(local, width)
        self.attention = nn.MultiheadAttention(width, settings.num_heads, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.stack = _stack(local + width, settings)

    def forward(self, latent: Tensor, local: Tensor, found: Places, length: int) -> Tensor:
        keys, queries = self.global_projection(latent).transpose(1, 2), self.local_projection(local)
        wide = torch.promote_types(queries.dtype, torch.float32)
        keys = self._with_positions(keys, torch.arange(keys.shape[1], device=keys.device, dtype=wide))
        if self.encoding in ("sinusoidal", "learned"):
            coordinates = found.position.to(wide) * (latent.shape[2] / length)
            queries = queries + self._encoded(coordinates).to(queries.dtype)
        attended = self.norm(self._attended(queries, keys.to(queries.dtype), found))
        logits: Tensor = self.stack(torch.cat([local, attended.to(local.dtype)], dim=1))
        return logits

    def _with_positions(self, keys: Tensor, coordinates: Tensor) -> Tensor:
        """(n, position, width) and what tells the positions."""
        if self.encoding == "none":
            return keys
        if self.encoding == "shared":
            return keys + self.positional
        return keys + self._encoded(coordinates).to(keys.dtype)

    def _encoded(self, coordinates: Tensor) -> Tensor:
        """The encodings (m, width) of these coordinates (m,) on the axis of latent positions."""
        if self.positional is None:
            return sinusoids(coordinates, self.norm.normalized_shape[0])
        return interpolated(self.positional, coordinates)

    def _attended(self, queries: Tensor, keys: Tensor, found: Places) -> Tensor:
        """(P, width) from queries (P, width) and keys (n, position, width) of their profiles."""
        padded = queries.new_zeros((len(keys), max(found.most, 1), queries.shape[1]))
        padded = padded.index_put((found.profile, found.rank), queries)
        attended, _ = self.attention(padded, keys, keys, need_weights=False)
        return attended[found.profile, found.rank]


COMBINERS: dict[str, Any] = {"mlp": MLP, "film": FiLM, "attention": Attention}


def sinusoids(coordinates: Tensor, width: int) -> Tensor:
    """(m, width): sin(p / 10000^(2i / width)) at 2i, cos of the same at 2i + 1, for coordinates p (m,)."""
    even = torch.arange(0, width, 2, device=coordinates.device, dtype=coordinates.dtype)
    angles = coordinates[:, None] * torch.exp(even * (-log(WAVE) / width))
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :width]


def interpolated(table: Tensor, coordinates: Tensor) -> Tensor:
    """(m, width) from a table (width, position), linear between positions and constant beyond the last one."""
    last = table.shape[1] - 1
    coordinates = coordinates.clamp(0, last)
    lower = coordinates.long().clamp(max=max(last - 1, 0))
    share = (coordinates - lower)[None]
    mixed = table[:, lower] * (1 - share) + table[:, (lower + 1).clamp(max=last)] * share
    return mixed.T
