# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What each loss of the language wants and gives, as the language says; translation between the libraries."""

from __future__ import annotations

import numpy as np
import pytest

from seqforge.errors import SeqForgeError
from seqforge.losses.translations import available, translate
from seqforge.registry import KERAS, PYTORCH, UnknownName, find

MC, ML, RG = ("multi-class classification",), ("multi-label classification",), ("regression",)
PEAKS, MASKS = ("peak classification",), ("segmentation",)

# name, library, options → tasks, output, target, prediction
TABLE = [
    ("CrossEntropyLoss", PYTORCH, {}, MC + PEAKS + MASKS, "logits", "index", "softmax"),
    ("NLLLoss", PYTORCH, {}, MC + PEAKS, "log-probabilities", "index", "exp"),
    ("KLDivLoss", PYTORCH, {}, MC + PEAKS, "log-probabilities", "one-hot", "exp"),
    ("BCEWithLogitsLoss", PYTORCH, {}, ML + MASKS, "logits", "multi-hot", "sigmoid"),
    ("BCELoss", PYTORCH, {}, ML + MASKS, "probabilities", "multi-hot", "identity"),
    ("L1Loss", PYTORCH, {}, RG, "values", "values", "identity"),
    ("MSELoss", PYTORCH, {}, (*RG, "reconstruction"), "values", "values", "identity"),
    ("SmoothL1Loss", PYTORCH, {}, RG, "values", "values", "identity"),
    ("categorical_crossentropy", KERAS, {}, MC, "probabilities", "one-hot", "identity"),
    ("categorical_crossentropy", KERAS, {"from_logits": True}, MC, "logits", "one-hot", "softmax"),
    ("sparse_categorical_crossentropy", KERAS, {}, MC, "probabilities", "index", "identity"),
    ("sparse_categorical_crossentropy", KERAS, {"from_logits": True}, MC, "logits", "index", "softmax"),
    ("categorical_hinge", KERAS, {}, MC, "values", "one-hot", "identity"),
    ("kl_divergence", KERAS, {}, MC, "probabilities", "one-hot", "identity"),
    ("binary_crossentropy", KERAS, {}, ML, "probabilities", "multi-hot", "identity"),
    ("binary_crossentropy", KERAS, {"from_logits": True}, ML, "logits", "multi-hot", "sigmoid"),
    ("hinge", KERAS, {}, ML, "margins", "multi-hot", "positive"),
    ("squared_hinge", KERAS, {}, ML, "margins", "multi-hot", "positive"),
    ("mean_squared_error", KERAS, {}, RG, "values", "values", "identity"),
    ("mean_absolute_error", KERAS, {}, RG, "values", "values", "identity"),
    ("mean_absolute_percentage_error", KERAS, {}, RG, "values", "values", "identity"),
    ("mean_squared_logarithmic_error", KERAS, {}, RG, "values", "values", "identity"),
    ("logcosh", KERAS, {}, RG, "values", "values", "identity"),
    ("poisson", KERAS, {}, RG, "values", "values", "identity"),
    ("huber", KERAS, {}, RG, "values", "values", "identity"),
    ("cosine_similarity", KERAS, {}, RG, "values", "values", "identity"),
]


@pytest.mark.parametrize(("name", "library", "options", "tasks", "output", "target", "prediction"), TABLE)
def test_forms(name, library, options, tasks, output, target, prediction):
    loss = find("losses", name, library)(**options)
    assert (loss.tasks, loss.output, loss.target, loss.prediction) == (tasks, output, target, prediction)


@pytest.mark.parametrize(
    ("spelling", "canonical", "library"),
    [
        ("cross_entropy_loss", "CrossEntropyLoss", PYTORCH),
        ("crossentropyloss", "CrossEntropyLoss", PYTORCH),
        ("bce_with_logits_loss", "BCEWithLogitsLoss", PYTORCH),
        ("CategoricalCrossentropy", "categorical_crossentropy", KERAS),
        ("kld", "kl_divergence", KERAS),
        ("kullback_leibler_divergence", "kl_divergence", KERAS),
        ("mse", "mean_squared_error", KERAS),
        ("mae", "mean_absolute_error", KERAS),
        ("mape", "mean_absolute_percentage_error", KERAS),
        ("msle", "mean_squared_logarithmic_error", KERAS),
        ("huber_loss", "huber", KERAS),
        ("log_cosh", "logcosh", KERAS),
    ],
)
def test_spellings(spelling, canonical, library):
    assert find("losses", spelling, library).name == canonical


def test_probabilities_can_be_judged_as_values_with_a_warning():
    tolerant = {name for name in available(PYTORCH) if ML[0] in find("losses", name, PYTORCH).tolerated}
    assert tolerant == {"L1Loss", "MSELoss", "SmoothL1Loss"}
    assert not any(ML[0] in find("losses", name, KERAS).tolerated for name in available(KERAS))


@pytest.mark.parametrize("name", ["HingeEmbeddingLoss", "CosineEmbeddingLoss", "MarginRankingLoss"])
def test_losses_of_pairs_are_known_and_refused(name):
    loss = find("losses", name, PYTORCH)()
    assert loss.unavailable == "needs pairs of inputs, which no sequence task provides; use CrossEntropyLoss"
    assert loss.tasks == ()
    for form in (loss.torch, loss.keras):
        with pytest.raises(NotImplementedError, match="needs pairs"):
            form()
    assert name not in available(PYTORCH)


