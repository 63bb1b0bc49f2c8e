# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The centromere Transformer on long chromosomes: time and memory, against nn.TransformerEncoder.

python benchmarks/centromere_model.py [--bins 500 1000] [--rounds 2] [--threads 1] [--only "NAME; NAME"] [--work both]

A training step is forward, weighted BCE, backward and AdamW; a prediction is a pass in evaluation mode without
gradients; neither runs the range branch. Every figure comes from a process of its own: the best of the rounds, of one
thread in processor time, so that other processes matter little, and the peak of resident memory above what the process
held before, model and input included. Ratios are to the straightforward form, nn.TransformerEncoder with the same
weights, which keeps L×L scores for every head. Where its forecast exceeds the free memory it is not started, and memory
is compared with the forecast. The sizes of the acceptance: --bins 1000 10000 50000 --rounds 1 (hours on two cores; take
--only and --work to share them out).
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from seqforge.architectures.centromere_memory import Pass, forecast, free_memory
from seqforge.architectures.centromere_shapes import Sizes

PLAIN = "nn.TransformerEncoder"
# name → (attention_dropout, gradient_checkpointing)
OURS: dict[str, tuple[float, bool]] = {
    "seqforge": (0.2, False),
    "seqforge, attention_dropout 0": (0.0, False),
    "the same, gradient_checkpointing": (0.0, True),
}
WORK = ("training", "prediction")
SCORES = {"training": 14.0, "prediction": 1.2}  # arrays of H·L² scores that the plain form holds, measured at 2,000
STATUS = Path("/proc/self/status")


class Measured(NamedTuple):
    """Seconds of a step, bytes at the peak; `note` says why there are none."""

    seconds: float = math.nan
    memory: float = math.nan
    note: str = ""


def main() -> None:
    options = arguments()
    if options.worker:
        name, bins, work = options.worker
        print(json.dumps(measure(name, int(bins), work, options.rounds, options.threads)))
        return
    asked = [name.strip() for name in options.only.split(";")] if options.only else None
    for bins in options.bins:
        for work in WORK if options.work == "both" else (options.work,):
            names = asked or [PLAIN, *OURS][: None if work == "training" else 2]  # dropout is nothing to predictions
            table(bins, work, {name: run(name, bins, work, options) for name in names})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bins", type=int, nargs="+", default=[500, 1000])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", help="some contenders, separated by semicolons")
    parser.add_argument("--work", choices=(*WORK, "both"), default="both")
    parser.add_argument("--limit", type=float, default=7200, help="seconds that one process may take")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def run(name: str, bins: int, work: str, options: argparse.Namespace) -> Measured:
    """One contender in a process of its own, unless it is known not to fit."""
    need, free = needed(name, bins, work), free_memory()
    if free is not None and need > free:
        return Measured(memory=need, note=f"does not fit: forecast {need / 1e9:.1f} GB, {free / 1e9:.1f} GB are free")
    command = [sys.executable, __file__, "--rounds", str(options.rounds), "--threads", str(options.threads)]
    try:
        done = subprocess.run(
            [*command, "--worker", name, str(bins), work], capture_output=True, text=True, timeout=options.limit
        )
    except subprocess.TimeoutExpired:
        return Measured(note=f"not finished after {options.limit:.0f} s")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Measured(note=f"ended with status {done.returncode}: {last[:90]}")
    return Measured(*json.loads(done.stdout.splitlines()[-1]))


def needed(name: str, bins: int, work: str) -> int:
    """The forecast in bytes."""
    dropout, checkpointing = OURS.get(name, (0.0, False))
    training = work == "training"
    one = Pass(bins=bins, training=training, attention_dropout=dropout, checkpointing=checkpointing, ranges=False)
    scores = SCORES[work] * 4 * Sizes().nhead * bins**2 if name == PLAIN else 0
    return round(forecast(Sizes(), one) + scores)


def table(bins: int, work: str, found: dict[str, Measured]) -> None:
    base = found.get(PLAIN, Measured())
    print(f"\n{work}, {bins:,} bins{'':>14}{'s':>10}{'MB':>9}{'MB forecast':>13}{'× time':>9}{'× memory':>10}")
    for name, one in found.items():
        ahead = needed(name, bins, work) / 1e6
        figures = f"{one.seconds:>10.3f}{one.memory / 1e6:>9.0f}{ahead:>13.0f}"
        figures += f"{one.seconds / base.seconds:>9.2f}{one.memory / base.memory:>10.4f}"
        print(f"{name:34}" + (f"  {one.note}" if one.note else figures.replace("nan", "  –")), flush=True)


def measure(name: str, bins: int, work: str, rounds: int, threads: int) -> tuple[float, int]:
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    step = made(name, work)
    step(torch.randn(1, 64, 8))  # what libraries load when they are used
    before = forget_peak()
    x, seconds = torch.randn(1, bins, 8), []
    clock = time.process_time if threads == 1 else time.perf_counter
    for _ in range(rounds):
        begin = clock()
        step(x)
        seconds.append(clock() - begin)
    return min(seconds), held("VmHWM") - before


def made(name: str, work: str) -> Callable[[Any], Any]:
    """What does one step of `work` on features (1, bin, 8)."""
    import torch
    from torch.nn.functional import softplus

    from seqforge.architectures.torch.centromere_transformer import CentromereTransformer

    dropout, checkpointing = OURS.get(name, (0.2, False))
    model = CentromereTransformer(attention_dropout=dropout, output="logits", range_head=False)
    model.gradient_checkpointing = checkpointing
    if name == PLAIN:
        agree(model)
        model.transformer_encoder = plain(model)
    if work == "prediction":
        model.eval()
        return torch.no_grad()(model.position_only)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=1e-5)

    def step(x: Any) -> None:
        z, y = model.position_only(x)[..., 0], (x[..., 0] > 2).float()
        optimizer.zero_grad()
        (50 * y * softplus(-z) + (1 - y) * softplus(z)).mean().backward()
        optimizer.step()

    return step


def plain(model: Any) -> Any:
    """nn.TransformerEncoder with the weights of the model's encoder."""
    import torch

    sizes = model.sizes
    layer = torch.nn.TransformerEncoderLayer(sizes.d_model, sizes.nhead, sizes.dim_feedforward, 0.2, batch_first=True)
    encoder = torch.nn.TransformerEncoder(layer, sizes.num_layers)
    encoder.load_state_dict(model.transformer_encoder.state_dict())

    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, x: Any, keys: Any = None, again: bool = False) -> Any:
            return self.encoder(x)

    return Plain()


def agree(model: Any) -> None:
    """Both forms compute the same."""
    import torch

    x, other = torch.randn(1, 50, 128), plain(model).eval()
    with torch.no_grad():
        torch.testing.assert_close(other(x), model.eval().transformer_encoder(x), rtol=1e-4, atol=1e-4)
    model.train()


def forget_peak() -> int:
    """What this process holds now; its peak begins here, where Linux can be told so."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return held("VmHWM")
    return held("VmRSS")


def held(what: str) -> int:
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:"))


if __name__ == "__main__":
    main()
