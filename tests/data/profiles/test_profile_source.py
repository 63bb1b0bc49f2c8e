# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from profile_regions import LENGTHS, SEVERAL, TWO, regions, stored, wanted, written

from seqforge import registry
from seqforge.data.encodings import PROTEIN
from seqforge.data.problems import EMPTY, LETTERS, MISSING, OPTION
from seqforge.data.profiles.checks import Lengths, refuse_heads, refuse_widths
from seqforge.data.profiles.orders import TaskOrders, task_orders
from seqforge.data.profiles.store import StoredHead
from seqforge.data.sources.profile_hdf5 import ProfileHDF5Source
from seqforge.data.sources.profiles import ProfileSource
from seqforge.errors import DataError
from seqforge.heads import Head
from seqforge.parameters import Unfit, parameters_of

pytest.importorskip("h5py")
WIDTH, HEADS, WINDOWS = "SF0710", "SF0711", "SF0713"
J = LENGTHS.jitter


@pytest.fixture
def files(tmp_path):
    """Training, validation and test files of 150, 30 and 3 regions."""
    return {
        name: written(tmp_path / f"{name}.h5", *regions(n, seed=n))
        for name, n in (("train", 150), ("val", 30), ("test", 3))
    }


def source(**options) -> ProfileHDF5Source:
    names = {"train_data": "train.h5", "val_data": "val.h5", "test_data": "test.h5", "max_jitter": J}
    return ProfileHDF5Source(**names | options)


def alone(**options) -> ProfileHDF5Source:
    return source(**{"val_data": None, "test_data": None} | options)


def refusal(opened, asked) -> str:
    with pytest.raises(DataError) as error:
        opened.open(asked)
    return str(error.value)


class InMemory(ProfileSource):
    """Stores that a test made."""

    name = "in memory"

    def of(self, **stores) -> InMemory:
        object.__setattr__(self, "stores", stores)
        return self

    def stored(self, wanted, report):
        return self.stores


class TestOpening:
    def test_three_sets(self, tmp_path, files):
        lines = []
        data = source(reverse_complement=True).open(wanted(tmp_path), lines.append)
        assert [len(data.set(name)) for name in ("training", "validation", "test")] == [150, 30, 3]
        assert data.length == 20
        assert data.labels == ()
        assert data.training.reach == J
        assert data.training.reverse_complement
        assert data.training.task_orders == ((1, 0),)
        assert data.training.seed == 3
        for fixed in (data.validation, data.test):
            assert fixed.reach == 0
            assert not fixed.reverse_complement
            assert np.array_equal(fixed.batch(np.arange(3)).sequence, fixed.batch(np.arange(3), 9).sequence)
        assert lines[0] == "reading train.h5 (150 regions), val.h5 (30 regions), test.h5 (3 regions)"
        assert lines[1] == "training: 150 regions, 0.0 MB memory-mapped (reads: nexus uint8)"

    def test_a_training_file_is_enough(self, tmp_path, files):
        data = alone().open(wanted(tmp_path))
        assert len(data.training) == 150
        assert data.validation is None
        assert data.test is None

    @pytest.mark.parametrize("n", [1, 3])
    def test_few_regions(self, tmp_path, n):
        codes, reads = regions(n)
        written(tmp_path / "train.h5", codes, reads)
        data = alone(max_jitter=J).open(wanted(tmp_path, pseudocount=0.0))
        batch = data.training.plain().batch(np.arange(n))
        assert np.array_equal(batch.sequence, codes[:, J:-J])
        assert np.array_equal(batch.target[0], reads[0][:, J:-J])

    def test_no_jitter(self, tmp_path):
        lengths = Lengths(20, 8)
        codes, reads = regions(130, lengths=lengths)
        written(tmp_path / "train.h5", codes, reads, lengths=lengths)
        data = alone(max_jitter=0).open(wanted(tmp_path, lengths=lengths))
        assert np.array_equal(data.training.batch(np.arange(130), 8).sequence, codes)
        assert data.training.mean_reads() == (pytest.approx(reads[0].sum(axis=(1, 2)).mean()),)

    def test_without_a_model_the_data_say_their_lengths(self, tmp_path, files):
        data = alone(reverse_complement=True).open(
            wanted(tmp_path, heads=())._replace(input_length=None, output_length=None)
        )
        assert (data.training.input_length, data.training.output_length) == (20, 8)

    def test_unknown_bases_are_noted(self, tmp_path, files):
        data = alone().open(wanted(tmp_path))
        store = data.training.store
        note = f"training: {store.unknown} unknown bases in {store.unknown_rows} regions are fed as zeros"
        assert data.notes == (note,)
        assert store.unknown > 100
        assert ProfileSource.unknown == "zeros"

    def test_files_start_at_the_definitions_folder(self, tmp_path):
        assert [path.name for path in source().files(tmp_path)] == ["train.h5", "val.h5", "test.h5"]
        assert alone().files(tmp_path) == [tmp_path / "train.h5"]
        assert alone().window(wanted(tmp_path)) == 20

    def test_every_option_is_explained(self):
        assert "profile-hdf5" in registry.names("sources")
        for parameter in parameters_of(ProfileHDF5Source).values():
            assert parameter.doc


