# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import numpy as np
import pytest

from seqforge.data.encodings import ALPHABETS, DNA, PROTEIN, RNA, alphabet
from seqforge.errors import SeqForgeError


@pytest.mark.parametrize(
    ("space", "text", "codes"),
    [
        (DNA, "ACGT", [0, 1, 2, 3]),
        (DNA, "acgtu", [0, 1, 2, 3, 3]),
        (DNA, "NnRY-", [4, 4, 4, 4, 4]),
        (RNA, "ACGU", [0, 1, 2, 3]),
        (RNA, "acgtN", [0, 1, 2, 3, 4]),
        (PROTEIN, "ARNDCEQGHILKMFPSTWYV", list(range(20))),
        (PROTEIN, "arndX*B", [0, 1, 2, 3, 20, 20, 20]),
    ],
)
def test_known_strings(space, text, codes):
    assert space.encode(text).tolist() == codes
    assert space.encode(text.encode()).dtype == np.uint8


def test_codes_are_writable():
    codes = DNA.encode("ACGT")
    codes[0] = 3
    assert DNA.encode("ACGT")[0] == 0


def test_letters_beyond_latin_1_are_unknown_and_keep_the_length():
    assert DNA.encode("Aλ😀T").tolist() == [0, 4, 4, 3]


@pytest.mark.parametrize("space", ALPHABETS.values(), ids=list(ALPHABETS))
def test_decoding_inverts_encoding(space):
    text = space.letters + space.mask
    assert space.decode(space.encode(text)) == text


@pytest.mark.parametrize(("unknown", "share"), [("uniform", 0.25), ("zeros", 0.0), ("error", 0.25)])
def test_rows_of_the_one_hot_table(unknown, share):
    rows = DNA.vectors(unknown)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows[:4], np.eye(4))
    np.testing.assert_array_equal(rows[4], [share] * 4)


def test_an_unknown_protein_letter_is_a_twentieth_each():
    np.testing.assert_allclose(PROTEIN.vectors()[20], 0.05)


@pytest.mark.parametrize("space", [DNA, RNA])
def test_complement(space):
    assert space.complement[space.encode("ACGTN")].tolist() == [3, 2, 1, 0, 4]
    assert PROTEIN.complement is None


def test_unknown_space_names_the_nearest():
    with pytest.raises(SeqForgeError, match="unknown sequencespace 'proteins'; did you mean 'protein'"):
        alphabet("proteins")
