# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Definitions resolved into experiments: which components, which data, which agreement. Messages: definitions/bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seqforge.architectures.base import Architecture
from seqforge.definitions.reader import read_data, read_model
from seqforge.definitions.writer import to_xml
from seqforge.errors import Problem
from seqforge.experiment import Experiment, resolve
from seqforge.registry import BAYES, KERAS, PYTORCH
from seqforge.resolving import data as choosing
from seqforge.resources import folder
from seqforge.templates import Wish, definition_tree, new_definition

ROOT = Path(__file__).parent.parent
MODULE = ROOT / "tests/definitions/bad/PyTorch"
BASSET = ROOT / "model-defs/torch-mc50-dna1000-basset-s1.xml"


def resolved(text: str | Path, **options: Any) -> tuple[Experiment | None, list[Problem]]:
    definition, problems = read_model(text if isinstance(text, Path) else text.encode())
    assert not problems
    assert definition is not None
    return resolve(definition, **options)


def new(**wish: Any) -> str:
    tree = definition_tree(Wish(**({"id": "x", "like": "sequential", "length": 60, "classes": 3} | wish)))
    return to_xml(tree)


def with_key(text: str, section: str, key: str, value: str) -> str:
    item = f'<hyperparameter name="{key}">{value}</hyperparameter>'
    return text.replace(f"</{section}>", f"{item}</{section}>")


def ids(problems: list[Problem]) -> list[str]:
    return [problem.id for problem in problems]


def test_the_shipped_basset_is_what_its_file_says() -> None:
    experiment, problems = resolved(BASSET)
    assert not problems
    assert experiment is not None
    assert (experiment.library, experiment.task.name, experiment.alphabet.name) == (
        PYTORCH,
        "multi-class classification",
        "DNA",
    )
    assert experiment.labels == tuple(f"c{number}" for number in range(1, 51))
    assert experiment.architecture.name == "pytorch-module"
    assert experiment.architecture.settings()["path"].endswith("model-defs/PyTorch/o50-dna1000-basset.py")
    assert experiment.loss is not None
    assert experiment.loss.name == "CrossEntropyLoss"
    (use,) = experiment.optimizers
    assert (use.pattern, use.optimizer.learning_rate, use.optimizer.clipnorm) == (None, 1e-4, 0.5)
    assert experiment.process is not None
    assert (experiment.process.batch_size, experiment.process.early_stopping) == (100, True)
    assert experiment.length == 1000
    assert experiment.data_definition is not None
    assert str(experiment.data_definition.id).startswith("mc50-dna1000-")
    assert experiment.spec() == (1000, 4, 50, "1D", 1, (), 0)


@pytest.mark.parametrize("library", [PYTORCH, KERAS])
@pytest.mark.parametrize("task", ["multi-class classification", "multi-label classification", "regression"])
def test_every_task_resolves_on_both_backends(library: str, task: str) -> None:
    experiment, problems = resolved(new(library=library, task=task))
    assert not problems
    assert experiment is not None
    assert experiment.loss is not None
    assert experiment.loss.library in (None, library)
    assert {metric.name for metric in experiment.metrics} == set(experiment.task.metrics)
    assert experiment.length == 60


TRANSLATED = [
    (KERAS, "multi-class classification", "CrossEntropyLoss", "categorical_crossentropy", {"from_logits": True}),
    (KERAS, "multi-label classification", "BCEWithLogitsLoss", "binary_crossentropy", {"from_logits": True}),
    (KERAS, "regression", "MSELoss", "mean_squared_error", {}),
    (KERAS, "regression", "smooth_l1_loss", "huber", {"delta": 1.0}),
    (PYTORCH, "regression", "mae", "L1Loss", {}),
]


@pytest.mark.parametrize(("library", "task", "spelt", "name", "settings"), TRANSLATED)
def test_a_loss_of_the_other_library_is_the_same_formula_here(
    library: str, task: str, spelt: str, name: str, settings: dict[str, Any]
) -> None:
    text = new(library=library, task=task)
    start, end = text.index("<loss>"), text.index("</loss>")
    text = text[:start] + f'<loss><hyperparameter name="loss">{spelt}</hyperparameter>' + text[end:]
    experiment, problems = resolved(text)
    assert not problems
    assert experiment is not None
    assert experiment.loss is not None
    assert experiment.loss.name == name
    assert settings.items() <= experiment.loss.settings().items()


