# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya's kernels on a GPU: time, share of the copy bandwidth, saved memory, ratios to eager and compiled PyTorch.

python benchmarks/cheri_kernel.py [--quick] [--channels 128] [--dtype bf16] [--tune TABLE.json] [--layers 9]

For two sizes, (64, 2114, 96) and (512, 1024, 128), three dtypes and dilations 1, 4, 64 and 256: convolution and norm
alone and the whole block, forward, backward and inference; then a training step of nine blocks. "share" is the ideal
bytes of the operation over its time, against a copy measured in the same run; "eager" and "compiled": how many times
slower than the kernel; "saved": what autograd keeps, in sizes of the input. `--tune` measures the 48 configurations of
every kernel first (minutes for each size and dtype, most of it compiling), prints the reports and writes the best into
a table. Without a GPU tiny sizes show that everything runs (with TRITON_INTERPRET=1 the kernels, too); their numbers
mean nothing. `--bytes` measures nothing: it prints what the sizes must move and multiply, and how long an H200 needs
for that at least.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch

from seqforge.kernels import cheri
from seqforge.kernels import cheri_reference as reference

SIZES = ((64, 2114, 96), (512, 1024, 128))
TINY = ((1, 20, 16),)
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
DILATIONS = (1, 4, 64, 256)
PEAK = 4.8e12  # bytes per second of an H200's memory
PRODUCTS = {"fp32": 494e12, "bf16": 989e12, "fp16": 989e12}  # operations per second, dense; fp32 as TF32
SHARES = (1.0, 0.9, 0.7)  # of PEAK: the floor, a large copy, the goal for convolution and norm
SCALE = 0.15
# passes over one activation that the design needs: reads of x (and the gradient) and writes
IDEAL = {("conv+norm", "forward"): 3, ("conv+norm", "backward"): 5, ("conv+norm", "inference"): 3}
IDEAL |= {("block", "forward"): 3, ("block", "backward"): 7, ("block", "inference"): 3}
# multiplications and additions in units of C² for each row
MULTIPLIED = {("block", "forward"): 8, ("block", "backward"): 20, ("block", "inference"): 8}
# milliseconds at (512, 1024, 128), dilation 4, on an H200
GOALS = {("forward", "fp32"): 0.35, ("forward", "bf16"): 0.20, ("backward", "fp32"): 0.75, ("backward", "bf16"): 0.40}
GOALS |= {("inference", "fp32"): 0.30, ("inference", "bf16"): 0.16}

KERNEL = "triton" if cheri.INTERPRETED else "auto"

Call = Callable[[], Any]


class Operation(NamedTuple):
    """One operation in its three forms, on the same tensors."""

    name: str
    kernel: Callable[..., torch.Tensor]
    eager: Callable[..., torch.Tensor]
    tensors: tuple[torch.Tensor, ...]


def main() -> None:
    options = arguments()
    if options.bytes:
        print_bytes()
        return
    torch.set_float32_matmul_precision("high")
    on_gpu = torch.cuda.is_available()
    device = "cuda" if on_gpu else "cpu"
    print(torch.cuda.get_device_name() if on_gpu else "no GPU: a dry run on tiny sizes, whose numbers mean nothing")
    bandwidth = copy_bandwidth(device)
    print(f"copy bandwidth {bandwidth / 1e12:.3f} TB/s; TF32 products for fp32; times are medians in ms\n")
    sizes = [size for size in SIZES if options.channels in (None, size[2])] if on_gpu else TINY
    for size in sizes:
        for name, dtype in DTYPES.items():
            if options.dtype not in (None, name):
                continue
            tensors = drawn(size, dtype, device)
            if options.tune and on_gpu:
                tune(tensors)
            table(size, name, tensors, bandwidth, (4,) if options.quick or not on_gpu else DILATIONS)
            del tensors
        whole_model(size, options.layers, device)
    if options.tune:
        write_table(options.tune)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="dilation 4 only")
    parser.add_argument("--channels", type=int, choices=[size[2] for size in SIZES], help="of these sizes only")
    parser.add_argument("--dtype", choices=list(DTYPES), help="this one only")
    parser.add_argument("--tune", type=Path, help="measure every configuration, write the best ones to this table")
    parser.add_argument("--layers", type=int, default=9)
    parser.add_argument("--bytes", action="store_true", help="print ideal bytes and times; nothing is measured")
    return parser.parse_args()


