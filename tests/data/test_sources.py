# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import gzip
import random
from pathlib import Path

import numpy as np
import pytest

from seqforge import registry
from seqforge.data.encodings import DNA
from seqforge.data.sources.fasta import FastaSource
from seqforge.data.sources.table import TableSource
from seqforge.data.weights import balanced, with_class_weights
from seqforge.errors import DataError, SeqForgeError
from seqforge.parameters import parameters_of

LABELS = "multi-label classification"
VALUES = "regression"
DRAW = random.Random(11)


def sequence(length: int = 12) -> str:
    return "".join(DRAW.choices("ACGT", k=length))


def write_table(path: Path, rows, header: str = "x\ty") -> Path:
    path.write_text("\n".join([header, *("\t".join(row) for row in rows)]) + "\n")
    return path


def rows_of(n: int, labels: str = "ab"):
    return [(sequence(), labels[number % len(labels)]) for number in range(n)]


def letters(dataset) -> list[str]:
    return [DNA.decode(row) for row in dataset.batch(np.arange(len(dataset))).sequence]


def test_names():
    assert {"definition", "fasta", "table"} <= set(registry.names("sources"))


@pytest.mark.parametrize("name", ["definition", "fasta", "table"])
def test_every_option_is_explained(name):
    for parameter in parameters_of(registry.find("sources", name)).values():
        assert parameter.doc
        assert parameter.required or parameter.kind.parse(str(parameter.default)) == parameter.default


class TestFolder:
    def test_the_three_files_of_a_folder(self, tmp_path, wanted):
        sets = {"training": rows_of(20), "validation": rows_of(6), "test": rows_of(4)}
        for name, rows in sets.items():
            write_table(tmp_path / f"{name}.txt", rows)
        data = TableSource(folder=str(tmp_path)).open(wanted())
        for name, rows in sets.items():
            assert letters(data.set(name)) == [text for text, _ in rows]
            assert data.set(name).targets.tolist() == ["ab".index(label) for _, label in rows]
            assert data.set(name).targets.dtype == np.int64
        assert (data.length, data.labels, data.notes) == (12, ("a", "b"), ())

    def test_relative_folder_and_gzip_and_absent_validation(self, tmp_path, wanted):
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "training.csv.gz").write_bytes(gzip.compress(b"x,y\r\nACGT,a\r\nACGA,b\r\n"))
        data = TableSource(folder="sub").open(wanted())
        assert letters(data.training) == ["ACGT", "ACGA"]
        assert data.validation is None
        assert data.test is None

    def test_a_folder_without_training_file(self, tmp_path, wanted):
        with pytest.raises(DataError, match=r"no training\.txt"):
            TableSource(folder=str(tmp_path)).open(wanted())


def test_every_row_of_a_large_file_exactly_once(tmp_path, wanted):
    """25,003 rows, more than two reading chunks of the original tool, which lost one row after each 10,000."""
    numbers = ["".join("ACGT"[number >> 2 * digit & 3] for digit in range(8)) for number in range(25_003)]
    write_table(tmp_path / "all.tsv", [(text, "ab"[number % 2]) for number, text in enumerate(numbers)])
    whole = TableSource(file="all.tsv", training_fraction=1, validation_fraction=0, test_fraction=0).open(wanted())
    assert letters(whole.training) == numbers
    assert whole.notes == ()
    split = TableSource(file="all.tsv").open(wanted())
    assert sorted(text for name in ("training", "validation", "test") for text in letters(split.set(name))) == sorted(
        numbers
    )
    assert [len(split.set(name)) for name in ("training", "validation", "test")] == [17_502, 2_501, 5_000]