def test_a_keras_loss_without_counterpart_is_refused_on_pytorch() -> None:
    experiment, problems = resolved(new().replace("CrossEntropyLoss", "kl_divergence"))
    assert experiment is None
    assert ids(problems) == ["SF0212"]


def test_the_same_layers_and_loss_serve_both_libraries() -> None:
    text = (folder("model-defs") / "tf-mc4-dna100-conv20-gmp-fc20-s1.xml").read_text()
    experiment, problems = resolved(text.replace("<library>Keras</library>", "<library>PyTorch</library>"))
    assert experiment is not None
    assert not [problem for problem in problems if problem.severity == "error"]
    assert (experiment.loss.name, experiment.loss.prediction) == ("categorical_crossentropy", "identity")


def test_several_optimizers_and_schedules() -> None:
    text = new()
    start, end = text.index("<optimizer>"), text.index("</optimizer>") + len("</optimizer>")
    one = text[start:end]
    first = one.replace("<optimizer>", '<optimizer parameters="conv1d*">')
    last = one.replace("<optimizer>", '<optimizer parameters="*">').replace("Adam", "SGD")
    schedule = '<schedule optimizer="2"><hyperparameter name="schedule">Cosine</hyperparameter></schedule>'
    experiment, problems = resolved(text[:start] + first + last + schedule + text[end:])
    assert not problems
    assert experiment is not None
    assert [(use.optimizer.name, use.pattern) for use in experiment.optimizers] == [("Adam", "conv1d*"), ("SGD", None)]
    assert [(use.schedule.name, use.optimizer) for use in experiment.schedules] == [("Cosine", 1)]


def test_monitored_and_listed_metrics_are_computed() -> None:
    text = with_key(new(), "trainingprocess", "metrics", "f1, MatthewsCorrelation")
    text = with_key(text, "trainingprocess", "early_stopping_monitor", "validation_roc_auc")
    experiment, problems = resolved(text)
    assert not problems
    assert experiment is not None
    names = [metric.name for metric in experiment.metrics]
    assert names == ["accuracy", "f1", "matthews_correlation", "roc_auc"]


def test_library_names_compare_without_case() -> None:
    experiment, _ = resolved(new(library=KERAS).replace(">Keras<", ">tensorflow<"))
    assert experiment is not None
    assert experiment.library == KERAS


def test_wrong_values_never_raise() -> None:
    text = new()
    for place in ("<task>", "<library>", "<sequencespace>"):
        experiment, problems = resolved(text.replace(place, place + "x"))
        assert experiment is None
        assert problems


def test_constructor_arguments_are_typed_by_the_signature(tmp_path: Path) -> None:
    text = new(like="basset")
    start, end = text.index("<external"), text.index("</architecture>")
    module = f'<external format="pytorch-module" classname="TorchModel" layout="nlc">{MODULE}/sized.py</external>'
    arguments = '<hyperparameters><hyperparameter name="width">240</hyperparameter></hyperparameters>'
    experiment, problems = resolved(text[:start] + module + arguments + text[end:])
    assert not problems
    assert experiment is not None
    assert experiment.architecture.settings()["arguments"] == {"width": 240}
    assert experiment.architecture.layout(PYTORCH) == "NLC"


def test_the_bayes_classifier_takes_options_and_scores_its_own_data() -> None:
    data = str(ROOT / "tests/definitions/bad/data/two-motifs.xml")
    text = new(library=BAYES, data=data, labels=("c1", "c2"))
    option = '<hyperparameters><hyperparameter name="scoring">corrected</hyperparameter></hyperparameters>'
    experiment, problems = resolved(text.replace("</external>", f"</external>{option}"))
    assert not problems
    assert experiment is not None
    assert experiment.architecture.settings()["scoring"] == "corrected"
    assert (experiment.loss, experiment.process, experiment.optimizers) == (None, None, ())
    assert experiment.length == 200
    _, problems = resolved(text.replace("</external>", f"</external>{option.replace('corrected', 'other')}"))
    assert ids(problems) == ["SF0204"]


