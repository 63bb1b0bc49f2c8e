# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profile models without a framework: what is checked, what fits together, initial weights."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from bpnet_cases import HEADS, INITIAL, SIZES, digest, sizes

from seqforge.architectures import bpnet
from seqforge.architectures.base import InputSpec
from seqforge.architectures.bpnet import SPELLINGS, BPNet, BPNetCombined, BPNetTransformation, sized
from seqforge.architectures.bpnet_parts import (
    Interface,
    bias_excess,
    half_a_base,
    matched,
    read_specification,
    starts,
    surplus,
)
from seqforge.architectures.bpnet_weights import from_torch, initial, initial_weights, to_torch, weight_shapes
from seqforge.definitions.components import Subject, assemble
from seqforge.definitions.model import Hyperparameter
from seqforge.definitions.tree import Text
from seqforge.errors import NOWHERE, Problem, UsageError
from seqforge.heads import Head
from seqforge.registry import KERAS, LIBRARIES, PYTORCH, find

NAMES = ("input_length", "output_length", "num_filters", "num_layers", "input_filter_width", "output_filter_width")
VALUES = dict(zip(NAMES, SIZES, strict=True))
SPEC = InputSpec(None, 4, 3, "1D", 0, HEADS)
COUNTED = tuple(replace(head, use_bias_counts=True) for head in HEADS)
SIMPLE: dict[str, Any] = {"profile_types": "linear", "counts_types": ("linear",)}


@dataclass(frozen=True)
class Part:
    """What a finished run says of itself."""

    heads: tuple[Head, ...] = HEADS
    window: tuple[int, int] | None = (174, 100)

    def fingerprint(self) -> str:
        return "f"

    def keras(self) -> Any:
        raise AssertionError("nothing is built")


def said(architecture: Any, spec: InputSpec = SPEC) -> list[tuple[str, str]]:
    return [(problem.id, problem.severity) for problem in architecture.check(spec)]


def test_registered() -> None:
    assert find("architectures", "bpnet") is BPNet
    assert set(BPNet.libraries) == {KERAS, PYTORCH}
    for cls in (BPNetTransformation, BPNetCombined):
        assert cls.libraries == (KERAS,)
        assert cls.library in (None, *LIBRARIES)
    assert all(cls.reads_heads for cls in (BPNet, BPNetTransformation, BPNetCombined))
    assert (BPNetTransformation.parts, BPNetCombined.parts) == (("solo",), ("bias_model",))


def test_nothing_imports_a_framework() -> None:
    code = (
        "import sys, seqforge, seqforge.layers\n"
        "from seqforge.architectures.bpnet import BPNet, soloModel, transformation_model, combinedModel\n"
        "assert not {'keras', 'torch', 'tensorflow', 'triton'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_original_spellings_of_hyper_parameters() -> None:
    items = [Hyperparameter(Text(name), Text(str(size))) for name, size in zip(SPELLINGS, SIZES, strict=False)]
    problems: list[Problem] = []
    assert assemble(BPNet, items, Subject("'BPNet'", NOWHERE, "argument"), problems) == BPNet(**VALUES)
    assert problems == []


def test_too_long_is_a_warning_and_too_short_an_error() -> None:
    (problem,) = BPNet(**VALUES).check(SPEC)
    assert (problem.id, problem.severity) == ("SF0543", "warning")
    assert problem.sentence == (
        "input_length 180 is 6 more than the 174 that output_length 100 needs (4 layers, widths 7 and 9); "
        "3 bases are cropped on the left and 3 on the right"
    )
    assert said(BPNet(**VALUES | {"input_length": 174})) == []
    (problem,) = BPNet(**VALUES | {"input_length": 170}).check(SPEC)
    assert (problem.id, problem.severity) == ("SF0542", "error")
    assert problem.hint == "give input_length ≥ 174 or output_length ≤ 96"


def test_even_widths_are_a_warning() -> None:
    architecture = BPNet(**VALUES | {"input_filter_width": 8, "input_length": 175})
    assert said(architecture) == [("SF0544", "warning")]
    both = BPNet(**VALUES | {"input_filter_width": 8, "output_filter_width": 10})
    assert said(both) == [("SF0543", "warning"), ("SF0544", "warning"), ("SF0544", "warning")]


@pytest.mark.parametrize(
    ("spec", "id"),
    [
        (SPEC._replace(heads=()), "SF0541"),
        (SPEC._replace(encoding="2D"), "SF0501"),
        (SPEC._replace(channels=20), "SF0501"),
        (SPEC._replace(length=200), "SF0502"),
        (SPEC._replace(heads=COUNTED), "SF0545"),
    ],
)
def test_input_that_does_not_fit(spec: InputSpec, id: str) -> None:
    assert (id, "error") in said(BPNet(**VALUES | {"input_length": 174}), spec)


def test_windows() -> None:
    assert BPNet(**VALUES).window() == (180, 100)
    assert BPNetCombined(**VALUES).window() == (180, 100)
    assert BPNetTransformation(**SIMPLE).window() is None
    assert BPNetTransformation(**SIMPLE).with_parts({"solo": Part()}).window() == (174, 100)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "many", True])
