# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ConvNet: a small network written as a descriptor, `conv10w-gmp-fc10`: layer by layer, without the output layer.

    conv{n}{w}  n filters, ReLU; width by suffix: xn 3 · n 5 · none 11 · w 21 · xw 41 · xxw 81
    bn{n}       batch normalisation of n channels, before the activation of the layer that it follows
    do{d}       dropout after the activation: do03 is 0.3, do025 is 0.25
    gmp         global max pooling; without it the features are flattened
    lstm{n}     LSTM over the positions, its last state (all states before another LSTM)
    fc{n}       dense, ReLU

or one of the names basset, chromdragonn, danq, deepsea, deepsea-legacy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from seqforge.architectures.basset import Basset
from seqforge.architectures.chromdragonn import ChromDragoNN
from seqforge.architectures.danq import DanQ
from seqforge.architectures.deepsea import DeepSEA
from seqforge.architectures.sized import Sized
from seqforge.architectures.stages import Stage
from seqforge.parameters import Kind, setting
from seqforge.registry import register

WIDTHS = {"xn": 3, "n": 5, "": 11, "w": 21, "xw": 41, "xxw": 81}
NAMED: dict[str, tuple[type[Sized], dict[str, Any]]] = {
    "basset": (Basset, {}),
    "chromdragonn": (ChromDragoNN, {}),
    "danq": (DanQ, {}),
    "deepsea": (DeepSEA, {}),
    "deepsea-legacy": (DeepSEA, {"legacy": True}),
}
_TOKEN = re.compile(r"(?P<kind>conv|fc|lstm|bn|do|gmp)(?P<number>\d*)(?P<width>xxw|xw|w|xn|n)?")


class Layer(NamedTuple):
    """One layer: "conv" (`units` filters of `width`), "gmp", "lstm", "fc"; `norm` before, `dropout` after its ReLU."""

    kind: str
    units: int = 0
    width: int = 0
    norm: bool = False
    dropout: float = 0.0


class WrongToken(ValueError):
    """A part of a descriptor that means nothing where it stands."""


def parse(descriptor: str) -> tuple[Layer, ...]:
    """The layers of a descriptor in order; raises `WrongToken`."""
    layers: list[Layer] = []
    for token in descriptor.split("-"):
        match = _TOKEN.fullmatch(token)
        if match is None or not _complete(**match.groupdict()):
            raise WrongToken(f"'{token}' is no layer")
        _READERS[match["kind"]](layers, token, match["number"], match["width"] or "")
    return tuple(layers)


def _complete(kind: str, number: str, width: str | None) -> bool:
    """Every token but gmp needs a number, only conv takes a width."""
    return bool(number.strip("0")) == (kind != "gmp") and (width is None or kind == "conv")


def _read_conv(layers: list[Layer], token: str, number: str, width: str) -> None:
    _before_features(layers, token)
    layers.append(Layer("conv", int(number), WIDTHS[width]))


def _read_gmp(layers: list[Layer], token: str, number: str, width: str) -> None:
    _before_features(layers, token)
    layers.append(Layer("gmp"))


def _read_lstm(layers: list[Layer], token: str, number: str, width: str) -> None:
    _before_features([layer for layer in layers if layer.kind != "lstm"], token)
    layers.append(Layer("lstm", int(number)))


def _read_fc(layers: list[Layer], token: str, number: str, width: str) -> None:
    layers.append(Layer("fc", int(number)))


def _read_norm(layers: list[Layer], token: str, number: str, width: str) -> None:
    if not layers or layers[-1].kind not in ("conv", "fc") or layers[-1].norm or layers[-1].dropout:
        raise WrongToken(f"'{token}' must follow a conv or fc layer")
    if layers[-1].units != int(number):
        raise WrongToken(f"'{token}' follows a layer of {layers[-1].units} channels")
    layers[-1] = layers[-1]._replace(norm=True)


def _read_dropout(layers: list[Layer], token: str, number: str, width: str) -> None:
    if not layers or layers[-1].dropout:
        raise WrongToken(f"'{token}' must follow a layer")
    layers[-1] = layers[-1]._replace(dropout=float(f"{number[0]}.{number[1:] or 0}"))
    if not layers[-1].dropout < 1:
        raise WrongToken(f"'{token}' must be a rate below 1, as in do03")


def _before_features(layers: Sequence[Layer], token: str) -> None:
    if any(layer.kind in ("gmp", "lstm", "fc") for layer in layers):
        raise WrongToken(f"'{token}' needs positions, but gmp, lstm and fc leave none")


_READERS = {
    "conv": _read_conv,
    "gmp": _read_gmp,
    "lstm": _read_lstm,
    "fc": _read_fc,
    "bn": _read_norm,
    "do": _read_dropout,
}


class Descriptor(Kind):
    """A descriptor that can be read, in lower case."""

    expected = "a descriptor such as conv10w-gmp-fc5, or one of " + ", ".join(NAMED)

    def check(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise self.unfit(value)
        if value.casefold() not in NAMED:
            try:
                parse(value.casefold())
            except WrongToken as error:
                raise self.unfit(f"{value} ({error})") from None
        return value.casefold()

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 2}

    def bad_values(self) -> list[str]:
        return ["conv", "conv10q", "gmp-conv10", "conv10-bn5", "do03"]


@register("architectures", "ConvNet")
@dataclass(frozen=True, kw_only=True)
class ConvNet(Sized):
    """The network that `descriptor` writes, with an output layer of logits. Convolutions keep the length."""

    descriptor: Annotated[str, Descriptor()] = setting("conv10-gmp-fc10", "layers in order, without the output layer")

    @property
    def named(self) -> Sized | None:
        """The architecture that the descriptor names."""
        if self.descriptor not in NAMED:
            return None
        cls, settings = NAMED[self.descriptor]
        own = {name: value for name, value in self.settings().items() if name != "descriptor"}
        return cls(**own, **settings)

    @property
    def stages(self) -> Sequence[Stage]:
        return self.named.stages if self.named else ()

    def module(self, **sizes: int) -> Any:
        if self.named:
            return self.named.module(**sizes)
        from seqforge.architectures.torch.convnet import ConvNet as Module

        return Module(self.descriptor, **sizes)
