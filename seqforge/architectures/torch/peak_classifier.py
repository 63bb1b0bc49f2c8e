# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The peak classifier as an nn.Module: windows and markers of peaks → logits."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqforge.architectures.electropherograms import checked
from seqforge.architectures.peak_classifier import HEAD
from seqforge.architectures.peak_classifier import PeakClassifier as Settings
from seqforge.errors import WrongInput

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}


class Norm(nn.BatchNorm1d):
    """Batch normalisation that takes a batch of no peaks, too, and learns nothing from it."""

    def forward(self, x: Tensor) -> Tensor:
        if len(x):
            return super().forward(x)
        return nn.functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
        )


class AttentionPool(nn.Module):
    """(n, channel, position) → (n, channel): the mean with weights softmax(w · x + b) over positions."""

    def __init__(self, channels: int):
        super().__init__()
        self.score = nn.Linear(channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.score(x.transpose(1, 2)).softmax(dim=1)
        return (x @ weights).squeeze(2)


class Mean(nn.Module):
    """(n, channel, position) → (n, channel)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=2)


class PeakClassifier(nn.Module):
    """Windows (P, channel, width) and markers (P,) or (P, 1) → logits (P, class); no peaks are as good as many.

    `backbone(windows, markers)` → features (P, backbone_out_features), which `head` turns into logits.
    """

    def __init__(
        self,
        num_classes: int = 2,
        width: int = 120,
        n_markers: int = 28,
        embedding_dim: int = 8,
        use_embedding: bool | None = None,
        include_max_pool_dyes: bool = False,
        hidden_channels: tuple[int, ...] = (32, 64),
        kernel_size: int = 3,
        pooling: str = "flat",
        activation: str = "relu",
        use_batchnorm: bool = False,
        bn_momentum: float = 0.1,
        conv_dropout_p: float = 0.0,
        head_dropout_p: float = 0.0,
        downsample: str = "maxpool",
    ):
        super().__init__()
        self.settings: Settings = checked(
            Settings,
            num_classes=num_classes,
            width=width,
            n_markers=n_markers,
            embedding_dim=embedding_dim,
            use_embedding=use_embedding,
            include_max_pool_dyes=include_max_pool_dyes,
            hidden_channels=hidden_channels,
            kernel_size=kernel_size,
            pooling=pooling,
            activation=activation,
            use_batchnorm=use_batchnorm,
            bn_momentum=bn_momentum,
            conv_dropout_p=conv_dropout_p,
            head_dropout_p=head_dropout_p,
            downsample=downsample,
        )
        self.num_classes = num_classes
        self.blocks, positions = _blocks(self.settings)
        self.pool, pooled = _pool(self.settings, positions)
        self.embedding = nn.Embedding(n_markers, embedding_dim) if self.settings.embedded else None
        self.backbone_out_features = pooled + (embedding_dim if self.settings.embedded else 0)
        self.head = nn.Sequential(
            nn.Linear(self.backbone_out_features, HEAD),
            nn.ReLU(),
            *_dropout(head_dropout_p),
            nn.Linear(HEAD, num_classes),
        )

    def forward(self, windows: Tensor, markers: Tensor | None = None) -> Tensor:
        logits: Tensor = self.head(self.backbone(windows, markers))
        return logits

    def backbone(self, windows: Tensor, markers: Tensor | None = None) -> Tensor:
        """(P, feature): what the pooled windows say, then the marker's embedding."""
        self._check_windows(windows)
        rows = self._rows(len(windows), markers)
        features: Tensor = self.pool(self.blocks(windows))
        if self.embedding is None or rows is None:
            return features
        return torch.cat([features, self.embedding(rows).to(features.dtype)], dim=1)

    def _check_windows(self, windows: Tensor) -> None:
        channels, width = self.settings.window_channels, self.settings.width
        if windows.ndim == 3 and tuple(windows.shape[1:]) == (channels, width):
            return
        said = f"width={width} and include_max_pool_dyes={self.settings.include_max_pool_dyes}"
        expected = f"(peak, {channels}, {width}) for {said}"
        raise WrongInput(f"PeakClassifier: expected windows {expected}, received {tuple(windows.shape)}")

    def _rows(self, count: int, markers: Tensor | None) -> Tensor | None:
        """The rows of the embedding (P,); None without one."""
        if self.embedding is None:
            return None
        if markers is None:
            way_out = "give the marker of every peak, or set embedding_dim to 0"
            raise WrongInput(f"PeakClassifier: expected markers for embedding_dim > 0, received none; {way_out}")
        if tuple(markers.shape) not in ((count,), (count, 1)):
            shapes = f"({count},) or ({count}, 1) for {count} windows"
            raise WrongInput(f"PeakClassifier: expected markers {shapes}, received {tuple(markers.shape)}")
        rows = markers.reshape(count).long()
        self._check_range(rows)
        return rows

    def _check_range(self, rows: Tensor) -> None:
        if rows.is_meta or not len(rows):
            return
        low, high = torch.stack(rows.aminmax()).tolist()
        last = self.settings.n_markers - 1
        if low < 0 or high > last:
            rule = f"expected markers 0..{last} for n_markers={last + 1}, received {low} to {high}"
            raise WrongInput(f"PeakClassifier: {rule}")


def _blocks(sizes: Settings) -> tuple[nn.Sequential, int]:
    """The blocks, and how many positions they leave."""
    blocks, inputs, positions = [], sizes.window_channels, sizes.width
    for outputs in sizes.hidden_channels:
        blocks.append(_block(sizes, inputs, outputs))
        inputs, positions = outputs, positions // 2 if sizes.downsample == "maxpool" else (positions + 1) // 2
    return nn.Sequential(*blocks), positions


def _block(sizes: Settings, inputs: int, outputs: int) -> nn.Sequential:
    """(n, inputs, position) → (n, outputs, position / 2)."""
    pool = nn.MaxPool1d(2) if sizes.downsample == "maxpool" else nn.Conv1d(outputs, outputs, 3, stride=2, padding=1)
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, sizes.kernel_size, padding=sizes.kernel_size // 2),
        *([Norm(outputs, momentum=sizes.bn_momentum)] if sizes.use_batchnorm else []),
        ACTIVATIONS[sizes.activation](),
        *_dropout(sizes.conv_dropout_p),
        pool,
    )


def _dropout(share: float) -> list[nn.Module]:
    return [nn.Dropout(share)] if share else []


def _pool(sizes: Settings, positions: int) -> tuple[nn.Module, int]:
    """What makes features of (n, channel, position), and how many."""
    channels = sizes.hidden_channels[-1]
    if sizes.pooling == "flat":
        return nn.Flatten(), channels * positions
    return (Mean() if sizes.pooling == "avg" else AttentionPool(channels)), channels
