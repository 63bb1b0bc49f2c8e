# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The centromere Transformer as a definition names it: hyper-parameters, shapes, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqforge.architectures.base import InputSpec
from seqforge.architectures.centromere_shapes import Sizes
from seqforge.architectures.centromere_transformer import CentromereTransformer
from seqforge.errors import WrongInput
from seqforge.parameters import Unfit, parameters_of
from seqforge.registry import find

SPEC = InputSpec(None, 8, 2)


def test_the_registry_has_it() -> None:
    assert find("architectures", "centromere_transformer") is CentromereTransformer
    assert CentromereTransformer.task_names == ("sequence labeling",)
    assert CentromereTransformer.reads == ("features", "padding", "offset")


@pytest.mark.parametrize(
    ("settings", "tensors", "parameters"),
    [({}, 74, 1_157_828), ({"range_head": False}, 56, 804_609), ({"num_layers": 2}, 50, 761_284)],
)
def test_shapes_are_known_without_a_framework(settings: dict[str, Any], tensors: int, parameters: int) -> None:
    shapes = CentromereTransformer(**settings).shapes(SPEC)
    assert len(shapes) == tensors
    assert sum(int(np.prod(shape)) for shape in shapes.values()) == parameters == Sizes(**settings).parameters


def test_sizes_follow_from_shapes() -> None:
    for settings in (
        {},
        {"range_head": False},
        {"d_model": 32, "num_layers": 1, "conv_kernels": (5,), "conv_channels": 2},
    ):
        sizes = Sizes(**settings)  # type: ignore[arg-type]
        assert Sizes.of(sizes.shapes() | sizes.buffers()) == sizes
        assert sizes.differences(sizes.shapes() | sizes.buffers()) == []
    with pytest.raises(WrongInput, match=r"'input_projection\.weight' needs 2 axes, it is missing"):
        Sizes.of({})
    with pytest.raises(WrongInput, match="expected a multiple of nhead 3, received 128"):
        Sizes.of(Sizes().shapes(), nhead=3)


@pytest.mark.parametrize(
    ("settings", "spec", "id", "message", "hint"),
    [
        ({"d_model": 129}, {}, "SF0571", "expected an even number and a multiple of nhead 8, received 129", "128"),
        ({"nhead": 7}, {}, "SF0571", "d_model: expected a multiple of nhead 7, received 128", "the nearest is 126"),
        ({}, {"outputs": 3}, "SF0572", "tells 2 labels apart, background and centromere, received 3", "general/labels"),
        ({}, {"channels": 6}, "SF0502", "input_features is 8, but the data have 6 features per bin", "make it 6"),
    ],
)
def test_what_cannot_work_is_found_without_a_framework(
    settings: dict[str, Any], spec: dict[str, Any], id: str, message: str, hint: str
) -> None:
    (problem,) = CentromereTransformer(**settings).check(SPEC._replace(**spec))
    assert problem.id == id
    assert message in problem.message
    assert hint in problem.hint


def test_what_fits_has_no_problems() -> None:
    assert CentromereTransformer().check(SPEC) == []
    assert CentromereTransformer().check(SPEC._replace(channels=0)) == []
    assert CentromereTransformer(input_features=6).check(SPEC._replace(channels=6)) == []


@pytest.mark.parametrize("text", ["3, 4", "3, 3", "()", "2", "(3, -1)", "three"])
def test_widths_of_convolutions_are_odd_and_different(text: str) -> None:
    kind = parameters_of(CentromereTransformer)["conv_kernels"].kind
    assert kind.parse("3, 11, 25") == (3, 11, 25)
    with pytest.raises(Unfit, match="expected a tuple of different odd integers ≥ 1"):
        kind.parse(text)


@pytest.mark.parametrize(
    ("name", "value"), [("dropout", 1.0), ("attention_dropout", -0.1), ("output", "scores"), ("d_model", 0)]
)
def test_wrong_values_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"CentromereTransformer\.{name}: expected"):
        CentromereTransformer(**{name: value})


def test_the_example_is_as_long_as_the_input() -> None:
    architecture = CentromereTransformer()
    for length, bins in ((None, 10), (25, 25)):
        spec = SPEC._replace(length=length)
        example = architecture.example(spec)
        assert set(example) <= set(architecture.reads)
        assert example["features"].shape == (2, bins, 8)
        assert example["features"].dtype == np.float32
        assert architecture.output_shape(spec) == (bins, 1)


def test_the_output_says_what_it_is() -> None:
    assert CentromereTransformer().output_kind == "probabilities"
    assert CentromereTransformer(output="LOGITS").output_kind == "logits"
