# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
import torch


class TorchModel(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = torch.nn.Linear(400, 2)

    def forward(self, x):
        return self.dense(x.flatten(1))
