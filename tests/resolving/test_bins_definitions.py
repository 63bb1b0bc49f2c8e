# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Definitions of models of genome bins: what validates, and what is refused at which line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqforge.definitions.reader import read_model
from seqforge.errors import DataError, Problem
from seqforge.experiment import resolve

PLAIN = """<seqgramodel>
<general id="bins"><name>b</name><description>b</description><task>sequence labeling</task>
<sequencespace>features</sequencespace><library>PyTorch</library>
<labels><label>background</label><label>centromere</label></labels><seed>42</seed></general>
<architecture><external format="seqforge" classname="CentromereTransformer"/>
<hyperparameters>
<hyperparameter name="d_model">128</hyperparameter>
<hyperparameter name="nhead">8</hyperparameter>
<hyperparameter name="conv_kernels">3, 11, 25</hyperparameter>
</hyperparameters></architecture>
<loss><hyperparameter name="loss">WeightedBCELoss</hyperparameter>
<hyperparameter name="pos_weight">50</hyperparameter></loss>
<optimizer><hyperparameter name="optimizer">AdamW</hyperparameter>
<hyperparameter name="learning_rate">0.0005</hyperparameter></optimizer>
<schedule><hyperparameter name="schedule">ReduceLROnPlateau</hyperparameter>
<hyperparameter name="monitor">f1</hyperparameter></schedule>
<trainingprocess><hyperparameter name="batch_size">1</hyperparameter>
<hyperparameter name="epochs">100</hyperparameter><hyperparameter name="early_stopping">True</hyperparameter>
<hyperparameter name="early_stopping_monitor">f1</hyperparameter></trainingprocess>
<data format="bins"><hyperparameter name="tables">multi_k_summary/</hyperparameter>
<hyperparameter name="split">sample</hyperparameter></data>
</seqgramodel>
"""
LONG = (
    ('<hyperparameter name="d_model">128</hyperparameter>', '<hyperparameter name="output">logits</hyperparameter>'),
    ('<hyperparameter name="nhead">8</hyperparameter>', '<hyperparameter name="attention_dropout">0</hyperparameter>'),
    (">WeightedBCELoss<", ">WeightedLoss<"),
    (
        '<hyperparameter name="pos_weight">50</hyperparameter>',
        '<hyperparameter name="terms">WeightedBCELoss 1, RangeLoss 0.1</hyperparameter>'
        '<hyperparameter name="WeightedBCELoss.pos_weight">balanced</hyperparameter>'
        '<hyperparameter name="RangeLoss.sigma">2</hyperparameter>',
    ),
    (
        '<hyperparameter name="split">sample</hyperparameter>',
        '<hyperparameter name="train_window">8192</hyperparameter>'
        '<hyperparameter name="validation_samples">HG002</hyperparameter>'
        '<hyperparameter name="test_samples">HG005, NA19240</hyperparameter>',
    ),
)


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    text = PLAIN
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = folder / "bins.xml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(folder: Path, *changes: tuple[str, str]) -> list[Problem]:
    definition, found = read_model(written(folder, *changes))
    return [*found, *(resolve(definition)[1] if definition is not None else [])]


def refused(folder: Path, *changes: tuple[str, str]) -> list[tuple[int, str]]:
    return [(one.place.line, one.sentence) for one in problems(folder, *changes) if one.severity == "error"]


@pytest.mark.parametrize("changes", [(), LONG], ids=["plain", "long"])
def test_definitions_validate_without_their_tables(tmp_path: Path, changes: tuple[tuple[str, str], ...]) -> None:
    found = problems(tmp_path, *changes)
    assert [one for one in found if one.severity == "error"] == []
    (warning,) = [one for one in found if one.severity == "warning"]
    assert "multi_k_summary' not found" in warning.message


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (">128<", ">129<", 7, "d_model"),
        (">8<", ">7<", 7, "nhead 7"),
        (">3, 11, 25<", ">3, 4<", 9, "odd"),
        (">50<", ">-1<", 12, "pos_weight"),
        (">WeightedBCELoss<", ">WeightedBCE<", 11, "WeightedBCELoss"),
        ('"monitor">f1<', '"monitor">f2<', 16, "f2"),
        ("f1</hyperparameter></training", "auc_</hyperparameter></training", 19, "auc_"),
        (">sample<", ">smaple<", 21, "did you mean 'sample'"),
        ('"split"', '"splitt"', 21, "split"),
        ('"bins">', '"bin">', 20, "bins"),
        (">PyTorch<", ">Keras<", 5, "does not exist on Keras"),
        (">sequence labeling<", ">regression<", 2, "does not have task"),
        (">features<", ">DNA<", 3, "DNA"),
        ("<label>centromere</label>", "<label>centromere</label><label>other</label>", 5, "received 3"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_at_its_line(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    target = '<data format="bins">' if old == '"bins">' else old
    found = refused(tmp_path, (target, target.replace(old, new)))
    assert any(message in sentence for _, sentence in found), found
    assert line in [place for place, _ in found], found


def test_options_of_the_data_are_judged_together(tmp_path: Path) -> None:
    more = '<hyperparameter name="test_samples">a</hyperparameter><hyperparameter name="split">file</hyperparameter>'
    found = refused(tmp_path, ('<hyperparameter name="split">sample</hyperparameter>', more))
    assert [line for line, _ in found] == [21]
    assert "test_samples has no effect with split file" in found[0][1]


BALANCED = (
    '<hyperparameter name="pos_weight">50</hyperparameter>',
    '<hyperparameter name="pos_weight">balanced</hyperparameter>',
)
CLASSES = (
    (">WeightedBCELoss<", ">FocalLoss<"),
    (
        '<hyperparameter name="pos_weight">50</hyperparameter>',
        '<hyperparameter name="class_weights">balanced</hyperparameter>',
    ),
)


@pytest.mark.parametrize(
    ("changes", "facts", "sentence"),
    [
        ((BALANCED,), {"class_counts": [9, 0]}, "pos_weight balanced: the training data have labels of one kind"),
        ((BALANCED,), {}, "pos_weight balanced needs data that say how often labels occur; give a number"),
        (LONG, {"class_counts": [0, 9]}, "pos_weight balanced: the training data have labels of one kind only"),
        (CLASSES, {"class_counts": [9, 0]}, "class_weights balanced: no training example is of class 1; give one"),
        (CLASSES, {}, "class_weights balanced needs data that say how often classes occur; give one number per"),
    ],
)
def test_what_the_data_cannot_balance_is_refused_where_it_stands(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], facts: dict[str, Any], sentence: str
) -> None:
    definition, _ = read_model(written(tmp_path, *changes))
    assert definition is not None
    experiment, found = resolve(definition)
    assert experiment is not None, [str(one) for one in found]
    with pytest.raises(DataError) as caught:
        experiment.for_facts(facts)
    assert str(caught.value).startswith(f"{tmp_path / 'bins.xml'}:12: SF0347: {sentence}")
