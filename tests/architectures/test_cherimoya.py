# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya without a framework: windows, what a definition may say, which optimizer owns what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqforge.architectures.base import InputSpec
from seqforge.architectures.cherimoya import Cherimoya
from seqforge.architectures.cherimoya_shapes import Sizes, default_trimming
from seqforge.errors import DefinitionError, UsageError
from seqforge.experiment import Experiment, read
from seqforge.heads import Head
from seqforge.provenance import rows

ROOT = Path(__file__).parent.parent.parent
FULL, SMALL = (ROOT / "model-defs" / f"torch-cherimoya-{name}.xml" for name in ("ctcf", "nexus-small"))
HEADS = (Head(name="a", tasks=("plus", "minus")),)
SPEC = InputSpec(None, 4, 2, "1D", 0, HEADS)


def experiment(path: Path, *overrides: str) -> Experiment:
    return read(path, overrides)[0]


def problems(path: Path, *changes: tuple[str, str], tmp_path: Path, overrides: tuple[str, ...] = ()) -> list[str]:
    """What is wrong with a shipped definition after these replacements, without the file's name."""
    text = path.read_text(encoding="utf-8").replace("../data-defs", str(ROOT / "data-defs"))
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    changed = tmp_path / path.name
    changed.write_text(text, encoding="utf-8")
    try:
        _, found = read(changed, overrides)
    except DefinitionError as error:
        found = list(error.problems)
    return [str(problem).removeprefix(f"{changed}:") for problem in found if "SF0421" not in str(problem)]


@pytest.mark.parametrize(
    ("settings", "data", "window"),
    [
        ({}, None, (2114, 1000)),
        ({}, (288, 200), (288, 200)),
        ({"n_layers": 3}, None, (2114, 2114 - 2 * 53)),
        ({"n_layers": 3, "trimming": 44}, (288, 200), (288, 200)),
        ({"trimming": 100}, None, (2114, 1914)),
        ({"in_window": 500, "trimming": 100}, None, (500, 300)),
        ({"in_window": 500, "out_window": 200}, None, (500, 200)),
        ({"in_window": 288}, (288, 200), (288, 200)),
    ],
)
def test_windows(settings: dict[str, Any], data: Any, window: tuple[int, int]) -> None:
    architecture = Cherimoya(**settings)
    assert (architecture.with_window(data) if data else architecture).window() == window


@pytest.mark.parametrize(
    ("settings", "data", "message"),
    [
        ({"in_window": 1000}, None, "trimming: expected 2·trimming < 1000 positions of input, received 557"),
        ({"in_window": 500, "out_window": 301}, None, "out_window: expected an even difference to in_window 500"),
        ({"in_window": 500, "out_window": 600}, None, "out_window: expected at most in_window 500, received 600"),
        ({"trimming": 40}, (288, 200), "trimming: expected (288 − 200)/2 for windows 288 → 200, received 40"),
        ({"in_window": 300}, (288, 200), "in_window: expected the data's 288, received 300"),
        ({"out_window": 100}, (288, 200), "out_window: expected the data's 200, received 100"),
    ],
)
def test_windows_that_do_not_fit(settings: dict[str, Any], data: Any, message: str) -> None:
    architecture = Cherimoya(**settings)
    architecture = architecture.with_window(data) if data else architecture
    assert architecture.window() is None
    (problem,) = architecture.check(SPEC)
    assert problem.id == "SF0551"
    assert message in problem.message
    assert problem.hint


def test_trimming_follows_the_layers() -> None:
    assert [default_trimming(layers) for layers in (1, 3, 9)] == [47, 53, 557]


def test_head_options_that_it_does_not_have() -> None:
    head = Head(name="a", tasks=("x", "y"), counts_per_task=True, use_bias_counts=True)
    found = Cherimoya().check(InputSpec(None, 4, 2, "1D", 0, (head,)))
    assert [problem.id for problem in found] == ["SF0552", "SF0552"]
    assert Cherimoya().check(InputSpec(None, 4, 2, "1D", 0, ()))[0].id == "SF0541"
    assert Cherimoya().check(InputSpec(None, 20, 2, "1D", 0, HEADS))[0].id == "SF0501"


def test_sizes_follow_from_shapes() -> None:
    for sizes in (
        Sizes(),
        Sizes(n_filters=16, n_layers=3, expansion=4, profile_kernel_size=75, groups=(2,), n_control_tracks=2),
        Sizes(groups=(1, 1), weight_scope="group", stem_kernel_size=9),
    ):
        assert Sizes.of(sizes.shapes()) == sizes
    mixed = Sizes(groups=(1, 2), weight_scope="group")
    assert Sizes.of(mixed.shapes(), (1, 2)) == mixed
    with pytest.raises(UsageError, match="3 tracks in 2 groups of unequal size"):
        Sizes.of(mixed.shapes())
    with pytest.raises(UsageError, match=r"'iconv\.weight' needs 3 axes, it is missing"):
        Sizes.of({"a": (1,)})