class TestSplits:
    def test_stratified_disjoint_and_a_function_of_the_seed(self, tmp_path, wanted):
        write_table(tmp_path / "all.tsv", rows_of(200, "aaab"))
        source = TableSource(file="all.tsv", split_seed=9)
        one, again, other = (
            source.open(wanted()),
            source.open(wanted(seed=8)),
            TableSource(file="all.tsv").open(wanted()),
        )
        assert letters(one.test) == letters(again.test) != letters(other.test)
        assert np.bincount(one.test.targets).tolist() == [30, 10]
        assert one.fingerprint == again.fingerprint != other.fingerprint

    def test_the_definition_s_seed_is_the_default(self, tmp_path, wanted):
        write_table(tmp_path / "all.tsv", rows_of(60))
        explicit = TableSource(file="all.tsv", split_seed=5).open(wanted(seed=1))
        assert letters(explicit.test) == letters(TableSource(file="all.tsv").open(wanted(seed=5)).test)

    def test_folds(self, tmp_path, wanted):
        rows = rows_of(50)
        write_table(tmp_path / "all.tsv", rows)
        opened = [TableSource(file="all.tsv", folds=5, fold=fold).open(wanted()) for fold in range(1, 6)]
        assert sorted(text for data in opened for text in letters(data.test)) == sorted(text for text, _ in rows)

    def test_validation_taken_out_of_the_training_file(self, tmp_path, wanted):
        write_table(tmp_path / "train.tsv", rows_of(40))
        write_table(tmp_path / "test.tsv", rows_of(10))
        data = TableSource(training="train.tsv", test="test.tsv", validation_fraction=0.25).open(wanted())
        assert [len(data.training), len(data.validation), len(data.test)] == [30, 10, 10]
        assert not set(letters(data.training)) & set(letters(data.validation))

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                {"file": "x", "training_fraction": 0.9},
                "the fractions sum to 1.2, expected 1 (training 0.9, validation 0.1",
            ),
            ({"file": "x", "folds": 5}, "folds needs fold, a number from 1 to 5"),
            ({"file": "x", "folds": 5, "fold": 6}, "fold: expected an integer from 1 to 5, received 6"),
            ({"file": "x", "fold": 1}, "fold needs folds"),
            ({"file": "x", "folds": 3, "fold": 1, "test_fraction": 0.1}, "test_fraction has no effect beside folds"),
            ({"folder": ".", "split_seed": 1}, "split_seed has no effect: every set has a file of its own"),
            ({"file": "x", "training": "y"}, "file is split into the sets; training name them already: keep one"),
            ({}, "name the data: folder, or training (validation, test), or file"),
            ({"test": "x", "folder": "."}, "there is no training file"),
            ({"folder": ".", "pad": "right", "crop": "right"}, "pad and crop together need length"),
        ],
    )
    def test_options_that_do_not_fit(self, wanted, options, message):
        with pytest.raises(DataError) as raised:
            TableSource(**options).open(wanted())
        assert f"SF0707: data format table: {message}" in str(raised.value)


class TestTargets:
    def test_multi_label(self, tmp_path, wanted):
        rows = [("ACGT", "a|b"), ("ACGA", ""), ("ACGC", "b"), ("ACGG", "b|a|b")]
        write_table(tmp_path / "training.txt", rows)
        data = TableSource(folder=".").open(wanted("a", "b", task=LABELS))
        assert data.training.targets.tolist() == [[1, 1], [0, 0], [0, 1], [1, 1]]
        assert data.training.batch(np.array([0])).target.dtype == np.float32

    def test_regression_by_columns_and_joined(self, tmp_path, wanted):
        write_table(tmp_path / "training.tsv", [("ACGT", "0.5", "-1e3")], "x\ta\tb")
        assert TableSource(folder=".").open(wanted(task=VALUES)).training.targets.tolist() == [[0.5, -1000.0]]
        write_table(tmp_path / "training.tsv", [("ACGT", "1|2")])
        assert TableSource(folder=".").open(wanted(task=VALUES)).training.targets.tolist() == [[1.0, 2.0]]

    def test_declared_columns(self, tmp_path, wanted):
        (tmp_path / "t.csv").write_text("name,dna,class\n1,ACGT,b\n")
        source = TableSource(training="t.csv", sequence_column="dna", label_column="class")
        assert source.open(wanted()).training.targets.tolist() == [1]

    @pytest.mark.parametrize(
        ("label", "task", "message"),
        [
            ("promotor", "multi-class classification", "the model has no label 'promotor'; did you mean 'promoter'?"),
            ("promoter|other", "multi-class classification", "'promoter|other' names several labels; a multi-class"),
            ("", "multi-class classification", "the label is empty; every example needs exactly one"),
            ("other|x", LABELS, "the model has no label 'x'; expected one of promoter, other"),
            ("fast|1", VALUES, "promoter: expected a number, received 'fast'"),
            ("nan|1", VALUES, "promoter: expected a number, received nan"),
            ("1", VALUES, "expected 2 numbers (promoter, other), received 1"),
        ],
    )
    def test_label_errors_name_file_and_line(self, tmp_path, wanted, label, task, message):
        good = "1|2" if task == VALUES else "other"
        path = write_table(tmp_path / "training.txt", [("ACGT", good), ("ACGA", label)])
        with pytest.raises(DataError) as raised:
            TableSource(folder=".").open(wanted("promoter", "other", task=task))
        assert str(raised.value).startswith(f"{path}:3: SF0703: {message}")


