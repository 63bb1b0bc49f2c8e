# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge predict` for a profile run on PyTorch: regions, sequences and sets into HDF5, tracks and memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pybigtools
import pytest
import small_genomes
import small_profiles
import toy_runs
from small_profiles import HEADS, OUT
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.data.encodings import DNA
from seqforge.data.profiles.dataset import Locus
from seqforge.errors import DataError, SeqForgeError, UsageError
from seqforge.evaluation import profile_outputs
from seqforge.evaluation.profile_file import PredictionFile, PredictionWriter
from seqforge.experiment import read
from seqforge.run import Options, Run, conduct
from seqforge.run.profile_inputs import Asked
from seqforge.run.profile_predicting import write

pytestmark = pytest.mark.torch
LENGTH = small_profiles.SOLO["input_length"]
# (chromosome, start, stop): centres 60, 70, 70 on chr2 and 100 on chr1
REGIONS = [("chr2", 50, 70, "near"), ("chr2", 60, 80, "here"), ("chr1", 95, 105, "far"), ("chr2", 69, 71, "again")]
STARTS = [50, 60, 90, 60]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profiles")
    small_profiles.write_genome(folder)
    small_profiles.write_data(folder, LENGTH)
    small_genomes.write_bed(folder / "regions.bed", REGIONS)
    small_genomes.write_fasta(folder / "windows.fa", {f"s{number}": text for number, text in enumerate(texts())})
    return folder


def texts() -> list[str]:
    """What the model reads of every region."""
    genome = small_genomes.sequences()
    return [genome[row[0]][at - 4 : at + OUT + 4] for row, at in zip(REGIONS, STARTS, strict=True)]


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    path = small_profiles.write_definition(
        place / "solo.xml", "BPNet", small_profiles.SOLO | small_profiles.WIDTHS, "PyTorch"
    )
    return conduct(read(path)[0], Options(runs=place / "runs"))


