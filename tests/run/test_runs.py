# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Runs on the NumPy learner: found again, told apart, continued, read back, moved."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_runs

from seqforge import backends
from seqforge.architectures.base import Architecture
from seqforge.backends.fake import FakeLearner
from seqforge.definitions.reader import read_model
from seqforge.errors import (
    NOWHERE,
    BackendError,
    DataError,
    DefinitionError,
    Problem,
    RunError,
    SeqForgeError,
    TrainingError,
)
from seqforge.experiment import Experiment, resolve
from seqforge.files import Lock
from seqforge.run import Options, Run, RunDirectory, conduct, effective, load, resume
from seqforge.run.conductor import open_data
from seqforge.training import checkpoints
from seqforge.training.progress import Training

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _fake_learner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "open_learner", lambda experiment, length, **_: FakeLearner(length, 2))
    monkeypatch.setattr(backends, "prove", lambda experiment, threads: [])


def resolved(path: Path, data: Path | None = None, overrides: tuple[str, ...] = ()) -> Experiment:
    definition, problems = read_model(path, overrides)
    assert definition is not None, problems
    experiment, problems = resolve(definition, data=data)
    assert experiment is not None, problems
    return experiment


@pytest.fixture
def place(tmp_path: Path) -> Path:
    toy_runs.write_definition(tmp_path)
    toy_runs.write_data(tmp_path / "data")
    return tmp_path


def trained(place: Path, overrides: tuple[str, ...] = (), data: str = "data", **settings: Any) -> Run:
    given = place / data
    options = Options(runs=place / "runs", given=given, overrides=overrides, **settings)
    return conduct(resolved(place / "toy.xml", given, overrides), options)


def change(path: Path, before: str, after: str) -> None:
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))


@pytest.fixture
def stop_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, BaseException], None]]:
    """Raise an error after so many steps."""
    advance = Training.advance

    def install(step: int, error: BaseException) -> None:
        def stopping(self: Training, examples: int) -> None:
            advance(self, examples)
            if self.total == step:
                monkeypatch.setattr(Training, "advance", advance)
                raise error

        monkeypatch.setattr(Training, "advance", stopping)

    return install


def test_a_run_folder_holds_everything(place: Path) -> None:
    run = trained(place)
    names = {path.name for path in run.path.iterdir()}
    assert names == {
        *("definition.xml", "effective.json", "manifest.json", "history.jsonl", "checkpoints"),
        *("weights.safetensors", "scores.json", "log.txt", "lock"),
    }
    assert run.path.parent == place / "runs" / "toy"
    assert (run.path / "definition.xml").read_bytes() == (place / "toy.xml").read_bytes()
    manifest = json.loads((run.path / "manifest.json").read_text())
    assert manifest["state"] == run.state == "finished"
    assert manifest["data"]["sizes"] == {"training": 60, "validation": 20, "test": 20}
    assert manifest["seed"] == 4
    assert manifest["versions"].keys() >= {"seqforge", "python", "numpy"}
    assert [epoch["epoch"] for epoch in run.history] == [1, 2, 3]
    assert 0 <= run.scores["test"]["accuracy"] <= 1
    log = (run.path / "log.txt").read_text()
    assert "data: 60 training, 20 validation, 20 test sequences of length 12" in log
    assert "epoch 3/3" in log
    assert "test: 20 examples" in log


def test_the_effective_definition_has_every_default(place: Path) -> None:
    found = effective(resolved(place / "toy.xml", place / "data"))
    adam = found["optimizers"][0]
    assert adam["name"] == "Adam"
    assert (adam["learning_rate"], adam["eps"], adam["clipnorm"], adam["parameters"]) == (0.02, 1e-8, None, None)
    assert found["trainingprocess"]["early_stopping_patience"] == 10
    assert found["general"]["labels"] == ["c1", "c2"]
    assert json.loads(json.dumps(found)) == found


def test_the_same_definition_and_data_are_the_same_run(place: Path) -> None:
    first, lines = trained(place), []
    change(place / "toy.xml", "<description>toy</description>", "<description>words</description>")
    assert trained(place, report=lines.append).path == first.path
    assert any("finished already" in line for line in lines)
    assert any(line.startswith("test: 20 examples") for line in lines)