def test_shipped_definitions_say_what_the_recipe_is() -> None:
    full, small = experiment(FULL), experiment(SMALL)
    assert full.architecture.window() == (2114, 1000)
    assert small.architecture.window() == (288, 200)
    assert full.loss is not None
    assert full.loss.learned_parameters() == ["lw0", "lw1"]
    assert small.loss is not None
    assert small.loss.weights() == {"nexus_profile_nll": 1.0, "nexus_counts_mse": 10.0}
    assert full.wanted.pseudocount == 1
    assert full.process is not None
    assert (full.process.ema_decay, full.process.drop_last, full.process.epochs) == (0.999, True, 50)


def owners(found: Experiment) -> dict[str, list[str]]:
    by_owner: dict[str, list[str]] = {}
    for row in rows(found.definition, found):
        if row.section == "parameters":
            by_owner.setdefault(row.origin.partition(" ")[0], []).append(row.name)
    return by_owner


def test_every_parameter_has_one_owner() -> None:
    full = owners(experiment(FULL))
    assert {name: len(names) for name, names in full.items()} == {"Muon": 18, "AdamW": 17}
    assert sum("conv_weight" in name for name in full["AdamW"]) == 9
    assert {"lw0", "lw1", "linear.weight"} <= set(full["AdamW"])
    assert owners(experiment(SMALL))["frozen"] == ["lw0", "lw1"]


def test_show_says_that_outputs_depend_on_the_whole_sequence() -> None:
    found = experiment(FULL)
    assert any("depends on the whole sequence" in str(row.value) for row in rows(found.definition, found))


THIRD = """    <optimizer parameters="lw?">
        <hyperparameter name="optimizer">SGD</hyperparameter>
        <hyperparameter name="momentum">0.9</hyperparameter>
    </optimizer>
    <optimizer parameters="*">"""
LAST = '    <optimizer parameters="*">'


def test_loss_weights_may_have_an_optimizer_of_their_own(tmp_path: Path) -> None:
    assert problems(FULL, (LAST, THIRD), tmp_path=tmp_path) == []
    (frozen,) = problems(SMALL, (LAST, THIRD), tmp_path=tmp_path)
    assert frozen.startswith("38: SF0506: optimizer pattern 'lw?' matches only frozen parameters: lw0, lw1")
    (orphan,) = problems(SMALL, (LAST, LAST.replace("*", "iconv*")), tmp_path=tmp_path)
    assert "no optimizer owns parameter 'blocks.0.conv_weight'" in orphan


@pytest.mark.parametrize(
    ("path", "change", "expected"),
    [
        (FULL, (">96<", ">0<"), "20: SF0204: n_filters: expected an integer ≥ 1, received 0"),
        (
            SMALL,
            ('"n_filters"', '"stem_kernel_size"'),
            "21: SF0204: stem_kernel_size: expected an odd integer ≥ 1, received 16",
        ),
        (SMALL, (">44<", ">45<"), "23: SF0551: trimming: expected (288 − 200)/2"),
        (SMALL, (">10<", ">1, 2<"), "30: SF0208: count_weight: expected one number, or one for each of 1 head(s)"),
        (SMALL, (">fixed<", ">learned<"), "30: SF0208: count_weight has no effect where weights are learned"),
        (FULL, (">learned<", ">fixed</hyperparameter><hyperparameter name='regulariser'>gone<"), "SF0204: regulariser"),
        (
            FULL,
            (">learned<", ">learned</hyperparameter><hyperparameter name='regulariser'>none<"),
            "SF0208: learned weights vanish without a regulariser",
        ),
        (
            FULL,
            (">learned<", ">learned</hyperparameter><hyperparameter name='weight_scope'>group<"),
            "SF0336: weight_scope of the loss is group, that of the architecture shared",
        ),
        (
            FULL,
            ('tasks="plus, minus"/>', 'tasks="2"><hyperparameter name="counts_loss_weight">1</hyperparameter></head>'),
            "SF0335: head 'ctcf': loss 'ProfileCountLoss' does not read counts_loss_weight",
        ),
        (FULL, (">50<", ">5<"), "SF0337: warning: warmup_epochs 5: the training has 5 epochs, all of them warm-up"),
        (FULL, (">counts_pearson<", ">count_pearson<"), "SF0315: nothing called 'count_pearson' can be monitored"),
        (FULL, (">PyTorch<", ">Keras<"), "SF0408: architecture 'Cherimoya' does not exist on Keras"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    path: Path, change: tuple[str, str], expected: str, tmp_path: Path
) -> None:
    found = problems(path, change, tmp_path=tmp_path)
    assert any(expected in line for line in found), found


@pytest.mark.parametrize(
    "monitor", ["loss", "validation_loss", "profile_pearson", "profile_mnll", "validation_counts_mse"]
)
def test_what_selects_the_best_epoch(monitor: str, tmp_path: Path) -> None:
    assert problems(SMALL, (">counts_pearson<", f">{monitor}<"), tmp_path=tmp_path) == []
