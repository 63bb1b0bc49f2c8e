# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Layers with inputs on which both backends must agree; imports no framework.

As a script it writes what PyTorch computes into a file.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from seqforge.architectures.sequential import Sequential, layer_names
from seqforge.registry import find

# name → (input shape without the batch axis, [(layer, its attributes)])
CASES: dict[str, tuple[tuple[int, ...], list[tuple[str, dict[str, Any]]]]] = {
    "dense": ((6,), [("Dense", {"units": 3, "activation": "tanh"})]),
    "dense on positions": ((5, 3), [("Dense", {"units": 4, "use_bias": False})]),
    "conv valid": ((12, 4), [("Conv1D", {"filters": 3, "kernel_size": 5, "activation": "relu"})]),
    "conv same": ((11, 4), [("Conv1D", {"filters": 3, "kernel_size": 4, "padding": "same", "strides": 3})]),
    "conv causal": ((11, 4), [("Conv1D", {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2})]),
    "conv softmax": ((9, 4), [("Conv1D", {"filters": 3, "kernel_size": 2, "activation": "softmax"})]),
    "conv2d": ((1, 10, 4), [("Conv2D", {"filters": 3, "kernel_size": (1, 3), "strides": (1, 2)})]),
    "conv2d same": ((4, 7, 2), [("Conv2D", {"filters": 3, "kernel_size": (2, 4), "padding": "same"})]),
    "max pool": ((10, 3), [("MaxPool1D", {"pool_size": 3})]),
    "max pool same": ((10, 3), [("MaxPool1D", {"pool_size": 4, "strides": 3, "padding": "same"})]),
    "average pool": ((10, 3), [("AveragePooling1D", {"pool_size": 3, "strides": 2})]),
    "average pool same": ((10, 3), [("AveragePooling1D", {"pool_size": 4, "strides": 3, "padding": "same"})]),
    "global max": ((7, 3), [("GlobalMaxPool1D", {})]),
    "global average": ((7, 3), [("GlobalAveragePooling1D", {})]),
    "flatten": ((5, 3), [("Flatten", {})]),
    "reshape": ((6, 4), [("Reshape", {"target_shape": (-1, 3)})]),
    "batch normalization": ((5, 3), [("BatchNormalization", {"momentum": 0.9})]),
    "lstm": ((6, 3), [("LSTM", {"units": 4})]),
    "lstm sequences": ((6, 3), [("LSTM", {"units": 4, "return_sequences": True, "use_bias": False})]),
    "lstm backwards": ((6, 3), [("LSTM", {"units": 4, "go_backwards": True, "return_sequences": True})]),
    "lstm other gates": (
        (6, 3),
        [("LSTM", {"units": 4, "activation": "relu", "recurrent_activation": "hard_sigmoid"})],
    ),
    "lstm two ways": ((6, 3), [("LSTM", {"units": 4, "bidirectional": True})]),
    "lstm two ways summed": (
        (6, 3),
        [("LSTM", {"units": 4, "bidirectional": True, "merge_mode": "sum", "return_sequences": True})],
    ),
    "lstm two ways averaged": ((6, 3), [("LSTM", {"units": 4, "bidirectional": True, "merge_mode": "ave"})]),
    "lstm two ways multiplied": ((6, 3), [("LSTM", {"units": 4, "bidirectional": True, "merge_mode": "mul"})]),
    "chain": (
        (40, 4),
        [
            ("Conv1D", {"filters": 5, "kernel_size": 7, "activation": "relu"}),
            ("BatchNormalization", {}),
            ("MaxPool1D", {"pool_size": 3}),
            ("Conv1D", {"filters": 4, "kernel_size": 3, "activation": "swish"}),
            ("Flatten", {}),
            ("Dense", {"units": 3, "activation": "softmax"}),
        ],
    ),
    "penalties": (
        (8, 3),
        [
            (
                "Conv1D",
                {"filters": 3, "kernel_size": 3, "kernel_regularizer": "l1", "activity_regularizer": "L2(l2=0.1)"},
            ),
            ("LSTM", {"units": 2, "recurrent_regularizer": "L1L2(l1=0.1, l2=0.2)", "bias_regularizer": "l2"}),
            ("Dense", {"units": 2, "kernel_regularizer": "L2"}),
        ],
    ),
} | {
    f"activation {name}": ((5, 4), [("Activation", {"activation": name})])
    for name in (
        *("linear", "relu", "elu", "selu", "gelu", "softplus", "softsign", "tanh", "sigmoid", "hard_sigmoid"),
        *("exponential", "softmax", "swish"),
    )
}


def architecture(case: str) -> Sequential:
    return Sequential(layers=tuple(find("layers", name)(**values) for name, values in CASES[case][1]))


def chain(case: str) -> list[tuple[str, Any, tuple[int, ...]]]:
    """(name, layer, input shape) of every layer."""
    shape, found = CASES[case][0], []
    layers = architecture(case).layers
    for name, layer in zip(layer_names(layers), layers, strict=True):
        found.append((name, layer, shape))
        shape = layer.output_shape(shape)
    return found


def weights(case: str) -> dict[str, np.ndarray]:
    """Weights by `layer.name`, none of them zero."""
    rng = np.random.default_rng(3)
    return {
        f"{name}.{weight}": (
            rng.uniform(0.2, 1, size) * rng.choice([-1, 1], size) ** (weight != "moving_variance")
        ).astype(np.float32)
        for name, layer, shape in chain(case)
        for weight, size in layer.weight_shapes(shape).items()
    }


def inputs(case: str) -> np.ndarray:
    return np.random.default_rng(4).standard_normal((3, *CASES[case][0])).astype(np.float32)


def torch_side(case: str) -> dict[str, np.ndarray]:
    """Output in evaluation, and in training the output, the objective, its gradients and the moved buffers."""
    import torch

    from seqforge.architectures.torch.sequential import SequentialModule

    module = SequentialModule({name: (layer, shape) for name, layer, shape in chain(case)})
    module.start(weights(case))
    x = torch.from_numpy(inputs(case)).requires_grad_()
    found = {"evaluated": module.eval()(x).detach()}
    y = module.train()(x)
    penalty = module.penalty()
    objective = y.square().sum() + (0 if penalty is None else penalty)
    objective.backward()
    found |= {"trained": y.detach(), "objective": objective.detach(), "gradient": x.grad}
    found |= {f"gradient of {name}": parameter.grad for name, parameter in module.named_parameters()}
    found |= dict(module.named_buffers())
    return {name: np.array(tensor.numpy()) for name, tensor in found.items()}


if __name__ == "__main__":
    found = {f"{case}|{name}": array for case in CASES for name, array in torch_side(case).items()}
    np.savez(sys.argv[1], **found)
