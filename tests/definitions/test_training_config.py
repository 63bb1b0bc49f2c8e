# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Training configurations: the tree of the same XML, with the lines of the JSON, and back without loss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.definitions.model import ModelDefinition
from seqforge.definitions.reader import parse, read, read_tree
from seqforge.definitions.structure import check
from seqforge.definitions.training_config import FORM, mark_of
from seqforge.definitions.training_config.grammar import GRAMMAR, HOMES, IMPLIED, MODELS, Mark, id_of
from seqforge.definitions.training_config.writer import write
from seqforge.definitions.tree import Node
from seqforge.definitions.writer import to_json, to_xml
from seqforge.errors import DefinitionError, UsageError
from seqforge.experiment import resolve
from seqforge.validation import collect

CONFIGS = Path(__file__).parent / "configs"
TEXTS = {model: (CONFIGS / f"{model}.json").read_text(encoding="utf-8") for model in MODELS}


def tree(text: str) -> Node:
    return parse(text.encode(), "x.json")


def spelt(text: str) -> Any:
    """The values of a JSON text, numbers as they are spelt, keys without order."""
    return json.loads(text, parse_int=lambda digits: ("number", digits), parse_float=lambda digits: ("number", digits))


def problems(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        tree(text)
    return str(caught.value).splitlines()


def changed(model: str, *pairs: tuple[str, str]) -> str:
    text = TEXTS[model]
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def options(node: Node | None) -> dict[str, str]:
    assert node is not None
    return {str(one.attributes["name"]): str(one.text) for one in node.all("hyperparameter")}


def refused(text: str) -> list[str]:
    """Why the definition in an XML text has no training configuration."""
    with pytest.raises(DefinitionError) as caught:
        write(parse(text.encode(), "x.xml"))
    return str(caught.value).splitlines()


def call(*arguments: Any) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


@pytest.mark.parametrize("model", MODELS)
def test_the_tree_is_that_of_a_sound_definition(model: str) -> None:
    found = tree(TEXTS[model])
    assert check(found) == []
    assert check(parse(to_xml(found).encode())) == []
    assert found.form == FORM
    external = found.children[1].children[0]
    assert external.attributes == {"format": "seqforge", "classname": MODELS[model]}


def test_values_go_to_their_homes() -> None:
    found = tree(TEXTS["solo"])
    assert options(found.one("loss")) == {"loss": "BPNetLoss", "pseudocount": "1.0"}
    assert options(found.one("optimizer")) == {"optimizer": "Adam", "learning_rate": "4e-3"}
    assert options(found.one("schedule")) == {
        "schedule": "ReduceLROnPlateau",
        "factor": "0.5",
        "threshold_mode": "abs",
        "patience": "5",
    }
    assert options(found.one("trainingprocess")) == {
        "early_stopping": "True",
        "output_prefix": "models/nexus_solo",
        "epochs": "30",
        "batch_size": "64",
        "early_stopping_patience": "11",
        "verbosity": "INFO",
    }
    data = found.one("data")
    assert data is not None
    assert data.attributes == {"format": "profile-hdf5"}
    assert options(data) == {
        "max_jitter": "8",
        "train_data": "../data/train.h5",
        "val_data": "../data/validation.h5",
        "test_data": "../data/test.h5",
    }


def test_general_and_heads() -> None:
    definition, found = read(CONFIGS / "solo.json")
    assert found == []
    assert isinstance(definition, ModelDefinition)
    general = definition.general
    assert (general.id, general.name, general.seed) == ("nexus_solo", "solo", 3)
    assert (general.task, general.sequencespace, general.library) == ("profile prediction", "DNA", "Keras")
    assert [(head.name, head.tasks) for head in general.heads] == [("nexus", "2"), ("patchcap", "1")]
    assert [(one.name, one.value) for one in general.heads[1].hyperparameters] == [
        ("profile_loss_weight", "0.50"),
        ("counts_loss_weight", "100"),
        ("counts_per_task", "false"),
    ]


def test_parts_and_terms_of_a_transformation() -> None:
    architecture = tree(TEXTS["transformation"]).children[1]
    assert options(architecture.one("hyperparameters")) == {
        "input_length": "240",
        "output_length": "200",
        "profile_architecture": "simple",
        "profile_types": "linear, sigmoid, sigmoid",
        "counts_architecture": "passthrough",
    }
    [part] = architecture.all("part")
    assert part.attributes == {"name": "solo", "run": "models/nexus_solo.keras", "freeze": "true"}
    [part] = tree(TEXTS["combined"]).children[1].all("part")
    assert part.attributes == {"name": "bias_model", "run": "models/transformation.keras", "freeze": "true"}


def test_every_value_keeps_its_line() -> None:
    lines = TEXTS["combined"].splitlines()
    found = tree(TEXTS["combined"])
    values = [text for node in found.walk() for text in (node.text, *node.attributes.values()) if text]
    assert {text.place.file for text in values} == {"x.json"}
    for spelling in ("0.0040", "nexus combined", "../data/peaks-train.h5", "288", "patchcap", "DEBUG"):
        [text] = [text for text in values if text == spelling]
        assert spelling in lines[text.place.line - 1]
        assert lines[text.place.line - 1].find(spelling) in (text.place.column - 1, text.place.column)


@pytest.mark.parametrize("model", MODELS)
def test_there_and_back_is_equal(model: str) -> None:
    xml = to_xml(tree(TEXTS[model]))
    back = write(parse(xml.encode(), "x.xml"))
    assert spelt(back) == spelt(TEXTS[model])
    assert tree(back).same(tree(TEXTS[model]))
    assert to_xml(tree(back)) == xml
    assert parse(to_json(tree(TEXTS[model])).encode()).same(tree(TEXTS[model]))  # the twin, too


@pytest.mark.parametrize(
    "change",
    [
        ('    "seed": 3,\n', ""),
        ('      "model-args": "",\n', ""),
        ('    "counts-pseudocount": 1.0,\n', ""),
        ('  "test-data": "../data/test.h5",\n', ""),
        ('"seed": 3', '"seed": 1'),
        ('"epochs": 30', '"epochs": 3E1'),
        ('"learning-rate": 4e-3', '"learning-rate": 0.00400'),
        ('"model-name": "solo"', '"model-name": "120"'),
        ('"verbosity": "INFO"', '"verbosity": "info"'),
        ('"models/nexus_solo"', '"C&<müller>/x.y z"'),
    ],
)
def test_what_is_absent_and_how_it_is_spelt_comes_back(change: tuple[str, str]) -> None:
    text = changed("solo", change)
    assert spelt(write(parse(to_xml(tree(text)).encode()))) == spelt(text)


def test_the_order_of_keys_is_free_and_that_of_heads_is_not() -> None:
    values = json.loads(TEXTS["solo"])
    turned = dict(reversed(values.items())) | {"settings": dict(reversed(values["settings"].items()))}
    plain = parse(json.dumps(values).encode())
    assert parse(json.dumps(turned).encode()).same(plain)
    values["heads"].reverse()
    assert not parse(json.dumps(values).encode()).same(plain)


def test_the_description_remembers_what_has_no_home() -> None:
    for mark in (Mark("solo"), Mark("combined", seed=False), Mark("solo", True, True), Mark("solo", False, True)):
        assert mark_of(str(mark)) == mark
    assert mark_of("a solo training configuration") is None
    xml = to_xml(tree(changed("solo", ('    "seed": 3,\n', ""))))
    assert "<seed>1</seed>" in xml
    assert '"seed": 7' in write(parse(xml.replace("<seed>1<", "<seed>7<").encode()))


def test_ids_follow_from_the_prefix() -> None:
    assert id_of("a/b/my model.v2") == "my-model-v2"
    assert id_of("nexus_solo") == "nexus_solo"
    assert read(CONFIGS / "combined.json")[0].general.id == "combined-v1-2"  # type: ignore[union-attr]


def test_every_key_has_one_home_in_each_model() -> None:
    for model in MODELS:
        homes = [key.home for path, key in GRAMMAR.walk() if key.home and key.of(model)]
        assert len(homes) == len(set(homes))
        assert not set(homes) & set(IMPLIED)
    assert {key.home for _, key in GRAMMAR.walk()} <= set(HOMES)


def test_values_written_otherwise_in_xml_fit() -> None:
    xml = to_xml(tree(TEXTS["solo"]))
    for old, new in (
        ('name="epochs">30<', 'name="Epochs"> 030 <'),
        ('name="learning_rate">4e-3<', 'name="learningrate">.004<'),
        (">Adam<", ">adam<"),
        (">false<", ">no<"),
        ('name="factor">0.5<', 'name="factor">0.50<'),
        ('name="early_stopping">True<', 'name="early_stopping">1<'),
        ("</trainingprocess>", '<hyperparameter name="shuffle">True</hyperparameter></trainingprocess>'),
        ("</optimizer>", '<hyperparameter name="clipnorm">None</hyperparameter></optimizer>'),
    ):
        assert old in xml
        xml = xml.replace(old, new)
    values = json.loads(write(parse(xml.encode())))
    assert values["settings"]["epochs"] == 30
    assert values["settings"]["learning-rate"] == 0.004
    assert values["heads"][1]["counts-per-task"] is False
    assert values == json.loads(TEXTS["solo"])


def test_defaults_fill_in_what_the_form_requires() -> None:
    xml = to_xml(tree(TEXTS["solo"]))
    for one in ('name="verbosity">INFO', 'name="profile_loss_weight">1', 'name="max_jitter">8'):
        xml = xml.replace(f"<hyperparameter {one}</hyperparameter>", "")
    values = json.loads(write(parse(xml.encode())))
    assert values["verbosity"] == "INFO"
    assert values["heads"][0]["profile-loss-weight"] == 1
    assert values["settings"]["max-jitter"] == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (">solo training", ">my own words, solo training", "cannot say a description"),
        ('id="nexus_solo"', 'id="other"', "the id 'other' beside output_prefix 'models/nexus_solo'"),
        (">Adam<", ">SGD<", "optimizer 'SGD' in optimizer, it means 'Adam'"),
        (">Keras<", ">PyTorch<", "library 'PyTorch', only 'Keras'"),
        (">0.5<", ">0.1<", "factor '0.1' in schedule, it means '0.5'"),
        (
            '<hyperparameter name="threshold_mode">abs</hyperparameter>',
            "",
            "threshold_mode 'rel' in schedule, it means 'abs'",
        ),
        ("</optimizer>", '<hyperparameter name="clipnorm">1</hyperparameter></optimizer>', "clipnorm '1' in optimizer"),
        (
            'name="learning_rate">4e-3',
            'name="learning_rate">4',
            "learning_rate '4': settings.learning-rate is a number",
        ),
        ('tasks="2"', 'tasks="plus, minus"', "tasks 'plus, minus': heads[1].num-tasks is an integer"),
        ("</optimizer>", '</optimizer><optimizer parameters="a"/>', "a second optimizer"),
        ('"profile-hdf5"', '"table"', "data format 'table', only 'profile-hdf5'"),
        ('classname="BPNet"', 'classname="Basset"', "only BPNet, BPNetTransformation, BPNetCombined"),
        ("</hyperparameters>", '</hyperparameters><part name="solo" run="x"/>', "cannot say part 'solo'"),
        (
            '<hyperparameter name="output_prefix">models/nexus_solo</hyperparameter>',
            "",
            "needs settings.output-prefix, and the definition has no output_prefix in trainingprocess",
        ),
        (
            '<hyperparameter name="counts_loss_frac_target">0.10</hyperparameter>',
            "",
            "needs counts-loss-weight or counts-loss-frac-target in heads[1]",
        ),
    ],
)
def test_what_does_not_fit_is_listed(old: str, new: str, message: str) -> None:
    xml = to_xml(tree(TEXTS["solo"]))
    assert old in xml
    found = refused(xml.replace(old, new, 1))
    assert any(message in line and "SF0145" in line and line.startswith("x.xml:") for line in found), found