class TestFingerprint:
    def test_it_is_that_of_contents_and_options(self, tmp_path, files):
        asked = wanted(tmp_path)
        found = {
            source().open(asked).fingerprint,
            source(reverse_complement=True).open(asked).fingerprint,
            source(test_data=None).open(asked).fingerprint,
            source(val_data="test.h5").open(asked).fingerprint,
            source().open(asked._replace(seed=4)).fingerprint,
        }
        assert len(found) == 5

    def test_a_file_may_move(self, tmp_path, files):
        before = alone().open(wanted(tmp_path)).fingerprint
        files["train"].rename(tmp_path / "moved.h5")
        assert alone(train_data="moved.h5").open(wanted(tmp_path)).fingerprint == before

    def test_the_seed_counts_only_where_it_is_used(self, tmp_path):
        lengths = Lengths(20, 8)
        written(tmp_path / "train.h5", *regions(5, lengths=lengths), lengths=lengths)
        asked = wanted(tmp_path, lengths=lengths)
        one, two = (alone(max_jitter=0).open(asked._replace(seed=seed)).fingerprint for seed in (1, 2))
        assert one == two


class TestLengths:
    @pytest.mark.parametrize(
        ("lengths", "need", "hint"),
        [
            (
                Lengths(20, 8, 2),
                "24 and 12",
                "the data were made for input_length 20, output_length 8 and max_jitter 3",
            ),
            (
                Lengths(18, 8, 3),
                "24 and 14",
                "the data were made for input_length 20, output_length 8 and max_jitter 3",
            ),
            (
                Lengths(20, 10, 3),
                "26 and 16",
                "the data were made for input_length 20, output_length 8 and max_jitter 3",
            ),
        ],
    )
    def test_files_of_other_lengths(self, tmp_path, files, lengths, need, hint):
        message = refusal(alone(max_jitter=lengths.jitter), wanted(tmp_path, lengths=lengths))
        said = "the data have 26 bases and 14 positions of reads per region"
        assert message == f"{files['train']}: {WIDTH}: {said}, {lengths} need {need}; {hint}"

    def test_every_file_is_judged_before_one_is_read(self, tmp_path, files, own_cache):
        written(tmp_path / "test.h5", *regions(3, lengths=Lengths(22, 8, 3)), lengths=Lengths(22, 8, 3))
        assert refusal(source(), wanted(tmp_path)).startswith(f"{tmp_path / 'test.h5'}: {WIDTH}: ")
        assert not own_cache.exists() or not list(own_cache.rglob("codes.bin"))

    @pytest.mark.parametrize(
        ("lengths", "hint"),
        [
            (Lengths(20, 8, 1), "with these lengths the data imply max_jitter 3"),
            (Lengths(26, 14, 3), "with these lengths the data imply max_jitter 0"),
            (Lengths(18, 8, 3), "with max_jitter 3 the data imply input_length 20 and output_length 8"),
            (Lengths(19, 8, 2), "with max_jitter 2 the data imply input_length 22 and output_length 10"),
            (Lengths(19, 8, 9), "without jitter the data imply input_length 26 and output_length 14"),
        ],
    )
    def test_what_widths_imply(self, lengths, hint):
        with pytest.raises(DataError) as error:
            refuse_widths((26, 14), lengths, exact=True)
        assert str(error.value).endswith(f"; {hint}")

    @pytest.mark.parametrize("lengths", [Lengths(20, 8, 3), Lengths(18, 6, 1), Lengths(26, 14), Lengths(2, 2, 5)])
    def test_what_lies_in_the_middle_of_what_is_stored(self, lengths):
        refuse_widths((26, 14), lengths)

    @pytest.mark.parametrize("lengths", [Lengths(28, 8), Lengths(20, 8, 4), Lengths(20, 16)])
    def test_more_than_is_stored(self, lengths):
        with pytest.raises(DataError, match="26 bases and 14 positions"):
            refuse_widths((26, 14), lengths)

    @pytest.mark.parametrize("lengths", [Lengths(19, 8), Lengths(20, 7, 1)])
    def test_what_has_no_middle(self, lengths):
        with pytest.raises(DataError, match="or an even number more, so that windows lie in the middle"):
            refuse_widths((26, 14), lengths)

    def test_a_narrower_model_on_wider_regions(self, tmp_path):
        codes, reads = regions(4)
        opened = InMemory(max_jitter=1).of(training=(stored(tmp_path, codes, reads), np.array([3, 1])))
        data = opened.open(wanted(tmp_path, lengths=Lengths(16, 8)))
        assert np.array_equal(data.training.plain().batch(np.arange(2)).sequence, codes[[3, 1], 5:-5])
        assert data.length == 16


