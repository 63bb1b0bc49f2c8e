# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Penalties on weights and outputs: l1·Σ|w| + l2·Σw², named as `l2`, `L1(l1=0.01)` or `L1L2(l1=0.001, l2=0.01)`."""

from __future__ import annotations

from typing import Any, NamedTuple

from seqforge.errors import did_you_mean
from seqforge.layers.literals import CallText, argument, read_call
from seqforge.parameters import Number, folded

# folded name → its arguments with defaults
_TABLE = {"l1": {"l1": 0.01}, "l2": {"l2": 0.01}, "l1l2": {"l1": 0.0, "l2": 0.0}}
REGULARIZERS = ("L1", "L2", "L1L2")


class Regularizer(NamedTuple):
    l1: float = 0.0
    l2: float = 0.0

    def torch(self, values: Any) -> Any:
        """The penalty on a torch tensor, in float32."""
        wide = values.float() if values.element_size() < 4 else values
        return self.l1 * wide.abs().sum() + self.l2 * wide.square().sum()


def regularizer(text: str) -> Regularizer:
    """The regularizer that `text` names; raises ValueError with the way out."""
    call = read_call(text)
    if folded(call.name) not in _TABLE:
        raise ValueError(f"unknown regularizer '{call.name}'; {did_you_mean(call.name, REGULARIZERS)}")
    defaults = _TABLE[folded(call.name)]
    strangers = set(call.arguments) - set(defaults)
    if strangers:
        way_out = did_you_mean(min(strangers), list(defaults))
        raise ValueError(f"regularizer '{call.name}' has no argument '{min(strangers)}'; {way_out}")
    given = {key: argument(Number(ge=0), key, value) for key, value in call.arguments.items()}
    return Regularizer(**(defaults | given))


def keras_penalty(text: str | None) -> Any:
    """The keras.regularizers.Regularizer of `text`, or None."""
    if text is None:
        return None
    import keras

    return keras.regularizers.L1L2(**regularizer(text)._asdict())


class RegularizerText(CallText):
    """The text of a regularizer."""

    expected = "a regularizer such as l2 or L1L2(l1=0.001, l2=0.01), one of L1, L2, L1L2"
    words = REGULARIZERS

    def read(self, text: str) -> Regularizer:
        return regularizer(text)

    def near_word(self, text: str) -> str:
        """As of every call; names this short are told apart by their arguments, too."""
        return super().near_word(text) or _by_arguments(text)

    def bad_values(self) -> list[str]:
        return ["L3", "l2(-1)", "L2(l2=-0.1)", "__import__('os').getcwd()"]


def _by_arguments(text: str) -> str:
    """The regularizer that has the arguments in `text`, where that has another name."""
    try:
        call = read_call(text)
    except ValueError:
        return ""
    if folded(call.name) in _TABLE:
        return ""
    fitting = (name for name in REGULARIZERS if call.arguments and call.arguments.keys() <= _TABLE[folded(name)].keys())
    return next((f"did you mean '{name}'?" for name in fitting), "")
