# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Kernels compiled for a GPU that is not there, down to machine code; its registers and shared memory are reported."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import triton
from triton.backends.compiler import GPUTarget

HOPPER = 90
TOOLS = Path(triton.__file__).parent / "backends/nvidia/bin"


class Needs(NamedTuple):
    """What one compiled kernel takes: registers and spilled bytes of a thread, shared bytes of a program."""

    registers: int
    spilled: int
    shared: int


def driver(capability: int = HOPPER) -> Any:
    """What Triton asks a driver for when it only compiles."""
    target = GPUTarget("cuda", capability, 32)
    return SimpleNamespace(
        get_current_target=lambda: target,
        get_current_device=lambda: 0,
        get_current_stream=lambda device: 0,
        get_device_interface=lambda: None,
    )


def compiled(kernel: Any, given: tuple[Any, ...], **constants: Any) -> Needs:
    """`kernel` for these arguments, as a launch would compile it."""
    before = triton.runtime.driver._active
    triton.runtime.driver.set_active(driver())
    try:
        binary = kernel.warmup(*given, grid=(1,), **constants)
    finally:
        triton.runtime.driver._active = before
    return needs(binary.asm["cubin"], binary.metadata.shared)


def needs(cubin: bytes, shared: int) -> Needs:
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        said = subprocess.run([TOOLS / "cuobjdump", "-res-usage", file.name], capture_output=True, text=True).stdout
    registers, stack = (int(re.search(rf"{name}:(\d+)", said)[1]) for name in ("REG", "STACK"))
    return Needs(registers, stack, shared)
