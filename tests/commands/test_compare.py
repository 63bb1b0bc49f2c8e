# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge compare` on runs of the NumPy learner: what differs, what is best, and every way to call it wrong."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import toy_runs
from typer.testing import CliRunner

from seqforge import cli
from seqforge.errors import RunError, SeqForgeError, UsageError
from seqforge.experiment import read
from seqforge.run import Options, Run, conduct, load

Trained = Callable[..., Run]
FRAMEWORKS = ("torch", "tensorflow", "keras", "jax", "triton")


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """`trained(*overrides, data="data", again=False)`: a run of the toy definition."""
    toy_runs.prepare(tmp_path, monkeypatch)

    def training(*overrides: str, data: str = "data", definition: str = "toy.xml", again: bool = False) -> Run:
        experiment, _ = read(definition, overrides, data=Path(data))
        return conduct(experiment, Options(given=Path(data), overrides=overrides, again=again))

    return training


def called(*arguments: Any) -> str:
    result = CliRunner().invoke(cli.app, ["compare", *map(str, arguments)])
    assert result.exit_code == 0, result.exception
    return result.output


def refused(kind: type[SeqForgeError], *arguments: Any) -> str:
    error = CliRunner().invoke(cli.app, ["compare", *map(str, arguments)]).exception
    assert isinstance(error, kind), error
    assert "\n" not in str(error)
    return str(error)


def rows(output: str) -> dict[str, list[str]]:
    """Name of a row → its cells, of lines that have a name of one word and a cell per run."""
    cells = (line.split() for line in output.splitlines() if line.startswith("  "))
    return {name: values for name, *values in cells}


def compared(*arguments: Any) -> dict[str, Any]:
    return json.loads(called(*arguments, "--json"))


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def score(run: Run, **values: Any) -> None:
    """Give a run other scores on its test set."""
    change(run.path / "scores.json", test=run.scores["test"] | values)


def test_only_what_differs_is_shown(trained: Trained) -> None:
    one, two = trained(), trained("optimizer.learning_rate=0.03", "trainingprocess.epochs=4")
    output = called(one.path, two.path)
    assert output.startswith(f"1  {one.path}  finished\n2  {two.path}  finished\n")
    shown = rows(output[output.index("what differs") : output.index("training\n")])
    assert shown == {"optimizer.learning_rate": ["0.02", "0.03"], "trainingprocess.epochs": ["3", "4"]}
    assert rows(output)["epochs"] == ["3", "4"]
    assert "test set" in output
    assert "note:" not in output


def test_json_has_a_record_per_run(trained: Trained) -> None:
    one, two = trained(), trained("trainingprocess.epochs=4")
    found = compared(one.path, two.path)
    assert (found["set"], found["notes"]) == ("test", [])
    assert [side["settings"] for side in found["runs"]] == [
        {"trainingprocess.epochs": 3},
        {"trainingprocess.epochs": 4},
    ]
    for side, run in zip(found["runs"], (one, two), strict=True):
        best = run.manifest["best"]
        assert (side["run"], side["path"], side["state"]) == (run.id, str(run.path), "finished")
        assert side["task"] == "multi-class classification"
        assert side["training"]["best_epoch"] == best["epoch"]
        assert side["training"]["validation_loss"] == best["value"]
        assert side["training"]["epochs"] == len(run.history)
        assert side["scores"]["accuracy"] == run.scores["test"]["accuracy"]
        assert "labels.c1.f1" not in side["scores"]


def test_the_best_is_the_metric_s_best(trained: Trained) -> None:
    runs = [trained(f"general.seed={seed}") for seed in (1, 2, 3)]
    for run, (accuracy, loss) in zip(runs, ((0.5, 0.3), (0.9, 0.2), (0.9, 0.4)), strict=True):
        score(run, accuracy=accuracy, loss=loss, f1=0.7, mean_squared_error=loss, roc_auc_micro=accuracy, n=accuracy)
    best = compared(*(run.path for run in runs))["best"]
    assert best["accuracy"] == best["roc_auc_micro"] == [1, 2]
    assert best["loss"] == best["mean_squared_error"] == [1]
    assert "f1" not in best  # all alike
    assert "n" not in best
    assert rows(called(*(run.path for run in runs)))["accuracy"] == ["0.5", "0.9*", "0.9*"]


def test_numbers_that_look_alike_get_more_digits(trained: Trained) -> None:
    one, two = trained(), trained("general.seed=5")
    score(one, accuracy=0.99999)
    score(two, accuracy=1.0)
    assert rows(called(one.path, two.path))["accuracy"] == ["0.99999", "1*"]