def test_a_definition_that_was_moved_finds_its_run(place: Path) -> None:
    first = trained(place)
    (place / "other").mkdir()
    shutil.move(place / "toy.xml", place / "other" / "toy.xml")
    shutil.copytree(place / "data", place / "other" / "copied")
    options = Options(runs=place / "runs")
    assert conduct(resolved(place / "other" / "toy.xml", place / "other" / "copied"), options).path == first.path


@pytest.mark.parametrize(
    "changed",
    [
        lambda place: change(place / "toy.xml", ">0.02<", ">0.03<"),
        lambda place: change(place / "toy.xml", "<seed>4</seed>", "<seed>5</seed>"),
        lambda place: change(place / "toy.xml", 'filters="6"', 'filters="7"'),
        lambda place: change(place / "toy.xml", 'epochs">3', 'epochs">4'),
        lambda place: toy_runs.write_data(place / "data", seed=1),
    ],
    ids=["optimizer", "seed", "architecture", "epochs", "data"],
)
def test_whatever_changes_numbers_makes_another_run(place: Path, changed: Callable[[Path], Any]) -> None:
    first = trained(place)
    changed(place)
    assert trained(place).path != first.path
    assert load(first.path).state == "finished"


def test_again_trains_beside_the_first(place: Path) -> None:
    first = trained(place)
    second, third = trained(place, again=True), trained(place, again=True)
    assert [second.path.name, third.path.name] == [f"{first.path.name}-2", f"{first.path.name}-3"]
    contents = {(run.path / "weights.safetensors").read_bytes() for run in (first, second, third)}
    assert len(contents) == 1