def test_everything_that_does_not_fit_is_listed_at_once() -> None:
    xml = to_xml(tree(TEXTS["transformation"]))
    for old, new in ((">passthrough<", ">simple<"), ('freeze="true"', 'freeze="false"'), (">transformation<", ">t<")):
        xml = xml.replace(old, new)
    found = refused(xml)
    assert len(found) == 4  # the part is then lacking, too
    assert any("a part 'solo' that is trained on; --to json keeps it" in line for line in found)
    assert any("needs settings.counts-architecture.types" in line for line in found)
    assert any("the name of a transformation, only 'transformation'" in line for line in found)


def test_every_missing_key_is_listed() -> None:
    empty = '{"settings": {"architecture": {}}, "heads": [{}]}'
    text = "\n".join(problems(empty))
    for path, key in GRAMMAR.walk():
        if key.required("solo") and not key.below:
            assert f"'{key.name}'" in text, path


def test_the_model_decides_which_keys_are_known() -> None:
    for model in MODELS:
        others = {key.name for _, key in GRAMMAR.walk() if not key.of(model)}
        assert others, model
    [line] = problems(changed("solo", ('"seed": 3', '"solo-model-file": "x.keras"')))
    assert "SF0144: settings mix two models: 'architecture' and 'solo-model-file' (line 14)" in line
    [line] = problems(changed("combined", ('"transformation-model":', '"transformationmodel":')))
    assert "settings has no key 'transformationmodel'; did you mean 'transformation-model'?" in line
    [line] = problems(changed("solo", ('"architecture": {', '"architectur": {')))
    assert "settings has no key 'architectur'; did you mean 'architecture'?" in line


