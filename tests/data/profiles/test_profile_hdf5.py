# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import builtins
import json
import os

import numpy as np
import pytest
from profile_regions import LENGTHS, SEVERAL, TWO, coordinates, one_hot, regions, written

from seqforge import __version__
from seqforge.data import cache
from seqforge.data.problems import DAMAGED, EMPTY, HEADS, MISSING, READS
from seqforge.data.profiles import hdf5
from seqforge.data.profiles.checks import Lengths
from seqforge.data.profiles.dataset import turned_over
from seqforge.data.profiles.store import StoredHead
from seqforge.errors import BackendError, DataError

h5py = pytest.importorskip("h5py")


def foreign(path, codes, reads, **others):
    """A file as other tools write it: sequence and heads, no metadata."""
    with h5py.File(path, "w") as file:
        file["sequence"] = one_hot(codes)
        for number, values in enumerate(reads):
            file[f"head_{number}"] = values
        for name, values in others.items():
            file[name] = values
    return path


def judged(path) -> None:
    hdf5.layout(path)
    hdf5.converted(path)


def refusal(path) -> str:
    with pytest.raises(DataError) as error:
        judged(path)
    place, _, rest = str(error.value).partition(": ")
    assert place == str(path)
    return rest


class TestFile:
    def test_layout_types_and_storage(self, tmp_path):
        codes, reads = regions(300, SEVERAL)
        path = written(tmp_path / "train.h5", codes, reads, SEVERAL)
        with h5py.File(path) as file:
            assert set(file) == {"sequence", "head_0", "head_1", "head_2", "metadata"}
            sequence = file["sequence"]
            assert sequence.shape == (300, 26, 4)
            assert sequence.dtype == np.uint8
            assert sequence.chunks == (128, 26, 4)
            assert sequence.compression == "gzip"
            assert np.array_equal(sequence[:], one_hot(codes))
            for number, values in enumerate(reads):
                head = file[f"head_{number}"]
                assert head.shape == (300, 14, number + 1)
                assert head.dtype == np.float32
                assert head.chunks == (128, 14, number + 1)
                assert head.compression == "gzip"
                assert np.array_equal(head[:], values)

    def test_an_unknown_base_is_a_row_of_zeros(self, tmp_path):
        codes, reads = regions(5)
        with h5py.File(written(tmp_path / "train.h5", codes, reads)) as file:
            assert (file["sequence"][:].sum(axis=2) == (codes < 4)).all()

    def test_metadata(self, tmp_path):
        path = written(
            tmp_path / "train.h5", *regions(4, SEVERAL), SEVERAL, config='{"a": 1}', sources={"hg38.fa": "ab"}
        )
        with h5py.File(path) as file:
            about = dict(file["metadata"].attrs)
        assert about["config"] == '{"a": 1}'
        assert about["created_date"].startswith("20")
        assert about["seqforge_version"] == __version__
        assert (about["input_length"], about["output_length"], about["max_jitter"]) == LENGTHS
        assert list(about["head_names"]) == ["one", "two", "three"]
        assert not about["reverse_complement"]
        assert json.loads(about["task_names"])[1] == ["plus", "minus"]
        assert json.loads(about["source_hashes"]) == {"hg38.fa": "ab"}

    def test_coordinates(self, tmp_path):
        codes, reads = regions(7)
        sizes = {"chr1": 5000, "chr2": 400}
        path = written(tmp_path / "train.h5", codes, reads, coords=coordinates(7), chromosomes=sizes)
        with h5py.File(path) as file:
            assert file["coords_chrom"].asstr()[:3].tolist() == ["chr1", "chr2", "chr1"]
            assert [file[name].dtype for name in hdf5.COORDINATES[1:]] == [np.int64, np.int64, np.int8]
            assert file["coords_start"][3] == 300
            assert file["coords_stop"][3] == 308
            assert file["strand"][3] == -1
        found = hdf5.converted(path)
        assert np.array_equal(found.coords, coordinates(7))
        assert found.chromosomes == sizes

    @pytest.mark.parametrize("n", [1, 3, 127, 128, 129])
    @pytest.mark.parametrize("chunk", [1, 50, 1000])
    def test_any_number_of_regions(self, tmp_path, n, chunk):
        codes, reads = regions(n)
        path = written(tmp_path / "train.h5", codes, reads, chunk=chunk)
        with h5py.File(path) as file:
            assert file["sequence"].chunks[0] == min(128, n)
        found = hdf5.converted(path)
        assert np.array_equal(found.codes, codes)
        assert np.array_equal(found.reads[0], reads[0])

    def test_it_appears_whole_or_not_at_all(self, tmp_path):
        codes, reads = regions(4)
        with (
            pytest.raises(ValueError, match="5 regions announced, 4 written"),
            hdf5.FileWriter(tmp_path / "a.h5", 5, TWO, LENGTHS) as file,
        ):
            file.add(codes, reads)
        with (
            pytest.raises(ValueError, match="3 regions announced, more are written"),
            hdf5.FileWriter(tmp_path / "b.h5", 3, TWO, LENGTHS) as file,
        ):
            file.add(codes, reads)
        with (
            pytest.raises(ValueError, match="argument"),
            hdf5.FileWriter(tmp_path / "c.h5", 4, TWO, LENGTHS) as file,
        ):
            file.add(codes, [*reads, *reads])
        assert not list(tmp_path.iterdir())

    def test_no_regions_and_bad_reads_are_refused(self, tmp_path):
        with pytest.raises(DataError, match=f"{EMPTY}: there are no regions to write"):
            hdf5.FileWriter(tmp_path / "a.h5", 0, TWO, LENGTHS)
        codes, reads = regions(70)
        reads[0][61, 2, 1] = -2
        with pytest.raises(DataError, match=r"row 61, position 2, task 1 is -2"):
            written(tmp_path / "a.h5", codes, reads)
        assert not list(tmp_path.iterdir())

    def test_coordinates_and_chromosomes_belong_together(self, tmp_path):
        with pytest.raises(ValueError, match="coordinates need chromosomes"):
            written(tmp_path / "a.h5", *regions(2), coords=coordinates(2))

    def test_both_strands(self, tmp_path):
        codes, reads = regions(5)
        other, back = turned_over(codes, reads, [(1, 0)])
        both = hdf5.paired(codes, other), [hdf5.paired(reads[0], back[0])]
        found = hdf5.converted(written(tmp_path / "train.h5", *both, reverse_complement=True))
        assert found.reverse_complement
        assert len(found) == 10
        assert np.array_equal(found.codes[::2], codes)
        assert np.array_equal(found.codes[1::2], other)


