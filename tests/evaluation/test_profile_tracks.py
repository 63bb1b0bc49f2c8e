# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Files of predictions and the tracks made of them, without a model."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pybigtools
import pytest

from seqforge.data.profiles.store import COORDS
from seqforge.errors import DataError, UsageError
from seqforge.evaluation import profile_tracks
from seqforge.evaluation.profile_file import About, PredictionFile, PredictionWriter
from seqforge.evaluation.profile_predict import PredictedProfiles
from seqforge.heads import Head

X = Head(name="x", tasks=("plus", "minus"))
Y = Head(name="y", tasks=("a",), counts_per_task=True)
SIZES = {"chr2": 500, "chr10": 500, "chr1": 500}


def predicted(starts: list[int], chrom: list[int], seed: int = 0) -> PredictedProfiles:
    n, draw = len(starts), np.random.default_rng(seed)
    coords = np.zeros(n, dtype=COORDS)
    coords["chrom"], coords["start"], coords["stop"] = chrom, starts, np.array(starts) + 10
    logits = tuple(draw.normal(0, 1, (n, 10, head.width)).astype(np.float32) for head in (X, Y))
    logcounts = tuple(draw.normal(2, 1, (n, 1)).astype(np.float32) for _ in (X, Y))
    return PredictedProfiles(logits, logcounts, [f"β{k}" for k in range(n)], coords)


def written(path: Path, found: PredictedProfiles, chromosomes: Mapping[str, int | None] | None = SIZES) -> Path:
    about = About(
        run="m/r",
        part="solo",
        heads=(X, Y),
        pseudocount=0.0,
        input_length=20,
        output_length=10,
        chromosomes=chromosomes,
    )
    with PredictionWriter(path, about) as file:
        for first in range(0, len(found), 3):
            file.add(_part(found, slice(first, first + 3)))
    return path


def _part(found: PredictedProfiles, rows: slice) -> PredictedProfiles:
    arrays = [tuple(array[rows] for array in arrays) for arrays in (found.logits, found.logcounts)]
    return PredictedProfiles(
        arrays[0], arrays[1], found.names[rows], None if found.coords is None else found.coords[rows]
    )


@pytest.fixture
def many() -> PredictedProfiles:
    draw = np.random.default_rng(1)
    return predicted(draw.integers(0, 490, 40).tolist(), draw.integers(0, 3, 40).tolist())


def test_what_is_written_is_read_back_in_any_order(tmp_path: Path, many: PredictedProfiles, monkeypatch) -> None:
    monkeypatch.setattr(PredictionWriter, "chunk_rows", 7)
    with PredictionFile(written(tmp_path / "p.h5", many)) as file:
        assert (file.heads, file.run, file.part, file.pseudocount) == ((X, Y), "m/r", "solo", 0.0)
        assert (len(file), file.descriptions, file.chromosomes) == (40, many.names, SIZES)
        assert file.coords is not None
        np.testing.assert_array_equal(file.coords, many.coords)
        for rows in (np.array([39, 0]), np.array([5, 4, 6]), np.arange(40)[::-1]):
            for number in range(2):
                logits, logcounts = file.outputs(number, rows)
                np.testing.assert_array_equal(logits, many.logits[number][rows])
                np.testing.assert_array_equal(logcounts, many.logcounts[number][rows])
    with h5py.File(tmp_path / "p.h5") as file:
        assert file["head_0/logits"].chunks == (7, 10, 2)
        assert (file["head_0/logcounts"].shape, file["head_1/logcounts"].shape) == ((40,), (40, 1))


@pytest.mark.parametrize(
    ("chromosomes", "chrom", "place"),
    [
        ({"a": 1000}, "uint8", "uint32"),
        ({f"c{k}": 1000 for k in range(256)}, "uint8", "uint32"),
        ({f"c{k}": 1000 for k in range(257)}, "uint16", "uint32"),
        ({"a": 1 << 32}, "uint8", "uint64"),
        ({"a": None}, "uint8", "uint64"),
    ],
)
def test_coordinates_take_the_smallest_type(
    chromosomes: dict[str, int | None], chrom: str, place: str, tmp_path: Path
) -> None:
    with h5py.File(written(tmp_path / "p.h5", predicted([5], [0]), chromosomes)) as file:
        assert [file[f"coords_{name}"].dtype for name in ("chrom", "start", "stop")] == [chrom, place, place]
        assert file["chrom_sizes"][0] == (chromosomes[next(iter(chromosomes))] or 0)


