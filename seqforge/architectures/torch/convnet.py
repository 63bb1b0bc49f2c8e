# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ConvNet as an nn.Module."""

from __future__ import annotations

from torch import Tensor, nn

from seqforge.architectures.convnet import Layer, parse


class ConvNet(nn.Sequential):
    """One-hot sequence (n, `in_channels`, `input_length`) → logits (n, `num_classes`), as `descriptor` writes it."""

    def __init__(self, descriptor: str, num_classes: int = 2, input_length: int = 150, in_channels: int = 4):
        layers = parse(descriptor)
        modules: list[nn.Module] = []
        channels, positions = in_channels, input_length
        for number, layer in enumerate(layers):
            if layer.kind == "fc" and positions:
                modules.append(nn.Flatten())
                channels, positions = channels * positions, 0
            modules += _modules(layer, channels, last_state=not _is_lstm(layers, number + 1))
            channels = layer.units or channels
            positions = (
                0
                if layer.kind == "gmp" or (_is_lstm(layers, number) and not _is_lstm(layers, number + 1))
                else positions
            )
        flat = [nn.Flatten()] if positions else []
        super().__init__(*modules, *flat, nn.Linear(channels * (positions or 1), num_classes))


def _is_lstm(layers: tuple[Layer, ...], number: int) -> bool:
    return number < len(layers) and layers[number].kind == "lstm"


def _modules(layer: Layer, inputs: int, last_state: bool) -> list[nn.Module]:
    dropout = [nn.Dropout(layer.dropout)] if layer.dropout else []
    norm = [nn.BatchNorm1d(layer.units)] if layer.norm else []
    if layer.kind == "conv":
        return [nn.Conv1d(inputs, layer.units, layer.width, padding=layer.width // 2), *norm, nn.ReLU(), *dropout]
    if layer.kind == "fc":
        return [nn.Linear(inputs, layer.units), *norm, nn.ReLU(), *dropout]
    return [GlobalMaxPool() if layer.kind == "gmp" else States(inputs, layer.units, last_state), *dropout]


class GlobalMaxPool(nn.Module):
    """(n, channel, position) → (n, channel)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax(dim=2)


class States(nn.Module):
    """An LSTM over positions: (n, channel, position) → its last state (n, `units`), or all (n, `units`, position)."""

    def __init__(self, inputs: int, units: int, last_state: bool):
        super().__init__()
        self.lstm = nn.LSTM(inputs, units, batch_first=True)
        self.last_state = last_state

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.lstm(x.transpose(1, 2))
        return states[:, -1] if self.last_state else states.transpose(1, 2)
