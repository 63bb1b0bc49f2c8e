# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The Bayes optimal classifier: equal to a transcription of its definition, step by step, and good on its own data."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from seqforge.architectures.base import InputSpec
from seqforge.architectures.bayes import BayesOptimal
from seqforge.backends import bayes
from seqforge.backends.bayes import BayesLearner, Grammar
from seqforge.data.dataset import Batch
from seqforge.data.encodings import alphabet
from seqforge.definitions.data import DataDefinition
from seqforge.definitions.reader import load
from seqforge.errors import BackendError, RunError
from seqforge.registry import BAYES, find
from seqforge.resources import folder
from seqforge.simulation import simulate

# (position, elements, pairs (first, second, mindistance, maxdistance, order)) of each rule, by condition
GRAMMAR = {
    "c1": [("random", ["m", "n"], [])],
    "c2": [("start", ["m"], []), ("end", ["n"], []), ("center", ["k"], [])],
    "c3": [(7, ["k"], []), ("random", ["m"], [])],
    "c4": [("random", ["n"], []), ("random", ["m", "k"], [("m", "k", 2, 9, "random")])],
    "c5": [("random", ["m", "n"], [("n", "m", 0, 40, "in-order")]), ("end", ["k"], [])],
    "c6": [("random", ["m", "n", "k", "l"], [("m", "n", 3, 4, "in-order"), ("k", "l", 0, 2, "random")])],
    "c7": [("random", ["m", "n"], [("m", "n", 5, 5, "in-order")])],
    "c8": [("random", ["flat"], [])],
}
LABELS = (*GRAMMAR, "unknown")


def xml(space: str, task: str = "multi-class classification") -> str:
    """A definition with `GRAMMAR`, and elements of every kind."""
    letters = alphabet(space).letters
    flat = "".join(f'<letter probability="1">{letter}</letter>' for letter in letters)

    def rule(position, elements, pairs) -> str:
        refs = "".join(f'<sequenceelementref sid="{sid}"/>' for sid in elements)
        spaced = "".join(
            f'<spacingconstraint sid1="{a}" sid2="{b}" mindistance="{low}" maxdistance="{high}" order="{order}"/>'
            for a, b, low, high, order in pairs
        )
        spacing = f"<spacingconstraints>{spaced}</spacingconstraints>" if pairs else ""
        return f"""<rule><position>{position}</position><probability>0.5</probability>
            <sequenceelementrefs>{refs}</sequenceelementrefs>{spacing}</rule>"""

    grammars = {cid: "".join(rule(*one) for one in rules) for cid, rules in GRAMMAR.items()}
    conditions = "".join(
        f'<condition id="{cid}"><label/><description/><grammar>{grammar}</grammar></condition>'
        for cid, grammar in grammars.items()
    )
    a, c, g, t = letters[0], letters[1], letters[2], letters[-1]
    sets = "".join(
        f'<set name="{name}"><example samples="5"><conditionref cid="c1"/></example></set>'
        for name in ("training", "validation", "test")
    )
    return f"""<seqgradata><general id="d"><name/><description/><task>{task}</task>
      <sequencespace>{space}</sequencespace><seed>1</seed></general>
      <background><minlength>60</minlength><maxlength>60</maxlength><alphabetdistributions>
        <alphabetdistribution>{flat}</alphabetdistribution></alphabetdistributions></background>
      <datageneration><sets>{sets}</sets></datageneration><conditions>{conditions}</conditions>
      <sequenceelements>
      <sequenceelement id="m"><matrixbased>
        <position><letter probability="0.9">{a}</letter><letter probability="0.1">{c}</letter></position>
        <position><letter probability="0.7">{g}</letter><letter probability="0.3">{t}</letter></position>
        <position><letter probability="1">{t}</letter></position></matrixbased></sequenceelement>
      <sequenceelement id="n"><matrixbased>
        <position><letter probability="0.2">{c}</letter><letter probability="0.6">{t}</letter></position>
        <position><letter probability="1">{g}</letter></position></matrixbased></sequenceelement>
      <sequenceelement id="k"><kmerbased><kmer probability="0.6">{a}{c}{g}{t}</kmer>
        <kmer probability="0.2">{c}{c}{g}{a}</kmer></kmerbased></sequenceelement>
      <sequenceelement id="l"><kmerbased><kmer probability="1">{g}{g}</kmer></kmerbased></sequenceelement>
      <sequenceelement id="flat"><matrixbased><position>{flat}</position><position>{flat}</position></matrixbased>
      </sequenceelement></sequenceelements></seqgradata>"""