def print_bytes() -> None:
    """Ideal bytes of every operation, microseconds at shares of the peak, and those of products at their own peak."""
    heads = [f"{share:.0%}" for share in SHARES]
    for size in SIZES:
        for dtype in ("fp32", "bf16"):
            n, length, channels = size
            one = n * length * channels * DTYPES[dtype].itemsize
            print(f"N, L, C = {size}, {dtype}: µs at a share of {PEAK / 1e12:g} TB/s")
            print(f"{'':21}{'passes':>6}{'MB':>8}" + "".join(f"{head:>7}" for head in heads) + f"{'products':>10}")
            for (name, kind), passes in IDEAL.items():
                times = [passes * one / (share * PEAK) * 1e6 for share in SHARES]
                multiplied = MULTIPLIED.get((name, kind), 0) * channels**2 * n * length / PRODUCTS[dtype] * 1e6
                cells = "".join(f"{microseconds:7.0f}" for microseconds in times)
                print(f"{name:11}{kind:10}{passes:6}{passes * one / 1e6:8.0f}{cells}{multiplied:10.0f}")
            print()


def drawn(size: tuple[int, int, int], dtype: torch.dtype, device: str) -> tuple[torch.Tensor, ...]:
    """x in `dtype`; weights in fp32, as in training."""
    torch.manual_seed(0)
    channels = size[2]
    shapes = ((3, channels), (2 * channels, channels), (channels, 2 * channels))
    weights = [(torch.randn(shape, device=device) / shape[1] ** 0.5).requires_grad_() for shape in shapes]
    return (torch.randn(size, device=device, dtype=dtype).requires_grad_(), *weights)


# ---------------------------------------------------------------------------------------------------- the table


def table(
    size: tuple[int, int, int], dtype: str, tensors: tuple[torch.Tensor, ...], bandwidth: float, dilations: Any
) -> None:
    print(f"N, L, C = {size}, {dtype}")
    print(f"{'':11}{'':10}{'d':>5}{'ms':>9}{'goal':>7}{'share':>8}{'eager':>8}{'compiled':>10}{'saved':>8}")
    for dilation in dilations:
        for operation in operations(tensors, dilation):
            rows(operation, size, dtype, dilation, bandwidth)
    print(flush=True)


def operations(tensors: tuple[torch.Tensor, ...], dilation: int) -> list[Operation]:
    def norm(kernel: str) -> Callable[..., torch.Tensor]:
        return lambda x, weight: cheri.conv_norm(x, weight, dilation, kernel)

    def block(kernel: str) -> Callable[..., torch.Tensor]:
        return lambda x, *weights: cheri.block(x, *weights, dilation, SCALE, kernel)

    alone, whole = tensors[:2], tensors
    return [
        Operation("conv+norm", norm(KERNEL), conv1d_norm(dilation), alone),
        Operation("block", block(KERNEL), conv1d_block(dilation), whole),
    ]