def test_sizes_are_checked_before_anything_is_built(wrong: Any) -> None:
    for place in range(6):
        if (place, wrong) == (3, 0):
            continue
        values = [*SIZES[:place], wrong, *SIZES[place + 1 :]]
        with pytest.raises(UsageError, match=NAMES[place]):
            sized(*values)
    assert sized(*map(np.int64, SIZES)).sizes == SIZES


def test_transformations_are_checked() -> None:
    good = BPNetTransformation(**SIMPLE)
    assert said(good) == said(good.with_parts({"solo": Part()})) == []
    nothing = BPNetTransformation(profile_architecture="passthrough", counts_architecture="passthrough")
    (problem,) = nothing.check(SPEC)
    assert problem.id == "SF0547"
    assert "nothing to train; use the solo model as the bias part directly" in problem.sentence
    (problem,) = BPNetTransformation(profile_types="linear").check(SPEC)
    assert problem.sentence.startswith("counts_architecture: simple needs at least one type; expected any of linear")
    twice = BPNetTransformation(profile_types="linear, linear", counts_architecture="passthrough")
    assert said(twice) == [("SF0548", "warning")]
    other = Part(heads=(Head(name="y", tasks=("0",)),))
    (problem,) = good.with_parts({"solo": other}).check(SPEC)
    assert problem.id == "SF0546"
    assert "has y (1 task, 1 count)" in problem.sentence
    assert "has x (1 task, 1 count), profile_x (2 tasks, 2 counts)" in problem.sentence
    assert said(good, SPEC._replace(heads=COUNTED)) == [("SF0545", "error")] * 2


def test_combined_models_are_checked() -> None:
    spec, part = SPEC._replace(heads=COUNTED), {"bias_model": Part()}
    combined = BPNetCombined(**VALUES | {"input_length": 174})
    assert said(combined, spec) == said(combined.with_parts(part), spec) == []
    assert said(combined) == [("SF0545", "error")] * 2
    odd = BPNetCombined(**VALUES | {"input_length": 175}).with_parts(part)
    assert said(odd, spec) == [("SF0543", "warning")] * 2
    assert "half a base apart" in odd.check(spec)[1].sentence + odd.check(spec)[0].sentence
    (problem,) = combined.with_parts({"bias_model": Part(window=(200, 100))}).check(spec)
    assert problem.id == "SF0549"
    assert problem.sentence.startswith("the bias model needs 200 bases, the residual only takes 174; give input_length")
    (problem,) = combined.with_parts({"bias_model": Part(window=(174, 90))}).check(spec)
    assert "puts out 90 bases, the residual 100" in problem.message


