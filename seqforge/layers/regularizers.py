# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Penalties on weights and outputs: l1·Σ|w| + l2·Σw², named as `l2`, `L1(l1=0.01)` or `L1L2(l1=0.001, l2=0.01)`."""

from __future__ import annotations

from typing import Any, NamedTuple

from seqforge.errors import did_you_mean
from seqforge.layers.literals import read_call
from seqforge.parameters import Kind, Number, folded

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
        raise ValueError(f"regularizer '{call.name}' has no argument '{min(strangers)}'")
    return Regularizer(**(defaults | {key: Number(ge=0).check(value) for key, value in call.arguments.items()}))


def keras_penalty(text: str | None) -> Any:
    """The keras.regularizers.Regularizer of `text`, or None."""
    if text is None:
        return None
    import keras

    return keras.regularizers.L1L2(**regularizer(text)._asdict())


class RegularizerText(Kind):
    """The text of a regularizer."""

    expected = "a regularizer such as l2 or L1L2(l1=0.001, l2=0.01), one of L1, L2, L1L2"

    def check(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise self.unfit(value)
        try:
            regularizer(value)
        except (ValueError, TypeError, SyntaxError):
            raise self.unfit(value) from None
        return str(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}

    def bad_values(self) -> list[str]:
        return ["L3", "l2(-1)", "L2(l2=-0.1)", "__import__('os').getcwd()"]
