# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`validate --build` on Keras, and over both libraries in one call."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqforge.templates import Wish, new_definition
from seqforge.validation import Options, report

pytestmark = pytest.mark.keras


@pytest.mark.slow
def test_both_libraries_are_proven_in_one_call(tmp_path: Path) -> None:
    for library in ("PyTorch", "Keras"):
        text = new_definition(Wish(library, library=library, like="sequential", length=60, classes=3))
        (tmp_path / f"{library}.xml").write_text(text)
    module = (
        "import keras\n\n\ndef build(outputs: int = 5):\n"
        "    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(outputs)])\n"
    )
    (tmp_path / "build.py").write_text(module)
    text = (tmp_path / "Keras.xml").read_text()
    start, end = text.index("<sequential>"), text.index("</architecture>")
    external = '<external format="keras-module" classname="build">build.py</external>'
    data = '<data format="table"><hyperparameter name="file">x.txt</hyperparameter>'
    length = '<hyperparameter name="length">60</hyperparameter></data>'
    wrong = (text[:start] + external + text[end:]).replace("</seqgramodel>", f"{data}{length}</seqgramodel>")
    (tmp_path / "wrong.xml").write_text(wrong.replace('id="Keras"', 'id="wrong"'))
    (tmp_path / "x.txt").write_text("x\ty\n")
    found = report([str(tmp_path)], Options(build=True))
    assert [(Path(problem.place.file).stem, problem.id) for problem in found.problems] == [("wrong", "SF0502")]
