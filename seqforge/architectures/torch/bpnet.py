# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The solo model of BPNet as an nn.Module, with the numbers of the Keras model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seqforge.architectures import lengths
from seqforge.architectures.bpnet import sized
from seqforge.architectures.bpnet_weights import BASES, initial_weights, to_torch
from seqforge.heads import Head, heads_of


class BPNet(nn.Module):
    """One-hot DNA (n, 4, `input_length`) → logits (n, `output_length`, task) of every head, then log counts (n, 1).

    Log counts are (n, task) with `counts_per_task`. The weights start as those of the Keras model called "solo" do;
    `seqforge.architectures.bpnet_weights` turns the arrays of one into those of the other.
    """

    def __init__(
        self,
        input_length: int,
        output_length: int,
        num_filters: int,
        num_layers: int,
        input_filter_width: int,
        output_filter_width: int,
        heads: Sequence[Head | Mapping[str, Any]],
        seed: int = 0,
    ):
        super().__init__()
        sizes = sized(input_length, output_length, num_filters, num_layers, input_filter_width, output_filter_width)
        self.crop, known = lengths.split(sizes.excess), heads_of(heads)
        self.initial_conv = nn.Conv1d(BASES, num_filters, input_filter_width)
        self.convs = nn.ModuleList(
            nn.Conv1d(num_filters, num_filters, 3, dilation=2 ** (i + 1)) for i in range(num_layers)
        )
        self.profiles = nn.ModuleList(nn.Conv1d(num_filters, head.width, output_filter_width) for head in known)
        self.logcounts = nn.ModuleList(nn.Linear(num_filters, head.counts) for head in known)
        if not self.initial_conv.weight.is_meta:
            state = to_torch(initial_weights(sizes, known, seed=seed), sizes, known)
            self.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.initial_conv(_cropped(x, *self.crop)).relu()
        for conv in self.convs:
            reach = conv.dilation[0]
            x = conv(x).relu() + _cropped(x, reach, reach)
        mean = x.mean(dim=2)
        return *(profile(x).transpose(1, 2) for profile in self.profiles), *(count(mean) for count in self.logcounts)


def _cropped(x: Tensor, left: int, right: int) -> Tensor:
    """(n, channel, position) without `left` and `right` positions."""
    return x[:, :, left : x.shape[2] - right]