@pytest.mark.parametrize("step", [1, 7, 8, 13, 23])
@pytest.mark.parametrize("by", ["definition", "folder"])
def test_an_interrupted_run_is_continued_to_the_same_bytes(
    place: Path, step: int, by: str, stop_at: Callable[[int, BaseException], None]
) -> None:
    """8 steps per epoch, checkpoints after each epoch at most."""
    whole = trained(place)
    shutil.move(whole.path, place / "whole")
    stop_at(step, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        trained(place)
    interrupted = load(place / "runs")
    assert interrupted.state == "interrupted"
    with pytest.raises(RunError, match="interrupted and has no weights yet; wait for its end, or continue it with: "):
        interrupted.weights()
    run = trained(place, resume=True) if by == "definition" else resume(interrupted)
    assert run.path == whole.path
    assert run.state == "finished"
    for name in ("weights.safetensors", "scores.json"):
        assert (run.path / name).read_bytes() == (place / "whole" / name).read_bytes()
    assert len(run.manifest["continued"]) == 1


def test_a_run_that_goes_on_is_told_the_facts_of_its_data_once(
    place: Path, stop_at: Callable[[int, BaseException], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    tell = Experiment.for_facts
    stop_at(7, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        trained(place)
    manifest = load(place / "runs").path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"facts": {}', '"facts": {"class_counts": [30, 30]}'))
    monkeypatch.setattr(Experiment, "for_facts", lambda self, facts: told.append(facts) or tell(self, facts))
    resume(load(place / "runs"))
    assert told == [{"class_counts": [30, 30]}]


def test_a_finished_run_is_not_trained_when_resumed(place: Path) -> None:
    before = trained(place).manifest
    assert trained(place, resume=True).manifest == before
    assert resume(load(place / "runs")).manifest == before


def test_nothing_to_resume_is_said(place: Path) -> None:
    with pytest.raises(RunError, match="there is no run of this definition on this data to resume in"):
        trained(place, resume=True)


def test_a_failed_run_keeps_its_reason(place: Path, stop_at: Callable[[int, BaseException], None]) -> None:
    stop_at(3, TrainingError("the loss became nan"))
    with pytest.raises(TrainingError):
        trained(place)
    run = load(place / "runs")
    assert run.state == "failed"
    assert run.manifest["error"] == "TrainingError: the loss became nan"
    assert trained(place).state == "finished"


def test_a_full_disk_is_one_line_and_the_run_continues(
    place: Path, stop_at: Callable[[int, BaseException], None]
) -> None:
    stop_at(9, OSError(28, "No space left on device"))
    with pytest.raises(
        RunError, match=r"No space left on device; mend it, then continue with: seqforge train .*--resume"
    ):
        trained(place)
    assert load(place / "runs").state == "failed"
    assert trained(place, resume=True).state == "finished"


def test_two_writers_are_refused(place: Path, stop_at: Callable[[int, BaseException], None]) -> None:
    stop_at(3, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        trained(place)
    with Lock(load(place / "runs").path), pytest.raises(RunError, match=r"is being written by process \d+ on "):
        trained(place)
    assert trained(place).state == "finished"


def test_a_lock_of_another_host_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(json.dumps({"pid": 1, "host": "elsewhere.example"}))
    with pytest.raises(RunError, match=r"locked by process 1 on elsewhere.example.*remove .*lock"), Lock(tmp_path):
        pass


def test_a_lock_that_a_dead_process_left_is_taken_over(tmp_path: Path) -> None:
    with Lock(tmp_path):
        left = (tmp_path / "lock").read_bytes()
    (tmp_path / "lock").write_bytes(left.replace(b'"pid": ', b'"pid": 9'))
    with Lock(tmp_path):
        assert (tmp_path / "lock").read_bytes() == left


def test_a_run_is_read_back_from_its_folder_alone(place: Path) -> None:
    first = trained(place)
    shutil.move(place / "runs" / "toy" / first.path.name, place / "elsewhere")
    (place / "toy.xml").unlink()
    run = load(place / "elsewhere")
    assert run.experiment.labels == ("c1", "c2")
    assert set(run.learner().weights()) == set(run.weights()) == {"dense.weight", "dense.bias"}
    assert np.array_equal(run.learner().weights()["dense.bias"], run.weights()["dense.bias"])
    assert run.data().fingerprint == run.manifest["identity"]["data"]


def test_data_that_changed_is_refused_when_read_back(place: Path) -> None:
    run = trained(place)
    toy_runs.write_data(place / "data", seed=5)
    with pytest.raises(RunError, match="the data is no longer the one that the run was trained on"):
        run.data()


def test_a_simulated_run_keeps_its_data_definition(tmp_path: Path) -> None:
    toy_runs.write_definition(tmp_path)
    data = toy_runs.write_data_definition(tmp_path / "dd")
    content = data.read_bytes()
    options = Options(runs=tmp_path / "runs", given=data)
    run = conduct(resolved(tmp_path / "toy.xml", data), options)
    data.unlink()
    assert (run.path / "data-definition.xml").read_bytes() == content
    assert run.data().fingerprint == run.manifest["identity"]["data"]
    assert run.experiment.data_definition is not None


@pytest.mark.parametrize("declared", [False, True])
def test_data_options_of_a_definition_survive_reading_back(tmp_path: Path, declared: bool) -> None:
    path = toy_runs.write_definition(tmp_path)
    toy_runs.write_data_definition(tmp_path / "dd")
    option = '<hyperparameter name="reverse_complement">True</hyperparameter>' if declared else ""
    data = f'<data format="definition"><hyperparameter name="definition">dd/toydata.xml</hyperparameter>{option}</data>'
    change(path, "</seqgramodel>", f"{data}</seqgramodel>")
    run = conduct(resolved(path), Options(runs=tmp_path / "runs"))
    shutil.rmtree(tmp_path / "dd")
    assert getattr(run.experiment.source, "reverse_complement") is declared  # noqa: B009
    assert len(run.data().test or ()) == 40


@pytest.mark.parametrize("path", ["PyTorch/net.py", "{folder}/deep/net.py"])
def test_an_outside_module_is_copied_with_what_it_imports(tmp_path: Path, path: str) -> None:
    definition = toy_runs.write_external(tmp_path, path.format(folder=tmp_path))
    data = toy_runs.write_data(tmp_path / "data")
    run = conduct(resolved(definition, data), Options(runs=tmp_path / "runs", given=data))
    assert {file.name for file in (run.path / "external").iterdir()} == {"net.py", "widths.py"}
    fingerprint = run.experiment.architecture.fingerprint()
    for file in tmp_path.glob("*/widths.py"):
        file.write_text("WIDTH = 9\n")
    again = load(run.path).experiment.architecture
    assert again.fingerprint() == fingerprint
    assert Path(getattr(again, "path")).parent == (run.path / "external").resolve()  # noqa: B009
    (run.path / "external" / "net.py").write_text("")
    with pytest.raises(SeqForgeError, match=r"changed since the run was made|net\.py"):
        _ = load(run.path).experiment


def test_changed_code_is_another_run(tmp_path: Path) -> None:
    definition = toy_runs.write_external(tmp_path)
    data = toy_runs.write_data(tmp_path / "data")
    first = conduct(resolved(definition, data), Options(runs=tmp_path / "runs", given=data))
    (tmp_path / "PyTorch" / "widths.py").write_text("WIDTH = 6\n")
    second = conduct(resolved(definition, data), Options(runs=tmp_path / "runs", given=data))
    assert first.path != second.path


def test_overrides_are_part_of_the_run_and_read_back(place: Path) -> None:
    run = trained(place, ("trainingprocess.epochs=2",))
    assert run.path != trained(place).path
    assert (run.path / "definition.xml").read_bytes() == (place / "toy.xml").read_bytes()
    assert run.experiment.process is not None
    assert run.experiment.process.epochs == 2
    assert len(run.history) == 2


def test_load_says_what_is_not_there(place: Path) -> None:
    with pytest.raises(RunError, match=r"no run is here; expected a folder with manifest\.json"):
        load(place)
    run = trained(place)
    assert load(str(place / "runs" / "toy")).path == run.path
    trained(place, again=True)
    with pytest.raises(RunError, match="2 runs are here; name one: "):
        load(place / "runs")
    (run.path / "manifest.json").write_text('{"state": ')
    with pytest.raises(RunError, match=r"manifest\.json: is damaged"):
        load(run.path)


def test_damaged_weights_are_one_line(place: Path) -> None:
    run = trained(place)
    (run.path / "weights.safetensors").write_bytes(b"\xff" * 20)
    with pytest.raises(RunError, match=r"weights\.safetensors: the weights cannot be read"):
        run.weights()


def test_versions_that_changed_meanwhile_are_warned_of(
    place: Path, stop_at: Callable[[int, BaseException], None]
) -> None:
    stop_at(3, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        trained(place)
    directory, lines = RunDirectory(load(place / "runs").path), []
    directory.update(versions=directory.manifest["versions"] | {"numpy": "0.1"})
    trained(place, report=lines.append)
    assert any(line.startswith("warning: begun with numpy 0.1, continued with ") for line in lines)


class OnAGpu(FakeLearner):
    def summary(self) -> dict[str, Any]:
        return super().summary() | {"device": "cuda", "device_name": "cuda:0 NVIDIA H200"}


@pytest.mark.parametrize(("learner", "name"), [(FakeLearner, "CPU"), (OnAGpu, "cuda:0 NVIDIA H200")])
@pytest.mark.parametrize("known", [True, False])
def test_the_start_names_the_device_and_its_memory(
    learner: type[FakeLearner], name: str, known: bool, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int, str]] = []

    def activation_bytes(self: Architecture, batch_size: int, length: int, precision: str) -> int | None:
        asked.append((batch_size, length, precision))
        return 2_810_000_000 if known else None

    monkeypatch.setattr(backends, "open_learner", lambda experiment, length, **_: learner(length, 2))
    monkeypatch.setattr(Architecture, "activation_bytes", activation_bytes)
    lines: list[str] = []
    run = trained(place, report=lines.append)
    (said,) = (line for line in lines if line.startswith("model: "))
    assert said.endswith(f" on {name}, fp32")
    on_gpu = learner is OnAGpu
    assert asked == [(run.experiment.batch_size, run.manifest["data"]["length"], "fp32")] * on_gpu
    told = [line for line in lines if line.startswith("memory: ")]
    expected = "memory: a step keeps at least 2.8 GB of activations on the GPU for its backward pass"
    assert told == [expected] * (on_gpu and known)


def test_a_run_without_a_test_set_is_scored_on_validation_and_without_any_not(tmp_path: Path) -> None:
    toy_runs.write_definition(tmp_path)
    for name, sizes, scored in (("a", (20, 0), ["validation"]), ("b", (0, 0), [])):
        data = toy_runs.write_data(tmp_path / name, validation=sizes[0], test=sizes[1])
        lines: list[str] = []
        experiment = resolved(tmp_path / "toy.xml", data)
        run = conduct(experiment, Options(runs=tmp_path / "runs", given=data, report=lines.append))
        assert list(run.scores) == scored
        assert run.state == "finished"


def test_balanced_class_weights_reach_the_learner(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    class Weighing(FakeLearner):
        def train_step(self, batch: Any) -> None:
            seen.append(batch.weight)
            super().train_step(batch)

    monkeypatch.setattr(backends, "open_learner", lambda experiment, length, **_: Weighing(length, 2))
    change(place / "toy.xml", "</trainingprocess>", CLASS_WEIGHTS)
    trained(place)
    assert np.concatenate(seen[:8]).mean() == pytest.approx(1, abs=1e-6)
    assert len(np.unique(np.concatenate(seen))) == 2


def test_what_is_wrong_with_the_first_batch_is_said_and_logged_once(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cautious(FakeLearner):
        def training_warnings(self, batch: Any) -> list[str]:
            return [f"nothing moves on {len(batch.index)} sequences"]

    monkeypatch.setattr(backends, "open_learner", lambda experiment, length, **_: Cautious(length, 2))
    run = trained(place)
    assert (run.path / "log.txt").read_text().count("warning: nothing moves on 8 sequences") == 1


CLASS_WEIGHTS = '<hyperparameter name="class_weights">balanced</hyperparameter></trainingprocess>'


def test_no_data_is_said_with_the_way_out(place: Path) -> None:
    experiment = replace(resolved(place / "toy.xml", place / "data"), source=None)
    with pytest.raises(DataError, match="toy names no data, and none lies beside it; give --data"):
        conduct(experiment, Options(runs=place / "runs"))


FEW = ("bins=70", "shortest=60", "training_samples=1", "validation_samples=1", "test_samples=1")


@pytest.mark.parametrize("own", [True, False])
def test_settings_that_say_which_data_to_draw_are_named(tmp_path: Path, own: bool) -> None:
    """Of a data section without files: the definition, or --set that made it."""
    text = (ROOT / "model-defs" / "torch-centromere-small.xml").read_text()
    start, end = text.index("<data"), text.index("</data>") + len("</data>")
    path = tmp_path / "torch-centromere-small.xml"
    path.write_text(text if own else text[:start] + text[end:])
    overrides = (*(() if own else ("data.format=bins-simulation",)), *(f"data.{one}" for one in FEW))
    lines: list[str] = []
    open_data(resolved(path, overrides=overrides), Options(overrides=overrides, report=lines.append))
    (line,) = [line for line in lines if line.startswith("data: ")]
    origin = line.partition(", from ")[2].replace(" and --set ", ", ").replace("--set ", "")
    settings = {override.partition("=")[0] for override in overrides}
    assert set(origin.split(", ")) == settings | ({str(path)} if own else set())


def test_a_learner_that_cannot_open_leaves_a_failed_run(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise BackendError("device 'cuda' is not usable here")

    monkeypatch.setattr(backends, "open_learner", refuse)
    with pytest.raises(BackendError):
        trained(place)
    assert load(place / "runs").state == "failed"


def test_weights_are_the_same_bytes_whatever_the_order_in_memory(tmp_path: Path) -> None:
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    checkpoints.save_weights(tmp_path / "a", {"w": array, "v": array.T})
    checkpoints.save_weights(tmp_path / "b", {"w": np.asfortranarray(array), "v": array.T.copy()})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert np.array_equal(checkpoints.load_weights(tmp_path / "a")["v"], array.T)


def test_a_shape_that_does_not_fit_leaves_no_run(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int | None] = []

    def prove(experiment: Experiment, threads: int | None) -> list[Problem]:
        lengths.append(experiment.length)
        return [Problem(NOWHERE, "SF0502", "7 columns, 2 labels"), Problem(NOWHERE, "SF0504", "x", severity="note")]

    monkeypatch.setattr(backends, "prove", prove)
    with pytest.raises(DefinitionError, match="SF0502: 7 columns, 2 labels"):
        trained(place)
    assert lengths == [12]
    assert not (place / "runs").exists()


def test_a_manifest_without_its_facts_is_damaged(place: Path) -> None:
    run = trained(place)
    (run.path / "manifest.json").write_text('{"state": "finished", "model": "toy"}')
    with pytest.raises(RunError, match=r"manifest.json: is damaged \(run, identity, definition, .* missing\)"):
        load(run.path)
