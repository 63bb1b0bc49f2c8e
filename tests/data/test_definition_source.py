# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import numpy as np
import pytest

from seqforge.data.sources.definition import DefinitionSource
from seqforge.errors import SeqForgeError

XML = """<?xml version="1.0"?>
<seqgradata>
  <general id="toy"><name>toy</name><description></description><task>multi-class classification</task>
    <sequencespace>DNA</sequencespace><seed>1</seed></general>
  <background><minlength>{minimum}</minlength><maxlength>20</maxlength><alphabetdistributions><alphabetdistribution>
    <letter probability="0.25">A</letter><letter probability="0.25">C</letter>
    <letter probability="0.25">G</letter><letter probability="0.25">T</letter>
  </alphabetdistribution></alphabetdistributions></background>
  <datageneration><sets>
    <set name="training"><example samples="30"><conditionref cid="a"/></example>
      <example samples="20"><conditionref cid="b"/></example></set>
    <set name="validation"><example samples="5"><conditionref cid="a"/></example></set>
    <set name="test"><example samples="7"><conditionref cid="b"/></example></set>
  </sets></datageneration>
  <conditions>
    <condition id="a"><label>A</label><description></description><grammar><rule><position>start</position>
      <probability>1.0</probability><sequenceelementrefs><sequenceelementref sid="word"/></sequenceelementrefs></rule>
    </grammar></condition>
    <condition id="b"><label>B</label><description></description><grammar><rule><position>end</position>
      <probability>1.0</probability><sequenceelementrefs><sequenceelementref sid="word"/></sequenceelementrefs></rule>
    </grammar></condition>
  </conditions>
  <sequenceelements><sequenceelement id="word"><kmerbased><kmer probability="1.0">ACGTACGT</kmer></kmerbased>
  </sequenceelement></sequenceelements>
</seqgradata>
"""
WORD = [0, 1, 2, 3, 0, 1, 2, 3]


@pytest.fixture
def toy(tmp_path):
    def write(minimum: int = 20):
        (tmp_path / "toy.xml").write_text(XML.format(minimum=minimum))
        return tmp_path / "toy.xml"

    return write


def test_simulated_sets(toy, wanted):
    toy()
    said: list[str] = []
    source = DefinitionSource(definition="toy.xml")
    data = source.open(wanted(), said.append)
    assert [len(data.training), len(data.validation), len(data.test)] == [50, 5, 7]
    batch = data.training.batch(np.arange(50))
    assert (batch.sequence[batch.target == 0, :8] == WORD).all()
    assert (batch.sequence[batch.target == 1, -8:] == WORD).all()
    assert np.bincount(batch.target).tolist() == [30, 20]
    assert source.open(wanted(), said.append).fingerprint == data.fingerprint
    assert said == ["simulating toy"]
    assert data.training.place(3) == "training row 4"
    assert source.window(wanted()) == data.length == 20


def test_several_lengths(toy, wanted):
    toy(minimum=12)
    assert DefinitionSource(definition="toy.xml").window(wanted()) is None
    data = DefinitionSource(definition="toy.xml", pad="right").open(wanted())
    codes = data.training.batch(np.arange(50)).sequence
    assert codes.shape[1] == data.length == 20
    assert (codes == 4).any()
    with pytest.raises(SeqForgeError, match="SF0705: expected"):
        DefinitionSource(definition="toy.xml").open(wanted())


def test_a_label_that_the_model_lacks(toy, wanted):
    toy()
    with pytest.raises(SeqForgeError, match=r"toy\.xml: SF0703: the model has no label 'b'"):
        DefinitionSource(definition="toy.xml").open(wanted("a", "c"))


def test_missing_and_broken_definitions(tmp_path, wanted):
    with pytest.raises(SeqForgeError, match=r"SF0701: no data definition 'tox\.xml'"):
        DefinitionSource(definition="tox.xml").open(wanted())
    (tmp_path / "broken.xml").write_text("<seqgradata>")
    with pytest.raises(SeqForgeError, match=r"broken\.xml:1: SF00"):
        DefinitionSource(definition="broken.xml").open(wanted())
