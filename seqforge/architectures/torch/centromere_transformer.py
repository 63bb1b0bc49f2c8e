# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The centromere Transformer as nn.Modules: statistics of k-mers per bin → whether the bin lies in a centromere.

Source: the public architecture document of the centromere Transformer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqforge.architectures.centromere_shapes import OUTPUTS, POSITION, RANGE, Sizes
from seqforge.architectures.torch.centromere_attention import Encoder, EncoderLayer, SinusoidalEncoding
from seqforge.errors import WrongInput

Head = Callable[[Tensor, Tensor | None], Tensor | None]  # of what the encoder puts out, and of the mask


class ValidNorm(nn.BatchNorm1d):
    """BatchNorm over (n, channel, bin) whose statistics in training are those of the valid bins alone."""

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:  # type: ignore[override]
        """`valid` (n, bin) bool, None: all; what invalid bins become in training is 0."""
        if not self.training:
            return super().forward(x)
        _refuse_one_bin(x, valid)
        if valid is None or x.is_meta:
            return super().forward(x)
        rows = x.transpose(1, 2)
        normed = super().forward(rows[valid])
        return torch.zeros_like(rows, dtype=normed.dtype).masked_scatter(valid[:, :, None], normed).transpose(1, 2)


class MultiScaleConv(nn.Module):
    """(n, bin, D) with zeros at pads → (n, kernel × channel, bin): convolution, BatchNorm and ReLU for every kernel."""

    def __init__(self, d_model: int, channels: int, kernels: Sequence[int]):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Sequential(nn.Conv1d(d_model, channels, kernel, padding=kernel // 2), ValidNorm(channels), nn.ReLU())
            for kernel in kernels
        )

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        channels_first = x.transpose(1, 2)
        return torch.cat([_scale(conv, channels_first, valid) for conv in self.convs], dim=1)


def _scale(layers: nn.Module, x: Tensor, valid: Tensor | None) -> Tensor:
    convolution, norm, activation = layers.children()
    found: Tensor = activation(norm(convolution(x), valid))
    return found


class CentromereTransformer(nn.Module):
    """Features (n, bin, 8), z-scored → position (n, bin, 1) and range (n, bin, 3), or None instead of the range.

    `padding_mask` (n, bin) bool, True for pads, where everything put out is 0. `position_offset`: the number of the
    first bin, where the input is a crop; one, or (n,) of them. `output`: what `position` is, "probabilities" or
    "logits". The three range scores [start, end, confidence] are logits. `max_seq_len` is taken and limits nothing.

    In training the range branch is run only if any of its parameters learns (`requires_grad`), so that its statistics
    stay as untrained as its weights.
    """

    def __init__(
        self,
        input_features: int = 8,
        d_model: int = 128,
        nhead: int = 8,
        num_layers: int = 4,
        dim_feedforward: int = 512,
        dropout: float = 0.2,
        attention_dropout: float | None = None,
        conv_kernels: Sequence[int] = (3, 11, 25),
        conv_channels: int = 64,
        range_head: bool = True,
        output: str = "probabilities",
        max_seq_len: int | None = None,
    ):
        super().__init__()
        self.sizes = Sizes(
            input_features=input_features,
            d_model=d_model,
            nhead=nhead,
            num_layers=num_layers,
            dim_feedforward=dim_feedforward,
            conv_kernels=tuple(conv_kernels),
            conv_channels=conv_channels,
            range_head=range_head,
        )
        self.sizes.check()
        attention_dropout = dropout if attention_dropout is None else attention_dropout
        _refuse_rate("dropout", dropout)
        _refuse_rate("attention_dropout", attention_dropout)
        if output not in OUTPUTS:
            raise WrongInput(f"output: expected {' or '.join(OUTPUTS)}, received '{output}'; take {OUTPUTS[0]}")
        self.output_kind, self.gradient_checkpointing = output, False
        self.input_projection = nn.Linear(input_features, d_model)
        self.pos_encoder = SinusoidalEncoding(d_model, dropout)
        layers = [EncoderLayer(d_model, nhead, dim_feedforward, dropout, attention_dropout) for _ in range(num_layers)]
        self.transformer_encoder = Encoder(layers)
        self.multi_scale_conv: MultiScaleConv | None = None
        self.range_head: nn.Sequential | None = None
        if range_head:
            self.multi_scale_conv = MultiScaleConv(d_model, conv_channels, self.sizes.conv_kernels)
            self.range_head = _head(conv_channels * len(self.sizes.conv_kernels), RANGE, dropout)
        self.position_head = _head(d_model, POSITION, dropout)
        self.reset()

    def reset(self) -> None:
        """Draw all weights anew from PyTorch's generator."""
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Conv1d)):
                bound = 1 / math.sqrt(module.weight[0].numel())
                nn.init.uniform_(module.bias, -bound, bound)
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.xavier_uniform_(parameter)
        for layer in self.transformer_encoder.layers:
            nn.init.zeros_(layer.self_attn.in_proj_bias)
            nn.init.zeros_(layer.self_attn.out_proj.bias)

    def forward(
        self, x: Tensor, padding_mask: Tensor | None = None, position_offset: int | Tensor | None = 0
    ) -> tuple[Tensor, Tensor | None]:
        position, scores = self._judged((self._position, self._range), x, padding_mask, position_offset)
        assert position is not None
        return position, scores

    def position_only(
        self, x: Tensor, padding_mask: Tensor | None = None, position_offset: int | Tensor | None = 0
    ) -> Tensor:
        """The same `position` (n, bin, 1), without the convolutions."""
        (position,) = self._judged((self._position,), x, padding_mask, position_offset)
        assert position is not None
        return position

    def logits(self, x: Tensor, padding_mask: Tensor | None = None, position_offset: int | Tensor | None = 0) -> Tensor:
        """What the position head puts out (n, bin, 1) before the sigmoid."""
        (logits,) = self._judged((self._logits,), x, padding_mask, position_offset)
        assert logits is not None
        return logits

    def _judged(
        self, heads: Sequence[Head], x: Tensor, mask: Tensor | None, offset: int | Tensor | None
    ) -> list[Tensor | None]:
        """What these heads put out. In evaluation mode every chromosome of a padded batch is judged alone.

        So it gets the very numbers that it gets without the others: sums over more bins would be rounded otherwise.
        """
        self._refuse(x, mask)
        if self.training or mask is None or mask.is_meta:
            encoded = self.encode(x, mask, offset)
            return [head(encoded, mask) for head in heads]
        rows = []
        for part, own_mask, own_offset in _rows(x, mask, offset):
            encoded = self.encode(part, own_mask, own_offset)
            rows.append([head(encoded, own_mask) for head in heads])
        return [_together(list(found), x.shape[1]) for found in zip(*rows, strict=True)]

    def encode(self, x: Tensor, padding_mask: Tensor | None = None, position_offset: int | Tensor | None = 0) -> Tensor:
        """What the last encoder layer puts out, (n, bin, D); pads hold anything."""
        again = self.gradient_checkpointing and self.training and torch.is_grad_enabled()
        embedded, keys = self._embedded(x, padding_mask, position_offset)
        encoded: Tensor = self.transformer_encoder(embedded, keys, again)
        return encoded

    def attention_maps(
        self,
        x: Tensor,
        layer: int,
        query_bins: Sequence[int] | Tensor,
        padding_mask: Tensor | None = None,
        position_offset: int | Tensor | None = 0,
    ) -> Tensor:
        """How much the asked bins look at every bin in one layer: (n, head, query, bin), as in evaluation mode."""
        number, queries = self._layer(layer), _queries(query_bins, x)
        with _evaluating(self), torch.no_grad():
            embedded, keys = self._embedded(x, padding_mask, position_offset)
            for before in self.transformer_encoder.layers[:number]:
                embedded = before(embedded, keys)
            maps: Tensor = self.transformer_encoder.layers[number].self_attn.maps(embedded, queries, keys)
        return maps

    def _embedded(
        self, x: Tensor, padding_mask: Tensor | None, offset: int | Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """What the encoder reads: (n, bin, D), and the bins (n, bin) that may be looked at."""
        self._refuse(x, padding_mask)
        projected = self.input_projection(x.to(self.input_projection.weight.dtype))
        embedded = self.pos_encoder(projected, 0 if offset is None else offset)
        return embedded, None if padding_mask is None else ~padding_mask

    def _logits(self, encoded: Tensor, padding_mask: Tensor | None) -> Tensor:
        return _silenced(self.position_head(encoded), padding_mask)

    def _position(self, encoded: Tensor, padding_mask: Tensor | None) -> Tensor:
        logits = self.position_head(encoded)
        return _silenced(logits if self.output_kind == "logits" else torch.sigmoid(logits), padding_mask)

    def _range(self, encoded: Tensor, padding_mask: Tensor | None) -> Tensor | None:
        if self.multi_scale_conv is None or self.range_head is None or (self.training and not self.range_learns):
            return None
        valid = None if padding_mask is None else ~padding_mask
        scales = self.multi_scale_conv(_silenced(encoded, padding_mask), valid)
        return _silenced(self.range_head(scales.transpose(1, 2)), padding_mask)

    @property
    def range_learns(self) -> bool:
        """Whether any parameter of the range branch is trained."""
        branch = [part for part in (self.multi_scale_conv, self.range_head) if part is not None]
        return any(parameter.requires_grad for part in branch for parameter in part.parameters())

    def _layer(self, layer: int) -> int:
        count = len(self.transformer_encoder.layers)
        if not -count <= layer < count:
            raise WrongInput(f"layer: expected 0 to {count - 1}, received {layer}; the last is {count - 1}")
        return layer % count

    def _refuse(self, x: Tensor, mask: Tensor | None) -> None:
        features = self.sizes.input_features
        if x.ndim != 3 or x.shape[2] != features or not x.shape[1]:
            raise WrongInput(f"expected features (n, bin ≥ 1, {features}), received {tuple(x.shape)}")
        if mask is None:
            return
        if mask.shape != x.shape[:2] or mask.dtype != torch.bool:
            received = f"{tuple(mask.shape)} {str(mask.dtype).removeprefix('torch.')}"
            raise WrongInput(f"padding_mask: expected (n, bin) {tuple(x.shape[:2])} bool, received {received}")
        if not mask.is_meta and bool(mask.all(dim=1).any()):
            row = int(mask.all(dim=1).nonzero()[0])
            rule = "expected at least one bin that is no pad in every row"
            raise WrongInput(
                f"padding_mask: {rule}, received shape {tuple(mask.shape)} with nothing but pads in row {row}"
            )


def _head(read: int, widths: Sequence[int], dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Linear(read, width), nn.ReLU(), nn.Dropout(dropout)]
        read = width
    return nn.Sequential(*layers[:-2])


def _rows(
    x: Tensor, mask: Tensor, offset: int | Tensor | None
) -> Iterator[tuple[Tensor, Tensor | None, int | Tensor | None]]:
    """Every chromosome up to its last valid bin, the mask of the pads before that if there are any, and its offset."""
    several = isinstance(offset, Tensor) and offset.ndim > 0
    for row, valid in enumerate((~mask).cpu()):
        end = int(valid.nonzero()[-1]) + 1
        own = None if bool(valid[:end].all()) else mask[row : row + 1, :end]
        yield x[row : row + 1, :end], own, offset[row : row + 1] if several else offset  # type: ignore[index]


def _together(rows: list[Tensor | None], length: int) -> Tensor | None:
    """One batch (n, bin, …) of rows (1, bin, …), with zeros behind the shorter ones."""
    known = [row for row in rows if row is not None]
    return torch.cat([functional.pad(row, (0, 0, 0, length - row.shape[1])) for row in known]) if known else None


def _silenced(x: Tensor, padding_mask: Tensor | None) -> Tensor:
    """x (n, bin, …) with exactly 0 at pads."""
    return x if padding_mask is None else x.masked_fill(padding_mask[:, :, None], 0)


def _queries(bins: Sequence[int] | Tensor, x: Tensor) -> Tensor:
    """Asked bins on the device of x; negative ones count from the end."""
    asked = torch.as_tensor(bins, dtype=torch.long, device=x.device)
    length = x.shape[1] if x.ndim > 1 else 0
    outside = asked[(asked < -length) | (asked >= length)]
    if asked.ndim != 1 or len(outside):
        received = tuple(asked.shape) if asked.ndim != 1 else int(outside[0])
        raise WrongInput(f"query_bins: expected numbers of bins below {length}, received {received}")
    return asked


def _refuse_rate(name: str, rate: float) -> None:
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < 1:
        raise WrongInput(f"{name}: expected a number ≥ 0 and < 1, received {rate}; 0 switches it off")


def _refuse_one_bin(x: Tensor, valid: Tensor | None) -> None:
    if x.is_meta:
        return
    count = x.shape[0] * x.shape[2] if valid is None else int(valid.sum())
    if count < 2:
        rule = "expected at least 2 valid bins in a batch to normalise over while training"
        raise WrongInput(f"{rule}, received {count} in a batch of shape {(x.shape[0], x.shape[2])}")


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode inside, the mode of every part put back behind it."""
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode
