# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya as its users meet it: owners of parameters, mistakes, averaged weights, a kill, predictions of regions."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import h5py
import killing
import numpy as np
import pybigtools
import pytest
import small_genomes
from typer.testing import CliRunner

from seqforge import cli
from seqforge.architectures.cherimoya_shapes import Sizes
from seqforge.errors import DefinitionError, SeqForgeError
from seqforge.experiment import read
from seqforge.run import Options, Run, conduct

ROOT = Path(__file__).parents[2]
FULL, SMALL = (ROOT / f"model-defs/torch-cherimoya-{name}.xml" for name in ("ctcf", "nexus-small"))
SETS = {"training": (4000, 42), "validation": (500, 10), "test": (500, 10)}
CHANGES = {
    'id="torch-cherimoya-nexus-small"': 'id="tiny"',
    "../data-defs/nexus-sim.xml": "sim.xml",
    'name="n_filters">16<': 'name="n_filters">4<',
    'name="n_layers">3<': 'name="n_layers">1<',
    'name="batch_size">8<': 'name="batch_size">10<',
    'name="epochs">5<': 'name="epochs">3<',
}
LEARNED = (
    '"weights">fixed</hyperparameter>\n'
    '        <hyperparameter name="profile_weight">1</hyperparameter>\n'
    '        <hyperparameter name="count_weight">10<',
    '"weights">learned</hyperparameter>\n        <hyperparameter name="freeze_below">1000000<',
)
SIZES = Sizes(n_filters=4, n_layers=1, groups=(2,))
READ, OUT = 288, 200
pytestmark = pytest.mark.torch


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny definition and its simulation: 4 steps in each of 3 epochs."""
    folder = tmp_path_factory.mktemp("cherimoya")
    sizes = [(f'name="{name}">{many}<', f'name="{name}">{few}<') for name, (many, few) in SETS.items()]
    (folder / "sim.xml").write_text(changed((ROOT / "data-defs/nexus-sim.xml").read_text(), *sizes))
    (folder / "tiny.xml").write_text(changed(SMALL.read_text(), *CHANGES.items()))
    return folder


def command(*words: object) -> str:
    found = CliRunner().invoke(cli.app, [*map(str, words)], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def trained(place: Path, *overrides: str) -> Run:
    return conduct(read(place / "tiny.xml", overrides)[0], Options(runs=place / "runs", overrides=overrides))


# owners


def owners(definition: Path) -> dict[str, list[str]]:
    """Optimizer → names of its parameters, as `seqforge show` prints them; "frozen" for those of none."""
    _, _, printed = command("show", definition).partition("\nparameters\n")
    found: dict[str, list[str]] = {}
    for line in printed.splitlines():
        name, _, owner = re.split(r"  +", line.strip())
        found.setdefault(owner, []).append(name)
    return found


def test_show_prints_the_documented_owners() -> None:
    found = owners(FULL)
    assert list(found) == ["AdamW (*)", "Muon (blocks.*.linear?.weight)"]
    adam, muon = found.values()
    assert muon == [f"blocks.{i}.linear{j}.weight" for i in range(9) for j in (1, 2)]
    rest = [*(f"blocks.{i}.conv_weight" for i in range(9)), "lw0", "lw1"]
    rest += [f"{layer}.{kind}" for layer in ("iconv", "fconv", "linear") for kind in ("weight", "bias")]
    assert sorted(adam) == sorted(rest)


def test_the_first_pattern_that_matches_wins(place: Path) -> None:
    third = """<optimizer parameters="lw?">
        <hyperparameter name="optimizer">SGD</hyperparameter>
        <hyperparameter name="learning_rate">0.001</hyperparameter>
    </optimizer>
    <optimizer parameters="*">"""
    (place / "tiny-three.xml").write_text(
        changed((place / "tiny.xml").read_text(), LEARNED, ('<optimizer parameters="*">', third))
    )
    found = owners(place / "tiny-three.xml")
    assert found["SGD (lw?)"] == ["lw0", "lw1"]
    assert set(found) == {"SGD (lw?)", "AdamW (*)", "Muon (blocks.*.linear?.weight)"}
    assert {"lw0", "lw1"} == set(owners(place / "tiny.xml")["frozen"])


# mistakes: (what is changed into what, the text on whose line it is reported, the message)

TRIM = '"trimming">44</hyperparameter>'
MORE = TRIM + '\n            <hyperparameter name="{}">{}</hyperparameter>'
MISTAKES: list[tuple[tuple[str, str], str, str]] = [
    (
        ('"trimming">44', '"trimming">144'),
        '"trimming">144',
        "trimming: expected (288 − 200)/2 for windows 288 → 200, received 144; take 44",
    ),
    (('"trimming">44', '"trimming">-1'), '"trimming">-1', "expected an integer ≥ 0, or None, received -1"),
    ((TRIM, MORE.format("stem_kernel_size", 20)), '"stem_kernel_size"', "received 20; the nearest is 21"),
    ((TRIM, MORE.format("residual_scale", "nan")), '"residual_scale"', "residual_scale: expected a number"),
    (
        (TRIM, MORE.format("in_window", 300)),
        '"in_window"',
        "expected the data's 288, received 300; take 288",
    ),
    ((TRIM, MORE.format("filters", 8)), '"filters"', "has no argument 'filters'; did you mean 'n_filters'?"),
    (
        (TRIM, MORE.format("n_control_tracks", 2)),
        '<data format="profile-simulation">',
        "the model reads n_control_tracks 2, the data have none; set n_control_tracks to 0",
    ),
    (
        ('"plus, minus"/>', '"plus, minus"><hyperparameter name="counts_per_task">True</hyperparameter></head>'),
        "<architecture>",
        "give every task a head of its own, or remove it",
    ),
    (('"n_layers">1', '"n_layers">0'), '"n_layers">0', "n_layers: expected an integer ≥ 1, received 0"),
    (('tasks="plus, minus"', 'tasks="plus, plus"'), '"plus, plus"', "needs at least one task, and none twice"),
    (
        ("blocks.*.linear?.weight", "blocks.*.dense?.weight"),
        "dense?.weight",
        "pattern 'blocks.*.dense?.weight' matches no trainable parameter",
    ),
    (
        ('<optimizer parameters="*">', '<optimizer parameters="iconv.*">'),
        "blocks.*.linear?.weight",
        "no optimizer owns parameter 'blocks.0.conv_weight' (and 4 more); add an optimizer with parameters=\"*\"",
    ),
    (
        ("blocks.*.linear?.weight", "*"),
        '<optimizer parameters="*">',
        'optimizer 1 of 2 takes every parameter, the later ones none; give it parameters="…"',
    ),
    (
        ("blocks.*.linear?.weight", "lw?"),
        '<optimizer parameters="lw?">',
        "pattern 'lw?' matches only frozen parameters: lw0, lw1; remove it",
    ),
    (('"count_weight">10', '"count_weight">10, 20'), '"count_weight">', "one for each of 1 head(s), received 2"),
    (('"weights">fixed', '"weights">learned'), '"count_weight">', "has no effect where weights are learned"),
    (("counts_pearson", "counts_pearsn"), "counts_pearsn", "did you mean 'counts_pearson'?"),
]


def errors_of(path: Path) -> list[Any]:
    with pytest.raises(DefinitionError) as refused:
        read(path)
    return [problem for problem in refused.value.problems if problem.severity == "error"]


@pytest.mark.parametrize(("change", "where", "message"), MISTAKES, ids=lambda value: str(value)[:30])
def test_a_mistake_is_one_line_where_it_stands(change: tuple[str, str], where: str, message: str, place: Path) -> None:
    path = place / "tiny-wrong.xml"
    path.write_text(changed((place / "tiny.xml").read_text(), change))
    found = [error for error in errors_of(path) if message in error.sentence]
    assert len(found) == 1, [error.sentence for error in errors_of(path)]
    assert "\n" not in found[0].sentence
    lines = path.read_text().splitlines()
    assert where in lines[found[0].place.line - 1]


def test_loss_and_model_weigh_alike(place: Path) -> None:
    path = place / "tiny-wrong.xml"
    path.write_text(changed((place / "tiny.xml").read_text(), LEARNED, (TRIM, MORE.format("weight_scope", "group"))))
    (error,) = errors_of(path)
    assert error.sentence.endswith(
        "weight_scope of the loss is shared, that of the architecture group; give both the same"
    )
    assert error.place.line


def test_odd_windows_are_said_once(tmp_path: Path) -> None:
    """By the data options that say them, not by all that reads them."""
    path = tmp_path / FULL.name
    path.write_text(changed(FULL.read_text(), ('"out_window">1000', '"out_window">999')))
    (error,) = [error for error in errors_of(path) if "window" in error.sentence]
    assert "in_window 2114 minus out_window 999 is odd; the nearest out_window is 1000" in error.sentence
    assert '"out_window"' in path.read_text().splitlines()[error.place.line - 1]


def test_what_this_machine_lacks_is_refused(place: Path) -> None:
    for words, message in [
        (("--device", "cuda:99"), "device 'cuda:99' is not usable here; expected auto or one of cpu"),
        (("--set", "architecture.hyperparameters.kernel=triton", "--device", "cpu"), "kernel 'triton' cannot run"),
    ]:
        with pytest.raises(SeqForgeError) as refused:
            command("train", place / "tiny.xml", "--runs", place / "none", *words)
        assert message in str(refused.value)
        assert "\n" not in str(refused.value)


# training


def test_the_averaged_weights_are_judged_and_kept(place: Path) -> None:
    """Averages that hardly move stay the initial weights, and so does what is written and evaluated."""
    slow = trained(place, "trainingprocess.ema_decay=0.999999")
    start = SIZES.initial(seed=1)
    assert all(np.abs(slow.weights()[name] - values).max() < 1e-5 for name, values in start.items())
    assert "the averaged weights are 100.0% the initial ones" in (slow.path / "log.txt").read_text()
    watched = [row["validation_loss"] for row in slow.history]
    assert max(watched) - min(watched) < 1e-3 * watched[0]
    assert slow.history[-1]["loss"] < slow.history[0]["loss"]
    again = json.loads(command("evaluate", slow.path, "--set", "validation", "--no-report", "--json"))
    assert again["loss"] == pytest.approx(watched[0], rel=1e-3)
    raw = trained(place, "trainingprocess.ema_decay=0.999999", "trainingprocess.ema_evaluate=False")
    assert [row["loss"] for row in raw.history] == [row["loss"] for row in slow.history]
    assert np.abs(raw.weights()["iconv.weight"] - start["iconv.weight"]).max() > 1e-3


@pytest.mark.slow
def test_a_killed_run_continues_to_the_same_bytes(place: Path) -> None:
    """Killed in the second epoch, after the loss weights were frozen, between two steps of the schedule."""
    (place / "tiny-learned.xml").write_text(changed((place / "tiny.xml").read_text(), LEARNED))
    killing.check_continued(place, ("tiny-learned.xml",), [(7, signal.SIGKILL, -signal.SIGKILL)])
    (folder,) = place.glob("killed-7-*/*/*")
    first, *later = Run(folder).history
    assert (first["step"], len(later)) == (4, 2)
    assert first["lw0_gradient"] < 0
    assert {row["lw0_gradient"] for row in later} == {0}
    assert len({row["lw0"] for row in later}) == 1


def test_a_run_says_once_what_its_blocks_are_computed_with(place: Path) -> None:
    from seqforge.kernels import cheri

    cheri._tell.cache_clear()  # of the runs before this one, in the same process
    run = trained(place, "general.seed=3", "trainingprocess.epochs=1")
    said = [line for line in (run.path / "log.txt").read_text().splitlines() if "kernels: torch, " in line]
    assert len(said) == 1


# predictions


def test_regions_become_files(place: Path) -> None:
    """HDF5 and bigWig say the same, and padding is warned of: it changes the statistics of the whole window."""
    run = trained(place)
    sizes = {"chr1": 900}
    small_genomes.write_fasta(place / "genome.fa", small_genomes.sequences(sizes))
    small_genomes.write_bed(place / "regions.bed", [("chr1", 340, 360), ("chr1", 640, 660)])
    words = (run.path, place / "regions.bed", "--genome", place / "genome.fa")
    command("predict", *words, "-o", place / "found.h5", "--bigwig", f"{place}/found")
    found = run.predict(place / "regions.bed", genome=place / "genome.fa")
    with h5py.File(place / "found.h5") as file:
        assert file["head_0/logits"].shape == (2, OUT, 2)
        np.testing.assert_allclose(file["head_0/logcounts"][:], found.logcounts["nexus"][:, 0], atol=1e-6)
    for number, task in enumerate(("plus", "minus")):
        track = pybigtools.open(str(place / f"found_nexus_{task}.bw")).values("chr1", 250, 450)
        np.testing.assert_allclose(track, found.reads["nexus"][0, :, number], rtol=1e-5)
    total = found.reads["nexus"].sum(axis=(1, 2))
    np.testing.assert_allclose(total, np.exp(found.logcounts["nexus"][:, 0]) - 1, rtol=1e-4)
    small_genomes.write_bed(place / "edge.bed", [("chr1", 100, 120)])
    words = (run.path, place / "edge.bed", "--genome", place / "genome.fa", "--edges", "pad", "-o", place / "edge.h5")
    result = CliRunner().invoke(cli.app, ["predict", *map(str, words)])
    assert result.exit_code == 0, result.output
    assert "a longer window, a crop or padding changes all values" in result.stderr