def test_a_twin_is_no_configuration() -> None:
    assert tree(to_json(tree(TEXTS["solo"]))).form == ""
    with pytest.raises(DefinitionError, match="SF0102"):
        tree('{"seqgramodel": {}, "settings": {}}')


def test_validate_finds_configurations_in_folders(tmp_path: Path) -> None:
    (tmp_path / "solo.json").write_text(TEXTS["solo"], encoding="utf-8")
    (tmp_path / "package.json").write_text('{"settings": {}, "name": "x"}', encoding="utf-8")
    assert collect([str(tmp_path)]) == [tmp_path / "solo.json"]


@pytest.mark.parametrize("model", MODELS)
def test_convert_goes_back_by_itself(model: str, tmp_path: Path) -> None:
    xml, back, twin = tmp_path / "a.xml", tmp_path / "b.json", tmp_path / "c.json"
    call("convert", CONFIGS / f"{model}.json", xml)
    assert json.loads(call("convert", xml, back, "--json")) == {"written": str(back), "form": "training-config"}
    assert spelt(back.read_text(encoding="utf-8")) == spelt(TEXTS[model])
    assert read_tree(back).same(read_tree(xml))
    call("convert", xml, twin, "--to", "json")
    assert list(json.loads(twin.read_text(encoding="utf-8"))) == ["seqgramodel"]
    assert call("convert", CONFIGS / f"{model}.json", "-") == xml.read_text(encoding="utf-8")
    assert "seqgramodel" in call("convert", CONFIGS / f"{model}.json", "-", "--to", "json")
    assert spelt(call("convert", CONFIGS / f"{model}.json", "-", "--to", "training-config")) == spelt(TEXTS[model])


