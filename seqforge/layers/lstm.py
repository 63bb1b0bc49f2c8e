# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""LSTM (Hochreiter & Schmidhuber 1997), one or both directions, with the weights and meaning of Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

from seqforge.layers.activations import torch_activation
from seqforge.layers.base import Activation, Arrays, Entrance, Initial, Penalty, Shape, known, rank
from seqforge.layers.regularizers import keras_penalty
from seqforge.parameters import Count, Fraction, Integer, OneOf, Switch, setting
from seqforge.registry import register

_UNUSABLE = {
    "time_major": "the model's sequences lie batch first",
    "return_state": "a sequential architecture has no place for a second output",
    "stateful": "batches do not continue one another",
}

_SAME_IN_KERAS = (
    *("activation", "recurrent_activation", "use_bias", "unit_forget_bias", "dropout", "recurrent_dropout"),
    *("return_sequences", "go_backwards", "unroll", "trainable"),
)
_PENALTIES = ("kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "activity_regularizer")


@register("layers", "LSTM")
@dataclass(frozen=True, kw_only=True)
class LSTM(Entrance):
    """(L, C) → (units,), or (L, units) with `return_sequences`; gates in the order input, forget, cell, output.

    kernel (C, 4·units), recurrent_kernel (units, 4·units), bias (4·units,); with `bidirectional` each twice, as
    forward_kernel … backward_bias. A list of positions is read from its end with `go_backwards`.
    """

    units: Count = field(metadata={"doc": "size of the state"})
    trainable: Switch = setting(True, "False: the weights stay as they are")
    activation: Activation = setting("tanh", "of the cell")
    recurrent_activation: Activation = setting("sigmoid", "of the gates")
    use_bias: Switch = setting(True, "add a bias")
    kernel_initializer: Initial = setting("glorot_uniform", "how the kernel starts")
    recurrent_initializer: Initial = setting("orthogonal", "how the recurrent kernel starts")
    bias_initializer: Initial = setting("zeros", "how the bias starts")
    unit_forget_bias: Switch = setting(True, "the bias of the forget gate starts at 1")
    kernel_regularizer: Penalty | None = setting(None, "penalty on the kernel")
    recurrent_regularizer: Penalty | None = setting(None, "penalty on the recurrent kernel")
    bias_regularizer: Penalty | None = setting(None, "penalty on the bias")
    activity_regularizer: Penalty | None = setting(None, "penalty on the output, divided by the number of examples")
    dropout: Fraction = setting(0.0, "of the input, the same at all positions")
    recurrent_dropout: Fraction = setting(0.0, "of the state, the same at all positions")
    return_sequences: Switch = setting(False, "put out every position, not only the last one")
    return_state: Switch = setting(False, "not usable here")
    go_backwards: Switch = setting(False, "read from the end")
    stateful: Switch = setting(False, "not usable here")
    time_major: Switch = setting(False, "not usable here")
    unroll: Switch = setting(False, "Keras writes the loop out; same result")
    implementation: Annotated[int, Integer(ge=1, le=2)] = setting(2, "accepted, changes nothing")
    bidirectional: Switch = setting(False, "a second LSTM reads in the other direction")
    merge_mode: Annotated[str, OneOf("concat", "sum", "mul", "ave")] | None = setting(
        None, "how both directions are joined; None: concat"
    )

    def problems(self) -> list[tuple[str, str]]:
        found = [
            (name, f"LSTM cannot have {name} True: {why}") for name, why in _UNUSABLE.items() if getattr(self, name)
        ]
        if self.merge_mode and not self.bidirectional:
            found.append(("merge_mode", 'merge_mode has no effect without bidirectional="True"'))
        return found

    @property
    def directions(self) -> tuple[str, ...]:
        return ("forward_", "backward_") if self.bidirectional else ("",)

    @property
    def final_activation(self) -> str | None:
        return self.activation

    def output_shape(self, shape: Shape) -> Shape:
        length, _ = rank(shape, 2, "(L, C)")
        width = self.units * (2 if self.bidirectional and self.merge_mode in (None, "concat") else 1)
        return (length, width) if self.return_sequences else (width,)

    def weight_shapes(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        channels = known(rank(shape, 2, "(L, C)")[1], "the number of its channels")
        gates = 4 * self.units
        one: dict[str, tuple[int, ...]] = {"kernel": (channels, gates), "recurrent_kernel": (self.units, gates)}
        one |= {"bias": (gates,)} if self.use_bias else {}
        return {f"{direction}{name}": size for direction in self.directions for name, size in one.items()}

    def initializer_of(self, weight: str) -> str:
        return getattr(self, f"{_part(weight)}_initializer")

    def regularizer_of(self, weight: str) -> str | None:
        return getattr(self, f"{_part(weight)}_regularizer")

    def initial_weights(self, rng: Any, shapes: Mapping[str, tuple[int, ...]]) -> Arrays:
        drawn = super().initial_weights(rng, shapes)
        for name, values in drawn.items():
            if self.unit_forget_bias and name.endswith("bias"):
                values[self.units : 2 * self.units] = 1.0
        return drawn

    def run_torch(self, x: Any, weights: Mapping[str, Any], training: bool) -> Any:
        import torch

        outputs = [
            self._one_direction(x, weights, direction, self.go_backwards != (direction == "backward_"), training)
            for direction in self.directions
        ]
        if len(outputs) == 1:
            return outputs[0]
        forward, backward = outputs
        backward = backward.flip(1) if self.return_sequences else backward
        joined = {
            "concat": lambda: torch.cat((forward, backward), dim=-1),
            "sum": lambda: forward + backward,
            "mul": lambda: forward * backward,
            "ave": lambda: (forward + backward) / 2,
        }
        return joined[self.merge_mode or "concat"]()

    def _one_direction(
        self, x: Any, weights: Mapping[str, Any], direction: str, backwards: bool, training: bool
    ) -> Any:
        """Outputs in the order in which the positions are read."""
        kernel, recurrent, bias = (weights.get(f"{direction}{name}") for name in ("kernel", "recurrent_kernel", "bias"))
        x = x.flip(1) if backwards else x
        plain = (self.activation, self.recurrent_activation) == ("tanh", "sigmoid")
        fused = plain and not (training and self.recurrent_dropout)
        x = _dropped(x, self.dropout, training)
        run = self._fused if fused else partial(self._stepwise, training=training)
        y = run(x, kernel, recurrent, bias)
        return y if self.return_sequences else y[:, -1]

    def _fused(self, x: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
        """torch's own LSTM; it wants two biases, the second is zero."""
        import torch

        flat = [kernel.t().contiguous(), recurrent.t().contiguous()]
        flat += [] if bias is None else [bias, torch.zeros_like(bias)]
        start = x.new_zeros(1, x.shape[0], self.units)
        return torch.lstm(x.contiguous(), (start, start), flat, bias is not None, 1, 0.0, False, False, True)[0]

    def _stepwise(self, x: Any, kernel: Any, recurrent: Any, bias: Any, training: bool) -> Any:
        """One position after the other, for activations and dropouts that the fused form does not have."""
        import torch

        act, gate = torch_activation(self.activation), torch_activation(self.recurrent_activation)
        inputs = x @ kernel
        inputs = inputs if bias is None else inputs + bias
        state = cell = x.new_zeros(x.shape[0], self.units)
        mask = _mask(state, self.recurrent_dropout, training)
        outputs = []
        for step in inputs.unbind(1):
            i, f, c, o = (step + (state if mask is None else state * mask) @ recurrent).chunk(4, dim=-1)
            cell = gate(f) * cell + gate(i) * act(c)
            state = gate(o) * act(cell)
            outputs.append(state)
        return torch.stack(outputs, dim=1)

    def keras(self, name: str, seed: int) -> Any:
        from keras import layers

        lstm = layers.LSTM(self.units, name=None if self.bidirectional else name, seed=seed, **self._keras_arguments())
        if not self.bidirectional:
            return lstm
        return layers.Bidirectional(
            lstm,
            merge_mode=self.merge_mode or "concat",
            name=name,
            trainable=self.trainable,
            activity_regularizer=keras_penalty(self.activity_regularizer),
        )

    def _keras_arguments(self) -> dict[str, Any]:
        plain = {key: getattr(self, key) for key in _SAME_IN_KERAS}
        penalties = _PENALTIES[: 3 if self.bidirectional else 4]
        return plain | {key: keras_penalty(getattr(self, key)) for key in penalties}


def _part(weight: str) -> str:
    """forward_recurrent_kernel → recurrent: the first word of the attributes of a weight."""
    name = weight.removeprefix("forward_").removeprefix("backward_")
    return "recurrent" if name == "recurrent_kernel" else name


def _mask(like: Any, rate: float, training: bool) -> Any:
    from torch.nn.functional import dropout

    return dropout(like.new_ones(like.shape), rate) if training and rate else None


def _dropped(x: Any, rate: float, training: bool) -> Any:
    """`x` (N, L, C) with the same channels of an example zero at all positions."""
    mask = _mask(x[:, :1], rate, training)
    return x if mask is None else x * mask