def definition(space: str = "DNA", task: str = "multi-class classification") -> DataDefinition:
    read = load(xml(space, task).encode())
    assert isinstance(read, DataDefinition)
    return read


# the transcription: one sequence, one start at a time


def weights_of(read: DataDefinition, sid: str) -> np.ndarray:
    letters = alphabet(read.sequencespace).letters
    element = next(one for one in read.elements if one.id == sid)
    if element.positions is not None:
        p = np.array([[one.get(letter, 0.0) for letter in letters] for one in element.positions])
    else:
        p = np.zeros((element.widths[0], len(letters)))
        for word, chance in (element.kmers or {}).items():
            for at, letter in enumerate(word):
                p[at, letters.index(letter)] += chance
    p = p / p.sum(axis=1, keepdims=True)
    p[p == 0] = 0.0001
    return np.log2(p * len(letters))


def raw_scores(one_hot: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.array([(one_hot[j : j + len(w)] * w).sum() for j in range(len(one_hot) - len(w) + 1)])


def n(r: float, w: np.ndarray) -> float:
    low, high = w.min(axis=1).sum(), w.max(axis=1).sum()
    if abs(high - low) < 1e-9:
        return 0.5
    low, r = (-(abs(v) ** 0.25) if v < 0 else v for v in (low, r))
    return (r - low) / (high - low)


def mask_of(position, s: int, w: int) -> np.ndarray:
    if position == "random":
        return np.ones(s)
    if position == "start":
        low, high = 0, w + 1
    elif position == "end":
        low, high = max(s - w - 1, 0), s
    elif position == "center":
        low = max(int(s / 2 - w / 2 - 1), 0)
        high = min(low + w + 2, s)
    else:
        low, high = int(max(position - w / 2 - 1, 0)), min(position + w + 2, s)
    return np.array([1.0 if low <= j < high else 0.0 for j in range(s)])


def class_score(one_hot: np.ndarray, read: DataDefinition, cid: str, corrected: bool) -> float:
    w = {str(one.id): weights_of(read, one.id) for one in read.elements}
    total = 0.0
    for position, elements, pairs in GRAMMAR.get(cid, []):
        if pairs:
            found = [
                value
                for a, b, low, high, order in pairs
                for first, second in ([(a, b), (b, a)] if order == "random" else [(a, b)])
                for value in pair_scores(one_hot, w[first], w[second], low, high, corrected)
            ]
            best = max(found, default=0.0)
            if not corrected:
                total = best
                continue
            total += best
        paired = {sid for pair in pairs for sid in pair[:2]}
        for sid in elements:
            if sid not in paired:
                raw = raw_scores(one_hot, w[sid])
                total += n((raw * mask_of(position, len(raw), len(w[sid]))).max(), w[sid])
    return total


def pair_scores(one_hot, w1, w2, low: int, high: int, corrected: bool) -> list[float]:
    r1, r2 = raw_scores(one_hot, w1), raw_scores(one_hot, w2)
    if corrected:
        low, high = low + len(w1), high + len(w1) + 1
    found = []
    for j in range(len(r1)):
        reach = r2[min(j + low, len(r2)) : min(j + high, len(r2))]
        if len(reach):
            found.append(n(r1[j], w1) + n(reach.max(), w2))
    return found


@pytest.mark.parametrize("scoring", ["seqgra", "corrected"])
@pytest.mark.parametrize("task", ["multi-class classification", "multi-label classification"])
@pytest.mark.parametrize("space", ["DNA", "RNA", "protein"])
def test_scores_equal_the_transcription(space: str, task: str, scoring: str):
    read = definition(space, task)
    size = len(alphabet(space))
    codes = np.random.default_rng(5).integers(0, size + 1, (12, 33)).astype(np.uint8)
    one_hot = np.vstack([np.eye(size), np.full(size, 1 / size)])[codes]
    expected = np.array([[class_score(one, read, cid, scoring == "corrected") for cid in LABELS] for one in one_hot])
    if task.startswith("multi-class"):
        expected = expected - np.minimum(expected.min(axis=1, keepdims=True), 0)
        expected = expected / expected.sum(axis=1, keepdims=True)
    found = Grammar(read, LABELS, scoring).scores(codes)
    assert found.shape == (12, len(LABELS))
    assert np.allclose(found, expected, atol=1e-9)


def test_short_sequences_score_nothing():
    scores = Grammar(definition(), ("c1", "c4"), "seqgra").scores(np.zeros((3, 1), dtype=np.uint8))
    assert np.array_equal(scores, np.full((3, 2), 0.5))


OWN = {
    "mc2-dna150-": "seqgra",
    "mc2-rna80-": "seqgra",
    "mc3-protein60-": "seqgra",
    "mc3-dna150-sim-exclusive": "seqgra",
    "mc10-dna1000-": "seqgra",
    "mc2-dna200-sim-spacing": "corrected",
}


@pytest.mark.parametrize("name", OWN)
def test_own_data_is_classified(name: str):
    """Random, fixed, exclusive and spaced rules, DNA, RNA and protein."""
    (path,) = folder("data-defs").glob(f"{name}*.xml")
    read = load(path)
    assert isinstance(read, DataDefinition)
    labels = tuple(str(one.id) for one in read.conditions)
    drawn = simulate(read, "test", 0, 200)
    scores = Grammar(read, labels, OWN[name]).scores(drawn.codes)
    predicted = [labels[best] for best in scores.argmax(axis=1)]
    assert np.mean([one == label for one, label in zip(predicted, drawn.labels, strict=True)]) >= 0.85
    assert np.allclose(scores.sum(axis=1), 1)


def learner(architecture: BayesOptimal, base: Path = Path(), labels=LABELS) -> BayesLearner:
    experiment = SimpleNamespace(
        library=BAYES, architecture=architecture, labels=labels, definition=SimpleNamespace(folder=base)
    )
    return bayes.learner(experiment, 33)  # type: ignore[arg-type]


def test_learner_scores_and_has_nothing_to_train(tmp_path: Path):
    (tmp_path / "d.xml").write_text(xml("DNA"))
    made = learner(BayesOptimal(definition="d.xml"), tmp_path)
    batch = Batch(np.arange(4), np.random.default_rng(0).integers(0, 4, (4, 33)).astype(np.uint8))
    before = made.eval_step(batch)
    assert before.prediction.shape == (4, len(LABELS))
    assert before.prediction.dtype == np.float32
    assert before.losses == {}
    made.train_step(batch)
    made.end_epoch()
    assert np.array_equal(made.eval_step(batch).prediction, before.prediction)
    assert made.take_logs() == {}
    assert made.weights() == {}
    assert made.summary()["parameters"] == 0
    assert made.notes == ["no condition has the id 'unknown': its score is always 0"]
    made.save(tmp_path)
    made.load(tmp_path)
    made.set_weights({})
    with pytest.raises(RunError, match="has no weights, received a, b"):
        made.set_weights({"b": np.zeros(1), "a": np.zeros(1)})


def test_learner_needs_its_data_definition(tmp_path: Path):
    with pytest.raises(BackendError, match=r"data definition 'none\.xml' not found; "):
        learner(BayesOptimal(definition="none.xml"), tmp_path)


def test_registered_for_its_library_only():
    assert (
        find("architectures", "data-definition", BAYES) is find("architectures", "bayes_optimal", BAYES) is BayesOptimal
    )
    assert BayesOptimal(definition="x").libraries == (BAYES,)
    with pytest.raises(ValueError, match="expected one of seqgra, corrected"):
        BayesOptimal(definition="x", scoring="other")


def test_check_names_what_does_not_fit(tmp_path: Path):
    path = tmp_path / "d.xml"
    mixed = '<kmer probability="1">GG</kmer><kmer probability="1">GGG</kmer>'
    path.write_text(xml("DNA").replace('<kmer probability="1">GG</kmer>', mixed))
    made = BayesOptimal(definition=str(path))
    assert [one.id for one in made.check(InputSpec(60, 4, 8))] == ["SF0491"]
    assert [one.id for one in made.check(InputSpec(60, 20, 8))] == ["SF0490"]
    before = made.fingerprint()
    path.write_text(xml("DNA").replace("<probability>0.5", "<probability>0", 1))
    assert [one.id for one in made.check(InputSpec(60, 4, 8))] == ["SF0111"]
    assert made.fingerprint() != before
    path.write_text(xml("DNA"))
    assert made.check(InputSpec(60, 4, 8)) == []
