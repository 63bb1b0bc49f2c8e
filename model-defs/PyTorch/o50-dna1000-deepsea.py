# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""DeepSEA for 1,000 bp of DNA and 50 classes: one-hot (n, 4, 1000) in, logits (n, 50) out.

Zhou & Troyanskaya 2015, doi 10.1038/nmeth.3547.
"""

from torch import nn


class TorchModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv1d(4, 320, 8), nn.ReLU(), nn.MaxPool1d(4), nn.Dropout(0.2))
        self.layer2 = nn.Sequential(nn.Conv1d(320, 480, 8), nn.ReLU(), nn.MaxPool1d(4), nn.Dropout(0.2))
        self.layer3 = nn.Sequential(nn.Conv1d(480, 960, 8), nn.ReLU(), nn.Dropout(0.5))
        self.fc1 = nn.Linear(960 * 53, 925)  # 53 positions are left of 1,000 bp
        self.fc2 = nn.Linear(925, 50)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(x))).flatten(start_dim=1)
        return self.fc2(self.fc1(x).relu())
