# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profile models and data small enough to train in a blink: two heads, 28 or 36 bases in, 20 positions out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import small_genomes

from seqforge.data.encodings import DNA
from seqforge.data.profiles.checks import Lengths
from seqforge.data.profiles.hdf5 import FileWriter
from seqforge.data.profiles.store import COORDS
from seqforge.heads import Head

OUT = 20
HEADS = (Head(name="x", tasks=("plus", "minus")), Head(name="y", tasks=("a", "b"), counts_per_task=True))
SOLO = {"input_length": 28, "output_length": OUT, "num_filters": 4, "num_layers": 1}
RESIDUAL = {"input_length": 36, "output_length": OUT, "num_filters": 4, "num_layers": 2}
WIDTHS = {"input_filter_width": 3, "output_filter_width": 3}
SIMPLE = {"profile_types": "linear", "counts_types": "linear"}
DEFINITION = """<seqgramodel>
    <general id="{id}">
        <name>{id}</name>
        <description>small</description>
        <task>profile prediction</task>
        <sequencespace>DNA</sequencespace>
        <library>{library}</library>
        <heads>
            <head name="x" tasks="plus, minus">{bias}<hyperparameter name="counts_loss_weight">1</hyperparameter></head>
            <head name="y" tasks="a, b">{bias}<hyperparameter name="counts_loss_weight">1</hyperparameter>
                <hyperparameter name="counts_per_task">True</hyperparameter></head>
        </heads>
        <seed>1</seed>
    </general>
    <architecture>
        <external format="seqforge" classname="{classname}"/>
        <hyperparameters>{sizes}</hyperparameters>{part}
    </architecture>
    <loss>
        <hyperparameter name="loss">BPNetLoss</hyperparameter>
        <hyperparameter name="pseudocount">1</hyperparameter>
    </loss>
    <optimizer>
        <hyperparameter name="optimizer">Adam</hyperparameter>
        <hyperparameter name="learning_rate">0.02</hyperparameter>
    </optimizer>
    <trainingprocess>
        <hyperparameter name="batch_size">5</hyperparameter>
        <hyperparameter name="epochs">1</hyperparameter>
    </trainingprocess>
    <data format="profile-hdf5">
        <hyperparameter name="train_data">{length}/training.h5</hyperparameter>
        <hyperparameter name="val_data">{length}/validation.h5</hyperparameter>
        <hyperparameter name="test_data">{length}/test.h5</hyperparameter>
    </data>
</seqgramodel>
"""


def write_definition(
    path: Path, classname: str, sizes: dict[str, object], library: str = "Keras", part: str = "", bias: str = ""
) -> Path:
    options = "".join(f'<hyperparameter name="{name}">{value}</hyperparameter>' for name, value in sizes.items())
    length = sizes.get("input_length", SOLO["input_length"])
    values = {"id": path.stem, "classname": classname, "library": library, "sizes": options, "length": length}
    path.write_text(DEFINITION.format(**values, part=part, bias=bias))
    return path


def write_genome(folder: Path) -> Path:
    return small_genomes.write_fasta(folder / "genome.fa", small_genomes.sequences())


def write_data(folder: Path, length: int) -> None:
    """Regions of the small genome, with coordinates: 20 to train, 7 in the other sets."""
    (folder / str(length)).mkdir()
    draw = np.random.default_rng(length)
    for name, regions in (("training", 20), ("validation", 7), ("test", 7)):
        start = draw.integers(8, 170, regions)
        coords = np.zeros(regions, dtype=COORDS)
        coords["chrom"], coords["start"], coords["stop"] = draw.integers(0, 3, regions), start, start + OUT
        chromosomes = small_genomes.SIZES
        lengths = Lengths(length, OUT, 0)
        with FileWriter(folder / str(length) / f"{name}.h5", regions, HEADS, lengths, chromosomes) as file:
            reads = [draw.poisson(3, (regions, OUT, 2)).astype(np.float32) for _ in HEADS]
            file.add(codes_at(coords, length), reads, coords)


def codes_at(windows: np.ndarray, length: int) -> np.ndarray:
    """What a model of `length` bases reads around output windows of the small genome."""
    texts = list(small_genomes.sequences().values())
    flank = (length - OUT) // 2
    found = [texts[chrom][start - flank : stop + flank] for chrom, start, stop, _ in windows.tolist()]
    return DNA.encode("".join(found)).reshape(-1, length)
