# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from profile_regions import LENGTHS, SEVERAL, TWO, coordinates, regions, stored

from seqforge.data.problems import EMPTY
from seqforge.data.profiles import store
from seqforge.data.profiles.checks import Lengths
from seqforge.errors import DataError

READS = "SF0712"


def mapped(array: np.ndarray) -> bool:
    while array is not None and not isinstance(array, np.memmap):
        array = array.base
    return array is not None


class TestLayout:
    def test_what_is_written_is_read(self, tmp_path):
        codes, reads = regions(23, SEVERAL)
        found = stored(tmp_path, codes, reads, SEVERAL)
        assert len(found) == 23
        assert found.widths == LENGTHS.widths == (26, 14)
        assert (found.input_length, found.output_length, found.max_jitter) == LENGTHS
        assert np.array_equal(found.codes, codes)
        for there, values in zip(found.reads, reads, strict=True):
            assert np.array_equal(there, values)
        assert [(head.name, head.width, head.tasks) for head in found.heads] == [
            ("one", 1, ("0",)),
            ("two", 2, ("plus", "minus")),
            ("three", 3, ("a", "b", "c")),
        ]
        assert found.coords is None
        assert found.names is None
        assert not found.others

    def test_arrays_are_memory_maps(self, tmp_path):
        codes, reads = regions(5)
        truth = {"bias": np.ones((5, 14, 2), np.float32)}
        found = stored(tmp_path, codes, reads, coords=coordinates(5), truth=truth, chromosomes={"a": 1000, "b": None})
        for array in (found.codes, *found.reads, found.coords, *found.others.values()):
            assert mapped(array)
            assert not array.flags.writeable

    def test_what_belongs_to_regions(self, tmp_path):
        codes, reads = regions(9)
        names = [f"region {number}\n" for number in range(9)]
        rate = np.random.default_rng(2).random((9, 14, 2)).astype(np.float32)
        found = stored(
            tmp_path,
            codes,
            reads,
            coords=coordinates(9),
            names=names,
            truth={"rate": rate},
            chromosomes={"a": 900, "b": 5},
        )
        assert found.names == [f"region {number}" for number in range(9)]
        assert np.array_equal(found.truth("rate"), rate)
        assert found.truth("rate").dtype == np.float32
        assert np.array_equal(found.coords, coordinates(9))
        assert found.chromosomes == {"a": 900, "b": 5}

    def test_a_table_of_its_own_length(self, tmp_path):
        kind = np.dtype([("region", "<i4"), ("start", "<i4"), ("amplitude", "<f4")])
        codes, reads = regions(4)
        with store.Writer(tmp_path, TWO, *LENGTHS) as writer:
            writer.add(codes, reads)
            for number in range(11):
                writer.append("truth/instances", np.array([(number, 7, 0.5)], dtype=kind))
            writer.append("empty", np.zeros((0, 3), np.int64))
            writer.finish(kappa=0.7)
        found = store.opened(tmp_path)
        assert found.truth("instances")["region"].tolist() == list(range(11))
        assert found.others["empty"].shape == (0, 3)
        assert found.meta["kappa"] == 0.7

    def test_one_region(self, tmp_path):
        codes, reads = regions(1)
        assert np.array_equal(stored(tmp_path, codes, reads).codes, codes)

    def test_unknown_bases_are_counted(self, tmp_path):
        codes, reads = regions(20)
        found = stored(tmp_path, codes, reads)
        assert found.unknown == (codes == 4).sum()
        assert found.unknown_rows == (codes == 4).any(axis=1).sum()

    def test_a_store_is_sent_as_its_path(self, tmp_path):
        codes, reads = regions(3000, lengths=Lengths(200, 100))
        found = stored(tmp_path, codes, reads, lengths=Lengths(200, 100), chunk=1000)
        sent = pickle.dumps(found)
        assert len(sent) < 1000
        assert np.array_equal(pickle.loads(sent).codes, codes)


class TestTypes:
    @pytest.mark.parametrize(
        ("highest", "kind"),
        [(255, np.uint8), (256, np.uint16), (65535, np.uint16), (65536, np.float32), (0.5, np.float32)],
    )
    def test_the_smallest_that_loses_nothing(self, tmp_path, highest, kind):
        codes, reads = regions(12)
        reads[0][9, 3, 1] = highest  # in the second chunk: the first one is written again
        found = stored(tmp_path, codes, reads)
        assert found.reads[0].dtype == kind
        assert np.array_equal(found.reads[0], reads[0])

    def test_every_head_has_its_own(self, tmp_path):
        codes, reads = regions(12, SEVERAL)
        reads[1][11, 0, 0], reads[2][0, 0, 0] = 300, 0.25
        found = stored(tmp_path, codes, reads, SEVERAL)
        assert [values.dtype for values in found.reads] == [np.uint8, np.uint16, np.float32]
        assert all(np.array_equal(there, values) for there, values in zip(found.reads, reads, strict=True))

    def test_from_bytes_over_shorts_to_floats(self, tmp_path, monkeypatch):
        monkeypatch.setattr(store, "BLOCK", 13)  # widened in pieces that end within a row
        codes, reads = regions(30)
        reads[0][10], reads[0][20] = 1000, 0.125
        found = stored(tmp_path, codes, reads, chunk=5)
        assert found.reads[0].dtype == np.float32
        assert np.array_equal(found.reads[0], reads[0])

    @pytest.mark.parametrize("kind", [np.int64, np.uint16, np.float64, bool])
    def test_any_type_of_number_is_taken(self, tmp_path, kind):
        codes, reads = regions(6)
        values = (reads[0] > 4).astype(kind)
        assert np.array_equal(stored(tmp_path, codes, [values]).reads[0], values)


