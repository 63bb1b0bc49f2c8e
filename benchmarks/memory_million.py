# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A million sequences of 1,000 letters, from the text file to a trained epoch: the peak of resident memory.

python benchmarks/memory_million.py [--examples 1000000] [--length 1000]
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

from data_path import write_table

GOAL = 3 * 2**30
DEFINITION = """<?xml version="1.0" encoding="UTF-8"?>
<seqgramodel>
    <general id="memory"><name>memory</name><description>a small model</description>
        <task>multi-class classification</task><sequencespace>DNA</sequencespace><library>PyTorch</library>
        <labels><label>a</label><label>b</label></labels><seed>1</seed></general>
    <architecture><sequential>
        <operation input_shape="({length}, 4)" filters="4" kernel_size="20" strides="20">Conv1D</operation>
        <operation>GlobalMaxPool1D</operation>
        <operation units="2">Dense</operation>
    </sequential></architecture>
    <loss><hyperparameter name="loss">CrossEntropyLoss</hyperparameter></loss>
    <optimizer><hyperparameter name="optimizer">Adam</hyperparameter></optimizer>
    <trainingprocess><hyperparameter name="batch_size">250</hyperparameter>
        <hyperparameter name="epochs">1</hyperparameter></trainingprocess>
    <data format="table"><hyperparameter name="folder">.</hyperparameter></data>
</seqgramodel>
"""


def peak() -> float:
    """The most memory that this process had resident so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


class Steps:
    """Prints what is done, how long it took and the peak so far."""

    def __init__(self) -> None:
        self.start = time.perf_counter()

    def __call__(self, title: str) -> None:
        now = time.perf_counter()
        print(f"{title:32} {now - self.start:8.1f} s {peak():8.2f} GiB peak", flush=True)
        self.start = now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("examples", 1_000_000), ("length", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seqforge-") as name:
        folder = Path(name)
        os.environ["SEQFORGE_CACHE"] = str(folder / "cache")
        print(f"{options.examples:,} examples of {options.length:,} letters\n")
        done = Steps()
        write_table(folder / "training.txt", options.examples, options.length)
        (folder / "memory.xml").write_text(DEFINITION.format(length=options.length))
        done("text written")
        train(folder, done)
    verdict = "inside" if peak() * 2**30 < GOAL else "OUTSIDE"
    print(f"\npeak {peak():.2f} GiB, {verdict} the goal of {GOAL / 2**30:.0f} GiB")


def train(folder: Path, done: Steps) -> None:
    """One epoch through the library, as `seqforge train` does it."""
    from seqforge.backends import open_learner
    from seqforge.definitions.reader import load
    from seqforge.experiment import resolve
    from seqforge.training.loop import train as loop

    experiment, problems = resolve(load(folder / "memory.xml"))
    assert experiment is not None, problems
    assert experiment.source is not None
    assert experiment.process is not None
    data = experiment.source.open(experiment.wanted)
    done("encoded into the cache")
    learner = open_learner(experiment, data.length, device="cpu")
    done("learner built")
    training = loop(learner, data, experiment.process, seed=experiment.seed)
    done(f"one epoch, loss {training.logs['loss']:.4f}")


if __name__ == "__main__":
    main()
