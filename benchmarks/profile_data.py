# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profile data alone: how fast windows come, how many bytes a region takes, how much memory a pass needs.

python benchmarks/profile_data.py [--regions 100000] [--input 3092] [--output 1000] [--jitter 128] [--batch 64]

The regions are written straight into a store (`--regions` of them) and, a tenth of them, into a training file that is
then converted. The peak is that of this process without the pages of mapped files, which the system may take back;
beside it stands the peak with them. Goal of a training with 100,000 regions: below 4 GiB. `--train STEPS` makes so
many steps of BPNet on Keras (64 filters, 9 layers, batches of 32) over the regions, from all over the store.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from seqforge import registry
from seqforge.data.batches import plan
from seqforge.data.encodings import DNA
from seqforge.data.profiles import store
from seqforge.data.profiles.checks import Lengths
from seqforge.data.profiles.dataset import ProfileSet
from seqforge.data.profiles.hdf5 import FileWriter
from seqforge.data.sources.base import Wanted
from seqforge.data.sources.profile_hdf5 import ProfileHDF5Source
from seqforge.heads import Head

HEADS = (Head(name="nexus", tasks=("plus", "minus"), counts_loss_frac_target=0.1),)
CHUNK = 1000
GOAL = 4 * 2**30
ROW = "{:38} {:>18} {:>26}"


def chunks(regions: int, lengths: Lengths) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Random codes (n, position_in) and reads (n, position_out, task), a thousand regions at a time."""
    draw = np.random.default_rng(1)
    wide_in, wide_out = lengths.widths
    for first in range(0, regions, CHUNK):
        n = min(CHUNK, regions - first)
        rates = draw.gamma(0.5, 0.5, (n, wide_out, 1))  # per position; both strands alike
        reads = draw.poisson(rates, (n, wide_out, 2)).astype(np.float32)
        yield draw.integers(0, 4, (n, wide_in), dtype=np.uint8), reads


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory(key: str) -> int:
    """A line of /proc/self/status in bytes; 0 where there is none."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(key)), 0)


def an_epoch(chosen: ProfileSet, batch_size: int, epoch: int) -> int:
    """One pass; the most memory of the process's own that was seen between batches."""
    most = 0
    for number, indices in enumerate(plan(len(chosen), batch_size, 1, epoch)):
        chosen.batch(indices, epoch)
        if number % 50 == 0:
            most = max(most, memory("RssAnon"))
    return most


