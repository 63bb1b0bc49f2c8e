# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Learned factors of any terms: what definitions may say, where they begin, the formula in NumPy float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqforge.architectures.base import InputSpec
from seqforge.architectures.centromere_transformer import CentromereTransformer
from seqforge.errors import BackendError, DefinitionError, SeqForgeError
from seqforge.experiment import read
from seqforge.losses.translations import translate
from seqforge.losses.weighted_loss import WeightedLoss
from seqforge.losses.weighting import factor, reference_total
from seqforge.registry import KERAS, PYTORCH, find
from seqforge.resolving.ownership import learned_alone, owned

BAD = Path(__file__).parents[1] / "definitions" / "bad" / "weighted-loss-contradiction.xml"
BINS = "sequence labeling"
LEARNED = {"weighting": "learned"}


def definition(folder: Path, terms: str, optimizers: str = "<optimizer>", **options: object) -> Path:
    """A classifier whose loss is a sum of `terms`."""
    rows = {"loss": "WeightedLoss", "terms": terms, **options}
    loss = "".join(f'<hyperparameter name="{name}">{value}</hyperparameter>' for name, value in rows.items())
    text = BAD.read_text().replace("<optimizer>", optimizers)
    path = folder / "sum.xml"
    path.write_text(text[: text.index("<loss>") + 6] + loss + text[text.index("</loss>") :])
    return path


def test_weights_are_fixed_unless_told_otherwise() -> None:
    loss = WeightedLoss(terms="DiceLoss 0.7, FocalLoss 0.3")
    assert (loss.weighting, loss.freeze_below, loss.freeze_on) == ("fixed", 1.0, "last_batch")
    assert (loss.learned_parameters(), loss.problems()) == ([], [])


def test_every_term_begins_at_the_factor_that_is_said() -> None:
    loss = WeightedLoss(terms="DiceLoss 0.7, FocalLoss, RangeLoss", **{"RangeLoss.weight": 0.1}, **LEARNED)
    assert loss.learned_parameters() == ["lw_DiceLoss", "lw_FocalLoss", "lw_RangeLoss"]
    begun = [float(factor(np.float64(start))) for start in loss.starts.values()]
    assert begun == pytest.approx([0.7, 1.0, 0.1], rel=1e-12)
    assert loss.settings()["terms"] == "DiceLoss 0.7, FocalLoss, RangeLoss"
    assert WeightedLoss(**loss.settings()) == loss
    assert WeightedLoss(**loss.settings() | {"freeze_below": 0.5}) != loss


def test_the_total_has_logarithms_once() -> None:
    draw = np.random.default_rng(1)
    output, target = draw.normal(size=(6, 3)), draw.integers(0, 3, 6)
    terms = "CrossEntropyLoss 2, FocalLoss 0.5"
    fixed, learned = WeightedLoss(terms=terms), WeightedLoss(terms=terms, **LEARNED)
    logarithms = np.log(0.5) ** 2  # of lw = 1/2; the other is 1
    found = learned.reference(output, target)
    np.testing.assert_allclose(found["loss"], fixed.reference(output, target)["loss"] + logarithms, rtol=1e-12)
    lw = {"lw_CrossEntropyLoss": np.array([2.0]), "lw_FocalLoss": np.array([3.0])}
    by_hand = found["CrossEntropyLoss"] / 8 + found["FocalLoss"] / 18 + np.log(2) ** 2 + np.log(3) ** 2
    np.testing.assert_allclose(learned.reference(output, target, lw)["loss"], by_hand, rtol=1e-12)
    members = {name: [name.removeprefix("lw_")] for name in lw}
    np.testing.assert_allclose(reference_total(found, members, lw), by_hand, rtol=1e-12)


def test_one_term_is_enough() -> None:
    loss = WeightedLoss(terms="DiceLoss", **LEARNED)
    assert (loss.problems(), loss.learned_parameters()) == ([], ["lw_DiceLoss"])