class TestHeads:
    def test_number(self, tmp_path, files):
        message = refusal(alone(), wanted(tmp_path, heads=SEVERAL))
        said = "the data have 1 head (nexus), the definition 3 heads (one, two, three); declare the heads of the data"
        assert message == f"{files['train']}: {HEADS}: {said}"

    @pytest.mark.parametrize(
        ("stored", "head", "message"),
        [
            (
                StoredHead(None, 3),
                TWO[0],
                "head 'nexus': the data have 3 tasks, the definition 2 tasks (plus, minus); declare tasks=\"3\"",
            ),
            (
                StoredHead("nexus", 1, ("five",)),
                TWO[0],
                "head 'nexus': the data have 1 task (five), the definition 2 tasks (plus, minus); "
                'declare tasks="five"',
            ),
            (
                StoredHead("other", 2),
                TWO[0],
                "head 1 of the data is 'other', of the definition 'nexus'; "
                "declare the heads in the order of the data, by their names",
            ),
            (
                StoredHead("nexus", 2, ("minus", "plus")),
                TWO[0],
                "head 'nexus': the tasks of the data are minus, plus, of the definition plus, minus; "
                'declare tasks="minus, plus"',
            ),
        ],
    )
    def test_each(self, stored, head, message):
        with pytest.raises(DataError) as error:
            refuse_heads([stored], [head])
        assert str(error.value) == f"{HEADS}: {message}"

    @pytest.mark.parametrize("tasks", [None, ("0", "1"), ("plus", "minus")])
    def test_names_are_compared_where_both_have_them(self, tasks):
        refuse_heads([StoredHead(None, 2, tasks)], TWO)
        refuse_heads([StoredHead("nexus", 2, ("a", "b"))], [Head(name="nexus", tasks=("0", "1"), counts_loss_weight=1)])