def test_convert_says_why_a_definition_does_not_fit(tmp_path: Path) -> None:
    from seqforge.resources import folder

    basset = folder("model-defs") / "torch-mc50-dna1000-basset-s1.xml"
    with pytest.raises(DefinitionError, match="SF0145: a training configuration cannot say this architecture"):
        call("convert", basset, tmp_path / "x.json", "--to", "training-config")
    assert not (tmp_path / "x.json").exists()


def test_overrides_reach_a_configuration() -> None:
    definition, found = read(CONFIGS / "solo.json", ["trainingprocess.epochs=3", "general.seed=5"])
    assert found == []
    assert isinstance(definition, ModelDefinition)
    assert definition.general.seed == 5
    assert options(definition.tree.one("trainingprocess"))["epochs"] == "3"


def test_a_solo_model_resolves_to_the_same_experiment_as_its_xml(tmp_path: Path) -> None:
    file = tmp_path / "nexus_solo.xml"
    call("convert", CONFIGS / "solo.json", file)
    found = []
    for source in (CONFIGS / "solo.json", file):
        definition, first = read(source)
        assert isinstance(definition, ModelDefinition)
        experiment, later = resolve(definition, need_files=False)
        assert [str(problem) for problem in (*first, *later) if problem.severity == "error"] == []
        assert experiment is not None
        found.append(experiment)
    ours, theirs = found
    for part in ("architecture", "loss", "optimizers", "schedules", "process", "seed", "library", "task"):
        assert getattr(ours, part) == getattr(theirs, part)
    assert ours.process is not None
    assert (ours.process.verbosity, ours.process.output_prefix) == ("INFO", "models/nexus_solo")
    assert ours.architecture.window() == (240, 200)


@pytest.mark.parametrize("model", ["transformation", "combined"])
def test_files_that_are_not_there_are_all_that_is_wrong(model: str) -> None:
    definition, first = read(CONFIGS / f"{model}.json")
    assert isinstance(definition, ModelDefinition)
    wrong = [problem for problem in (*first, *resolve(definition)[1]) if problem.severity == "error"]
    assert all(problem.id == "SF0436" for problem in wrong)
    file = {"transformation": '"models/nexus_solo.keras"', "combined": '"models/transformation.keras"'}[model]
    line = next(n for n, text in enumerate(TEXTS[model].splitlines(), 1) if file in text)
    assert [problem.place.line for problem in wrong] == [line]


def test_the_lengths_of_a_transformation_are_those_of_its_solo() -> None:
    from seqforge.architectures.bpnet import BPNetTransformation

    alone = BPNetTransformation(input_length=240, output_length=200)
    assert alone.window() == (240, 200)
    assert BPNetTransformation(input_length=240).window() is None
    alone.compare((240, 200))
    with pytest.raises(UsageError, match="output_length is 200, that of the solo model is 190; they must be equal"):
        alone.compare((240, 190))
