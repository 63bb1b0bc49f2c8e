# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Initializers against their definitions, and the grammar that names them."""

from __future__ import annotations

import numpy as np
import pytest

from seqforge.layers.initializers import INITIALIZERS, InitializerText, fans, initializer
from seqforge.layers.regularizers import RegularizerText, regularizer
from seqforge.parameters import Kind, Maybe

SHAPE = (7, 40, 60)
INPUTS, OUTPUTS = 280, 420


def drawn(text: str, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return initializer(text).draw(np.random.default_rng(5), shape)


def test_fans_of_a_window():
    assert fans(SHAPE) == (INPUTS, OUTPUTS)
    assert fans((3, 5)) == (3, 5)


@pytest.mark.parametrize(
    ("text", "deviation"),
    [
        ("glorot_uniform", np.sqrt(2 / (INPUTS + OUTPUTS))),
        ("GlorotNormal", np.sqrt(2 / (INPUTS + OUTPUTS))),
        ("he_normal", np.sqrt(2 / INPUTS)),
        ("HeUniform()", np.sqrt(2 / INPUTS)),
        ("lecun_normal", np.sqrt(1 / INPUTS)),
        ("lecun_uniform", np.sqrt(1 / INPUTS)),
        ("RandomNormal(stddev=0.2)", 0.2),
        ("RandomUniform(minval=-0.3, maxval=0.3)", 0.3 / np.sqrt(3)),
        ("TruncatedNormal(stddev=0.1)", 0.1 * 0.8796),
        ("VarianceScaling(scale=3.0, mode='fan_out', distribution='untruncated_normal')", np.sqrt(3 / OUTPUTS)),
    ],
)
def test_spread(text: str, deviation: float):
    values = drawn(text)
    assert values.std() == pytest.approx(deviation, rel=0.02)
    assert abs(values.mean()) < 4 * deviation / np.sqrt(values.size)


def test_bounds():
    assert np.abs(drawn("glorot_uniform")).max() <= np.sqrt(6 / (INPUTS + OUTPUTS))
    assert np.abs(drawn("truncated_normal")).max() <= 0.1


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4), (3, 5, 4)])
def test_orthogonal(shape: tuple[int, ...]):
    matrix = drawn("Orthogonal(gain=2.0)", shape).reshape(-1, shape[-1])
    rows, columns = matrix.shape
    product = matrix @ matrix.T if rows < columns else matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(min(rows, columns)), atol=1e-12)


def test_constants():
    assert drawn("zeros").sum() == 0
    assert drawn("Ones").sum() == drawn("ones").size
    assert set(drawn("Constant(value=0.25)").ravel()) == {0.25}
    assert drawn("identity", (3, 4)).tolist() == np.eye(3, 4).tolist()


def test_own_seed_wins():
    text = "he_normal(seed=9)"
    first, second = (initializer(text).draw(np.random.default_rng(n), (4, 4)) for n in (1, 2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("prefix", ["", "tf.keras.initializers.", "keras.initializers."])
@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_every_spelling(prefix: str, name: str, quote: str):
    camel = "".join(word.capitalize() for word in name.split("_"))
    for spelt in (name, f"{name}()", camel, f"{camel}(seed=None)"):
        assert initializer(f"{quote}{prefix}{spelt}{quote}").name == name


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("glorot", "unknown initializer 'glorot'"),
        ("he_normal(scale=2)", "has no argument 'scale'"),
        ("constant(value='x')", "expected a number"),
        ("os.system('true')", "os.system"),
        ("he_normal(seed=__import__('os'))", "he_normal"),
        ("he_normal(**{'seed': 1})", "he_normal"),
        ("he_normal(seed=-1)", "expected an integer ≥ 0"),
    ],
)
def test_refused(text: str, part: str):
    with pytest.raises(ValueError, match=part.replace("(", ".").replace(")", ".")):
        initializer(text)


def test_regularizers():
    assert regularizer("l2") == (0.0, 0.01)
    assert regularizer("tf.keras.regularizers.L1(l1=0.5)") == (0.5, 0.0)
    assert regularizer("'l1_l2(l1=0.1, l2=0.2)'") == (0.1, 0.2)
    with pytest.raises(ValueError, match="has no argument 'l1'"):
        regularizer("L2(l1=0.1)")
    with pytest.raises(ValueError, match="unknown regularizer"):
        regularizer("L7")


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [
        (InitializerText(), "he_norml", "did you mean 'he_normal'?"),
        (InitializerText(), "tf.keras.initializers.HeNorml()", "did you mean 'he_normal'?"),
        (InitializerText(), "zzz", ""),
        (InitializerText(), "he_normal(", ""),
        (InitializerText(), "random_normal(std=1)", "has no argument 'std'; did you mean 'stddev'?"),
        (InitializerText(), "random_normal(stddev=0)", "stddev: expected a number > 0, received 0"),
        (RegularizerText(), "l1_l3", "did you mean 'L1L2'?"),
        (RegularizerText(), "L2(l1=0.1)", "regularizer 'L2' has no argument 'l1'; expected 'l2'"),
        (RegularizerText(), "L3(l2=0.1)", "did you mean 'L2'?"),
        (RegularizerText(), "keras.regularizers.Ridge(l1=0.1, l2=0.1)", "did you mean 'L1L2'?"),
        (RegularizerText(), "L3(l4=0.1)", ""),
        (RegularizerText(), "L3(", ""),
        (Maybe(RegularizerText()), "L2(l2=-1)", "l2: expected a number ≥ 0, received -1"),
    ],
)
def test_the_way_out_of_a_refused_text(kind: Kind, text: str, hint: str):
    with pytest.raises(ValueError, match="one of"):  # every name that there is
        kind.parse(text)
    assert kind.near_word(text).endswith(hint)
    assert bool(kind.near_word(text)) == bool(hint)