class TestReverseComplement:
    def test_stored_and_drawn(self, tmp_path):
        path = written(tmp_path / "train.h5", *regions(4), reverse_complement=True)
        assert len(alone().open(wanted(tmp_path)).training) == 4
        message = refusal(alone(reverse_complement=True), wanted(tmp_path))
        said = "the data hold the reverse complement of every region already"
        assert message == f"{path}: {OPTION}: {said}; leave reverse_complement out of the data options"

    def test_an_order_that_has_no_effect(self, tmp_path, files):
        message = refusal(alone(revcomp_task_order="1, 0"), wanted(tmp_path))
        said = "revcomp_task_order has no effect without reverse_complement"
        assert message == f"{OPTION}: data format profile-hdf5: {said}"

    def test_it_is_judged_before_files_are_read(self, tmp_path):
        asked = wanted(tmp_path, heads=SEVERAL)
        assert "auto knows what becomes of one or two" in refusal(alone(reverse_complement=True), asked)


class TestOrders:
    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ("auto", "auto"),
            ("AUTO", "auto"),
            ("1, 0", "1, 0"),
            ("[1,0]", "1, 0"),
            ("1 0; auto", "1, 0; auto"),
            ("[1, 0]; [0]", "1, 0; 0"),
            ("[[1, 0], [0]]", "1, 0; 0"),
            ([1, 0], "1, 0"),
            ([[1, 0], "auto", (2, 1, 0)], "1, 0; auto; 2, 1, 0"),
        ],
    )
    def test_one_spelling(self, given, text):
        assert TaskOrders().check(given) == text
        assert TaskOrders().check(text) == text

    @pytest.mark.parametrize("given", ["", "x", "1, -1", "1;;0", 5, None, [], [[1.5, 0]], *TaskOrders().bad_values()])
    def test_what_is_none(self, given):
        with pytest.raises(Unfit, match="expected auto, or per head auto or task numbers"):
            TaskOrders().check(given)

    @pytest.mark.parametrize(
        ("given", "orders"),
        [
            ("auto; auto; 2, 1, 0", ((0,), (1, 0), (2, 1, 0))),
            ("0; 0, 1; 0, 2, 1", ((0,), (0, 1), (0, 2, 1))),
        ],
    )
    def test_per_head(self, given, orders):
        assert task_orders(given, SEVERAL) == orders

    def test_auto_for_all(self):
        assert task_orders("auto", SEVERAL[:2]) == ((0,), (1, 0))

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ("auto", "head 'three' has 3 tasks, auto knows what becomes of one or two"),
            (
                "auto; auto; 1, 2, 0",
                "head 'three': '1, 2, 0' is not its own inverse, so that turning twice changes the tasks",
            ),
            ("auto; 0, 2; 0, 1, 2", "head 'two': expected the numbers 0 to 1, each once, received '0, 2'"),
            ("0; 1, 1; 0, 1, 2", "head 'two': expected the numbers 0 to 1, each once, received '1, 1'"),
            ("0; 1, 0", "3 heads, 2 entries (0; 1, 0)"),
            ("1, 0", "3 heads, 1 entry (1, 0)"),
        ],
    )
    def test_refused(self, given, said):
        with pytest.raises(DataError) as error:
            task_orders(given, SEVERAL)
        hint = "write a list per head, for example 1, 0 for two strands; heads are separated by semicolons"
        assert str(error.value) == f"{OPTION}: revcomp_task_order: {said}; {hint}"


def with_gaps(n: int, gaps, **options):
    """Regions of which `gaps` have no reads in the first of their windows."""
    codes, reads = regions(n, **options)
    reads[0][list(gaps), : LENGTHS.output] = 0
    return codes, reads


