# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How fast definitions are validated: 1,000 generated ones in one call, and the time until a validation starts.

python benchmarks/validator.py [number] [--profile]
"""

from __future__ import annotations

import cProfile
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from seqforge.templates import Wish, new_definition

GOAL = 150  # definitions per second
START = "from seqforge.cli import main; main()"
MODULE = """import torch


class TorchModel(torch.nn.Module):
    def __init__(self, width: int = 8):
        super().__init__()
        self.conv = torch.nn.Conv1d(4, width, 11)
        self.out = torch.nn.Linear(width, 50)

    def forward(self, x):
        return self.out(self.conv(x).amax(-1))
"""
EXTERNAL = '<external format="pytorch-module" classname="TorchModel">PyTorch/m{number}.py</external>'


def write(folder: Path, number: int) -> None:
    """`number` definitions of five kinds, each fifth with a module of its own beside it."""
    (folder / "PyTorch").mkdir()
    for index in range(number):
        (folder / f"m{index}.xml").write_text(_definition(folder, index), encoding="utf-8")


def _definition(folder: Path, index: int) -> str:
    library, like = (
        ("PyTorch", "basset"),
        ("Keras", "basset"),
        ("PyTorch", "sequential"),
        ("Keras", "danq"),
        ("", ""),
    )[index % 5]
    if library:
        return new_definition(Wish(f"m{index}", library=library, like=like))
    text = new_definition(Wish(f"m{index}"))
    start, end = text.index("<external"), text.index("</hyperparameters>")
    (folder / "PyTorch" / f"m{index}.py").write_text(MODULE, encoding="utf-8")
    module = EXTERNAL.format(number=index)
    options = '<hyperparameters><hyperparameter name="width">16</hyperparameter>'
    return text[:start] + module + options + text[end:]


def seconds(arguments: list[str], repeats: int) -> float:
    """The fastest of some runs of the command, with compiled modules as an installation has them."""
    command = [sys.executable, "-c", START, *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def runs() -> Iterator[float]:
        for _ in range(repeats):
            start = time.perf_counter()
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            yield time.perf_counter() - start

    return min(runs())


def profiled(work: Callable[[], object]) -> None:
    profile = cProfile.Profile()
    profile.runcall(work)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(35)


def main() -> None:
    number = int(next((word for word in sys.argv[1:] if word.isdecimal()), "1000"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, number)
        if "--profile" in sys.argv:
            from seqforge.validation import report

            profiled(lambda: report([name]))
            return
        rows = [("help", seconds(["--help"], 3)), ("one definition", seconds(["validate", f"{name}/m0.xml"], 3))]
        total = seconds(["validate", name], 1)
    for row, took in rows:
        print(f"{row:<20} {took:8.3f} s")
    rate = number / total
    print(f"{number} definitions {total:8.3f} s   {rate:.0f} definitions/s (goal {GOAL}: {rate / GOAL:.2f} of it)")


if __name__ == "__main__":
    main()