def test_fingerprint_is_that_of_the_part() -> None:
    assert BPNetTransformation(**SIMPLE).fingerprint() == ""
    assert BPNetTransformation(**SIMPLE).with_parts({"solo": Part()}).fingerprint() != ""


# heads and windows of parts


def heads(*sizes: tuple[str, int]) -> tuple[Head, ...]:
    return tuple(Head(name=name, tasks=tuple(map(str, range(count)))) for name, count in sizes)


def test_heads_match_by_name_else_by_position() -> None:
    part = Interface.of(heads(("b", 2), ("a", 1)), (10, 5))
    assert matched(heads(("a", 1), ("b", 2)), part, "the solo model") == (1, 0)
    nameless = part._replace(names=None, tasks=None)
    assert matched(heads(("c", 2), ("d", 1)), nameless, "the solo model") == (0, 1)
    with pytest.raises(
        UsageError, match=r"has no\. 1 \(2 tasks, 1 count\), no\. 2 \(1 task, 1 count\); the definition"
    ):
        matched(heads(("a", 1), ("b", 2)), nameless, "the solo model")


@pytest.mark.parametrize(
    "wanted",
    [heads(("a", 1)), heads(("a", 1), ("c", 2)), heads(("a", 2), ("b", 2)), heads(("a", 1), ("b", 2), ("c", 1))],
)
def test_heads_that_do_not_fit_are_listed(wanted: tuple[Head, ...]) -> None:
    part = Interface.of(heads(("b", 2), ("a", 1)), (10, 5))
    with pytest.raises(UsageError, match=r"the bias model has b \(2 tasks, 1 count\), a \(1 task, 1 count\); "):
        matched(wanted, part, "the bias model")


def test_tasks_in_another_order_are_refused() -> None:
    part = Interface.of((Head(name="a", tasks=("minus", "plus")),), (10, 5))
    with pytest.raises(UsageError, match="has the tasks minus, plus, the definition has plus, minus"):
        matched((Head(name="a", tasks=("plus", "minus")),), part, "the solo model")
    assert matched((Head(name="a", tasks=("0", "1")),), part, "the solo model") == (0,)


def test_bias_windows() -> None:
    bias = Interface(240, 200, ((2, 1),))
    assert bias_excess((288, 200), bias) == 48
    assert bias_excess((240, 200), bias) == 0
    assert half_a_base(48) == []
    assert "half a base apart" in half_a_base(47)[0]
    with pytest.raises(UsageError, match="the bias model needs 240 bases, the residual only takes 239"):
        bias_excess((239, 200), bias)
    with pytest.raises(UsageError, match="puts out 200 bases, the residual 150"):
        bias_excess((288, 150), bias)


# transformations