@pytest.mark.parametrize(
    ("name", "options", "library", "becomes", "settings"),
    [
        ("CrossEntropyLoss", {}, KERAS, "categorical_crossentropy", {"from_logits": True, "label_smoothing": 0.0}),
        (
            "CrossEntropyLoss",
            {"label_smoothing": 0.1},
            KERAS,
            "categorical_crossentropy",
            {"from_logits": True, "label_smoothing": 0.1},
        ),
        ("NLLLoss", {}, KERAS, "sparse_categorical_crossentropy", {"from_logits": True}),
        ("BCELoss", {}, KERAS, "binary_crossentropy", {"from_logits": False, "label_smoothing": 0.0}),
        ("BCEWithLogitsLoss", {}, KERAS, "binary_crossentropy", {"from_logits": True, "label_smoothing": 0.0}),
        ("MSELoss", {}, KERAS, "mean_squared_error", {}),
        ("L1Loss", {}, KERAS, "mean_absolute_error", {}),
        ("SmoothL1Loss", {}, KERAS, "huber", {"delta": 1.0}),
        ("categorical_crossentropy", {"from_logits": True}, PYTORCH, "CrossEntropyLoss", {"label_smoothing": 0.0}),
        (
            "sparse_categorical_crossentropy",
            {"from_logits": True},
            PYTORCH,
            "CrossEntropyLoss",
            {"label_smoothing": 0.0},
        ),
        ("binary_crossentropy", {}, PYTORCH, "BCELoss", {}),
        ("binary_crossentropy", {"from_logits": True}, PYTORCH, "BCEWithLogitsLoss", {}),
        ("mean_squared_error", {}, PYTORCH, "MSELoss", {}),
        ("mean_absolute_error", {}, PYTORCH, "L1Loss", {}),
        ("huber", {"delta": 1.0}, PYTORCH, "SmoothL1Loss", {}),
    ],
)
def test_translations(name, options, library, becomes, settings):
    other = PYTORCH if library == KERAS else KERAS
    loss = find("losses", name, other)(**options)
    translated = translate(loss, library)
    assert (translated.name, translated.library) == (becomes, library)
    assert translated.settings() == find("losses", becomes, library)().settings() | settings
    assert translate(loss, other) is loss
    draw = np.random.default_rng(1)
    output, target = np.log(draw.dirichlet(np.ones(4), 6)), draw.integers(0, 4, 6)
    output = np.exp(output) if loss.output == "probabilities" else output
    targets = {"index": target, "one-hot": np.eye(4)[target], "multi-hot": np.eye(4)[target], "values": output**2}
    mine, theirs = (form.reference(output, targets[form.target]) for form in (loss, translated))
    np.testing.assert_allclose(mine, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "options", "library", "message"),
    [
        (
            "KLDivLoss",
            {},
            KERAS,
            "loss 'KLDivLoss' is of PyTorch only; expected one of categorical_crossentropy, categorical_hinge, Focal",
        ),
        ("poisson", {}, PYTORCH, "loss 'poisson' is of Keras only; expected one of L1Loss, MSELoss, SmoothL1Loss"),
    ],
)
def test_what_does_not_translate_says_so(name, options, library, message):
    loss = find("losses", name, PYTORCH if library == KERAS else KERAS)(**options)
    with pytest.raises(SeqForgeError) as caught:
        translate(loss, library)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("categorical_crossentropy", {}),
        ("sparse_categorical_crossentropy", {}),
        ("binary_crossentropy", {"label_smoothing": 0.1}),
        ("huber", {"delta": 2.0}),
    ],
)
def test_options_without_a_counterpart_keep_the_formula(name, options):
    loss = find("losses", name, KERAS)(**options)
    assert translate(loss, PYTORCH) is loss


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("CrossEntropyLoss", {"class_weights": (1.0, 2.0)}),
        ("CrossEntropyLoss", {"input": "probabilities"}),
        ("BCELoss", {"input": "logits"}),
        ("MSELoss", {"space": "rfu"}),
    ],
)
def test_options_of_one_backend_are_not_lost_on_the_other(name, options):
    with pytest.raises(SeqForgeError, match=f"loss '{name}' is of PyTorch only"):
        translate(find("losses", name, PYTORCH)(**options), KERAS)


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(UnknownName, match="unknown loss 'CrossEntropy' for PyTorch; did you mean 'CrossEntropyLoss'"):
        find("losses", "CrossEntropy", PYTORCH)


def test_hand_made_values():
    """One example each, worked out on paper."""
    x = np.array([[2.0, 0.0, -1.0]])
    total = np.exp(2) + 1 + np.exp(-1)
    assert find("losses", "CrossEntropyLoss", PYTORCH)().reference(x, np.array([1]))[0] == pytest.approx(np.log(total))
    p, t = np.array([[0.8, 0.3]]), np.array([[1.0, 0.0]])
    expected = -(np.log(0.8) + np.log(0.7)) / 2
    assert find("losses", "BCELoss", PYTORCH)().reference(p, t)[0] == pytest.approx(expected)
    assert find("losses", "hinge", KERAS)().reference(np.array([[0.5, 3.0]]), np.array([[1, 0]]))[0] == 2.25
    assert find("losses", "huber", KERAS)().reference(np.array([[0.5, 3.0]]), np.zeros((1, 2)))[0] == (0.125 + 2.5) / 2
    categorical = find("losses", "categorical_crossentropy", KERAS)()
    assert categorical.reference(np.array([[1.0, 0.0]]), np.array([[0, 1]]))[0] == pytest.approx(-np.log(1e-7))
    assert find("losses", "BCELoss", PYTORCH)().reference(np.array([[0.0]]), np.array([[1.0]]))[0] == 100