class TestWindowsWithoutReads:
    REMEDY = "drop them (data: zero_reads=drop), filter in prepare (min_counts=1) or use pseudocount 1"

    def test_refused(self, tmp_path):
        written(tmp_path / "train.h5", *with_gaps(4000, [12, 40, 77, *range(100, 134)]))
        message = refusal(alone(), wanted(tmp_path, pseudocount=0.0))
        said = "37 of 4,000 training regions have a window without reads (first: rows 12, 40, 77)"
        assert message == f"{WINDOWS}: head 'nexus': {said}; {self.REMEDY}"

    def test_one_line_per_head_and_set(self, tmp_path):
        codes, reads = regions(5, SEVERAL)
        reads[1][2], reads[2][[0, 4]] = 0, 0
        for name in ("train", "val"):
            written(tmp_path / f"{name}.h5", codes, reads, SEVERAL)
        lines = refusal(source(test_data=None), wanted(tmp_path, SEVERAL, pseudocount=0.0)).split("\n")
        assert len(lines) == 4
        assert "head 'two': 1 of 5 training regions has a window without reads (first: row 2);" in lines[0]
        assert "head 'three': 2 of 5 validation regions have a window without reads (first: rows 0, 4);" in lines[3]

    def test_validation_has_one_window(self, tmp_path, files):
        written(tmp_path / "val.h5", *with_gaps(9, [3]))  # the fixed one has reads
        assert len(source().open(wanted(tmp_path, pseudocount=0.0)).validation) == 9

    @pytest.mark.parametrize("pseudocount", [1.0, 0.5, None])
    def test_taken_where_the_logarithm_is_finite(self, tmp_path, pseudocount):
        written(tmp_path / "train.h5", *with_gaps(9, [3]))
        assert len(alone().open(wanted(tmp_path, pseudocount=pseudocount)).training) == 9

    @pytest.mark.parametrize("pseudocount", [0.0, 1.0, None])
    def test_dropped(self, tmp_path, pseudocount):
        codes, reads = with_gaps(9, [3, 8])
        codes[codes == 4] = 0
        written(tmp_path / "train.h5", codes, reads)
        data = alone(zero_reads="drop").open(wanted(tmp_path, pseudocount=pseudocount))
        assert data.training.rows.tolist() == [0, 1, 2, 4, 5, 6, 7]
        assert data.notes == ("2 of 9 training regions are dropped: they have a window without reads",)
        assert data.fingerprint != alone().open(wanted(tmp_path)).fingerprint
        assert min(data.training.least_reads()[0]) > 0

    def test_none_to_drop(self, tmp_path, files):
        data = source(zero_reads="drop").open(wanted(tmp_path, pseudocount=0.0))
        assert len(data.training) == 150
        assert data.fingerprint == source().open(wanted(tmp_path)).fingerprint

    def test_all_to_drop(self, tmp_path):
        written(tmp_path / "train.h5", *with_gaps(9, range(9)))
        message = refusal(alone(zero_reads="drop"), wanted(tmp_path, pseudocount=0.0))
        said = "every one of 9 training regions has a window without reads; use pseudocount 1, or regions with reads"
        assert message == f"{EMPTY}: {said}"

    def test_tasks_with_counts_of_their_own(self, tmp_path):
        codes, reads = regions(9)
        reads[0][4, :, 1] = 0
        written(tmp_path / "train.h5", codes, reads)
        assert alone().open(wanted(tmp_path, pseudocount=0.0)).training is not None
        apart = [replace(TWO[0], counts_per_task=True)]
        assert "1 of 9 training regions has" in refusal(alone(), wanted(tmp_path, apart, pseudocount=0.0))

    def test_rows_are_those_of_the_file(self, tmp_path):
        codes, reads = with_gaps(9, [2, 7])
        opened = InMemory(max_jitter=J).of(training=(stored(tmp_path, codes, reads), np.array([7, 1, 5])))
        assert "1 of 3 training regions has a window without reads (first: row 7)" in refusal(
            opened, wanted(tmp_path, pseudocount=0.0)
        )


class TestRefused:
    def test_files_that_are_not_there(self, tmp_path, files):
        message = refusal(source(train_data="trian.h5"), wanted(tmp_path))
        assert message == f"{tmp_path / 'trian.h5'}: {MISSING}: no such data file; did you mean 'train.h5'?"

    def test_another_sequence_space(self, tmp_path, files):
        message = refusal(alone(), wanted(tmp_path)._replace(alphabet=PROTEIN))
        assert message == f"{OPTION}: data format profile-hdf5: profile data are DNA, the sequence space is protein"

    def test_unknown_bases_of_a_strict_run(self, tmp_path, files):
        message = refusal(alone(), wanted(tmp_path, strict=True))
        assert message.startswith(f"{files['train']}: {LETTERS}: ")
        assert message.endswith("are none of A C G T; prepare the data without them")
