# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Basset as an nn.Module."""

from __future__ import annotations

from torch import Tensor, nn

from seqforge.architectures.basset import STAGES
from seqforge.architectures.stages import Stage, positions_left

CHANNELS = (300, 200, 200)


class Basset(nn.Module):
    """One-hot DNA (n, `in_channels`, `input_length`) → logits (n, `num_classes`); 5,616,950 parameters as by default.

    Kelley et al. 2016, doi 10.1101/gr.200535.115, in the form for 1,000 bp and one label of 50 per sequence.
    """

    def __init__(self, num_classes: int = 50, input_length: int = 1000, in_channels: int = 4):
        super().__init__()
        left = positions_left("Basset", input_length, STAGES)
        self.layer1 = convolution(in_channels, CHANNELS[0], STAGES[0])
        self.layer2 = convolution(CHANNELS[0], CHANNELS[1], STAGES[1])
        self.layer3 = convolution(CHANNELS[1], CHANNELS[2], STAGES[2])
        self.fc1 = nn.Linear(CHANNELS[2] * left, 1000)
        self.fc2 = nn.Linear(1000, 1000)
        self.fc3 = nn.Linear(1000, num_classes)
        self.dropout = nn.Dropout(0.3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer3(self.layer2(self.layer1(x))).flatten(start_dim=1)
        x = self.dropout(self.fc1(x).relu())
        x = self.dropout(self.fc2(x).relu())
        return self.fc3(x)


def convolution(inputs: int, outputs: int, stage: Stage) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, stage.kernel), nn.BatchNorm1d(outputs), nn.ReLU(), nn.MaxPool1d(stage.pool)
    )