class TestReading:
    def test_what_it_says_of_itself(self, tmp_path):
        found = hdf5.layout(written(tmp_path / "train.h5", *regions(4, SEVERAL), SEVERAL))
        assert found.regions == 4
        assert found.widths == (26, 14)
        assert found.made_for == LENGTHS
        assert found.heads[1] == StoredHead("two", 2, ("plus", "minus"))
        assert found.chromosomes is None
        store = hdf5.converted(found.path)
        assert (store.input_length, store.output_length, store.max_jitter) == LENGTHS
        assert store.file == str(found.path)

    def test_a_file_of_another_tool(self, tmp_path):
        codes, reads = regions(4, SEVERAL)
        path = foreign(tmp_path / "train.h5", codes, [values.astype(np.float64) for values in reads])
        found = hdf5.layout(path)
        assert found.made_for is None
        assert found.heads == tuple(StoredHead(None, width) for width in (1, 2, 3))
        store = hdf5.converted(path)
        assert np.array_equal(store.codes, codes)
        assert store.reads[2].dtype == np.uint8
        assert (store.input_length, store.output_length, store.max_jitter) == (26, 14, 0)

    @pytest.mark.parametrize("kind", [np.float32, np.int8, bool, np.float64])
    def test_sequences_of_any_type(self, tmp_path, kind):
        codes, reads = regions(4)
        path = foreign(tmp_path / "train.h5", codes, reads)
        with h5py.File(path, "a") as file:
            del file["sequence"]
            file["sequence"] = one_hot(codes).astype(kind)
        assert np.array_equal(hdf5.converted(path).codes, codes)

    def test_coordinates_without_sizes_and_strand(self, tmp_path):
        codes, reads = regions(3)
        places = {"coords_chrom": ["b", "a", "b"], "coords_start": [1, 2, 3], "coords_stop": [9, 10, 11]}
        store = hdf5.converted(foreign(tmp_path / "train.h5", codes, reads, **places))
        assert store.chromosomes == {"b": None, "a": None}
        assert store.coords["chrom"].tolist() == [0, 1, 0]
        assert store.coords["strand"].tolist() == [0, 0, 0]

    def test_fractions_stay(self, tmp_path):
        codes, reads = regions(4)
        reads[0] += 0.25
        store = hdf5.converted(foreign(tmp_path / "train.h5", codes, reads))
        assert store.reads[0].dtype == np.float32
        assert np.array_equal(store.reads[0], reads[0])

    def test_it_is_read_some_regions_at_a_time(self, tmp_path, monkeypatch):
        monkeypatch.setattr(hdf5, "BLOCK", 1)
        codes, reads = regions(300)
        path = written(tmp_path / "train.h5", codes, reads)
        with h5py.File(path) as file:
            assert list(hdf5._parts(file["sequence"])) == [(0, 128), (128, 256), (256, 300)]
        assert np.array_equal(hdf5.converted(path).codes, codes)