# data


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A definition with a fitting data definition beside it."""
    (tmp_path / "model-defs").mkdir()
    (tmp_path / "data-defs").mkdir()
    source = (ROOT / "tests/definitions/bad/data/two-motifs.xml").read_text()
    (tmp_path / "data-defs/mc2-dna200-sim-a-1k-s1.xml").write_text(
        source.replace('id="two-motifs"', 'id="mc2-dna200-sim-a-1k-s1"')
    )
    name = "torch-mc2-dna200-conv-s1"
    text = new_definition(Wish(name, like="sequential", length=200, labels=("c1", "c2")))
    (tmp_path / f"model-defs/{name}.xml").write_text(text)
    return tmp_path


def model(house: Path) -> Path:
    return next((house / "model-defs").glob("*.xml"))


def copy(house: Path, old: str, new: str, folder: str = "data-defs") -> Path:
    source = house / "data-defs/mc2-dna200-sim-a-1k-s1.xml"
    target = house / folder / f"{new}.xml"
    target.parent.mkdir(exist_ok=True)
    target.write_text(source.read_text().replace(old, new))
    return target


def test_the_fitting_data_definition_beside_is_taken(house: Path) -> None:
    experiment, problems = resolved(model(house))
    assert not problems
    assert experiment is not None
    assert experiment.source is not None
    assert experiment.source.settings()["definition"].endswith("data-defs/mc2-dna200-sim-a-1k-s1.xml")


def test_other_tasks_labels_and_broken_ones_do_not_fit(house: Path) -> None:
    target = copy(house, "mc2-dna200-sim-a-1k-s1", "other-labels")
    target.write_text(target.read_text().replace("c1", "k1"))
    (house / "data-defs/broken.xml").write_text("<seqgradata>")
    (house / "data-defs/other.json").write_text("{}")
    experiment, problems = resolved(model(house))
    assert not problems
    assert experiment is not None
    assert experiment.data_definition is not None


def test_a_data_definition_with_further_labels_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """mc50 has the labels c1 to c50, so all of c1 to c10, too."""
    read: list[str] = []
    monkeypatch.setattr(choosing, "read_data", lambda path: (read.append(path.name), read_data(path))[1])
    assert resolved(folder("model-defs") / "tf-mc10-dna1000-conv10-gmp-fc10-s1.xml")[0] is not None
    assert read == ["mc10-dna1000-sim-motifs-6k-s1.xml"]


def test_of_several_the_one_with_the_same_tokens_is_taken_and_said(house: Path) -> None:
    copy(house, "mc2-dna200-sim-a-1k-s1", "mc2-dna300-sim-b-1k-s1")
    experiment, problems = resolved(model(house))
    assert ids(problems) == ["SF0423"]
    assert experiment is not None
    assert "mc2-dna200-sim-a-1k-s1" in str(experiment.source)
    copy(house, "mc2-dna200-sim-a-1k-s1", "mc2-dna200-sim-b-1k-s2", folder="dd")
    experiment, _ = resolved(model(house))
    assert experiment is not None
    assert "mc2-dna200-sim-a-1k-s1" in str(experiment.source)
    copy(house, "mc2-dna200-sim-a-1k-s1", "mc2-dna200-sim-c-1k-s1", folder="dd")
    experiment, problems = resolved(model(house))
    assert experiment is not None
    assert experiment.source is None
    assert "--data" in problems[0].hint


def test_the_caller_overrides_and_says_what_it_is(house: Path) -> None:
    folder = house / "sets"
    folder.mkdir()
    for name in ("training", "validation", "test"):
        (folder / f"{name}.txt").write_text("x\ty\nACGT\tc1\n")
    experiment, problems = resolved(model(house), data=folder)
    assert not problems
    assert experiment is not None
    assert experiment.source is not None
    assert (experiment.source.name, experiment.source.settings()["folder"]) == ("table", str(folder))
    experiment, _ = resolved(model(house), data=folder / "training.txt")
    assert experiment is not None
    assert experiment.source is not None
    assert experiment.source.settings()["file"] == str(folder / "training.txt")
    data = house / "data-defs/mc2-dna200-sim-a-1k-s1.xml"
    experiment, _ = resolved(model(house), data=data)
    assert experiment is not None
    assert experiment.data_definition is not None


@pytest.mark.parametrize(("name", "id"), [("nowhere.xml", "SF0421"), ("image.png", "SF0422"), ("seqs.fa", "SF0208")])
def test_data_that_cannot_be_taken(house: Path, name: str, id: str) -> None:
    (house / "image.png").write_text("x")
    (house / "seqs.fa").write_text(">a\nACGT\n")
    experiment, problems = resolved(model(house), data=house / name)
    assert experiment is None
    assert id in ids(problems)


def test_without_files_missing_ones_are_notes() -> None:
    text = BASSET.read_text().replace("PyTorch/o50-dna1000-basset.py", "PyTorch/elsewhere.py")
    _, problems = resolved(text, need_files=False)
    assert {(problem.id, problem.severity) for problem in problems} == {("SF0401", "note")}
    _, problems = resolved(text)
    assert [problem.severity for problem in problems] == ["error"]


def test_a_further_folder_finds_external_files(tmp_path: Path) -> None:
    text = BASSET.read_text()
    experiment, problems = resolved(text, def_path=[ROOT / "model-defs"])
    assert experiment is not None
    assert not [problem for problem in problems if problem.severity != "note"]


# whole Keras models


def test_a_whole_keras_model_brings_its_loss_and_optimizer(tmp_path: Path) -> None:
    from zipfile import ZipFile

    compiled = {
        "optimizer": {"class_name": "SGD", "config": {"learning_rate": 0.25, "momentum": 0.5}},
        "loss": "categorical_crossentropy",
    }
    with ZipFile(tmp_path / "model.keras", "w") as file:
        file.writestr("config.json", json.dumps({"compile_config": compiled}))
    text = new(library=KERAS)
    start, end = text.index("<sequential>"), text.index("</architecture>")
    model = '<external format="keras-tf-whole-model">model.keras</external>'
    text = text[:start] + model + text[end:]
    file = tmp_path / "x.xml"
    file.write_text(text)
    experiment, problems = resolved(file)
    assert not problems
    assert experiment is not None
    assert experiment.optimizers[0].optimizer.name == "Adam"
    start, end = text.index("<loss>"), text.index("<trainingprocess>")
    file.write_text(text[:start] + text[end:])
    experiment, problems = resolved(file)
    assert ids(problems) == ["SF0417", "SF0417"]
    assert experiment is not None
    assert experiment.loss is not None
    assert (experiment.loss.name, experiment.optimizers[0].optimizer.learning_rate) == (
        "categorical_crossentropy",
        0.25,
    )


# templates


@pytest.mark.parametrize("library", [PYTORCH, KERAS])
@pytest.mark.parametrize("like", ["basset", "chromdragonn", "deepsea", "danq", "sequential"])
def test_every_template_resolves_without_a_word(like: str, library: str) -> None:
    experiment, problems = resolved(new_definition(Wish("x", like=like, library=library)))
    assert not problems
    assert isinstance(getattr(experiment, "architecture", None), Architecture)


TABLE = """<data format="table"><hyperparameter name="{where}">old.csv</hyperparameter>
<hyperparameter name="Sequence_Column">seq</hyperparameter>{more}</data></seqgramodel>"""
FOLDS = '<hyperparameter name="folds">4</hyperparameter><hyperparameter name="fold">2</hyperparameter>'


@pytest.mark.parametrize(
    ("where", "more", "data", "expected"),
    [
        ("file", FOLDS, "new.csv", {"sequence_column": "seq", "folds": 4, "fold": 2, "training": None}),
        ("training", "", "new.csv", {"sequence_column": "seq", "training": None}),
        ("file", FOLDS, "sets", {"sequence_column": "seq", "folds": None, "file": None}),
        ("file", "", "new.fa", {"label_field": None}),
    ],
)
def test_data_of_the_caller_are_read_as_the_section_says(
    tmp_path: Path, where: str, more: str, data: str, expected: dict[str, Any]
) -> None:
    (tmp_path / "sets").mkdir()
    for name in ("new.csv", "new.fa"):
        (tmp_path / name).touch()
    text = new().replace("</seqgramodel>", TABLE.format(where=where, more=more))
    experiment, problems = resolved(text, data=tmp_path / data)
    if data == "new.fa":
        assert "--set data.format=fasta" in problems[-1].hint
        return
    assert not problems
    assert experiment is not None
    assert experiment.source is not None
    settings = experiment.source.settings()
    assert {key: settings[key] for key in expected} == expected
    assert str(tmp_path / data) in (settings["file"], settings["folder"])


def test_a_bad_option_of_the_section_keeps_its_place_beside_data_of_the_caller(tmp_path: Path) -> None:
    more = '<hyperparameter name="pad">left</hyperparameter>'
    text = new().replace("</seqgramodel>", TABLE.format(where="file", more=more))
    (tmp_path / "x.csv").touch()
    _, problems = resolved(text, data=tmp_path / "x.csv")
    assert [(problem.id, problem.place.line > 0) for problem in problems] == [("SF0204", True)]