def of_a_store(folder: Path, regions: int, lengths: Lengths, batch_size: int) -> list[tuple[str, str, str]]:
    folder.mkdir()

    def fill() -> None:
        with store.Writer(folder, HEADS, *lengths) as writer:
            for codes, reads in chunks(regions, lengths):
                writer.add(codes, [reads])
            writer.finish()

    seconds = timed(fill)
    opened = store.opened(folder)
    rows = [
        ("store written, drawing included", f"{seconds:.1f} s", f"{memory('RssAnon') / 2**30:.2f} GiB of its own"),
        ("bytes per region on disk", f"{opened.bytes / regions:,.0f}", one_hot_bytes(lengths)),
    ]
    plain = ProfileSet(opened, np.arange(regions), *lengths)
    moved = ProfileSet(opened, np.arange(regions), *lengths, True)
    turned = ProfileSet(opened, np.arange(regions), *lengths, True, True, ((1, 0),))
    most = 0
    for title, chosen in (("fixed", plain), ("jitter", moved), ("jitter and strands", turned)):
        start = time.perf_counter()
        most = max(most, an_epoch(chosen, batch_size, 1))
        seconds = time.perf_counter() - start
        speed = f"{1000 * seconds * batch_size / regions:.2f} ms each"
        rows.append((f"batches, {title}", f"{regions / batch_size / seconds:,.0f} batches/s", speed))
    rows.append(("fewest reads of every window", f"{timed(moved.least_reads):.1f} s", f"{regions:,} regions"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    verdict = "inside" if peak < GOAL else "beyond"
    rows.append(("peak of the process, without mapped", f"{most / 2**30:.2f} GiB", "between batches"))
    rows.append(("peak of the process, with mapped files", f"{peak / 2**30:.2f} GiB", f"{verdict} the goal of 4 GiB"))
    return rows


def of_a_training(folder: Path, regions: int, lengths: Lengths, steps: int) -> list[tuple[str, str, str]]:
    """The peak of a whole training process after `steps` steps; every page of the store was touched before."""
    from pairing import without_data

    from seqforge.backends import open_learner

    sizes = {"input_length": lengths.input, "output_length": lengths.output, "num_filters": 64, "num_layers": 9}
    sizes |= {"input_filter_width": 25, "output_filter_width": 25}
    overrides = [f"architecture.hyperparameters.{key}={value}" for key, value in sizes.items()]
    experiment = without_data("keras-bpnet-solo-nexus", [*overrides, "trainingprocess.batch_size=32"])
    learner = open_learner(experiment, lengths.input)
    chosen = ProfileSet(store.opened(folder), np.arange(regions), *lengths, True, True, ((1, 0),))
    start = time.perf_counter()
    for indices in plan(regions, 32, 1, 0)[:steps]:
        learner.train_step(chosen.batch(indices, 0))
    loss = learner.take_logs()["loss"]
    seconds, peak = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    verdict = "inside" if peak < GOAL else "beyond"
    return [
        (f"{steps} steps of training, loss {loss:.0f}", f"{seconds:.1f} s", "tracing included"),
        ("peak of the training", f"{peak / 2**30:.2f} GiB", f"{verdict} the goal of 4 GiB"),
    ]


def one_hot_bytes(lengths: Lengths) -> str:
    wide_in, wide_out = lengths.widths
    return f"float32 one-hot: {16 * wide_in + 8 * wide_out:,}"


def of_a_file(folder: Path, regions: int, lengths: Lengths) -> list[tuple[str, str, str]]:
    path = folder / "train.h5"

    def fill() -> None:
        with FileWriter(path, regions, HEADS, lengths) as file:
            for codes, reads in chunks(regions, lengths):
                file.add(codes, [reads])

    task = registry.find("tasks", "profile prediction")()
    wanted = Wanted(task, DNA, (), 1, folder, heads=HEADS, input_length=lengths.input, output_length=lengths.output)
    source = ProfileHDF5Source(train_data="train.h5", max_jitter=lengths.jitter)
    written, first, again = timed(fill), timed(lambda: source.open(wanted)), timed(lambda: source.open(wanted))
    size = path.stat().st_size
    return [
        (f"HDF5 written, {regions:,} regions", f"{written:.1f} s", f"{size / regions:,.0f} bytes per region"),
        ("HDF5 to the store", f"{regions / first:,.0f} regions/s", f"{size / first / 1e6:,.0f} MB/s packed"),
        ("opened again", f"{1000 * again:.0f} ms", f"{first / again:.0f} times as fast"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = (("regions", 100_000), ("input", 3092), ("output", 1000), ("jitter", 128), ("batch", 64))
    for name, default in sizes:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--train", type=int, default=0, metavar="STEPS")
    options = parser.parse_args()
    lengths = Lengths(options.input, options.output, options.jitter)
    with tempfile.TemporaryDirectory(prefix="seqforge-") as name:
        folder = Path(name)
        os.environ["SEQFORGE_CACHE"] = str(folder / "cache")
        rows = of_a_store(folder / "store", options.regions, lengths, options.batch)
        rows += of_a_file(folder, max(options.regions // 10, 1), lengths)
        if options.train:
            rows += of_a_training(folder / "store", options.regions, lengths, options.train)
    print(f"{options.regions:,} regions, {lengths}, batches of {options.batch}\n")
    for row in rows:
        print(ROW.format(*row))


if __name__ == "__main__":
    main()
