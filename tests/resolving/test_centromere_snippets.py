# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The two documented definitions of the centromere Transformer: both validate; a mistake in any place has its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seqforge.errors import DefinitionError
from seqforge.experiment import read

WHOLE = """<seqgramodel>
  <general id="centromere-transformer-d128-s42">
    <name>Centromere Transformer</name><description>centromere bins from multi-k statistics, 10 kb</description>
    <task>sequence labeling</task>
    <sequencespace>features</sequencespace>
    <library>PyTorch</library>
    <labels><label>background</label><label>centromere</label></labels>
    <seed>42</seed>
  </general>
  <architecture>
    <external format="seqforge" classname="CentromereTransformer"/>
    <hyperparameters>
      <hyperparameter name="d_model">128</hyperparameter>
      <hyperparameter name="nhead">8</hyperparameter>
      <hyperparameter name="num_layers">4</hyperparameter>
      <hyperparameter name="dim_feedforward">512</hyperparameter>
      <hyperparameter name="dropout">0.2</hyperparameter>
      <hyperparameter name="conv_kernels">3, 11, 25</hyperparameter>
    </hyperparameters>
  </architecture>
  <loss>
    <hyperparameter name="loss">WeightedBCELoss</hyperparameter>
    <hyperparameter name="pos_weight">50</hyperparameter>
  </loss>
  <optimizer>
    <hyperparameter name="optimizer">AdamW</hyperparameter>
    <hyperparameter name="learning_rate">0.0005</hyperparameter>
    <hyperparameter name="weight_decay">0.00001</hyperparameter>
  </optimizer>
  <schedule>
    <hyperparameter name="schedule">ReduceLROnPlateau</hyperparameter>
    <hyperparameter name="monitor">f1</hyperparameter>
    <hyperparameter name="factor">0.5</hyperparameter>
    <hyperparameter name="patience">5</hyperparameter>
  </schedule>
  <trainingprocess>
    <hyperparameter name="batch_size">1</hyperparameter>
    <hyperparameter name="epochs">100</hyperparameter>
    <hyperparameter name="early_stopping">True</hyperparameter>
    <hyperparameter name="early_stopping_monitor">f1</hyperparameter>
    <hyperparameter name="early_stopping_patience">20</hyperparameter>
    <hyperparameter name="early_stopping_min_delta">0.00001</hyperparameter>
  </trainingprocess>
  <data format="bins">
    <hyperparameter name="tables">multi_k_summary/</hyperparameter>
    <hyperparameter name="split">sample</hyperparameter>
  </data>
</seqgramodel>
"""
LONG_SECTIONS = {
    "architecture": """<architecture>
    <external format="seqforge" classname="CentromereTransformer"/>
    <hyperparameters>
      <hyperparameter name="output">logits</hyperparameter>
      <hyperparameter name="attention_dropout">0</hyperparameter>
    </hyperparameters>
  </architecture>""",
    "loss": """<loss>
    <hyperparameter name="loss">WeightedLoss</hyperparameter>
    <hyperparameter name="terms">WeightedBCELoss 1, RangeLoss 0.1</hyperparameter>
    <hyperparameter name="WeightedBCELoss.pos_weight">balanced</hyperparameter>
    <hyperparameter name="RangeLoss.sigma">2</hyperparameter>
  </loss>""",
    "data": """<data format="bins">
    <hyperparameter name="tables">multi_k_summary/</hyperparameter>
    <hyperparameter name="train_window">8192</hyperparameter>
    <hyperparameter name="validation_samples">HG002</hyperparameter>
    <hyperparameter name="test_samples">HG005, NA19240</hyperparameter>
  </data>""",
}
LONG = WHOLE
for _name, _section in LONG_SECTIONS.items():
    LONG = re.sub(rf"<{_name}[ >].*?</{_name}>", lambda _, new=_section: new, LONG, flags=re.DOTALL)  # type: ignore[misc]
SNIPPETS = {"whole": WHOLE, "long": LONG}
FREE = ("tables", "validation_samples", "test_samples")  # any text is a value
HYPERPARAMETER = re.compile(r'<hyperparameter name="([^"]+)">([^<]+)<')
PLACES = [(kind, one[0], one[1]) for kind, text in SNIPPETS.items() for one in HYPERPARAMETER.findall(text)]
GENERAL = [
    ("<task>sequence labeling<", "<task>sequence tagging<"),
    ("<sequencespace>features<", "<sequencespace>feature<"),
    ("<library>PyTorch<", "<library>PyTorsch<"),
    ("<seed>42<", "<seed>-1<"),
    ("<label>centromere</label></labels>", "<label>background</label></labels>"),
    ('format="seqforge"', 'format="seqfroge"'),
    ('classname="CentromereTransformer"', 'classname="CentromereTransfromer"'),
    ('<data format="bins"', '<data format="bin"'),
    ('general id="centromere-transformer-d128-s42"', 'general id="a/b"'),
]


def refused(folder: Path, text: str) -> DefinitionError:
    file = folder / "centromere.xml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        read(file)
    return caught.value


def names_the_line(folder: Path, kind: str, old: str, new: str) -> None:
    text = SNIPPETS[kind]
    assert text.count(old) == 1, old
    error = refused(folder, text.replace(old, new))
    line = text[: text.index(old)].count("\n") + 1
    places = [(one.place.line, str(one)) for one in error.problems if one.severity == "error"]
    assert line in [place for place, _ in places], places
    assert all(text.startswith(f"{folder / 'centromere.xml'}:") for _, text in places)


@pytest.mark.parametrize("kind", SNIPPETS)
def test_both_validate(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "centromere.xml"
    file.write_text(SNIPPETS[kind], encoding="utf-8")
    experiment, problems = read(file, need_files=False)
    assert [one for one in problems if one.severity == "error"] == []
    assert experiment.architecture.name == "CentromereTransformer"


@pytest.mark.parametrize(("kind", "name", "value"), [one for one in PLACES if one[1] not in FREE])
def test_a_wrong_value_in_any_place_has_its_line(tmp_path: Path, kind: str, name: str, value: str) -> None:
    old = f'name="{name}">{value}<'
    names_the_line(tmp_path, kind, old, old.replace(f">{value}<", ">wrong!<"))


@pytest.mark.parametrize(("kind", "name", "value"), PLACES)
def test_a_wrong_name_in_any_place_has_its_line(tmp_path: Path, kind: str, name: str, value: str) -> None:
    old = f'name="{name}">{value}<'
    if name not in ("loss", "optimizer", "schedule"):
        names_the_line(tmp_path, kind, old, old.replace(f'"{name}"', f'"{name}x"'))


@pytest.mark.parametrize(("old", "new"), GENERAL)
def test_a_wrong_word_elsewhere_has_its_line(tmp_path: Path, old: str, new: str) -> None:
    names_the_line(tmp_path, "whole", old, new)
