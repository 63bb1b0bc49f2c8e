# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""DeepSEA as an nn.Module."""

from __future__ import annotations

from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from seqforge.architectures.deepsea import LEGACY_STAGES, STAGES
from seqforge.architectures.stages import Stage, positions_left

CHANNELS = (320, 480, 960)
DROPOUTS = (0.2, 0.2, 0.5)


class DeepSEA(nn.Module):
    """One-hot DNA (n, `in_channels`, `input_length`) → logits (n, `num_classes`); 52,038,425 parameters as by default.

    Zhou & Troyanskaya 2015, doi 10.1038/nmeth.3547, in the form for 1,000 bp and one label of 50 per sequence.
    With `gradient_checkpointing` the convolutions are computed again for the backward pass instead of kept.
    """

    def __init__(self, num_classes: int = 50, input_length: int = 1000, in_channels: int = 4, legacy: bool = False):
        super().__init__()
        stages = LEGACY_STAGES if legacy else STAGES
        left = positions_left("DeepSEA", input_length, stages)
        channels = (in_channels, *CHANNELS)
        self.gradient_checkpointing = False
        self.layer1, self.layer2, self.layer3 = (
            _convolution(channels[number], channels[number + 1], stages[number], DROPOUTS[number])
            for number in range(3)
        )
        self.fc1 = nn.Linear(CHANNELS[-1] * left, 925)
        self.fc2 = nn.Linear(925, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        for layer in (self.layer1, self.layer2, self.layer3):
            again = self.gradient_checkpointing and self.training
            x = checkpoint(layer, x, use_reentrant=False) if again else layer(x)
        return self.fc2(self.fc1(x.flatten(start_dim=1)).relu())


def _convolution(inputs: int, outputs: int, stage: Stage, dropout: float) -> nn.Sequential:
    pool = [nn.MaxPool1d(stage.pool)] if stage.pool > 1 else []
    convolution = nn.Conv1d(inputs, outputs, stage.kernel, padding=stage.padding)
    return nn.Sequential(convolution, nn.ReLU(), *pool, nn.Dropout(dropout))
