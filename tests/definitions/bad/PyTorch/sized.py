# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
import torch


class TorchModel(torch.nn.Module):
    def __init__(self, width: int, depth: int = 1):
        super().__init__()
        self.dense = torch.nn.Linear(width, depth)

    def forward(self, x):
        return self.dense(x.flatten(1))