class TestFasta:
    def test_a_file_per_label(self, tmp_path, wanted):
        (tmp_path / "p.fa").write_text("".join(f">p{n}\n{sequence(6)}\n{sequence(6)}\n" for n in range(10)))
        (tmp_path / "n.fa").write_bytes(
            gzip.compress("".join(f">n\r\n{sequence().lower()}\r\n" for _ in range(30)).encode())
        )
        data = FastaSource(file="promoter = p.fa, other = n.fa").open(wanted("promoter", "other"))
        assert [np.bincount(data.set(name).targets).tolist() for name in ("training", "validation", "test")] == [
            [7, 21],
            [1, 3],
            [2, 6],
        ]

    @pytest.mark.parametrize(
        ("options", "header"),
        [
            ({"label_pattern": r"class=(\w+)"}, "s{n} class={label} x"),
            ({"label_field": 2}, "s{n} {label}"),
            ({"label_field": 3, "label_separator": "|"}, "s{n}|x|{label}"),
            ({"label_file": "labels.tsv"}, "s{n} anything"),
            ({"label_file": "labels.tsv", "id_column": "id", "label_column": "label"}, "s{n}"),
        ],
    )
    def test_labels_of_one_file(self, tmp_path, wanted, options, header):
        labels = "abbab"
        records = [f">{header.format(n=n, label=label)}\n{sequence()}\n" for n, label in enumerate(labels)]
        (tmp_path / "all.fa").write_text("".join(records))
        write_table(tmp_path / "labels.tsv", [(f"s{n}", label) for n, label in enumerate(labels)], "id\tlabel")
        data = FastaSource(training="all.fa", **options).open(wanted())
        assert data.training.targets.tolist() == [0, 1, 1, 0, 1]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"label_pattern": r"class=(\w+)"}, "label_pattern 'class=(\\w+)' matches nothing in the header 's1 a'"),
            ({"label_field": 3}, "the header 's1 a' has 2 fields, label_field is 3"),
            ({"label_field": 1}, "the model has no label 's1'"),
        ],
    )
    def test_headers_without_a_label(self, tmp_path, wanted, options, message):
        (tmp_path / "all.fa").write_text("\n>s1 a\nACGT\n")
        with pytest.raises(DataError) as raised:
            FastaSource(training="all.fa", **options).open(wanted())
        assert str(raised.value).startswith(f"{tmp_path}/all.fa:2: SF0703: {message}")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"file": "a=x.fa", "label_field": 1}, "label_field has no effect: every file has its label"),
            ({"file": "x.fa"}, "a file with several labels needs one of label_pattern, label_field and label_file"),
            ({"file": "x.fa", "label_field": 1, "id_column": "i"}, "id_column has no effect without label_file"),
            ({"file": "x.fa", "label_pattern": "("}, "label_pattern: expected a regular expression"),
            ({"file": "x.fa", "label_pattern": "x"}, "label_pattern needs a group"),
            ({}, "name the data: file, or training (validation, test)"),
        ],
    )
    def test_options_that_do_not_fit(self, wanted, options, message):
        with pytest.raises(DataError) as raised:
            FastaSource(**options).open(wanted())
        assert f"SF0707: data format fasta: {message}" in str(raised.value)

    @pytest.mark.parametrize("text", ["a=x.fa, y.fa", "=x.fa", "a=", "x.fa, y.fa", ""])
    def test_lists_of_files_that_make_no_sense(self, text):
        with pytest.raises(ValueError, match="expected a"):
            FastaSource(file=text)

    def test_files_are_named_for_the_validator(self, tmp_path):
        source = FastaSource(folder="data", file="a = x.fa\nb = y.fa")
        assert source.files(tmp_path) == [tmp_path / "data" / "x.fa", tmp_path / "data" / "y.fa"]


