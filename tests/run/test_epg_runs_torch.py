# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Runs on electropherograms from their definition to reports and predictions, by way of the command line."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from seqforge import cli
from seqforge.data.epg.alleles import read_report
from seqforge.data.epg.panel_files import write_panel
from seqforge.data.epg.reading import write_table
from seqforge.errors import RunError, UsageError
from seqforge.experiment import read
from seqforge.run import Options, Run, conduct
from seqforge.run.electropherograms import predict
from seqforge.run.judging import judge
from seqforge.simulation.electropherogram_files import write_abif_profile
from seqforge.simulation.electropherograms import Simulator
from seqforge.simulation.epg_options import Options as Simulated

pytestmark = pytest.mark.torch
SIMULATED = {"profiles": 12, "donors": 12, "contributors": "1, 2"}
FULL, SHORT = 4096, 1024  # scan points; files of a sequencer are as long as their kit says
NEW, FEW = (Simulator(Simulated(profiles=2, donors=2, contributors=(1,), seed=7, length=n)) for n in (FULL, SHORT))
PARTS = {
    "segmentation": ("UNet", {"depth": 1, "num_filters": 2, "kernel_size": "1, 3"}, {"loss": "DiceLoss"}),
    "reconstruction": ("PerDyeConv1dAutoencoder", {"hidden_channels": 2}, {"loss": "MSELoss"}),
    "peak classification": ("PeakClassifier", {"hidden_channels": "4, 4"}, {"loss": "CrossEntropyLoss"}),
    "peaknet": ("PeakNet", {"hidden_dims": "8, 8"}, {"loss": "CrossEntropyLoss", "scope": "peaks"}),
}


def keys(values: dict[str, object]) -> str:
    return "".join(f'<hyperparameter name="{name}">{value}</hyperparameter>' for name, value in values.items())


