# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Features of bins: the worked example, a dictionary of texts as judge, satellites, and the tables that are written."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from seqforge.data.kmers.bins import BIN_MEDIAN, GENOME_MEDIAN, Rule
from seqforge.data.kmers.features import Settings, computed

EXAMPLE = "ACGTGACCTTTGACTTTGACTTTGACNTTGAGGCATCAATCGG"
OPPOSITE = str.maketrans("ACGT", "TGCA")
LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)


def fasta(path: Path, records: dict[str, str], width: int = 60) -> Path:
    lines = []
    for name, text in records.items():
        lines += [f">{name} described", *(text[at : at + width] for at in range(0, len(text), width))]
    path.write_text("\n".join(lines) + "\n")
    return path


def random_dna(length: int, seed: int) -> str:
    return LETTERS[np.random.default_rng(seed).integers(0, 4, length)].tobytes().decode()


def features(path: Path, scratch: Path, **options: Any):
    scratch.mkdir(exist_ok=True)
    return computed(Settings(genome=path, sample="s", **options), scratch)


@pytest.mark.parametrize(
    ("canonical", "rule", "middle", "depth", "highlighted"),
    [
        (True, GENOME_MEDIAN, 2.0, [16 / 9, 3.0, 10 / 6, 1.0], [0, 1 / 9, 1 / 6, 0]),
        (True, BIN_MEDIAN, 2.0, [16 / 9, 3.0, 10 / 6, 1.0], [3 / 9, 0, 1 / 6, 0]),
        (False, GENOME_MEDIAN, 1.5, [16 / 9, 26 / 9, 1.5, 1.0], [1 / 9, 2 / 9, 1 / 6, 0]),
    ],
)
def test_the_worked_example(tmp_path: Path, canonical, rule, middle, depth, highlighted):
    path = fasta(tmp_path / "g.fa", {"chr1": EXAMPLE}, width=10)
    found = features(path, tmp_path / "s", k=(4,), bin_size=12, canonical=canonical, rule=Rule(rule))
    assert found.medians == {4: middle}
    assert found.values.T.tolist() == [highlighted, depth]
    assert found.valid.ravel().tolist() == [9, 9, 6, 4]
    assert found.bins.stop.tolist() == [12, 24, 36, 43]


def test_counts_from_a_number_on(tmp_path: Path):
    path = fasta(tmp_path / "g.fa", {"chr1": EXAMPLE})
    found = features(path, tmp_path / "s", k=(4,), bin_size=12, rule=Rule("count", 3))
    assert found.values[:, 0].tolist() == [3 / 9, 6 / 9, 1 / 6, 0]


def spelt(record: str, k: int, canonical: bool) -> list[str | None]:
    """Each k-mer of a record as text, None where it has another letter than A C G T."""
    record = record.upper()
    words: list[str | None] = []
    for at in range(len(record) - k + 1):
        word = record[at : at + k]
        if set(word) - set("ACGT"):
            words.append(None)
        else:
            words.append(min(word, word[::-1].translate(OPPOSITE)) if canonical else word)
    return words


def by_dictionary(records: dict[str, str], k: int, size: int, canonical: bool, rule: str) -> tuple[float, list]:
    """The genome's median and (highlighted, depth) of every bin, with a dictionary of texts."""
    words = {name: spelt(text, k, canonical) for name, text in records.items()}
    counts = Counter(word for found in words.values() for word in found if word)
    middle = median([counts[word] for found in words.values() for word in found if word])
    rows = []
    for name, text in records.items():
        for start in range(0, len(text), size):
            stop = min(start + size, len(text))
            if 2 * (stop - start) < size:
                continue
            inside = [counts[word] for word in words[name][start : max(stop - k + 1, start)] if word]
            limit = 2 * (middle if rule == GENOME_MEDIAN else median(inside or [0]))
            high = sum(count > limit for count in inside)
            rows.append([high / len(inside), sum(inside) / len(inside)] if inside else [0.0, 0.0])
    return middle, rows


def genome() -> dict[str, str]:
    """20 kb in four records: repeats on both strands, runs of N, lower case, palindromes, one that is all N."""
    first, unit = random_dna(7000, 1), random_dna(700, 2)
    backwards = unit[::-1].translate(OPPOSITE)
    second = random_dna(2000, 3) + unit * 3 + backwards * 2 + random_dna(1500, 4) + ("AT" * 400)
    first = first[:2500] + "N" * 300 + first[2800:4000].lower() + unit[:650] + "n" + first[4651:]
    third = random_dna(3000, 5) + unit + "R" + backwards
    return {"one": first, "two": second, "three": third, "four": "N" * 500, "five": "acgtn" * 30}