class TestLengths:
    def open(self, tmp_path, wanted, **options):
        write_table(tmp_path / "training.txt", [("ACGTA", "a"), ("CC", "b"), ("GGGTTTA", "a")])
        return TableSource(folder=".", **options).open(wanted())

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({"pad": "right"}, ["ACGTANN", "CCNNNNN", "GGGTTTA"]),
            ({"pad": "centre"}, ["NACGTAN", "NNCCNNN", "GGGTTTA"]),
            ({"crop": "right"}, ["AC", "CC", "GG"]),
            ({"crop": "centre"}, ["CG", "CC", "GT"]),
            ({"pad": "right", "crop": "centre", "length": 4}, ["ACGT", "CCNN", "GGTT"]),
        ],
    )
    def test_one_length(self, tmp_path, wanted, options, expected):
        data = self.open(tmp_path, wanted, **options)
        assert letters(data.training) == expected
        assert data.length == len(expected[0])

    @pytest.mark.parametrize(
        ("options", "line", "message"),
        [
            ({}, 3, "expected 5 letters, received 2; lengths found: 2, 5, 7; declare pad (it adds unknown"),
            ({"pad": "right", "length": 6}, 4, "expected 6 letters, received 7; lengths found: 2, 5, 7; declare crop"),
            ({"crop": "right", "length": 5}, 3, "expected 5 letters, received 2"),
        ],
    )
    def test_lengths_that_differ(self, tmp_path, wanted, options, line, message):
        with pytest.raises(DataError) as raised:
            self.open(tmp_path, wanted, **options)
        assert str(raised.value).startswith(f"{tmp_path}/training.txt:{line}: SF0705: {message}")

    def test_window_is_the_declared_length(self, wanted):
        assert TableSource(folder=".", length=81).window(wanted()) == 81
        assert TableSource(folder=".").window(wanted()) is None


class TestLetters:
    def open(self, tmp_path, wanted, strict=False, **options):
        write_table(tmp_path / "training.txt", [("ACGTacgt", "a"), ("NNGTACRT", "b"), ("ACGTAC-T", "a")])
        return TableSource(folder=".", **options).open(wanted(strict=strict))

    @pytest.mark.parametrize(("unknown", "fed"), [("uniform", "1/4 in every channel"), ("zeros", "zeros")])
    def test_one_note(self, tmp_path, wanted, unknown, fed):
        for _ in range(2):  # the second time from the cache
            (note,) = self.open(tmp_path, wanted, unknown=unknown).notes
            place = f"{tmp_path}/training.txt:3"
            assert note == f"4 letters outside ACGT (N 2, - 1, R 1) in 2 sequences (first: {place}) are fed as {fed}"

    def test_error(self, tmp_path, wanted):
        with pytest.raises(
            DataError, match=r"training\.txt:3: SF0704: the letters of DNA are ACGT, received 'N'; 4 letters"
        ):
            self.open(tmp_path, wanted, unknown="error")

    def test_strict_lets_the_mask_pass(self, tmp_path, wanted):
        with pytest.raises(DataError, match=r"training\.txt:3: SF0704: the letters of DNA are ACGT, received 'R'"):
            self.open(tmp_path, wanted, strict=True)

    def test_proteins_have_no_other_strand(self, tmp_path, wanted):
        write_table(tmp_path / "training.txt", [("MKV", "a")])
        with pytest.raises(DataError, match="reverse_complement needs DNA or RNA, the sequence space is protein"):
            TableSource(folder=".", reverse_complement=True).open(wanted(space="protein"))


