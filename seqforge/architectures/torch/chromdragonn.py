# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ChromDragoNN as an nn.Module, with 1-d convolutions along the sequence."""

from __future__ import annotations

from torch import Tensor, nn

from seqforge.architectures.chromdragonn import STAGES
from seqforge.architectures.stages import positions_left


class ChromDragoNN(nn.Module):
    """One-hot DNA (n, `in_channels`, `input_length`) → logits (n, `num_classes`); 8,274,146 parameters as by default.

    Nair et al. 2019, doi 10.1093/bioinformatics/btz352: the sequence-only first stage, in the form for 1,000 bp and one
    label of 50 per sequence. The published modules hold the same weights as 2-d kernels (k, 1) and read (n, length, 4).
    """

    def __init__(self, num_classes: int = 50, input_length: int = 1000, in_channels: int = 4):
        super().__init__()
        left = positions_left("ChromDragoNN", input_length, STAGES)
        self.stem = nn.Sequential(*unit(in_channels, 48, 3), nn.ReLU(), *unit(48, 64, 3), nn.ReLU())
        self.blocks1 = nn.Sequential(Residual(64, 3, 3), Residual(64, 3, 3))
        self.widen2 = nn.Sequential(*unit(64, 128, 3), nn.ReLU())
        self.blocks2 = nn.Sequential(Residual(128, 7, 7), Residual(128, 7, 7))
        self.pool2 = nn.MaxPool1d(STAGES[0].pool)
        self.widen3 = nn.Sequential(*unit(128, 200, 1, padding=STAGES[1].padding), nn.ReLU())
        self.blocks3 = nn.Sequential(Residual(200, 7, 3, 3), Residual(200, 7, 3, 3))
        self.pool3 = nn.MaxPool1d(STAGES[1].pool)
        self.blocks4 = nn.Sequential(Residual(200, 7, 7), Residual(200, 7, 7))
        self.last = nn.Sequential(*unit(200, 200, STAGES[2].kernel, padding=STAGES[2].padding), nn.ReLU())
        self.pool4 = nn.MaxPool1d(STAGES[2].pool)
        self.fc1 = _hidden(200 * left)
        self.fc2 = _hidden(1000)
        self.fc3 = nn.Linear(1000, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool2(self.blocks2(self.widen2(self.blocks1(self.stem(x)))))
        x = self.pool3(self.blocks3(self.widen3(x)))
        x = self.pool4(self.last(self.blocks4(x)))
        return self.fc3(self.fc2(self.fc1(x.flatten(start_dim=1))))


class Residual(nn.Module):
    """Convolutions of the given kernels at constant width and length, each normalised, around a shortcut."""

    def __init__(self, channels: int, *kernels: int):
        super().__init__()
        layers: list[nn.Module] = []
        for kernel in kernels:
            layers += [*unit(channels, channels, kernel), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return (self.layers(x) + x).relu()


def unit(inputs: int, outputs: int, kernel: int, padding: int | None = None) -> tuple[nn.Module, nn.Module]:
    """A convolution and its batch normalisation; the padding keeps the length unless it is given."""
    return nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2 if padding is None else padding), nn.BatchNorm1d(
        outputs
    )


def _hidden(inputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, 1000), nn.BatchNorm1d(1000), nn.ReLU(), nn.Dropout(0.3))