def test_learned_weights_without_a_regulariser_are_refused() -> None:
    ((key, sentence),) = WeightedLoss(terms="DiceLoss 1", regulariser="none", **LEARNED).problems()
    assert (key, "vanish without a regulariser" in sentence) == ("regulariser", True)
    assert WeightedLoss(terms="DiceLoss 1", regulariser="none").problems() == []
    nested = WeightedLoss(terms="ProfileCountLoss, MultinomialNLL", **LEARNED).problems()
    assert any("ProfileCountLoss learns weights of its own" in sentence for _, sentence in nested)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("weighting", "learnt", "expected one of learned, fixed"),
        ("freeze_below", -1, "expected a number ≥ 0"),
        ("freeze_on", "epoch", "expected one of last_batch, epoch_mean"),
        ("regulariser", "l2", "expected one of log_squared, none"),
    ],
)
def test_unknown_values_are_refused_at_their_line(tmp_path: Path, option: str, value: object, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(definition(tmp_path, "CrossEntropyLoss 1, FocalLoss 1", **{option: value}))
    (sentence,) = [problem.message for problem in caught.value.problems if problem.id == "SF0204"]
    assert sentence.startswith(f"{option}: {message}")
    with pytest.raises(ValueError, match=rf"WeightedLoss\.{option}: expected"):
        WeightedLoss(terms="DiceLoss 1", **{option: value})


def test_a_term_without_a_number_is_for_learned_weights(tmp_path: Path) -> None:
    terms = "CrossEntropyLoss, FocalLoss 0.3"
    assert read(definition(tmp_path, terms, weights="learned"))[0].loss.learned
    with pytest.raises(DefinitionError, match="CrossEntropyLoss has weight 0; write a number > 0 behind its name, or"):
        read(definition(tmp_path, terms))


def test_keras_does_not_learn_them() -> None:
    loss = WeightedLoss(terms="CrossEntropyLoss 1", **LEARNED)
    assert loss.libraries == loss.for_output("logits", 3).libraries == (PYTORCH,)
    assert translate(loss, PYTORCH) is loss
    with pytest.raises(SeqForgeError, match="does not exist with these options on Keras; set its weighting to fixed"):
        translate(loss, KERAS)
    with pytest.raises(BackendError, match="does not learn weights on Keras"):
        loss.keras()
    fixed = WeightedLoss(terms="CrossEntropyLoss 1")
    assert translate(fixed, KERAS) is fixed
    with pytest.raises(SeqForgeError, match="does not exist with these options on Keras; use PyTorch"):
        translate(WeightedLoss(terms="DiceLoss 1"), KERAS)


def test_who_trains_them() -> None:
    loss = WeightedLoss(terms="WeightedBCELoss 1, RangeLoss 0.1", **LEARNED).for_task(find("tasks", BINS)())
    model = CentromereTransformer(d_model=32, nhead=4, num_layers=4, dim_feedforward=64, conv_channels=16)
    spec = InputSpec(length=None, channels=8, outputs=2)
    names = ["loss.lw_WeightedBCELoss", "loss.lw_RangeLoss"]
    assert learned_alone(model, loss, spec) == dict.fromkeys(names, (1,))
    assert (owned(model, loss, spec, ["loss.*", None]) or [])[0] == names
    with pytest.raises(BackendError, match=r"no optimizer owns parameter 'loss\.lw_WeightedBCELoss' \(and 1 more\)"):
        owned(model, loss, spec, ["[!l]*"])


def test_a_loss_whose_weights_nobody_trains_is_refused(tmp_path: Path) -> None:
    path = definition(tmp_path, "CrossEntropyLoss, FocalLoss", '<optimizer parameters="conv*">', **LEARNED)
    with pytest.raises(DefinitionError, match=r"no optimizer owns parameter 'loss\.lw_CrossEntropyLoss'"):
        read(path)
