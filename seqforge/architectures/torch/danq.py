# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""DanQ as an nn.Module."""

from __future__ import annotations

from torch import Tensor, nn

from seqforge.architectures.danq import STAGES
from seqforge.architectures.stages import positions_left


class DanQ(nn.Module):
    """One-hot DNA (n, `in_channels`, `input_length`) → logits (n, `num_classes`); 48,587,065 parameters as by default.

    Quang & Xie 2016, doi 10.1093/nar/gkw226, in the form for 1,000 bp and one label of 50 per sequence.
    """

    def __init__(self, num_classes: int = 50, input_length: int = 1000, in_channels: int = 4):
        super().__init__()
        left = positions_left("DanQ", input_length, STAGES)
        stage = STAGES[0]
        self.conv = nn.Conv1d(in_channels, 320, stage.kernel)
        self.pool = nn.Sequential(nn.ReLU(), nn.MaxPool1d(stage.pool), nn.Dropout(0.2))
        self.lstm = nn.LSTM(320, 320, num_layers=2, dropout=0.5, bidirectional=True, batch_first=True)
        self.fc1 = nn.Linear(640 * left, 925)
        self.fc2 = nn.Linear(925, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        positions, _ = self.lstm(self.pool(self.conv(x)).transpose(1, 2))  # (n, position, 640)
        return self.fc2(self.fc1(positions.flatten(start_dim=1)).relu())