def definition(kind: str, parts: tuple | None = None, task: str | None = None) -> str:
    architecture, sizes, loss = parts or PARTS[kind]
    task = task or ("segmentation" if kind == "peaknet" else kind)
    rate, process = {"optimizer": "AdamW", "learning_rate": 0.01}, {"epochs": 1}
    process["batch_size"] = 512 if kind == "peak classification" else 4
    data = SIMULATED | {"length": FULL if kind == "segmentation" else SHORT}
    return f"""<seqgramodel>
    <general id="small-{kind.replace(" ", "-")}"><name>small</name><description>small</description><task>{task}</task>
    <sequencespace>signal</sequencespace><library>PyTorch</library>
    <labels><label>background</label><label>allele</label></labels><seed>1</seed></general>
    <architecture><external format="seqforge" classname="{architecture}"/>
    <hyperparameters>{keys(sizes)}</hyperparameters></architecture>
    <loss>{keys(loss)}</loss><optimizer>{keys(rate)}</optimizer><trainingprocess>{keys(process)}</trainingprocess>
    <data format="epg-simulation">{keys(data)}</data></seqgramodel>"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    made: dict[str, Run] = {}

    def of(kind: str) -> Run:
        if kind not in made:
            folder = tmp_path_factory.mktemp("epg")
            (folder / "small.xml").write_text(definition(kind))
            made[kind] = conduct(read(folder / "small.xml")[0], Options(runs=folder / "runs"))
        return made[kind]

    return of


def seqforge(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(one) for one in arguments], catch_exceptions=False)


def refused(run: Run, given: str | None, output: Path, **options: object) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011 — the kind is part of what is returned
        predict(run, given, output, options, device="cpu")
    return f"{type(caught.value).__name__}: {caught.value}"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.slow
def test_a_segmentation_is_judged_in_points_peaks_and_alleles(trained):
    run = trained("segmentation")
    assert run.state == "finished"
    scores = run.scores["test"]
    assert (scores["set"], scores["task"], scores["alleles"]["truth"]) == ("test", "segmentation", "analyst")
    found = seqforge("evaluate", run.path, "--device", "cpu", "--json")
    assert found.exit_code == 0
    assert json.loads(found.stdout) == scores
    folder = run.path / "evaluation" / "test"
    assert len(rows(folder / "profiles.tsv")) == scores["n"]
    assert {row["of"] for row in rows(folder / "strata.tsv")} == {"points", "peaks", "alleles"}
    page = (run.path / "report.html").read_text()
    for title in ("Scan points", "Peaks", "Alleles against analyst", "By height", "Profiles"):
        assert f"<h2>{title}" in page
    assert "Dice over each batch" in page
    named = {name: rows(folder / "profiles.tsv")[0][name] for name in ("points_tp", "alleles_tp")}
    assert all(value.isdigit() for value in named.values())


@pytest.mark.slow
def test_the_truth_may_be_that_of_donors(trained):
    run = trained("segmentation")
    assert run.scores["test"]["alleles"]["markers"] == "autosomal"
    how = ("--truth", "donors", "--markers", "all", "--ob", "ignore", "--no-report", "--json", "--set", "validation")
    scores = json.loads(seqforge("evaluate", run.path, "--device", "cpu", *how).stdout)
    assert [scores["alleles"][name] for name in ("truth", "ob", "markers")] == ["donors", "ignore", "all"]
    assert scores["alleles"]["profiles_without_truth"] == 0
    assert (scores["set"], list(run.scores)) == ("validation", ["test", "validation"])
    wrong = CliRunner().invoke(cli.app, ["evaluate", str(run.path), "--truth", "donor"])
    assert isinstance(wrong.exception, UsageError) or wrong.exit_code == 2


@pytest.mark.slow
def test_a_set_is_predicted_into_arrays_peaks_alleles_and_plots(trained, tmp_path: Path):
    run, out = trained("segmentation"), tmp_path / "out"
    found = seqforge("predict", run.path, "--set", "test", "-o", out, "--plots", 1, "--device", "cpu", "--json")
    said = json.loads(found.stdout)
    assert (found.exit_code, said["profiles"]) == (0, run.scores["test"]["n"])
    assert sorted(path.name for path in out.iterdir()) == [
        "calls.json", "calls.tsv", "peaks.tsv", "plots", "predictions.npz",
    ]  # fmt: skip
    assert len(list((out / "plots").iterdir())) == 2
    with np.load(out / "predictions.npz", allow_pickle=False) as arrays:
        probabilities, mask = arrays["probabilities"], arrays["mask"]
        assert (probabilities.dtype, probabilities.shape) == (np.float32, (said["profiles"], 5, 4096))
        assert np.array_equal(mask, probabilities >= 0.5)
        assert (arrays["names"].tolist(), len(arrays["base_pairs"])) == (sorted(arrays["names"].tolist()), 4096)
    peaks = rows(out / "peaks.tsv")
    assert {row["true"] for row in peaks} == {"background", "allele"}
    assert all(float(row["p_background"]) + float(row["p_allele"]) == pytest.approx(1, abs=1e-5) for row in peaks)
    judged = json.loads((run.path / "evaluation/test/calls.json").read_text())["profiles"]
    assert json.loads((out / "calls.json").read_text())["profiles"] == judged


@pytest.mark.slow
def test_a_table_is_predicted_as_the_run_s_data_were_read(trained, tmp_path: Path):
    run = trained("segmentation")
    write_table(NEW.table(), tmp_path / "new.npz")
    found = predict(run, str(tmp_path / "new.npz"), tmp_path / "out", {"exact": True}, device="cpu")
    assert (found.count, found.unit) == (2, "profiles")
    calls = json.loads((tmp_path / "out/calls.json").read_text())
    assert (calls["exact"], calls["panel"]) == (True, "simulated")
    named = [call["allele"] for one in calls["profiles"] for call in one["calls"]]
    assert "OB" not in named
    if named:
        assert set(read_report(tmp_path / "out/calls.tsv").samples) <= set(NEW.table().names)


@pytest.mark.slow
def test_files_of_a_sequencer_are_calibrated_first(trained, tmp_path: Path):
    run = trained("segmentation")
    (tmp_path / "runs").mkdir()
    write_abif_profile(tmp_path / "runs" / "one.hid", NEW.camera(0))
    lines: list[str] = []
    found = predict(run, str(tmp_path / "runs"), tmp_path / "out", {}, lines.append, "cpu")
    assert found.count == 1
    assert any("baseline percentile" in line for line in lines)
    with np.load(tmp_path / "out/predictions.npz") as arrays:
        assert (arrays["names"].tolist(), arrays["mask"].shape) == (["one"], (1, 5, 4096))


@pytest.mark.slow
def test_other_profiles_and_options_are_refused(trained, tmp_path: Path):
    run, table = trained("segmentation"), NEW.table()
    out = tmp_path / "out"
    short = replace(
        table, profiles=table.profiles[..., :4000], masks=None, base_pairs=table.base_pairs_of(0)[:4000], peaks=None
    )
    shifted = replace(table, base_pairs=table.base_pairs_of(0) + 60)
    few = replace(table, profiles=table.profiles[:, :4], masks=None, dye_names=None)
    other = replace(table, dye_names=("S1", "S2", "S4", "S3", "S5"))
    wanted = {"short": "4000 scan points", "shifted": "125–535 bp", "few": "4 dyes", "other": "the dyes S1, S2, S4"}
    for (name, message), made in zip(wanted.items(), (short, shifted, few, other), strict=True):
        write_table(made, tmp_path / f"{name}.npz")
        assert message in refused(run, str(tmp_path / f"{name}.npz"), out)
    assert "did you mean 'allele'" in refused(run, None, out, call_labels="alele")
    assert "leave it out, or the input" in refused(run, str(tmp_path / "few.npz"), out, set="test")
    assert "did you mean 'test'" in refused(run, None, out, set="tset")
    assert "did you mean 'svg'" in refused(run, None, out, plots=1, plot_format="svgz")
    assert "say with --plots how many" in refused(run, None, out, plot_format="png")
    (tmp_path / "empty").mkdir()
    assert "expected files of a sequencer (.hid, .fsa" in refused(run, str(tmp_path / "empty"), out)
    assert not out.exists()
    out.mkdir()
    (out / "peaks.tsv").touch()
    assert "peaks.tsv is there already" in refused(run, None, out)


def test_a_model_of_peaks_says_what_it_cannot_reach_and_keeps_to_its_panel(trained, tmp_path: Path):
    run = trained("peaknet")
    scores = run.scores["test"]
    assert scores["unreachable"]["points"] < scores["unreachable"]["of_points"]
    assert scores["peaks"]["n"] == sum(map(sum, scores["peaks"]["confusion_matrix"]))
    found = predict(run, None, tmp_path / "out", {"set": "validation", "plots": 1}, device="cpu")
    with np.load(tmp_path / "out/predictions.npz") as arrays:
        shape = (found.count, 2, 5, SHORT)
        assert arrays["probabilities"].shape == shape
        assert np.allclose(arrays["probabilities"].sum(axis=1), 1, atol=1e-5)
    other = replace(FEW.panel, markers=FEW.panel.markers[:-1])
    write_panel(other, tmp_path / "panel.xml")
    message = refused(run, None, tmp_path / "two", panel=tmp_path / "panel.xml")
    assert "reads the markers of panel simulated by number" in message


def test_reconstructions_are_written_in_rfu(trained, tmp_path: Path):
    run = trained("reconstruction")
    scores = run.scores["test"]
    assert set(scores["dyes"]) == {"S1", "S2", "S3", "S4", "S5"}
    assert run.manifest["latent"].startswith("latent 20 × 32 = 640 values, 8 times fewer than the 5 × 1024")
    write_table(FEW.table(), tmp_path / "new.h5")
    found = predict(run, str(tmp_path / "new.h5"), tmp_path / "out", {"plots": 1, "plot_format": "png"}, device="cpu")
    assert [path.suffix for path in found.files] == [".npz", ".png"]
    with np.load(tmp_path / "out/reconstructions.npz") as arrays:
        assert arrays["profiles"].shape == (2, 5, SHORT)
        assert arrays["profiles"].min() >= 0
    assert "--exact is for alleles" in refused(run, None, tmp_path / "two", exact=True)
    with pytest.raises(UsageError, match="--truth is for alleles"):
        judge(run, device="cpu", options={"truth": "donors"})


def test_peaks_are_classified_one_by_one(trained, tmp_path: Path):
    run = trained("peak classification")
    scores = judge(run, device="cpu", with_report=False).scores
    assert {"accuracy", "f1", "confusion_matrix", "strata"} <= set(scores)
    assert scores["n"] == len(rows(run.path / "evaluation/test/peaks.tsv"))
    write_table(replace(FEW.table(), masks=None), tmp_path / "new.npz")
    found = predict(run, str(tmp_path / "new.npz"), tmp_path / "out", {}, device="cpu")
    assert (found.unit, found.count) == ("peaks", len(rows(tmp_path / "out/peaks.tsv")))
    assert {row["true"] for row in rows(tmp_path / "out/peaks.tsv")} == {""}


SIZED = {  # in a definition of its own, whose data say how many dyes and scan points it has
    "autoencoder": ("reconstruction", "PerDyeConv1dAutoencoder", {"hidden_channels": 2, "depth": 4}, "MSELoss"),
    "peak_classifier": (
        "peak classification",
        "PeakClassifier",
        {"hidden_channels": 4, "embedding_dim": 0},
        "CrossEntropyLoss",
    ),
}
WHOLE = "".join(f'<part name="{name}" definition="parts/{name}.xml"/>' for name in SIZED)


def test_parts_of_definitions_are_built_again_where_their_data_are_gone(tmp_path: Path):
    (tmp_path / "model" / "parts").mkdir(parents=True)
    table = Simulator(Simulated(profiles=6, donors=12, contributors=(1,), seed=3, length=FULL)).table()
    few = replace(
        table,
        profiles=table.profiles[:, :3, :SHORT],
        masks=table.masks[:, :3, :SHORT],
        dye_names=table.dye_names[:3],
        base_pairs=table.base_pairs_of(0)[:SHORT],
        peaks=None,
    )
    write_table(few, tmp_path / "few.npz")
    text = definition("peaknet").replace(
        "</hyperparameters></architecture>", f"</hyperparameters>{WHOLE}</architecture>"
    )
    (tmp_path / "model" / "whole.xml").write_text(of_file(text, "../few.npz"))
    for name, (task, architecture, sizes, loss) in SIZED.items():
        one = definition(name, (architecture, sizes, {"loss": loss}), task)
        (tmp_path / "model" / "parts" / f"{name}.xml").write_text(of_file(one, "../../few.npz"))
    run = conduct(read(tmp_path / "model" / "whole.xml")[0], Options(runs=tmp_path / "runs"))
    assert run.state == "finished"
    again = Run(run.path)
    assert judge(again, device="cpu", with_report=False).scores["n"] == run.scores["test"]["n"]
    (tmp_path / "few.npz").rename(tmp_path / "new.npz")
    with pytest.raises(RunError, match=r"new\.npz: the run's data section names its files itself; give the folder"):
        judge(Run(run.path, tmp_path / "new.npz"), device="cpu")
    found = predict(Run(run.path), str(tmp_path / "new.npz"), tmp_path / "out", {}, device="cpu")
    with np.load(tmp_path / "out/predictions.npz") as arrays:
        assert arrays["probabilities"].shape == (found.count, 2, 3, SHORT)


def of_file(text: str, profiles: str) -> str:
    head, _, rest = text.partition('<data format="epg-simulation">')
    return f'{head}<data format="epg">{keys({"profiles": profiles})}{rest[rest.index("</data>") :]}'
