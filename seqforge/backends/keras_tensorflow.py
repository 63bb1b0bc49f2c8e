# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What is TensorFlow's own in the Keras learner: compiled steps, gradients, devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import tensorflow as tf

from seqforge.errors import BackendError

VERSIONS = {"tensorflow": tf.__version__}


def prepare() -> None:
    """The same bytes for the same steps, and no more memory of a GPU than is used: before the first operation."""
    tf.config.experimental.enable_op_determinism()
    tf.random.set_seed(0)  # without one, a user's own `fit`, which shuffles, is refused; a learner sets its own
    tf.get_logger().setLevel("ERROR")
    with suppress(RuntimeError):  # too late: whoever has used TensorFlow in this process has decided
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)


def limit(threads: int) -> None:
    """Limit the CPU threads, if TensorFlow has computed nothing yet."""
    with suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


def find_device(wanted: str) -> str:
    """The Keras name of the device called `wanted`, or a BackendError that names those present."""
    gpus = len(tf.config.list_physical_devices("GPU"))
    if wanted == "auto":
        return "gpu:0" if gpus else "cpu:0"
    present = ["cpu", *(f"cuda:{number}" for number in range(gpus))]
    full = "cuda:0" if wanted == "cuda" else wanted
    if full not in present:
        raise BackendError(f"device '{wanted}' is not usable here; expected auto or one of {', '.join(present)}")
    return full.replace("cuda", "gpu") if full != "cpu" else "cpu:0"


def in_words(device: str) -> str:
    """`CPU`, `cuda:0 NVIDIA H200`, from the Keras name of a device."""
    if device.startswith("cpu"):
        return "CPU"
    number = device.partition(":")[2]
    gpu = tf.config.list_physical_devices("GPU")[int(number)]
    return f"cuda:{number} {tf.config.experimental.get_device_details(gpu).get('device_name', '')}".rstrip()


def peak_memory(device: str) -> int:
    """Bytes in use at most so far on a GPU."""
    return int(tf.config.experimental.get_memory_info(device.upper())["peak"])


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` as a graph; a last, smaller batch does not build a second one."""
    return tf.function(function, reduce_retracing=True)


def gradients(objective: Callable[[], tuple[Any, Any]], variables: Sequence[Any]) -> tuple[Any, list[Any]]:
    """`objective() → (value, more)`: (more, d value / d variable for each, zeros where it does not depend on it)."""
    values = [variable.value for variable in variables]
    with tf.GradientTape() as tape:
        value, more = objective()
    found = tape.gradient(value, values)
    return more, [
        tf.zeros_like(value) if gradient is None else tf.convert_to_tensor(gradient)
        for value, gradient in zip(values, found, strict=True)
    ]


def tensor(array: np.ndarray) -> Any:
    return tf.convert_to_tensor(array)


def update(function: Callable[[], None]) -> None:
    """Run `function`, which assigns variables."""
    function()


def update_if(condition: Any, function: Callable[[], None]) -> None:
    """Run `function`, which assigns variables, where `condition` holds."""

    def run() -> Any:
        function()
        return tf.constant(True)

    tf.cond(condition, run, lambda: tf.constant(False))
