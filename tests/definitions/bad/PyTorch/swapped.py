# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
import torch


class TorchModel(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(4, 2, (3, 1))

    def forward(self, x):
        x = x.permute(0, 2, 1).contiguous()
        return self.conv(x.view(-1, 4, 100, 1)).amax((2, 3))