def test_nothing_to_write_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is nothing to predict"):
        written(tmp_path / "p.h5", predicted([], []))
    with pytest.raises(KeyboardInterrupt):
        _interrupted(tmp_path / "p.h5")
    assert list(tmp_path.iterdir()) == []


def _interrupted(path: Path) -> None:
    about = About(run="r", part="p", heads=(X, Y), pseudocount=0, input_length=20, output_length=10)
    with PredictionWriter(path, about) as file:
        file.add(replace(predicted([1], [0]), coords=None))
        raise KeyboardInterrupt


@pytest.mark.parametrize("mode", list(profile_tracks.MODES))
def test_every_base_is_the_mean_of_its_windows(mode: str, tmp_path: Path, many: PredictedProfiles) -> None:
    path = written(tmp_path / "p.h5", many)
    with PredictionFile(path) as file:
        files = profile_tracks.write(file, f"{tmp_path}/t", mode)
        column = profile_tracks.MODES[mode](*file.outputs(0, np.arange(40)), 0.0)[..., 0]
    values = column if column.ndim == 2 else np.repeat(column[:, None], 10, axis=1)
    joint = mode in ("logcounts", "counts")
    assert [file.name for file in files] == (["t_x.bw"] if joint else ["t_x_plus.bw", "t_x_minus.bw"]) + ["t_y_a.bw"]
    track = pybigtools.open(str(files[0]))
    assert many.coords is not None
    for number, name in enumerate(SIZES):
        sums, covers = np.zeros(500), np.zeros(500)
        for row in np.flatnonzero(many.coords["chrom"] == number):
            window = slice(many.coords["start"][row], many.coords["stop"][row])
            sums[window] += values[row]
            covers[window] += 1
        found = np.asarray(track.values(name, 0, 500, fillna=None))
        np.testing.assert_array_equal(np.isnan(found), covers == 0)
        np.testing.assert_allclose(found[covers > 0], (sums / np.maximum(covers, 1))[covers > 0], rtol=1e-5, atol=1e-6)


def test_zeros_are_written_and_only_a_window_is_held() -> None:
    windows = [(0, np.zeros(4)), (2, np.full(4, 2.0)), (2, np.full(4, 4.0)), (20, np.ones(4)), (24, np.zeros(4))]
    found = [(start, values.tolist()) for start, values in profile_tracks.averaged(iter(windows))]
    assert found == [(0, [0, 0]), (2, [2, 2, 3, 3]), (20, [1, 1, 1, 1]), (24, [0, 0, 0, 0])]
    endless = ((start, np.ones(10)) for start in range(10**9))
    start, values = next(profile_tracks.averaged(endless))
    assert (start, values.tolist()) == (0, [1])
    assert list(profile_tracks.averaged([])) == []


def test_names_of_tracks(tmp_path: Path) -> None:
    odd = Head(name="x", tasks=("5' end / +", "b"))
    names = [track.path.name for track in profile_tracks.tracks((odd,), f"{tmp_path}/", "profile")]
    assert names == ["x_5--end---+.bw", "x_b.bw"]
    assert profile_tracks.tracks((odd,), str(tmp_path), "counts")[0].path == tmp_path / "x.bw"
    alike = (Head(name="x", tasks=("y_a",)), Head(name="x_y", tasks=("a",)))
    with pytest.raises(UsageError, match="two tasks would be written to"):
        profile_tracks.tracks(alike, f"{tmp_path}/t", "profile")


def test_tracks_need_the_sizes_of_chromosomes(tmp_path: Path) -> None:
    path = written(tmp_path / "p.h5", predicted([5], [0]), {"chr1": None})
    with PredictionFile(path) as file, pytest.raises(DataError, match=r"sizes of chromosomes are not known \(chr1\)"):
        profile_tracks.write(file, f"{tmp_path}/t")


def test_no_framework_is_imported() -> None:
    code = "import sys, seqforge.run.profile_predicting; print(sorted({'torch', 'keras', 'h5py'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