class TestCache:
    def test_it_is_converted_once(self, tmp_path, monkeypatch):
        path = written(tmp_path / "train.h5", *regions(4))
        first = hdf5.converted(path)
        monkeypatch.setattr(hdf5, "convert", None)
        assert hdf5.converted(path).folder == first.folder
        moved = path.rename(tmp_path / "moved.h5")
        assert hdf5.converted(moved).folder == first.folder
        assert hdf5.converted(moved).file == str(moved)

    def test_the_checksum_is_remembered_by_path_size_and_time(self, tmp_path, monkeypatch):
        path = written(tmp_path / "train.h5", *regions(4))
        os.utime(path, (1e9, 1e9))
        one = hdf5.checksum(path)
        monkeypatch.setattr(cache, "hash_of_files", None)
        assert hdf5.checksum(path) == one
        os.utime(path, (1e9, 1e9 + 1))
        with pytest.raises(TypeError):
            hdf5.checksum(path)

    def test_a_file_that_was_just_written_is_summed_again(self, tmp_path, own_cache):
        path = written(tmp_path / "train.h5", *regions(4))
        assert hdf5.checksum(path) == cache.hash_of_files([path])[0]
        assert not (own_cache / "sums").exists()

    def test_other_content_is_another_store(self, tmp_path):
        one = hdf5.converted(written(tmp_path / "train.h5", *regions(4)))
        two = hdf5.converted(written(tmp_path / "train.h5", *regions(4, seed=2)))
        assert one.digest != two.digest
        assert one.folder != two.folder