def conv1d_norm(dilation: int) -> Callable[..., torch.Tensor]:
    """What one writes in PyTorch: conv1d in channels-first, then layer_norm."""

    def run(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        kernel = weight.T[:, None].to(x.dtype)
        u = torch.nn.functional.conv1d(x.mT, kernel, padding=dilation, dilation=dilation, groups=x.shape[2]).mT
        return torch.nn.functional.layer_norm(u, u.shape[1:], eps=reference.EPS)

    return run


def conv1d_block(dilation: int) -> Callable[..., torch.Tensor]:
    norm = conv1d_norm(dilation)
    return lambda x, weight, w1, w2: reference.project(x, norm(x, weight), w1, w2, SCALE)


def rows(operation: Operation, size: tuple[int, int, int], dtype: str, dilation: int, bandwidth: float) -> None:
    """Forward, backward and inference of one operation."""
    x = operation.tensors[0]
    mine = times(operation.kernel, operation.tensors)
    eager = times(operation.eager, operation.tensors)
    torch._dynamo.reset()
    compiled = times(torch.compile(operation.eager), operation.tensors) if x.is_cuda else eager
    kept = saved(operation.kernel, operation.tensors) / x.nbytes
    for kind, milliseconds in mine.items():
        ideal = IDEAL[operation.name, kind] * x.nbytes
        share = ideal / bandwidth / (milliseconds / 1e3)
        goal = GOALS.get((kind, dtype), 0.0) if operation.name == "block" and size == SIZES[1] else 0.0
        print(
            f"{operation.name:11}{kind:10}{dilation:5}{milliseconds:9.3f}{goal or '':>7}{share:8.0%}"
            f"{eager[kind] / milliseconds:8.2f}{compiled[kind] / milliseconds:10.2f}"
            f"{f'{kept:.2f}' if kind == 'forward' else '':>8}"
        )


def times(run: Callable[..., torch.Tensor], tensors: tuple[torch.Tensor, ...]) -> dict[str, float]:
    """Median milliseconds of forward with gradients, backward alone, and forward without."""
    gradient = torch.randn_like(tensors[0])
    y = run(*tensors)

    def infer() -> None:
        with torch.no_grad():
            run(*tensors)

    return {
        "forward": milliseconds(lambda: run(*tensors)),
        "backward": milliseconds(lambda: torch.autograd.grad(y, tensors, gradient, retain_graph=True)),
        "inference": milliseconds(infer),
    }


def milliseconds(call: Call, repeats: int = 30) -> float:
    """Median over `repeats`; on a GPU by events, the L2 cache flushed in between."""
    for _ in range(3):
        call()
    if not torch.cuda.is_available():
        return statistics.median(_seconds(call) for _ in range(3)) * 1e3
    flush = torch.empty(1 << 28, dtype=torch.int8, device="cuda")
    found = []
    for _ in range(repeats):
        flush.zero_()
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        call()
        end.record()
        torch.cuda.synchronize()
        found.append(begin.elapsed_time(end))
    return statistics.median(found)


def _seconds(call: Call) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def copy_bandwidth(device: str) -> float:
    """Bytes per second, read and written, of one large copy."""
    source = torch.empty((1 << 28) if device == "cuda" else (1 << 20), dtype=torch.float32, device=device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / (milliseconds(lambda: target.copy_(source)) / 1e3)


def saved(run: Callable[..., torch.Tensor], tensors: tuple[torch.Tensor, ...]) -> int:
    """Bytes that autograd keeps, the weights apart."""
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        run(*tensors)
    weights = {tensor.untyped_storage().data_ptr() for tensor in tensors[1:]}
    return sum(size for at, size in kept.items() if at not in weights)


# ------------------------------------------------------------------------------------------------ whole model


def whole_model(size: tuple[int, int, int], layers: int, device: str) -> None:
    """Forward and backward of a stack of blocks, under bf16 autocast and without, against eager PyTorch."""
    tensors = drawn(size, torch.float32, device)
    weights = [tuple(weight.detach().clone().requires_grad_() for weight in tensors[1:]) for _ in range(layers)]
    flat = [weight for each in weights for weight in each]

    def step(kernel: str, stream: torch.dtype) -> None:
        x = tensors[0].detach().to(stream)
        for i, each in enumerate(weights):
            run = conv1d_block(2**i) if kernel == "eager" else None
            x = run(x, *each) if run else cheri.block(x, *each, 2**i, SCALE, kernel)
        torch.autograd.grad(x.float().sum(), flat)

    for name, stream in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        peaks, medians = [], []
        for kernel in (KERNEL, "eager"):
            if device == "cuda":
                torch.cuda.reset_peak_memory_stats()
            medians.append(milliseconds(lambda kernel=kernel, stream=stream: step(kernel, stream), 10))
            peaks.append(torch.cuda.max_memory_allocated() / 2**30 if device == "cuda" else 0.0)
        print(
            f"{layers} blocks, {size}, {name}: {medians[0]:.2f} ms a step, eager {medians[1] / medians[0]:.2f} times; "
            f"peak {peaks[0]:.2f} GiB, eager {peaks[1]:.2f}"
        )
    print(flush=True)


# ----------------------------------------------------------------------------------------------------- tuning


def tune(tensors: tuple[torch.Tensor, ...]) -> None:
    """Every kernel at these sizes, with its report."""
    from seqforge.kernels import cheri_tuning

    before = len(cheri_tuning.reports)
    x, weight, w1, w2 = tensors
    cheri.conv_norm(x, weight, 4, "triton", "autotune").backward(torch.randn_like(x))
    cheri.block(x, weight, w1, w2, 4, SCALE, "triton", "autotune").backward(torch.randn_like(x))
    for report in cheri_tuning.reports[before:]:
        print(report)


def write_table(path: Path) -> None:
    """The shipped table with what was measured in the place of what it said before."""
    from seqforge.kernels import cheri_tuning

    kept = {tuple(entry[name] for name in (*cheri_tuning.ALIKE, "channels")): entry for entry in cheri_tuning.table()}
    for report in cheri_tuning.reports:
        if report.best is not None:
            key = report.key
            entry = {"kernel": key.kernel, "channels": key.channels, "hidden": key.hidden, "dtype": key.dtype}
            entry |= {"architecture": key.architecture, "block": report.best["BLOCK"]}
            entry |= {"warps": report.best["num_warps"], "stages": report.best["num_stages"]}
            kept[key.kernel, key.dtype, key.architecture, key.channels] = entry
    lines = ",\n".join(f"  {json.dumps(entry)}" for entry in kept.values())
    source = (
        f"measured on {torch.cuda.get_device_name()} where tuned, else from resources" if cheri_tuning.reports else ""
    )
    path.write_text(f'{{\n "source": {json.dumps(source)},\n "entries": [\n{lines}\n ]\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