class TestDuplicates:
    def open(self, tmp_path, wanted, **options):
        write_table(
            tmp_path / "training.txt", [("ACGT", "a"), ("ACGA", "b"), ("acgt", "a"), ("ACGA", "a"), ("TTTT", "b")]
        )
        write_table(tmp_path / "test.txt", [("TTTT", "b"), ("CCCC", "a")])
        return TableSource(folder=".", **options).open(wanted())

    def test_reported_with_first_places(self, tmp_path, wanted):
        across, contradicting, within = self.open(tmp_path, wanted).notes
        first = f"(first: {tmp_path}/training.txt"
        assert across == (
            f"1 sequence of the training set is also in the test set {first}:6 and {tmp_path}/test.txt:2)"
        )
        assert contradicting == f"1 sequence occurs with contradicting labels {first}:3 and {tmp_path}/training.txt:5)"
        assert within == (
            "2 sequences occur more than once in the training set, 2 repetitions "
            f"{first}:2 and {tmp_path}/training.txt:4)"
        )

    def test_drop_keeps_the_first(self, tmp_path, wanted):
        data = self.open(tmp_path, wanted, duplicates="drop")
        assert letters(data.training) == ["ACGT", "ACGA", "TTTT"]
        assert letters(data.test) == ["CCCC"]
        assert data.notes == ("3 repeated sequences are left out",)

    def test_error(self, tmp_path, wanted):
        with pytest.raises(DataError, match=r"SF0706: 1 sequence of the training set is also in the test set"):
            self.open(tmp_path, wanted, duplicates="error")


class TestBatches:
    def test_a_pure_function_of_seed_epoch_and_index(self, tmp_path, wanted):
        write_table(tmp_path / "training.txt", rows_of(40))
        write_table(tmp_path / "test.txt", rows_of(5))
        source = TableSource(folder=".", reverse_complement=True, max_shift=3)
        one, two = source.open(wanted()), source.open(wanted())
        index = np.array([7, 3, 39])
        np.testing.assert_array_equal(one.training.batch(index, 2).sequence, two.training.batch(index, 2).sequence)
        np.testing.assert_array_equal(
            one.training.batch(index, 2).sequence[1], one.training.batch(np.array([3]), 2).sequence[0]
        )
        epochs = [one.training.batch(np.arange(40), epoch).sequence for epoch in range(3)]
        assert not np.array_equal(epochs[0], epochs[1])
        other = source.open(wanted(seed=4)).training.batch(np.arange(40), 0).sequence
        assert not np.array_equal(epochs[0], other)
        assert letters(one.test) == letters(TableSource(folder=".").open(wanted()).test)
        assert letters(one.training.plain()) == letters(TableSource(folder=".").open(wanted()).training)

    def test_balanced_weights(self, tmp_path, wanted):
        write_table(tmp_path / "training.txt", rows_of(40, "aaab"))
        data = with_class_weights(TableSource(folder=".").open(wanted()), "balanced")
        batch = data.training.batch(np.array([0, 3]))
        np.testing.assert_allclose(batch.weight, [40 / (2 * 30), 40 / (2 * 10)], rtol=1e-6)
        assert balanced(data.training.targets).mean() == pytest.approx(1)
        assert TableSource(folder=".").open(wanted()).training.batch(np.array([0])).weight is None

    def test_weights_of_several_labels_are_refused(self, tmp_path, wanted):
        write_table(tmp_path / "training.txt", [("ACGT", "a|b")])
        data = TableSource(folder=".").open(wanted(task=LABELS))
        with pytest.raises(SeqForgeError, match="class_weights balanced needs exactly one label per example"):
            with_class_weights(data, "balanced")


def test_every_missing_file_is_named_with_the_nearest_name(tmp_path, wanted):
    (tmp_path / "promoters.fa").write_text(">a\nACGT\n")
    with pytest.raises(DataError) as raised:
        FastaSource(file="a = promoter.fa, b = sub/other.fa").open(wanted())
    first, second = str(raised.value).splitlines()
    assert first == f"{tmp_path}/promoter.fa: SF0701: no such data file; did you mean 'promoters.fa'?"
    assert second.startswith(
        f"{tmp_path}/sub/other.fa: SF0701: no such data file; paths start at the definition's folder"
    )


def test_is_described_in_a_line(tmp_path, wanted):
    write_table(tmp_path / "training.txt", rows_of(6))
    data = TableSource(folder=str(tmp_path)).open(wanted())
    assert repr(data.training) == "SequenceSet(6 DNA sequences of length 12)"


def test_large_bounds_are_spelt_with_all_digits():
    assert parameters_of(TableSource)["split_seed"].kind.expected == "an integer ≥ 0 and < 4294967296, or None"
