# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`--set`: where values go, where they say they come from, and what a path that leads nowhere is told."""

from __future__ import annotations

import pytest
from definition_samples import DATA, HEADS, MODEL

from seqforge.definitions.overrides import override
from seqforge.definitions.reader import parse, read, read_model
from seqforge.definitions.tree import Node

ROOT = parse(MODEL.encode(), "m.xml")


def value(root: Node, *path: str) -> str | None:
    """The text at a path of tags; `@name`: an attribute, `=name`: a hyper-parameter, `2`: the second of its tag."""
    found = [root]
    for step in path:
        if step.startswith("@"):
            return found[0].attributes.get(step[1:])
        if step.startswith("="):
            same = [child for child in found[0].children if child.attributes.get("name") == step[1:]]
            return same[0].text if len(same) == 1 else None
        found = [found[int(step) - 1]] if step.isdecimal() else found[0].all(step)
    return found[0].text


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("trainingprocess.epochs=X", ("trainingprocess", "=epochs")),
        ("trainingprocess/epochs=X", ("trainingprocess", "=epochs")),
        ("seqgramodel.trainingprocess.epochs=X", ("trainingprocess", "=epochs")),
        ("seqgramodel/trainingprocess/Batch-Size=X", ("trainingprocess", "=Batch-Size")),
        ("trainingprocess.BatchSize = X ", ("trainingprocess", "=batch_size")),
        ("trainingprocess.precision=X", ("trainingprocess", "=precision")),
        ("loss.WeightedBCELoss.pos_weight=X", ("loss", "=WeightedBCELoss.pos_weight")),
        ("optimizer[2].learning_rate=X", ("optimizer", "2", "=learning_rate")),
        ("optimizer[1].parameters=X", ("optimizer", "1", "@parameters")),
        ("optimizer[3].optimizer=X", ("optimizer", "3", "=optimizer")),
        ("schedule.optimizer=X", ("schedule", "@optimizer")),
        ("schedule.gamma=X", ("schedule", "=gamma")),
        ("general.seed=X", ("general", "seed")),
        ("general.id=X", ("general", "@id")),
        ("general.@id=X", ("general", "@id")),
        ("general.implementation=X", ("general", "implementation")),
        ("general.labels.label[2]=X", ("general", "labels", "label", "2")),
        ("general.labels.label[3]=X", ("general", "labels", "label", "3")),
        ("architecture.hyperparameters.x=X", ("architecture", "hyperparameters", "=x")),
        ("architecture.sequential.operation[3].units=X", ("architecture", "sequential", "operation", "3", "@units")),
        ("architecture.sequential.operation[3]=X", ("architecture", "sequential", "operation", "3")),
        ("architecture.part[inner].run=X", ("architecture", "part", "@run")),
        ("data.format=X", ("data", "@format")),
        ("data.folder=X", ("data", "=folder")),
        ("version=X", ("@version",)),
    ],
)
def test_a_setting_lands_where_its_path_says(setting: str, path: tuple[str, ...]) -> None:
    changed, problems = override(ROOT, [setting])
    assert problems == []
    assert value(changed, *path) == "X"
    assert not changed.same(ROOT)
    assert ROOT.same(parse(MODEL.encode()))


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("conditions.condition[c2].mode=X", ("conditions", "condition", "2", "mode")),
        (
            "datageneration.sets.set[test].example.samples=X",
            ("datageneration", "sets", "set", "3", "example", "@samples"),
        ),
        ("background.maxlength=X", ("background", "maxlength")),
    ],
)
def test_data_definitions_take_settings(setting: str, path: tuple[str, ...]) -> None:
    changed, problems = override(parse(DATA.encode()), [setting])
    assert problems == []
    assert value(changed, *path) == "X"


def test_a_letter_takes_a_probability() -> None:
    setting = "background.alphabetdistributions.alphabetdistribution[1].A=0.7"
    changed, _ = override(parse(DATA.encode()), [setting])
    letters = changed.children[1].children[2].children[0].children
    assert [str(letter.attributes["probability"]) for letter in letters] == ["0.7", ".25", "2.5e-1", "0.250"]


def test_absent_elements_are_added_in_their_place() -> None:
    lines = MODEL.splitlines(keepends=True)
    bare = "".join(line for line in lines if "inputencoding" not in line)
    definition, problems = read_model(bare.encode(), ["general.inputencoding=2D", "general.implementation=x"])
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert definition is not None
    assert definition.general.inputencoding == "2D"
    assert [child.tag for child in definition.tree.children[0].children][4:7] == [
        "library",
        "implementation",
        "inputencoding",
    ]


def test_values_come_from_the_setting() -> None:
    definition, _ = read_model(MODEL.encode(), ["trainingprocess.epochs=3", "general.seed=9"])
    assert definition is not None
    assert definition.general.seed == 9
    assert str(definition.general.seed_place) == "--set general.seed"
    assert definition.trainingprocess is not None
    [epochs] = [item for item in definition.trainingprocess.hyperparameters if item.name == "epochs"]
    assert epochs.value == "3"
    assert str(epochs.value.place) == "--set trainingprocess.epochs"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("epochs=3", "--set epochs: SF0013: unknown path 'epochs'; did you mean 'trainingprocess.epochs'?"),
        ("general.sed=3", "--set general.sed: SF0013: unknown path 'general.sed'; did you mean 'general.seed'?"),
        ("trainingproces.epochs=3", "--set trainingproces.epochs: SF0013: unknown path 'trainingproces.epochs'; "
         "did you mean 'trainingprocess.epochs'?"),
        ("zzz=3", "--set zzz: SF0013: unknown path 'zzz'; paths begin with general, architecture, loss, optimizer, "
         "schedule, trainingprocess, data"),
        ("general.seed", "--set general.seed: SF0012: expected path=value, received 'general.seed'; "
         "for example trainingprocess.epochs=3"),
        ("general=3", "--set general: SF0013: 'general' is no value; name a part of it: id, name, description, task, "
         "sequencespace, library, implementation, inputencoding, labels, heads, seed"),
        ("loss=3", "--set loss: SF0013: 'loss' is no value; name a part of it: a hyper-parameter"),
        ("optimizer.learning_rate=3", "--set optimizer.learning_rate: SF0013: there are 2 'optimizer'; "
         "write optimizer[1] or optimizer[2]"),
        ("optimizer[4].learning_rate=3", "--set optimizer[4].learning_rate: SF0013: there is no optimizer[4]; "
         "the numbers go from 1 to 2"),
        ("architecture.part[x].run=3", "--set architecture.part[x].run: SF0013: "
         "there is no 'part' with the id or name 'x'"),
        ("general.seed=-1", "--set general.seed: SF0111: seed: expected an integer from 0 to 4294967295, received -1"),
        ("general.seed=", "--set general.seed: SF0110: seed is empty; expected an integer from 0 to 4294967295"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_are_told_why(setting: str, message: str) -> None:
    assert [str(problem) for problem in read(MODEL.encode(), [setting])[1] if problem.severity == "error"] == [message]


def test_all_settings_are_judged_at_once() -> None:
    _, problems = read(HEADS.encode(), ["epochs=1", "x", "general.seed=-1"])
    assert [problem.id for problem in problems] == ["SF0013", "SF0111", "SF0012"]
