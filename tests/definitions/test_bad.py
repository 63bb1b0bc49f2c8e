# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every broken definition gives exactly the messages of its `.expected` file; every problem id is known and provoked.

After a change of wording: python tests/definitions/test_bad.py writes the messages anew, for the diff to be read.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import seqforge
from seqforge.definitions.catalogue import CATALOGUE
from seqforge.validation import Options, look

BAD = Path(__file__).parent / "bad"
FILES = sorted(path for path in BAD.iterdir() if path.suffix in (".xml", ".json"))
ID = re.compile(r"\bSF\d{4}\b")


def expected(file: Path) -> Path:
    return file.with_name(file.name + ".expected")


def messages(file: Path) -> list[str]:
    return [str(problem) for problem in look(Path(file.name), Options())]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_messages(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    assert messages(file) == expected(file).read_text(encoding="utf-8").splitlines()


def test_every_file_is_broken_and_every_expectation_has_its_file() -> None:
    assert len(FILES) >= 60
    assert {expected(file) for file in FILES} == set(BAD.glob("*.expected"))
    assert all(ID.search(expected(file).read_text(encoding="utf-8")) for file in FILES)


# what the messages for the thirteen mistakes that seqgra's schema lets pass must say
THIRTEEN = {
    "01": ["optimizer 'Adam' has no hyper-parameter 'clip_nrom'; did you mean 'clipnorm'?"],
    "02": ["learning_rate: expected a number > 0, received 'fast'"],
    "03": ["'learning_rate' is given twice (lines 23 and 24: '0.1', '7'); keep one"],
    "04": ["unknown task 'multiclass'; did you mean 'multi-class classification'?", "multi-label classification"],
    "05": ["unknown sequencespace 'dna2'; expected DNA, RNA, protein"],
    "06": ["unknown library 'JAX'; expected PyTorch, Keras (TensorFlow), BayesOptimalClassifier"],
    "07": ["label 'c1' occurs twice (lines 10 and 11)"],
    "08": ["pattern gives no labels: min 5 > max 1"],
    "09": ["unknown loss 'CrossEntropy'; did you mean 'CrossEntropyLoss'?"],
    "10": ["unknown optimizer 'Adm' for PyTorch; did you mean 'Adam'?"],
    "11": ["batch_size: expected an integer ≥ 1, received -1", "epochs: expected an integer ≥ 1, received 0"],
    "12": ["external format 'pytorch-module' needs classname=\"…\"; the file defines: TorchModel"],
    "13": ["unknown external format 'torch' for PyTorch; expected pytorch-module or seqforge"],
}


@pytest.mark.parametrize("number", THIRTEEN)
def test_the_thirteen_mistakes_of_the_specification(number: str) -> None:
    (file,) = BAD.glob(f"{number}-*.xml.expected")
    text = file.read_text(encoding="utf-8")
    assert all(sentence in text for sentence in THIRTEEN[number])


def test_every_id_in_the_code_is_in_the_catalogue() -> None:
    package = Path(seqforge.__file__).parent
    used = {id for path in package.rglob("*.py") for id in ID.findall(path.read_text(encoding="utf-8"))}
    assert used - set(CATALOGUE) == set()


def test_every_id_of_the_catalogue_is_provoked_by_a_file_or_a_test() -> None:
    texts = [*BAD.glob("*.expected"), *Path(__file__).parent.parent.rglob("test_*.py")]
    provoked = {id for path in texts for id in ID.findall(path.read_text(encoding="utf-8"))}
    assert set(CATALOGUE) - provoked == set()


def test_the_catalogue_is_sorted_and_explains() -> None:
    assert list(CATALOGUE) == sorted(CATALOGUE)
    assert all(entry.title and len(entry.explanation) > 20 for entry in CATALOGUE.values())


if __name__ == "__main__":
    os.chdir(BAD)
    for file in FILES:
        expected(file).write_text("".join(f"{line}\n" for line in messages(file)), encoding="utf-8")