def test_specifications() -> None:
    assert read_specification({"name": "simple", "types": ["linear", "relu"]}, "p") == ("linear", "relu")
    assert read_specification({"name": "passthrough"}, "p") is None
    assert read_specification({"name": "simple", "types": "sigmoid, sigmoid"}, "p") == ("sigmoid", "sigmoid")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": "simple", "types": []}, "simple needs at least one type; expected any of linear, sigmoid, relu"),
        ({"name": "simple"}, "simple needs at least one type"),
        ({"name": "simple", "types": ["sigmoit"]}, "unknown type 'sigmoit'; did you mean 'sigmoid'"),
        ({"name": "simpel"}, "unknown name 'simpel'; did you mean 'simple'"),
        ({}, "unknown name 'None'"),
        ({"name": "simple", "type": ["linear"]}, "has no key 'type'; did you mean 'types'"),
        ({"name": "passthrough", "types": ["linear"]}, "passthrough takes no types"),
    ],
)
def test_bad_specifications(given: Any, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_specification(given, "profile_architecture")


def test_repeated_types_start_apart() -> None:
    types = ("relu", "linear", "relu", "sigmoid", "relu", "linear", "relu", "relu", "sigmoid")
    assert list(starts(types)) == [0, 0, 1, 0, -1, 0, 2, -2, 1]
    assert surplus(types, "p")[0].startswith("p: a second linear type adds nothing")
    assert surplus(("relu", "relu"), "p") == surplus(None, "p") == []


# weights


def test_order_and_shapes_of_weights() -> None:
    shapes = weight_shapes(sizes(), HEADS)
    assert list(shapes.items())[:4] == [
        ("solo_initial_conv/kernel", (7, 4, 8)),
        ("solo_initial_conv/bias", (8,)),
        ("solo_conv_0/kernel", (3, 8, 8)),
        ("solo_conv_0/bias", (8,)),
    ]
    assert list(shapes.items())[-8:] == [
        ("solo_profile_x/kernel", (9, 8, 1)),
        ("solo_profile_x/bias", (1,)),
        ("solo_profile_profile_x/kernel", (9, 8, 2)),
        ("solo_profile_profile_x/bias", (2,)),
        ("solo_logcounts_x/kernel", (8, 1)),
        ("solo_logcounts_x/bias", (1,)),
        ("solo_logcounts_profile_x/kernel", (8, 2)),
        ("solo_logcounts_profile_x/bias", (2,)),
    ]
    assert len(shapes) == 2 * (1 + 4 + 2 * 2)


def test_initial_values() -> None:
    arrays = initial_weights(sizes(), HEADS, "solo", 3)
    assert digest(arrays) == INITIAL
    kernel = arrays["solo_conv_1/kernel"]
    limit = np.sqrt(6 / (3 * 8 + 3 * 8))
    assert kernel.dtype == np.float32
    assert 0.95 * limit < np.abs(kernel).max() <= limit
    assert abs(kernel.mean()) < 0.1 * limit
    assert not arrays["solo_conv_1/bias"].any()
    assert not np.array_equal(kernel, arrays["solo_conv_2/kernel"])
    assert not np.array_equal(kernel, initial(4, "solo_conv_1/kernel", (3, 8, 8)))
    assert np.array_equal(kernel, initial(3, "solo_conv_1/kernel", (3, 8, 8)))


def test_weights_go_to_pytorch_and_back() -> None:
    arrays = initial_weights(sizes(), HEADS, "solo", 3)
    state = to_torch(arrays, sizes(), HEADS)
    assert state["initial_conv.weight"].shape == (8, 4, 7)
    assert state["profiles.1.weight"].shape == (2, 8, 9)
    assert state["logcounts.1.weight"].shape == (2, 8)
    assert state["convs.3.bias"].shape == (8,)
    back = from_torch(state, sizes(), HEADS)
    assert list(back) == list(arrays)
    assert all(np.array_equal(back[name], array) for name, array in arrays.items())


# builders' arguments


def test_keywords_of_builders() -> None:
    values = bpnet._values("combined_model", SIZES, {"headList": HEADS, "biasModel": 1, "modelName": "m"})
    assert values == {**VALUES, "heads": HEADS, "bias_model": 1, "name": "m"}
    originals = dict(zip(list(bpnet.SPELLINGS)[:6], SIZES, strict=True))
    assert bpnet._values("solo_model", (), {**originals, "headList": HEADS}) == {**VALUES, "heads": HEADS}
    given = {"soloModelIn": 1, "profileArchitectureSpecification": 2, "countsArchitectureSpecification": 3, "heads": 4}
    assert bpnet._values("transformation_model", (), given) == {
        "solo": 1, "profile_architecture": 2, "counts_architecture": 3, "heads": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "named", "sentence"),
    [
        (SIZES, {}, "needs heads"),
        ((*SIZES, HEADS), {"numfilters": 3}, "has no argument 'numfilters'; did you mean 'num_filters'"),
        ((*SIZES, HEADS), {"headList": HEADS}, "heads is given twice"),
        ((*SIZES, HEADS, "n", 0, 1), {}, "takes 9 arguments"),
    ],
)
def test_wrong_arguments_of_builders(arguments: tuple[Any, ...], named: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        bpnet.soloModel(*arguments, **named)