@pytest.mark.slow
@pytest.mark.parametrize("canonical", [True, False])
@pytest.mark.parametrize("k", [7, 32, 33, 64, 100, 512])
def test_equals_a_dictionary_of_texts(tmp_path: Path, k: int, canonical: bool):
    records = genome()
    path = fasta(tmp_path / "g.fa", records, width=61)
    for rule in (GENOME_MEDIAN, BIN_MEDIAN):
        middle, rows = by_dictionary(records, k, 1000, canonical, rule)
        for parts, stretch, workers in ((1, 1 << 20, 1), (7, 1 << 20, 1), (1, 3000, 2), (7, 3000, 3), (64, 1000, 2)):
            found = features(
                path, tmp_path / "s", k=(k,), bin_size=1000, canonical=canonical, rule=Rule(rule),
                parts=parts, stretch=stretch, workers=workers,
            )  # fmt: skip
            assert found.medians == {k: middle}
            assert found.values.tolist() == rows


@pytest.mark.parametrize("canonical", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_several_lengths_equal_a_dictionary_of_texts(tmp_path: Path, canonical: bool):
    """Longer k-mers are counted only where shorter ones occur more than once; they may overlap their own reverse."""
    lengths = (100, 7, 65, 64, 8, 512)
    arm = random_dna(900, 6)
    records = {**genome(), "six": arm + arm[::-1].translate(OPPOSITE) + random_dna(300, 7), "seven": arm[:640]}
    path = fasta(tmp_path / "g.fa", records, width=61)
    expected = [by_dictionary(records, k, 1000, canonical, GENOME_MEDIAN) for k in lengths]
    for parts, stretch, workers in ((1, 1 << 20, 1), (7, 3000, 2), (64, 1000, 2)):
        found = features(
            path, tmp_path / "s", k=lengths, bin_size=1000, canonical=canonical,
            parts=parts, stretch=stretch, workers=workers,
        )  # fmt: skip
        assert list(found.medians.items()) == [(k, middle) for k, (middle, _) in zip(lengths, expected, strict=True)]
        for at, (_, rows) in enumerate(expected):
            assert found.values[:, 2 * at : 2 * at + 2].tolist() == rows


def test_strands_are_alike(tmp_path: Path):
    records = genome()
    turned = {name: text[::-1].translate(str.maketrans("ACGTacgt", "TGCAtgca")) for name, text in records.items()}
    there = features(fasta(tmp_path / "a.fa", records), tmp_path / "s", k=(64, 100), bin_size=512)
    back = features(fasta(tmp_path / "b.fa", turned), tmp_path / "s", k=(64, 100), bin_size=512)
    assert there.medians == back.medians


def satellite() -> str:
    """200 kb, then 60 copies (0.5 % apart) of a repeat of 12 monomers of 171 bases (20 % apart), then 200 kb."""
    draw = np.random.default_rng(11)

    def changed(codes: np.ndarray, share: float) -> np.ndarray:
        hit = draw.random(len(codes)) < share
        return np.where(hit, (codes + draw.integers(1, 4, len(codes))) % 4, codes)

    monomer = draw.integers(0, 4, 171)
    unit = np.concatenate([changed(monomer, 0.2) for _ in range(12)])
    array = np.concatenate([changed(unit, 0.005) for _ in range(60)])
    whole = np.concatenate([draw.integers(0, 4, 200_000), array, draw.integers(0, 4, 200_000)])
    return LETTERS[whole].tobytes().decode()


def test_a_satellite_stands_out(tmp_path: Path):
    text = satellite()
    path = fasta(tmp_path / "g.fa", {"chr1": text})
    found = features(path, tmp_path / "s", k=(64,))
    inside = slice(20, 32)
    assert (found.values[inside, 0] >= 0.6).all()
    assert (found.values[inside, 1] >= 25).all()
    outside = np.r_[0:20, 33 : len(found.values)]  # the bin 32 holds the array's end
    assert (found.values[outside] == [0.0, 1.0]).all()
    published = features(path, tmp_path / "s", k=(64,), rule=Rule(BIN_MEDIAN))
    assert published.values[inside, 0].max() < 0.005


def test_parts_that_one_frequent_word_fills(tmp_path: Path):
    """A part far larger than planned is counted in pieces, with the same result."""
    records = {"a": "A" * 5000 + random_dna(5000, 1), "b": "T" * 5000}
    path = fasta(tmp_path / "g.fa", records)
    from seqforge.data.kmers import counting

    whole = features(path, tmp_path / "s", k=(20,), bin_size=1000)
    plan = counting.Plan.of

    def small(*arguments: Any, **options: Any) -> counting.Plan:
        import dataclasses

        return dataclasses.replace(plan(*arguments, **options), part_size=100)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting.Plan, "of", small)
        pieces = features(path, tmp_path / "s", k=(20,), bin_size=1000)
    assert (pieces.values == whole.values).all()
    assert pieces.medians == whole.medians
    assert whole.values[0].tolist() == [0.0, 2 * 4981.0]