def test_runs_that_are_the_same_but_for_their_folders(trained: Trained) -> None:
    one, two = trained(), trained(again=True)
    output = called(one.path, two.path)
    assert "what differs\n  nothing\n" in output
    assert "*" not in output


def test_names_and_descriptions_do_not_count(trained: Trained, tmp_path: Path) -> None:
    other = toy_runs.write_definition(tmp_path, id="other")
    other.write_text(other.read_text().replace("<name>toy</name>", "<name>words</name>"))
    one, two = trained(), trained(definition="other.xml")
    assert [side["settings"] for side in compared(one.path, two.path)["runs"]] == [{}, {}]


def test_a_folder_stands_for_the_runs_below_it(trained: Trained) -> None:
    runs = [trained(f"general.seed={seed}") for seed in (1, 2, 3)]
    assert {side["run"] for side in compared("runs")["runs"]} == {run.id for run in runs}
    assert compared("runs/toy")["runs"] == compared("runs")["runs"]
    assert [list(side["settings"]) for side in compared("runs")["runs"]] == [["general.seed"]] * 3


def test_lists_of_one_length_are_compared_by_item_and_others_by_name(trained: Trained, tmp_path: Path) -> None:
    text = (tmp_path / "toy.xml").read_text()
    longer = text.replace('<operation rate="0.2">', "<operation>BatchNormalization</operation><operation rate='0.2'>")
    (tmp_path / "longer.xml").write_text(longer)
    (tmp_path / "wider.xml").write_text(text.replace('filters="6"', 'filters="9"'))
    one, two, three = trained(), trained(definition="wider.xml"), trained(definition="longer.xml")
    assert [side["settings"] for side in compared(one.path, two.path)["runs"]] == [
        {"architecture.layers[1].filters": 6},
        {"architecture.layers[1].filters": 9},
    ]
    layers = [side["settings"] for side in compared(one.path, three.path)["runs"]]
    assert layers == [
        {"architecture.layers": ["Conv1D", "GlobalMaxPool1D", "Dropout", "Dense"]},
        {"architecture.layers": ["Conv1D", "GlobalMaxPool1D", "BatchNormalization", "Dropout", "Dense"]},
    ]
    assert "Conv1D, GlobalMaxPool1D, Drop…" in called(one.path, three.path)


def test_another_optimizer_shows_what_either_has(trained: Trained) -> None:
    one, two = trained(), trained("optimizer.optimizer=SGD")
    sides = [side["settings"] for side in compared(one.path, two.path)["runs"]]
    assert [side["optimizer.name"] for side in sides] == ["Adam", "SGD"]
    assert "optimizer.betas" in sides[0]
    assert "optimizer.betas" not in sides[1]
    assert "optimizer.learning_rate" not in sides[0]  # both have 0.02
    assert rows(called(one.path, two.path))["optimizer.momentum"] == ["–", "0.0"]


def test_other_data_are_said(trained: Trained, tmp_path: Path) -> None:
    toy_runs.write_data(tmp_path / "more", training=80, seed=2)
    one, two = trained(), trained(data="more")
    found = compared(one.path, two.path)
    assert found["notes"] == ["the data differ; scores are of different examples"]
    assert [side["settings"]["data.sizes.training"] for side in found["runs"]] == [60, 80]
    prints = [side["settings"]["data.fingerprint"] for side in found["runs"]]
    assert prints == [run.manifest["identity"]["data"][:12] for run in (one, two)]


def test_other_versions_and_devices_are_said(trained: Trained) -> None:
    one, two = trained(), trained(again=True)
    change(two.path / "manifest.json", device="cuda:0", versions=two.manifest["versions"] | {"numpy": "1.26.0"})
    settings = [side["settings"] for side in compared(one.path, two.path)["runs"]]
    assert settings[1] == {"versions.numpy": "1.26.0", "device": "cuda:0"}
    assert settings[0].keys() == settings[1].keys()


def test_losses_of_two_kinds_are_not_compared(trained: Trained) -> None:
    one, two = trained(), trained("loss.label_smoothing=0.1")
    score(one, loss=1.0, accuracy=0.1)
    score(two, loss=2.0, accuracy=0.2)
    found = compared(one.path, two.path)
    assert found["notes"] == ["the losses or their weights differ; their values are not compared"]
    assert found["best"].keys().isdisjoint({"loss", "validation_loss"})
    assert found["best"]["accuracy"] == [1]


