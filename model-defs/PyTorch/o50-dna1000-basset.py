# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Basset for 1,000 bp of DNA and 50 classes, written out as an example of a module of one's own.

The definition names this file and the class. SeqForge calls `TorchModel()` and feeds it one-hot DNA (n, 4, 1000), the
letters in the order A, C, G, T. What comes back must be (n, 50), and logits, because the loss is CrossEntropyLoss.
Kelley et al. 2016, doi 10.1101/gr.200535.115.
"""

from torch import nn


class TorchModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv1d(4, 300, 19), nn.BatchNorm1d(300), nn.ReLU(), nn.MaxPool1d(3))
        self.layer2 = nn.Sequential(nn.Conv1d(300, 200, 11), nn.BatchNorm1d(200), nn.ReLU(), nn.MaxPool1d(4))
        self.layer3 = nn.Sequential(nn.Conv1d(200, 200, 7), nn.BatchNorm1d(200), nn.ReLU(), nn.MaxPool1d(4))
        self.fc1 = nn.Linear(3600, 1000)  # 200 channels x 18 positions are left of 1,000 bp
        self.fc2 = nn.Linear(1000, 1000)
        self.fc3 = nn.Linear(1000, 50)
        self.dropout = nn.Dropout(0.3)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(x))).flatten(start_dim=1)
        x = self.dropout(self.fc1(x).relu())
        x = self.dropout(self.fc2(x).relu())
        return self.fc3(x)
