# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The optimizers of the language: keys and defaults, ranges, rules between keys, spellings."""

from __future__ import annotations

import pytest

from seqforge.definitions.components import Subject, assemble
from seqforge.definitions.model import Hyperparameter
from seqforge.definitions.tree import Text
from seqforge.errors import NOWHERE, Place
from seqforge.optimizers.base import CLIPS
from seqforge.registry import KERAS, PYTORCH, classes, find, names

ADAM = {"learning_rate": 0.001, "betas": (0.9, 0.999), "eps": 1e-8}
KERAS_ADAM = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
TORCH = {
    "Adadelta": {"learning_rate": 0.001, "rho": 0.9, "eps": 1e-6, "weight_decay": 0},
    "Adagrad": {
        "learning_rate": 0.01,
        "lr_decay": 0,
        "weight_decay": 0,
        "initial_accumulator_value": 0,
        "eps": 1e-10,
    },
    "Adam": {**ADAM, "weight_decay": 0, "amsgrad": False},
    "AdamW": {**ADAM, "weight_decay": 0.01, "amsgrad": False},
    "SparseAdam": ADAM,
    "Adamax": {**ADAM, "learning_rate": 0.002, "weight_decay": 0},
    "ASGD": {"learning_rate": 0.01, "lambd": 1e-4, "alpha": 0.75, "t0": 1e6, "weight_decay": 0},
    "LBFGS": {
        "learning_rate": 1.0,
        "max_iter": 20,
        "max_eval": None,
        "tolerance_grad": 1e-7,
        "tolerance_change": 1e-9,
        "history_size": 100,
        "line_search_fn": None,
    },
    "RMSprop": {
        "learning_rate": 0.01,
        "alpha": 0.99,
        "eps": 1e-8,
        "weight_decay": 0,
        "momentum": 0,
        "centered": False,
    },
    "Rprop": {"learning_rate": 0.01, "etas": (0.5, 1.2), "step_sizes": (1e-6, 50)},
    "SGD": {"learning_rate": 0.001, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False},
}
KERAS_TABLE = {
    "Adadelta": {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7},
    "Adagrad": {"learning_rate": 0.001, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
    "Adam": {**KERAS_ADAM, "amsgrad": False},
    "AdamW": {**KERAS_ADAM, "weight_decay": 0.01, "amsgrad": False},
    "Adamax": KERAS_ADAM,
    "Nadam": KERAS_ADAM,
    "Ftrl": {
        "learning_rate": 0.001,
        "learning_rate_power": -0.5,
        "initial_accumulator_value": 0.1,
        "l1_regularization_strength": 0,
        "l2_regularization_strength": 0,
        "l2_shrinkage_regularization_strength": 0,
    },
    "RMSprop": {"learning_rate": 0.001, "rho": 0.9, "momentum": 0, "epsilon": 1e-7, "centered": False},
    "SGD": {"learning_rate": 0.001, "momentum": 0, "nesterov": False},
}
ROWS = [pytest.param(PYTORCH, name, row, id=f"torch-{name}") for name, row in TORCH.items()]
ROWS += [pytest.param(KERAS, name, row, id=f"keras-{name}") for name, row in KERAS_TABLE.items()]


def read(library, name, **texts):
    """The optimizer that a definition with these keys gives, and its problems as lines."""
    problems = []
    items = [Hyperparameter(Text(key, Place("m.xml", 3)), Text(text, Place("m.xml", 3))) for key, text in texts.items()]
    optimizer = assemble(find("optimizers", name, library), items, Subject(f"optimizer '{name}'", NOWHERE), problems)
    return optimizer, [str(problem) for problem in problems]


@pytest.mark.parametrize(("library", "name", "row"), ROWS)
def test_keys_and_defaults(library, name, row):
    settings = find("optimizers", name, library)().settings()
    assert {key: value for key, value in settings.items() if key not in CLIPS} == row
    assert [settings[clip] for clip in CLIPS] == [None] * 3


def test_the_lists_are_complete():
    assert set(names("optimizers", PYTORCH)) == {*TORCH, "Muon"}
    assert set(names("optimizers", KERAS)) == set(KERAS_TABLE)


RANGES = {
    "positive": (("learning_rate", "eps", "epsilon", "t0", *CLIPS), ("0", "-1", "nan", "inf")),
    "fraction": (("beta_1", "beta_2", "momentum", "rho", "alpha"), ("1", "-0.1", "nan")),
    "not negative": (("weight_decay", "lr_decay", "dampening", "initial_accumulator_value"), ("-0.1", "inf")),
    "tuples": (("betas",), ("(0.9, 1)", "(0.9,)", "0.9", "(-0.1, 0.9)", "('a', 'b')")),
    "factors": (("etas",), ("(1.2, 0.5)", "(0, 1.2)", "(0.5, 1)", "(1, 1.2)")),
    "ascending": (("step_sizes",), ("(50, 1e-6)", "(0, 50)", "(1, 1)")),
    "not positive": (("learning_rate_power",), ("0.1",)),
}


@pytest.mark.parametrize(("keys", "texts"), RANGES.values(), ids=RANGES)
def test_ranges(keys, texts):
    judged = 0
    for cls in classes("optimizers"):
        for key in set(keys) & set(cls().settings()):
            for text in texts:
                optimizer, problems = read(cls.library, cls.name, **{key: text})
                assert optimizer is None
                assert problems[0].startswith(f"m.xml:3: SF0204: {key}: expected")
                judged += 1
    assert judged


def test_at_most_one_clip():
    for cls in classes("optimizers"):
        sentence = "'clipnorm' and 'clipvalue' both clip gradients; keep one"
        assert cls(clipnorm=1, clipvalue=1).problems() == [("clipvalue", sentence)]
        assert len(cls(clipnorm=1, clipvalue=1, global_clipnorm=1).problems()) == 2
        assert "clipnorm" not in cls(clipnorm=1).own_settings()


@pytest.mark.parametrize("library", [PYTORCH, KERAS])
def test_nesterov_needs_momentum(library):
    sgd = find("optimizers", "SGD", library)
    assert sgd(nesterov=True, momentum=0.9).problems() == []
    assert [key for key, _ in sgd(nesterov=True).problems()] == ["nesterov"]
    assert read(library, "SGD", nesterov="True")[1] == [
        "m.xml:3: SF0208: Nesterov momentum needs momentum > 0; set momentum, or nesterov to False"
    ]


def test_nesterov_needs_no_dampening():
    sgd = find("optimizers", "SGD", PYTORCH)
    assert [key for key, _ in sgd(nesterov=True, momentum=0.9, dampening=0.1).problems()] == ["dampening"]


@pytest.mark.parametrize(
    ("library", "name"), [(PYTORCH, "Adam"), (KERAS, "Adam"), (PYTORCH, "AdamW"), (KERAS, "Nadam")]
)
def test_both_spellings_on_both_libraries(library, name):
    split, one = read(library, name, beta_1="0.8", beta_2="0.9")[0], read(library, name, betas="(0.8, 0.9)")[0]
    assert split == one is not None
    assert read(library, name, eps="1e-3")[0] == read(library, name, epsilon="1e-3")[0] is not None
    for twice in ({"eps": "1e-3", "epsilon": "1e-3"}, {"betas": "(0.8, 0.9)", "beta_1": "0.8"}):
        optimizer, problems = read(library, name, **twice)
        assert optimizer is None
        assert "SF0205" in problems[0]


def test_sparse_adam_is_known_and_refused():
    cls = find("optimizers", "SparseAdam", PYTORCH)
    assert cls.unavailable == "needs sparse gradients, which no definable model has; use Adam"
    with pytest.raises(NotImplementedError, match="use Adam"):
        cls().torch([])


def test_a_library_without_the_form_says_so():
    with pytest.raises(NotImplementedError, match="Adam has no Keras form"):
        find("optimizers", "Adam", PYTORCH)().keras()
    with pytest.raises(NotImplementedError, match="Nadam has no PyTorch form"):
        find("optimizers", "Nadam", KERAS)().torch([])