class TestDigest:
    def test_it_is_that_of_the_contents(self, tmp_path):
        codes, reads = regions(20)
        one = stored(tmp_path / "one", codes, reads, chunk=3).digest
        assert one == stored(tmp_path / "two", codes, reads, chunk=20).digest
        reads[0][19, 2, 1] += 1
        assert one != stored(tmp_path / "three", codes, reads).digest

    def test_coordinates_and_names_are_part_of_it(self, tmp_path):
        codes, reads = regions(4)
        options = {"coords": coordinates(4), "chromosomes": {"a": 1, "b": 2}}
        digests = {
            stored(tmp_path / "one", codes, reads).digest,
            stored(tmp_path / "two", codes, reads, **options).digest,
            stored(tmp_path / "three", codes, reads, names=list("abcd")).digest,
        }
        assert len(digests) == 3


class TestRefused:
    @pytest.mark.parametrize(("value", "spelt"), [(-1, "-1"), (np.nan, "nan"), (np.inf, "inf")])
    def test_values_that_are_no_reads(self, tmp_path, value, spelt):
        codes, reads = regions(20, SEVERAL)
        reads[1][16, 5, 1] = value
        with pytest.raises(DataError) as error:
            stored(tmp_path, codes, reads, SEVERAL, file="some.h5")
        assert str(error.value) == (
            f"some.h5: {READS}: head 'two': row 16, position 5, task 1 is {spelt}; reads are finite and not negative"
        )

    def test_a_value_that_only_float64_can_hold(self, tmp_path):
        codes, reads = regions(2)
        with pytest.raises(DataError, match="is inf"):
            stored(tmp_path, codes, [reads[0].astype(np.float64) * 1e300])

    def test_nothing(self, tmp_path):
        with pytest.raises(DataError, match=f"{EMPTY}: the data have no regions"):
            stored(tmp_path, *regions(0))

    def test_rows_of_another_width(self, tmp_path):
        codes, reads = regions(4)
        with pytest.raises(ValueError, match="codes: expected rows of shape"):
            stored(tmp_path, codes[:, :-1], reads)
        with pytest.raises(ValueError, match="reads_0: expected rows of shape"):
            stored(tmp_path, codes, [reads[0][:, :, :1]])

    def test_coordinates_for_some_rows_only(self, tmp_path):
        codes, reads = regions(4)
        with store.Writer(tmp_path, TWO, *LENGTHS) as writer:
            writer.add(codes, reads, coords=coordinates(4))
            writer.add(codes, reads)
            with pytest.raises(ValueError, match=r"8 regions, but rows of \{'coords': 4\}"):
                writer.finish()


BIGGER_THAN_MEMORY = """
import resource, sys
from pathlib import Path
import numpy as np
from seqforge.data.profiles.dataset import ProfileSet
from seqforge.data.profiles.store import Writer, opened
from seqforge.heads import Head

used = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmData")) << 10
resource.setrlimit(resource.RLIMIT_DATA, (used + (24 << 20), resource.RLIM_INFINITY))
heads, folder = [Head(name="x", tasks=("a", "b"), counts_loss_weight=1.0)], Path(sys.argv[1])
with Writer(folder, heads, 2000, 1000, 20) as writer:
    for number in range(84):
        reads = np.full((200, 1040, 2), 300 if number == 83 else 1, np.float32)  # all but the last are written again
        writer.add(np.full((200, 2040), number % 4, np.uint8), [reads])
    writer.finish()
store = opened(folder)
assert store.bytes > 96 << 20, store.bytes
chosen = ProfileSet(store, np.arange(len(store)), 2000, 1000, 20, True, True, ((1, 0),), 1)
assert chosen.mean_reads() == (2000 * (83 + 300) / 84,)
assert chosen.least_reads()[0].min() == 2000
batches = np.split(np.arange(16800), range(64, 16800, 64))
total = sum(int(chosen.batch(indices, 1).target[0].sum()) for indices in batches)
assert total == 2000 * 200 * (83 + 300)
try:
    np.empty(30 << 20, np.uint8)[:] = 1
except MemoryError:
    print("limited")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory limits of this kind are Linux's")
def test_a_store_of_four_times_the_memory_is_written_and_read(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", BIGGER_THAN_MEMORY, str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "limited"