def test_a_set_that_was_not_judged_names_the_command(trained: Trained) -> None:
    one, two = trained(), trained("general.seed=5")
    one.evaluate("validation")
    output = called(one.path, two.path, "--set", "validation")
    assert "validation set" in output
    assert rows(output)["accuracy"][1] == "–"
    way_out = f"note: 2: not judged on the validation set; seqforge evaluate {two.path} --set validation"
    assert output.endswith(f"{way_out}\n")
    arguments = way_out.split("seqforge ")[1].split()
    assert CliRunner().invoke(cli.app, [*arguments, "--no-report"]).exit_code == 0
    assert "note:" not in called(one.path, two.path, "--set", "validation")


def test_a_set_that_the_data_lack_is_said(trained: Trained, tmp_path: Path) -> None:
    toy_runs.write_data(tmp_path / "less", test=0)
    one, two = trained(), trained(data="less")
    assert "2: its data have no test set" in compared(one.path, two.path)["notes"]


def test_an_unfinished_run_is_compared_by_its_history(trained: Trained) -> None:
    one, two = trained(), trained("general.seed=5")
    whole = compared(one.path, two.path)["runs"][1]["training"]
    manifest = {name: value for name, value in two.manifest.items() if name != "best"} | {"state": "interrupted"}
    (two.path / "manifest.json").write_text(json.dumps(manifest))
    (two.path / "scores.json").unlink()
    found = compared(one.path, two.path)
    assert found["runs"][1]["training"] == whole
    note = f"2: interrupted after 3 epochs, no scores yet; seqforge train {two.path} --resume"
    assert note in found["notes"]


@pytest.mark.parametrize("monitor", ["validation_accuracy", "accuracy"])
def test_the_watched_value_is_shown_for_all(trained: Trained, monitor: str) -> None:
    one, two = trained(), trained(f"trainingprocess.early_stopping_monitor={monitor}")
    for unfinished in (False, True):
        if unfinished:
            kept = {name: value for name, value in two.manifest.items() if name != "best"}
            (two.path / "manifest.json").write_text(json.dumps(kept))
        first, second = (side["training"] for side in compared(one.path, two.path)["runs"])
        assert second["validation_accuracy"] == max(epoch["validation_accuracy"] for epoch in two.history)
        assert first["validation_accuracy"] == one.history[first["best_epoch"] - 1]["validation_accuracy"]
        assert second["validation_loss"] == two.history[second["best_epoch"] - 1]["validation_loss"]


def test_tasks_that_differ_share_some_rows(trained: Trained) -> None:
    one, two = trained(), trained("general.seed=5")
    effective = two.effective
    effective["general"]["task"] = "regression"
    change(two.path / "effective.json", **effective)
    change(two.path / "scores.json", test={"n": 20, "loss": 0.3, "pearson_r": 0.5})
    found = compared(one.path, two.path)
    assert found["notes"][0] == (
        "the tasks differ (multi-class classification: 1; regression: 2); only what all runs share is compared"
    )
    assert found["runs"][0]["settings"] == {"general.task": "multi-class classification", "general.seed": 4}
    assert [list(side["scores"]) for side in found["runs"]] == [["n", "loss"]] * 2


def test_metrics_are_chosen_by_any_spelling(trained: Trained) -> None:
    one, two = trained(), trained("general.seed=5")
    wanted = [word for name in ("MCC", "ROC_AUC", "labels.c1.f1") for word in ("--metric", name)]
    scores = compared(one.path, two.path, *wanted)["runs"][0]["scores"]
    assert list(scores) == ["matthews_correlation", "roc_auc", "labels.c1.f1"]
    assert scores["labels.c1.f1"] == one.scores["test"]["labels"]["c1"]["f1"]


def test_a_metric_of_a_set_that_nobody_judged(trained: Trained) -> None:
    one, two = trained(), trained("general.seed=5")
    output = called(one.path, two.path, "--set", "training", "--metric", "f1")
    assert rows(output)["f1"] == ["–", "–"]
    assert output.count("not judged on the training set") == 2


def test_judged_with_different_options_is_said(trained: Trained) -> None:
    one, two = trained(), trained("general.seed=5")
    score(one, judging={"smoothing": 0.0})
    score(two, judging={"smoothing": 3.0})
    assert compared(one.path, two.path)["notes"] == ["judged with different judging.smoothing: 0.0, 3.0"]