class TestRefused:
    def test_a_file_that_is_not_there(self, tmp_path):
        assert refusal(tmp_path / "no.h5").startswith(f"{MISSING}: cannot read the file: ")
        with pytest.raises(DataError, match=f"{MISSING}: no such data file"):
            hdf5.converted(tmp_path / "no.h5")

    def test_a_file_that_is_no_hdf5(self, tmp_path):
        path = tmp_path / "train.h5"
        path.write_text("sequence,head_0\n" * 100)
        assert refusal(path).startswith(f"{DAMAGED}: cannot read the file: not as HDF5: ")

    def test_a_file_that_is_cut_off(self, tmp_path):
        path = written(tmp_path / "train.h5", *regions(300))
        path.write_bytes(path.read_bytes()[:-2000])
        assert refusal(path).startswith(f"{DAMAGED}: cannot read the file")

    def test_a_file_with_a_damaged_chunk(self, tmp_path):
        path = written(tmp_path / "train.h5", *regions(300))
        with h5py.File(path) as file:
            place = file["sequence"].id.get_chunk_info(1)
        content = bytearray(path.read_bytes())
        content[place.byte_offset : place.byte_offset + place.size] = bytes(place.size)
        path.write_bytes(content)
        assert refusal(path).startswith(f"{DAMAGED}: cannot read the file: ")

    def test_datasets_that_are_missing(self, tmp_path):
        path = tmp_path / "train.h5"
        with h5py.File(path, "w") as file:
            file["head_1"] = np.ones((2, 8, 1))
            file["inputs"] = np.ones((2, 8, 4))
        assert refusal(path) == f"{DAMAGED}: expected the datasets sequence, head_0, …, the file has head_1, inputs"

    @pytest.mark.parametrize(
        ("name", "shape", "message"),
        [
            ("sequence", (4, 26, 5), "sequence: expected (region, position, 4), received (4, 26, 5)"),
            ("sequence", (4, 26), "sequence: expected (region, position, 4), received (4, 26)"),
            ("head_1", (4, 14), "head_1: expected (4, 14, task), received (4, 14)"),
            ("head_1", (4, 12, 2), "head_1: expected (4, 14, task), received (4, 12, 2)"),
            ("head_2", (3, 14, 3), "head_2: expected (4, 14, task), received (3, 14, 3)"),
            ("head_2", (4, 14, 0), "head_2: expected (4, 14, task), received (4, 14, 0)"),
        ],
    )
    def test_shapes_that_do_not_agree(self, tmp_path, name, shape, message):
        path = foreign(tmp_path / "train.h5", *regions(4, SEVERAL))
        with h5py.File(path, "a") as file:
            del file[name]
            file[name] = np.zeros(shape)
        assert refusal(path) == f"{DAMAGED}: {message}"

    def test_no_regions(self, tmp_path):
        assert refusal(foreign(tmp_path / "a.h5", *regions(0))) == f"{EMPTY}: the file has no regions"

    def test_names_of_other_heads(self, tmp_path):
        path = written(tmp_path / "train.h5", *regions(4))
        with h5py.File(path, "a") as file:
            file["metadata"].attrs["head_names"] = ["a", "b"]
        assert refusal(path) == f"{HEADS}: the metadata name 2 heads, the file has 1"

    def test_pairs_of_an_odd_number(self, tmp_path):
        path = written(tmp_path / "train.h5", *regions(3), reverse_complement=True)
        assert refusal(path) == f"{DAMAGED}: 3 regions are no pairs of a region and its reverse complement"

    @pytest.mark.parametrize(
        ("row", "spelt"),
        [([1, 1, 0, 0], "1, 1, 0, 0"), ([0, 2, 0, 0], "0, 2, 0, 0"), ([0.25] * 4, "0.25, 0.25, 0.25, 0.25")],
    )
    def test_rows_that_are_neither_one_hot_nor_zero(self, tmp_path, row, spelt):
        codes, reads = regions(200)
        path = foreign(tmp_path / "train.h5", codes, reads)
        with h5py.File(path, "a") as file:
            sequence = one_hot(codes).astype(np.float32)
            sequence[150, 7] = row
            del file["sequence"]
            file["sequence"] = sequence
        message = f"sequence: row 150, position 7 is [{spelt}]; expected one 1 (A, C, G, T) or zeros"
        assert refusal(path) == f"{DAMAGED}: {message}"

    @pytest.mark.parametrize(("value", "spelt"), [(-0.5, "-0.5"), (np.nan, "nan"), (np.inf, "inf")])
    def test_values_that_are_no_reads(self, tmp_path, value, spelt):
        codes, reads = regions(200, SEVERAL)
        reads[2][140, 13, 2] = value
        head = refusal(foreign(tmp_path / "train.h5", codes, reads))
        assert (
            head
            == f"{READS}: head 'head_2': row 140, position 13, task 2 is {spelt}; reads are finite and not negative"
        )

    def test_nothing_of_a_refused_file_stays_in_the_cache(self, tmp_path, own_cache):
        codes, reads = regions(200)
        reads[0][199, 0, 0] = np.nan
        refusal(foreign(tmp_path / "train.h5", codes, reads))
        assert not list((own_cache / "data").iterdir())

    @pytest.mark.parametrize("stop", [8, 30])
    def test_coordinates_that_do_not_fit_the_reads(self, tmp_path, stop):
        places = {"coords_chrom": ["a", "a"], "coords_start": [0, 1], "coords_stop": [8, stop]}
        found = refusal(foreign(tmp_path / "train.h5", *regions(2), **places))
        assert found == f"{DAMAGED}: row 1: the coordinates are not in the middle of 14 positions"

    def test_a_full_disk_is_not_the_files_fault(self, tmp_path, monkeypatch):
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        path = written(tmp_path / "train.h5", *regions(4))
        monkeypatch.setattr(hdf5.store.Writer, "add", full)
        with pytest.raises(DataError, match="cannot write the cache: No space left on device"):
            hdf5.converted(path)

    def test_h5py_is_not_installed(self, tmp_path, monkeypatch):
        real = builtins.__import__

        def without(name: str, *arguments: object, **options: object) -> object:
            if name == "h5py":
                raise ImportError(name)
            return real(name, *arguments, **options)

        monkeypatch.setattr(builtins, "__import__", without)
        with pytest.raises(BackendError, match=r"pip install 'seqforge\[hdf5\]'"):
            hdf5.layout(tmp_path / "train.h5")


def test_lengths_that_do_not_agree_with_the_widths(tmp_path):
    path = written(tmp_path / "train.h5", *regions(4))
    with h5py.File(path, "a") as file:
        file["metadata"].attrs["max_jitter"] = 5
    store = hdf5.converted(path)
    assert Lengths(store.input_length, store.output_length, store.max_jitter) == (26, 14, 0)
