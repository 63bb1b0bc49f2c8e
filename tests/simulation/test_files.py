# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Simulated sets on disk: formats, equal bytes, taking up again, refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from simulation_samples import ONLY_A, UNIFORM, alphabet, condition, definition, kmers, matrix, rule, shuffle

from seqforge.errors import DataError, Place
from seqforge.simulation import files, simulate
from seqforge.simulation.files import definition_hash, set_files, write

SETS = ("training", "validation", "test")
SMALL = definition(
    [condition("c1", rule("random", "m")), condition("c2", rule("start", "k"), rule("random", "m", chance=0.5))],
    [matrix("m", {"A": 0.9, "C": 0.1}, {"G": 1.0}, UNIFORM), kmers("k", "CCGG")],
    [(60, ["c1"]), (30, ["c2"]), (10, ["c2", "c1"]), (5, [])],
    lengths=(12, 15),
    steps=[shuffle(2)],
)


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def table(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()]


def test_files_and_formats(tmp_path: Path):
    written = write(SMALL, tmp_path / "out")
    assert not written.reused
    assert written.rows == {"training": 210, "validation": 40, "test": 40}
    assert set(content(tmp_path / "out")) == {"session-info.txt", *(file for name in SETS for file in set_files(name))}
    sequences, annotations = (table(tmp_path / "out" / file) for file in set_files("training")[:2])
    assert sequences[0] == ["x", "y"]
    assert annotations[0] == ["annotation", "y"]
    assert len(sequences) == len(annotations) == 211
    drawn = simulate(SMALL, "training")
    for row, (sequence, note) in enumerate(zip(sequences[1:], annotations[1:], strict=True)):
        assert sequence[1] == note[1] == drawn.labels[row]
        assert len(sequence[0]) == len(note[0]) == drawn.lengths[row]
        assert sequence[0] == "".join("ACGT"[code] for code in drawn.codes[row, : len(sequence[0])])
        assert [letter == "G" for letter in note[0]] == drawn.covered[row, : len(note[0])].tolist()


def test_heatmap_is_the_share_of_each_labels_examples(tmp_path: Path):
    write(SMALL, tmp_path / "out", ["training"])
    rows = table(tmp_path / "out" / "training-grammar-heatmap.txt")
    assert rows[0] == ["label", "position", "grammar_probability"]
    assert list(dict.fromkeys(row[0] for row in rows[1:])) == ["c1", "c2", "none (background)", "bg"]
    drawn = simulate(SMALL, "training")
    for label in ("c1", "c2", "", "bg"):
        members = np.array([label in one.split("|") for one in drawn.labels])
        named = [row for row in rows[1:] if row[0] == (label or "none (background)")]
        assert [int(row[1]) for row in named] == list(range(1, 16))
        assert np.allclose([float(row[2]) for row in named], drawn.covered[members].mean(axis=0), atol=1e-5)


def test_session_information(tmp_path: Path):
    write(SMALL, tmp_path / "out", ["test"])
    facts = dict(line.split(": ", 1) for line in (tmp_path / "out" / "session-info.txt").read_text().splitlines())
    assert facts["definition hash"] == definition_hash(SMALL)
    assert facts["seed"] == "1"
    assert facts["test rows"] == "40"
    assert int(facts["test overwritten element letters"]) == simulate(SMALL, "test").overwritten
    assert {"seqforge", "numpy", "python", "generator version"} <= set(facts)


@pytest.mark.parametrize("letters", [15, 100, 10**6])
def test_bytes_do_not_depend_on_the_chunks(letters: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(SMALL, tmp_path / "a")
    monkeypatch.setattr(files, "CHUNK_LETTERS", letters)
    write(SMALL, tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_processes(tmp_path: Path):
    write(SMALL, tmp_path / "a", ["training"])
    write(SMALL, tmp_path / "b", ["training"], processes=4)
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_same_definition_is_taken_up_again(tmp_path: Path):
    write(SMALL, tmp_path / "out", ["test"])
    first = (tmp_path / "out" / "test.txt").stat().st_mtime_ns
    more = write(SMALL, tmp_path / "out")
    assert more.made == ("training", "validation")
    assert (tmp_path / "out" / "test.txt").stat().st_mtime_ns == first
    assert write(SMALL, tmp_path / "out").reused
    session = (tmp_path / "out" / "session-info.txt").read_text()
    assert all(f"{name} rows: " in session for name in SETS)
    write(SMALL, tmp_path / "whole")
    assert {name: body for name, body in content(tmp_path / "out").items() if name != "session-info.txt"} == {
        name: body for name, body in content(tmp_path / "whole").items() if name != "session-info.txt"
    }


def test_another_definition_is_refused(tmp_path: Path):
    write(SMALL, tmp_path / "out", ["test"])
    with pytest.raises(DataError, match=r"holds the simulation of another definition .* choose another folder with -o"):
        write(replace(SMALL, seed=2), tmp_path / "out", ["test"])


def test_a_folder_of_something_else_is_refused_and_kept(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="holds no simulation; choose another folder with -o"):
        write(SMALL, tmp_path)
    assert content(tmp_path) == {"notes.txt": b"mine"}


def test_an_interrupted_simulation_leaves_nothing(tmp_path: Path):
    def stop(name: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(SMALL, tmp_path / "out", report=stop)
    assert list(tmp_path.iterdir()) == []


def test_hash_sees_what_is_said_not_where():
    moved = replace(SMALL, background=replace(SMALL.background, place=Place("other.xml", 7)))
    assert definition_hash(moved) == definition_hash(SMALL)
    shorter = replace(SMALL, background=replace(SMALL.background, minlength=11))
    assert definition_hash(shorter) != definition_hash(SMALL)


def test_motif_tables_on_request(tmp_path: Path):
    two = definition(
        [condition("c1", rule("random", "m", "n", "k"))],
        [matrix("m", *3 * [ONLY_A]), matrix("n", UNIFORM, {"C": 0.5, "A": 0.5}), kmers("k", "AC")],
        alphabets=[alphabet({"A": 0.5, "C": 0.25, "G": 0.125, "T": 0.125})],
    )
    write(two, tmp_path / "out", ["test"], motif_info=True)
    info = table(tmp_path / "out" / "motif-info.txt")
    assert info[0] == ["se", "width", "information_content", "kl_divergence"]
    assert info[1] == ["m", "3", "6", "3"]  # 2 bits a position; log₂(1 / 0.5) a position
    assert info[2][:3] == ["n", "2", "1"]
    for file, column in (
        ("motif-kld-matrix.txt", "kl_divergence"),
        ("motif-ess-matrix.txt", "empirical_similarity_score"),
    ):
        rows = table(tmp_path / "out" / file)
        assert rows[0] == ["se1", "se2", column]
        assert [row[:2] for row in rows[1:]] == [["m", "m"], ["m", "n"], ["n", "m"], ["n", "n"]]