def test_the_table_has_a_row_per_run(trained: Trained, tmp_path: Path) -> None:
    one, two = trained(), trained("general.seed=5", "trainingprocess.epochs=4")
    assert called("runs", "-o", "table.tsv").endswith("table: table.tsv\n")
    with open("table.tsv", newline="") as file:
        found = list(csv.DictReader(file, delimiter="\t"))
    assert {row["run"] for row in found} == {one.id, two.id}
    by_id = {row["run"]: row for row in found}
    assert by_id[two.id]["trainingprocess.epochs"] == by_id[two.id]["epochs"] == "4"
    assert float(by_id[one.id]["test.accuracy"]) == one.scores["test"]["accuracy"]
    assert by_id[one.id]["general.seed"] == "4"
    json.loads(CliRunner().invoke(cli.app, ["compare", "runs", "-o", "t.tsv", "--json"]).stdout)


def test_no_framework_is_imported_and_nothing_is_written(trained: Trained) -> None:
    runs = [trained(), trained("general.seed=5")]
    before = {path: path.stat().st_mtime_ns for run in runs for path in run.path.rglob("*")}
    code = "import sys; from seqforge import cli; sys.argv = ['seqforge', 'compare', 'runs']; "
    code += f"cli.app(standalone_mode=False); print([name for name in {FRAMEWORKS} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert {path: path.stat().st_mtime_ns for run in runs for path in run.path.rglob("*")} == before


# wrong calls


def test_one_run_is_too_few(trained: Trained) -> None:
    run = trained()
    assert refused(UsageError, run.path) == f"expected two runs or more, received one: {run.path}"
    assert refused(UsageError, "runs") == f"expected two runs or more, received one: {run.path}"


def test_a_run_twice_is_refused(trained: Trained) -> None:
    one, two = trained(), trained("general.seed=5")
    wanted = f"{one.path.absolute()}: this run is given twice; name it once"
    assert refused(UsageError, one.path, two.path, one.path.absolute()) == wanted
    assert refused(UsageError, "runs", two.path) == f"{two.path}: this run is given twice; name it once"


@pytest.mark.parametrize("path", ["data", "toy.xml", "nowhere"])
def test_what_is_no_run_is_refused(trained: Trained, path: str) -> None:
    run = trained()
    assert refused(RunError, run.path, path).startswith(f"{path}: no run is here; expected a folder with manifest.json")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "tests"), "unknown set 'tests'; did you mean 'test'?"),
        (("--set", "x"), "unknown set 'x'; expected one of training, validation, test"),
        (("--metric", "acuracy"), "unknown metric 'acuracy'; did you mean 'accuracy'?"),
        (("--metric", "iou"), "unknown metric 'iou'; expected one of n, loss, accuracy, "),
        (("--metric", "iouu", "--set", "training"), "unknown metric 'iouu'; did you mean 'iou'?"),
        (("-o", "nowhere/table.tsv"), "-o nowhere/table.tsv: expected a file in a folder that exists"),
        (("-o", "data"), "-o data: expected a file in a folder that exists"),
    ],
)
def test_wrong_options_are_refused(trained: Trained, arguments: tuple[str, ...], message: str) -> None:
    one, two = trained(), trained("general.seed=5")
    assert refused(UsageError, one.path, two.path, *arguments).startswith(message)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("effective.json", "{", "effective.json: is damaged"),
        ("effective.json", "{}", "effective.json: is damaged ('general' missing)"),
        ("effective.json", None, "effective.json: cannot be read (No such file or directory)"),
        ("manifest.json", "{}", "manifest.json: is damaged (state, model"),
        ("scores.json", "[]", "scores.json: is damaged (expected a JSON object)"),
        ("scores.json", '{"test": [1]}', "scores.json: is damaged (expected an object as 'test')"),
    ],
)
def test_damaged_runs_are_named(trained: Trained, file: str, text: str | None, message: str) -> None:
    one, two = trained(), trained("general.seed=5")
    (two.path / file).unlink() if text is None else (two.path / file).write_text(text)
    assert refused(RunError, one.path, two.path).startswith(f"{two.path}/{message}")


def test_a_run_without_history_or_scores_has_dashes(trained: Trained, tmp_path: Path) -> None:
    one, two = trained(), trained("general.seed=5")
    (two.path / "history.jsonl").write_text("")
    (two.path / "scores.json").unlink()
    kept = {name: value for name, value in two.manifest.items() if name not in ("best", "parameters", "versions")}
    (two.path / "manifest.json").write_text(json.dumps(kept))
    shutil.move(two.path, tmp_path / "a run")
    output = called(one.path, "a run")
    assert rows(output)["epochs"] == ["3", "–"]
    assert rows(output)["parameters"][1] == "–"
    assert "seqforge evaluate 'a run' --set test" in output
    assert load("a run").history == []