def done(*words: object) -> str:
    found = CliRunner().invoke(app, ["predict", *map(str, words)], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def refused(*words: object) -> str:
    with pytest.raises(SeqForgeError) as error:
        CliRunner().invoke(app, ["predict", *map(str, words)], catch_exceptions=False)
    message = str(error.value)
    assert "\n" not in message
    return message


@pytest.fixture(scope="module")
def predicted(run: Run, place: Path) -> Path:
    """The predictions of the BED file."""
    done(run.path, place / "regions.bed", "--genome", place / "genome.fa", "-o", place / "regions.h5")
    return place / "regions.h5"


def test_the_file_has_the_documented_layout(predicted: Path, run: Run) -> None:
    with h5py.File(predicted) as file:
        assert set(file) == {
            "head_0", "head_1", "descriptions", "metadata",
            "chrom_names", "chrom_sizes", "coords_chrom", "coords_start", "coords_stop",
        }  # fmt: skip
        shapes = {name: (file[name].shape, file[name].dtype) for name in ("head_0/logits", "head_1/logits")}
        assert set(shapes.values()) == {((4, OUT, 2), np.dtype("float32"))}
        assert file["head_0/logits"].chunks[0] <= 100
        assert file["head_0/logcounts"].shape == (4,)
        assert file["head_1/logcounts"].shape == (4, 2)
        assert file["descriptions"].asstr()[:].tolist() == [""] * 4
        assert file["chrom_names"].asstr()[:].tolist() == ["chr1", "chr2", "chr3"]
        assert (file["chrom_sizes"].dtype, file["chrom_sizes"][:].tolist()) == (np.uint64, [200, 200, 200])
        assert (file["coords_chrom"].dtype, file["coords_chrom"][:].tolist()) == (np.uint8, [1, 1, 0, 1])
        assert (file["coords_start"].dtype, file["coords_start"][:].tolist()) == (np.uint32, STARTS)
        assert (file["coords_stop"][:] - file["coords_start"][:] == OUT).all()
        about = dict(file["metadata"].attrs)
    assert about["head_names"].tolist() == ["x", "y"]
    assert (about["run_id"], about["part"], about["pseudocount"]) == (run.id, "solo", 1.0)
    config = json.loads(about["config"])
    assert config["genome"].endswith("genome.fa")
    assert about["created_date"]


def test_regions_are_predicted_as_their_sequences(predicted: Path, run: Run, place: Path) -> None:
    found = run.predict(texts())
    again = run.predict(DNA.encode("".join(texts())).reshape(4, LENGTH))
    regions = run.predict(place / "regions.bed", genome=place / "genome.fa")
    assert regions.windows == [Locus(row[0], at, at + OUT) for row, at in zip(REGIONS, STARTS, strict=True)]
    assert (found.windows, found.names) == (None, ["1", "2", "3", "4"])
    with PredictionFile(predicted) as file:
        for number, head in enumerate(HEADS):
            logits, logcounts = file.outputs(number, np.arange(4))
            assert found.logcounts[head.name].shape == (4, head.counts)
            for one in (found, again, regions):
                np.testing.assert_allclose(one.logits[head.name], logits, atol=1e-6)
                np.testing.assert_allclose(one.logcounts[head.name], logcounts, atol=1e-6)
            expected = profile_outputs.expected_reads(logits, logcounts, 1.0)
            np.testing.assert_allclose(found.reads[head.name], expected, rtol=1e-4, atol=1e-6)
            assert found.reads[head.name].dtype == np.float32
    assert not np.allclose(found.logits["x"][0], found.logits["x"][1])


def test_sequences_need_no_coordinates(run: Run, place: Path, predicted: Path) -> None:
    done(run.path, place / "windows.fa", "-o", place / "windows.h5")
    with h5py.File(place / "windows.h5") as file, h5py.File(predicted) as regions:
        assert set(file) == {"head_0", "head_1", "descriptions", "metadata"}
        assert file["descriptions"].asstr()[:].tolist() == ["s0", "s1", "s2", "s3"]
        np.testing.assert_allclose(file["head_1/logits"][:], regions["head_1/logits"][:], atol=1e-6)


def test_the_own_test_set_has_its_windows(run: Run, place: Path) -> None:
    said = json.loads(done(run.path, "-o", place / "test.h5", "--bigwig", place / "test", "--json"))
    assert (said["regions"], said["set"]) == (7, "test")
    with PredictionFile(place / "test.h5") as file, h5py.File(place / str(LENGTH) / "test.h5") as data:
        assert file.coords is not None
        assert file.coords["start"].tolist() == data["coords_start"][:].tolist()
        found = run.predict(small_profiles.codes_at(file.coords, LENGTH))
        np.testing.assert_allclose(found.logits["x"], file.outputs(0, np.arange(7))[0], atol=1e-6)
    named = run.predict(set_name="training")
    assert len(named.names) == len(named.windows) == 20


@pytest.fixture
def moved(place: Path) -> Iterator[Path]:
    """The folder that the data of the run lie in for the time being."""
    (place / "moved").mkdir()
    (place / str(LENGTH)).rename(place / "moved" / str(LENGTH))
    yield place / "moved"
    (place / "moved" / str(LENGTH)).rename(place / str(LENGTH))
    (place / "moved").rmdir()


def test_a_set_is_predicted_from_where_the_data_lie_now(run: Run, place: Path, moved: Path) -> None:
    run = Run(run.path)
    with pytest.raises(SeqForgeError, match="seqforge evaluate and predict take --data"):
        done(run.path, "--set", "test", "-o", place / "moved.h5")
    done(run.path, "--set", "test", "--data", moved, "-o", place / "moved.h5")
    found = run.predict(set_name="test", data=moved)
    with PredictionFile(place / "moved.h5") as file:
        np.testing.assert_allclose(found.logits["x"], file.outputs(0, np.arange(7))[0], atol=1e-6)


def test_tasks_first_writes_the_other_shapes(run: Run, place: Path, predicted: Path) -> None:
    words = ("--genome", place / "genome.fa", "--axes", "tasks-first", "-o", place / "first.h5")
    done(run.path, place / "regions.bed", *words)
    with h5py.File(place / "first.h5") as file, h5py.File(predicted) as plain:
        assert set(file["head_0"]) == {"logits_task_position", "logcounts_task"}
        logits, logcounts = plain["head_0/logits"][:], plain["head_0/logcounts"][:]
        np.testing.assert_array_equal(file["head_0/logits_task_position"][:], logits.transpose(0, 2, 1))
        expected = profile_outputs.task_logcounts(logits, logcounts)
        np.testing.assert_allclose(file["head_0/logcounts_task"][:], expected, rtol=1e-6)
        np.testing.assert_array_equal(file["head_1/logcounts_task"][:], plain["head_1/logcounts"][:])
        assert file["metadata"].attrs["axes"] == "tasks-first"
    with PredictionFile(place / "first.h5") as file, PredictionFile(predicted) as whole:
        for head, output in [(0, 0), (0, 1), (1, 0), (1, 1)]:
            one, other = (source.outputs(head, np.array([2, 0]))[output] for source in (file, whole))
            np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("mode", ["profile", "logits", "mnlogits", "logcounts", "counts"])
def test_tracks_average_overlapping_windows(mode: str, predicted: Path, place: Path) -> None:
    folder = place / mode
    folder.mkdir()
    done(predicted, "--bigwig", f"{folder}/out", "--mode", mode)
    apart = mode in ("logcounts", "counts")
    names = {"out_y_a.bw", "out_y_b.bw"} | ({"out_x.bw"} if apart else {"out_x_plus.bw", "out_x_minus.bw"})
    assert {path.name for path in folder.iterdir()} == names
    formulas = {
        "profile": lambda z, c: profile_outputs.expected_reads(z, c, 1.0),
        "logits": lambda z, c: z,
        "mnlogits": lambda z, c: z - z.mean(axis=(1, 2), keepdims=True),
        "logcounts": lambda z, c: np.repeat(c[:, None], OUT, axis=1),
        "counts": lambda z, c: np.repeat(np.maximum(np.exp(c) - 1, 0)[:, None], OUT, axis=1),
    }
    for number, name, column in [
        (0, "out_x.bw" if apart else "out_x_minus.bw", 0 if apart else 1),
        (1, "out_y_b.bw", 1),
    ]:
        with PredictionFile(predicted) as file:
            values = formulas[mode](*file.outputs(number, np.arange(4)))[..., column]
        expected = {name: np.full((4, 200), np.nan) for name in small_genomes.SIZES}
        for row, (region, at) in enumerate(zip(REGIONS, STARTS, strict=True)):
            expected[region[0]][row, at : at + OUT] = values[row]
        track = pybigtools.open(str(folder / name))
        assert dict(track.chroms()) == {"chr1": 200, "chr2": 200}
        for chrom in ("chr1", "chr2"):
            found = np.asarray(track.values(chrom, 0, 200, fillna=None))
            covered = ~np.isnan(expected[chrom]).all(axis=0)
            np.testing.assert_array_equal(~np.isnan(found), covered)
            mean = np.nanmean(expected[chrom][:, covered], axis=0)
            np.testing.assert_allclose(found[covered], mean, rtol=1e-5, atol=1e-6)


def test_tracks_need_no_file_of_predictions(run: Run, place: Path) -> None:
    folder = place / "alone"
    folder.mkdir()
    done(run.path, place / "regions.bed", "--genome", place / "genome.fa", "--bigwig", f"{folder}/")
    assert sorted(path.name for path in folder.iterdir()) == ["x_minus.bw", "x_plus.bw", "y_a.bw", "y_b.bw"]


def test_regions_at_the_edges_are_dropped_or_padded(run: Run, place: Path) -> None:
    rows = [("chr1", 0, 20), ("chr1", 4, 24), ("chr1", 176, 196), ("chr1", 180, 200), ("chr1", 2, 14)]
    bed = small_genomes.write_bed(place / "edges.bed", rows)
    lines: list[str] = []
    asked = Asked(given=bed, genome=place / "genome.fa")
    found = write(run, asked, place / "edges.h5", say=lines.append)
    assert found.regions == 2  # 4-24 and 176-196 have their flanks of 4 bases
    assert any("3 of 5 regions dropped" in line and "lines 1, 4, 5" in line for line in lines)
    padded = run.predict(bed, genome=place / "genome.fa", edges="pad")
    assert [window.start for window in padded.windows] == [0, 4, 176, 180]
    text = small_genomes.sequences()["chr1"]
    np.testing.assert_allclose(padded.logits["x"][0], run.predict(["NNNN" + text[:24]]).logits["x"][0], atol=1e-6)
    outside = small_genomes.write_bed(place / "outside.bed", [("chr1", 0, 4)])
    with pytest.raises(DataError, match="no region is left of 1"):
        run.predict(outside, genome=place / "genome.fa")


def test_only_a_batch_is_in_memory(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PredictionWriter, "chunk_rows", 6)
    bed = small_genomes.write_bed(place / "many.bed", [("chr3", 20 + k, 40 + k) for k in range(100)])
    most = []
    add = PredictionWriter.add

    def watched(self: PredictionWriter, found: object) -> None:
        add(self, found)  # type: ignore[arg-type]
        most.append(sum(len(rows["descriptions"]) for rows in self._waiting))

    monkeypatch.setattr(PredictionWriter, "add", watched)
    written = write(run, Asked(given=bed, genome=place / "genome.fa"), place / "many.h5")
    assert written.regions == 100
    assert len(most) == 20  # batches of 5
    assert max(most) < 6
    with h5py.File(place / "many.h5") as file:
        assert file["head_0/logits"].chunks[0] == 6
        assert file["coords_start"][:].tolist() == list(range(20, 120))


def test_long_sequences_are_cut_into_windows(run: Run, place: Path) -> None:
    text, rest = small_genomes.sequences()["chr1"][:53], (LENGTH - OUT) // 2
    path = small_genomes.write_fasta(place / "long.fa", {"a": text, "b": text[:LENGTH]})
    done(run.path, path, "-o", place / "long.h5", "--independent-windows")
    starts = [0, 20, 25]
    alone = run.predict([text[at : at + LENGTH] for at in starts])
    with h5py.File(place / "long.h5") as file:
        places = [f"a:{at + rest}-{at + rest + OUT}" for at in starts]
        assert file["descriptions"].asstr()[:].tolist() == [*places, f"b:{rest}-{rest + OUT}"]
        np.testing.assert_allclose(file["head_0/logits"][:3], alone.logits["x"], atol=1e-6)
        assert json.loads(file["metadata"].attrs["config"])["independent_windows"] is True
    codes = DNA.encode(text)[None]
    for given in ([text], codes):
        found = run.predict(given, independent_windows=True)
        assert found.names == [window.replace("a:", "1:") for window in places]
        np.testing.assert_allclose(found.logits["x"], alone.logits["x"], atol=1e-6)
    with pytest.raises(DataError, match="the model reads 28 letters, received 53; independent_windows predicts"):
        run.predict(codes)
    assert "sequence 's' has 20 letters, a window of the model has 28" in refused(
        run.path,
        small_genomes.write_fasta(place / "short.fa", {"s": text[:20]}),
        "-o",
        place / "short.h5",
        "--independent-windows",
    )


def test_a_failure_leaves_no_file(run: Run, place: Path) -> None:
    text = small_genomes.sequences()["chr1"]
    path = small_genomes.write_fasta(place / "uneven.fa", {"a": text[:28], "b": text[:30]})
    message = refused(run.path, path, "-o", place / "uneven.h5")
    assert "uneven.fa:3: SF0705: the model reads 28 letters, received 30; --independent-windows predicts" in message
    assert not list(place.glob("*uneven.h5"))
    done(run.path, path, "-o", place / "uneven.h5", "--crop", "centre")
    with h5py.File(place / "uneven.h5") as file:
        assert len(file["descriptions"]) == 2


REFUSED = [
    (["regions.bed", "-o", "new.h5"], "has regions: name their genome with --genome"),
    (["windows.fa", "--genome", "genome.fa", "-o", "new.h5"], "is a FASTA file, --genome needs regions"),
    (["regions.bed", "--genome", "none.fa", "-o", "new.h5"], "none.fa: SF0701: no such FASTA file"),
    (["none.bed", "--genome", "genome.fa", "-o", "new.h5"], "none.bed: SF0701: cannot read the file"),
    (["strange.bed", "--genome", "genome.fa", "-o", "new.h5"], "strange.bed:1: SF0701: .* no chromosome 'chr11'"),
    (["beyond.bed", "--genome", "genome.fa", "-o", "new.h5"], "beyond.bed:2: SF0708: the region lies beyond the end"),
    (["windows.fa", "-o", "regions.bed"], "expected a file that ends in .h5"),
    (["windows.fa", "-o", "none/new.h5"], "there is no folder"),
    (["windows.fa", "-o", "taken.h5"], "the file exists already"),
    (["windows.fa"], "name a file for the predictions with -o"),
    (["windows.fa", "-o", "new.h5", "--bigwig", "new"], "no known place in a genome"),
    (["--set", "tests", "-o", "new.h5"], "--set: unknown 'tests'; did you mean 'test'?"),
    (["windows.fa", "--set", "test", "-o", "new.h5"], "--set test is the run's own data"),
    (["windows.fa", "--data", ".", "-o", "new.h5"], "beside an input nothing of the run's own data is read"),
    (["--genome", "genome.fa", "-o", "new.h5"], "--genome goes with a BED file"),
    (["windows.fa", "--edges", "pad", "-o", "new.h5"], "--edges is for regions"),
    (["regions.bed", "--genome", "genome.fa", "--edges", "wrap", "-o", "new.h5"], "--edges: unknown 'wrap'"),
    (
        ["regions.bed", "--genome", "genome.fa", "--crop", "centre", "-o", "new.h5"],
        "--pad and --crop are for sequences",
    ),
    (
        ["windows.fa", "-o", "new.h5", "--axes", "task-first"],
        "--axes: unknown 'task-first'; did you mean 'tasks-first'?",
    ),
    (["--set", "test", "--independent-windows", "-o", "new.h5"], "--independent-windows is for sequences"),
    (
        ["regions.bed", "--genome", "genome.fa", "--independent-windows", "-o", "new.h5"],
        "--independent-windows is for sequences",
    ),
    (["windows.fa", "--independent-windows", "--crop", "right", "-o", "new.h5"], "leave out --pad and --crop"),
    (["windows.fa", "-o", "new.h5", "--mode", "counts"], "--mode is of tracks"),
    (["--bigwig", "new", "--mode", "count"], "--mode: unknown 'count'; did you mean 'counts'?"),
    (["--bigwig", "none/new"], "there is no folder"),
    (["--bigwig", "taken"], "taken_x_plus.bw exists already"),
    (["windows.fa", "-o", "new.h5", "--part", "residual"], "has no part 'residual'"),
]


@pytest.mark.parametrize(("words", "expected"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(
    words: list[str], expected: str, run: Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    small_genomes.write_bed(place / "strange.bed", [("chr11", 50, 70)])
    small_genomes.write_bed(place / "beyond.bed", [("chr1", 50, 70), ("chr1", 500, 520)])
    for name in ("taken.h5", "taken_x_plus.bw"):
        (place / name).touch()
    assert re.search(expected, refused(run.path, *words))
    assert not (place / "new.h5").exists()


def test_files_that_are_no_predictions(run: Run, place: Path, predicted: Path) -> None:
    (place / "text.h5").write_text("nothing")
    assert "cannot be read as HDF5" in refused(place / "text.h5", "--bigwig", place / "t")
    data = place / str(LENGTH) / "test.h5"
    assert "this is no file of predictions" in refused(data, "--bigwig", place / "t")
    assert "--bigwig PREFIX" in refused(predicted)
    assert "--part needs a run" in refused(predicted, "--bigwig", place / "t", "--part", "solo")
    done(run.path, place / "windows.fa", "-o", place / "bare.h5")
    assert "the predictions have no coordinates" in refused(place / "bare.h5", "--bigwig", place / "t")


def test_codes_are_judged(run: Run) -> None:
    for codes, expected in [
        (np.zeros((2, 20), dtype=np.uint8), "the model reads 28 letters, received 20"),
        (np.full((2, LENGTH), 5), "expected codes from 0 to 4"),
        (np.zeros((2, LENGTH)), "of an integer type"),
    ]:
        with pytest.raises(DataError, match=expected):
            run.predict(codes)
    with pytest.raises(UsageError, match="has no part 'bias'"):
        run.predict(np.zeros((1, LENGTH), dtype=int), part="bias")
    assert run.predict(np.full((1, LENGTH), 4)).reads["x"].shape == (1, OUT, 2)


def test_runs_of_labels_take_no_options_of_profiles(tmp_path: Path) -> None:
    toy_runs.write_data(tmp_path / "data")
    definition = toy_runs.write_definition(tmp_path)
    run = conduct(read(definition, data=tmp_path / "data")[0], Options(runs=tmp_path, given=tmp_path / "data"))
    message = "is for runs of profiles; the task of this one is multi-class classification"
    assert refused(run.path, "-", "--part", "residual") == f"--part {message}"
    assert refused(run.path, "--bigwig", "x") == f"--bigwig {message}"
    assert refused(run.path, "-", "--independent-windows") == f"--independent-windows {message}"
    assert "name the sequences to predict" in refused(run.path)
    with pytest.raises(UsageError, match=f"genome {message}"):
        run.predict("regions.bed", genome="genome.fa")
    with pytest.raises(UsageError, match="name the sequences"):
        run.predict()
