# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Definitions of models that read named arrays: what must fit together, and their parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seqforge.architectures.parts import RunPart
from seqforge.definitions.reader import errors, read_model
from seqforge.errors import Problem
from seqforge.experiment import Experiment, resolve

MODELS = Path(__file__).parents[2] / "model-defs"


def changed(folder: Path, name: str, *pairs: tuple[str, str]) -> tuple[Experiment | None, list[Problem]]:
    """A shipped definition with texts replaced, resolved in `folder`."""
    text = (MODELS / f"{name}.xml").read_text(encoding="utf-8")
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = folder / f"{name}.xml"
    file.write_text(text, encoding="utf-8")
    definition, problems = read_model(file)
    assert definition is not None, problems
    return resolve(definition)


def sentences(found: list[Problem], severity: str = "error") -> list[str]:
    return [f"{one.place.line}: {one.id} {one.message}" for one in found if one.severity == severity]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "<task>segmentation<",
            "<task>reconstruction<",
            "SF0341 architecture 'UNet' does not have task 'reconstruction'",
        ),
        (">signal<", ">DNA<", "SF0341 task 'segmentation' does not go with sequencespace 'DNA'"),
        (">log1p<", ">log2<", "SF0204"),
        (">PyTorch<", ">Keras<", "SF0408 architecture 'UNet' does not exist on Keras"),
        (">DiceLoss<", ">BPNetLoss<", "SF0301 loss 'BPNetLoss' does not fit task 'segmentation'"),
        (
            '">DiceLoss</hyperparameter>',
            '">DiceLoss</hyperparameter><hyperparameter name="input">logits</hyperparameter>',
            "SF0342 loss 'DiceLoss' has input logits, but architecture 'UNet' puts out probabilities",
        ),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    experiment, problems = changed(tmp_path, "torch-dnanet-unet", (old, new))
    found = sentences(problems)
    assert experiment is None
    assert any(message in one for one in found), found


def test_architectures_of_sequences_are_refused(tmp_path: Path) -> None:
    text = (MODELS / "torch-dnanet-unet.xml").read_text(encoding="utf-8")
    own = text[text.index("    <hyperparameters>") : text.index("    </hyperparameters>\n") + 23]
    _, problems = changed(tmp_path, "torch-dnanet-unet", ('"UNet"', '"Basset"'), (own, ""))
    message = "SF0341 architecture 'Basset' reads sequences, task 'segmentation' has none"
    assert any(message in one for one in sentences(problems)), problems


def test_data_of_another_kind_are_refused(tmp_path: Path) -> None:
    table = '<data format="table"><hyperparameter name="folder">x</hyperparameter></data>'
    text = (MODELS / "torch-dnanet-unet.xml").read_text(encoding="utf-8")
    section = text[text.index("  <data") : text.index("</data>") + len("</data>")]
    _, problems = changed(tmp_path, "torch-dnanet-unet", (section, table))
    assert any("SF0341 data format 'table' has nothing for task 'segmentation'" in one for one in sentences(problems))


def test_the_loss_takes_what_the_model_puts_out(tmp_path: Path) -> None:
    for kind in ("probabilities", "logits"):
        experiment, problems = changed(tmp_path, "torch-dnanet-unet", (">probabilities<", f">{kind}<"))
        assert experiment is not None, problems
        assert experiment.loss is not None
        assert experiment.loss.settings()["input"] == kind


def test_a_model_without_parameters_is_not_trained(tmp_path: Path) -> None:
    experiment, problems = changed(tmp_path, "torch-dnanet-fourier-autoencoder")
    assert experiment is not None
    assert experiment.process is None
    assert not errors(problems)
    process = (
        '  <trainingprocess><hyperparameter name="batch_size">4</hyperparameter>'
        '<hyperparameter name="epochs">1</hyperparameter></trainingprocess>\n  <data format'
    )
    _, problems = changed(tmp_path, "torch-dnanet-fourier-autoencoder", ("  <data format", process))
    (found,) = sentences(problems)
    assert "SF0343 architecture 'FourierAutoencoder' has no parameters, there is nothing to train" in found


def test_a_rate_that_falls_to_nothing_is_warned_of(tmp_path: Path) -> None:
    _, problems = changed(tmp_path, "torch-dnanet-unet", ('"epochs">15<', '"epochs">100<'))
    (found,) = sentences(problems, "warning")
    assert "SF0344 gamma 0.8 over 100 epochs leaves 3e-10 of the learning rate" in found


def test_a_sigmoid_decoder_wants_scaled_data(tmp_path: Path) -> None:
    _, problems = changed(tmp_path, "torch-dnanet-perdye-autoencoder", (">log1p<", ">none<"))
    assert any("SF0345" in one and "the data are not scaled" in one for one in sentences(problems))


def test_sizes_of_autoencoders_are_those_of_the_data_also_without_labels(tmp_path: Path) -> None:
    declared = '<hyperparameter name="in_channels">6</hyperparameter><hyperparameter name="depth">5<'
    _, problems = changed(tmp_path, "torch-dnanet-perdye-autoencoder", ('<hyperparameter name="depth">5<', declared))
    (found,) = sentences(problems)
    assert "SF0561 in_channels: expected 5, the number of dyes, received 6" in found
    _, problems = changed(
        tmp_path, "torch-dnanet-fourier-autoencoder", ('"latent_coeffs">256<', '"latent_coeffs">2050<')
    )
    (found,) = sentences(problems)
    assert "latent_coeffs: expected 1 to signal_length // 2 + 1 = 2049, received 2050" in found


def peaknet(folder: Path, *pairs: tuple[str, str]) -> tuple[Experiment | None, list[Problem]]:
    for name in ("torch-dnanet-perdye-autoencoder", "torch-dnanet-peaks-flat"):
        (folder / f"{name}.xml").write_text((MODELS / f"{name}.xml").read_text(encoding="utf-8"), encoding="utf-8")
    return changed(folder, "torch-dnanet-peaknet-mlp", *pairs)


def test_parts_are_runs_or_definitions(tmp_path: Path) -> None:
    experiment, problems = peaknet(tmp_path)
    assert experiment is not None, problems
    given, frozen = experiment.architecture.given, experiment.architecture.frozen
    classifier = given["peak_classifier"]
    assert isinstance(classifier, RunPart)
    assert classifier.fresh
    assert not classifier.trained
    assert dict(frozen) == {"autoencoder": True, "peak_classifier": False}
    assert any("SF0436 no finished run at" in one for one in sentences(problems, "warning"))


def test_parts_that_are_not_given_are_built_with_their_defaults(tmp_path: Path) -> None:
    text = (MODELS / "torch-dnanet-peaknet-mlp.xml").read_text(encoding="utf-8")
    lines = [line + "\n" for line in text.splitlines() if "<part " in line]
    experiment, problems = peaknet(tmp_path, *((line, "") for line in lines))
    assert experiment is not None, problems
    assert not experiment.architecture.given


RUN = 'run="torch-dnanet-perdye-autoencoder" freeze="true"'


@pytest.mark.parametrize(
    ("old", "new", "severity", "message"),
    [
        (
            RUN,
            'definition="torch-dnanet-perdye-autoencoder.xml" freeze="true"',
            "warning",
            "is frozen, but not trained",
        ),
        (RUN, 'definition="nowhere.xml"', "error", "nowhere.xml"),
        (RUN, 'definition="torch-dnanet-peaks-flat.xml"', "error", "expected an autoencoder"),
        (
            '"combiner">mlp</hyperparameter>',
            '"combiner">mlp</hyperparameter><hyperparameter name="freeze_autoencoder">False</hyperparameter>',
            "error",
            "freeze_autoencoder is False, but part 'autoencoder' is frozen",
        ),
        ('"combiner">mlp<', '"combiner">mean<', "error", "mlp, film, attention"),
    ],
)
def test_parts_that_do_not_fit(tmp_path: Path, old: str, new: str, severity: str, message: str) -> None:
    _, problems = peaknet(tmp_path, (old, new))
    found = [f"{one.message}; {one.hint}" for one in problems if one.severity == severity]
    assert any(message in one for one in found), [str(one) for one in problems]


def test_a_fresh_part_of_other_settings_is_another_model(tmp_path: Path) -> None:
    prints = []
    for width in ("3", "7"):
        experiment, problems = peaknet(tmp_path)
        assert experiment is not None, problems
        file = tmp_path / "torch-dnanet-peaks-flat.xml"
        text = file.read_text(encoding="utf-8")
        setting = f'"pooling">flat</hyperparameter><hyperparameter name="kernel_size">{width}</hyperparameter>'
        file.write_text(text.replace('"pooling">flat</hyperparameter>', setting), encoding="utf-8")
        definition, _ = read_model(tmp_path / "torch-dnanet-peaknet-mlp.xml")
        assert definition is not None
        experiment, _ = resolve(definition)
        assert experiment is not None
        prints.append(experiment.architecture.fingerprint())
    assert prints[0] != prints[1]


@pytest.mark.parametrize("name", ["torch-dnanet-peaks-flat", "torch-dnanet-peaknet-mlp"])
def test_more_markers_than_the_model_knows_are_refused(tmp_path: Path, name: str) -> None:
    known = '"pooling">flat</hyperparameter><hyperparameter name="n_markers">3</hyperparameter>'
    _, problems = peaknet(tmp_path)
    assert not errors(problems)
    few = (MODELS / "torch-dnanet-peaks-flat.xml").read_text(encoding="utf-8")
    few = few.replace('"pooling">flat</hyperparameter>', known)
    (tmp_path / "torch-dnanet-peaks-flat.xml").write_text(few, encoding="utf-8")
    definition, _ = read_model(tmp_path / f"{name}.xml")
    assert definition is not None
    experiment, problems = resolve(definition)
    assert experiment is None
    (found,) = sentences(problems)
    assert "SF0724 the peaks have markers 0.." in found
    assert found.endswith("the model n_markers 3")


def trained(folder: Path, name: str, *pairs: tuple[str, str], **facts: int) -> str:
    """A shipped definition with texts replaced, as the run folder that its training leaves; the `run` that names it."""
    text = (MODELS / f"{name}.xml").read_text(encoding="utf-8")
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    run = folder / "runs" / name / "1"
    run.mkdir(parents=True)
    (run / "definition.xml").write_text(text, encoding="utf-8")
    (run / "weights.safetensors").touch()
    said = {"definition": "definition.xml", "overrides": [], "files": {}, "data_definition": None}
    manifest = {"state": "finished", "model": name, "run": "1", **said, "data": {"facts": facts}}
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return f'run="{run}" freeze="true"'


LINEAR = (">log1p<", ">linear<")
SMALL_RFU = ("<hyperparameter name=\"scale\">log1p<", "<hyperparameter name=\"max_rfu\">9000</hyperparameter>"
             "<hyperparameter name=\"scale\">log1p<")  # fmt: skip
LINEAR_PEAKS = ('name="peak_threshold">', 'name="scale">linear</hyperparameter><hyperparameter name="peak_threshold">')
FRESH = 'definition="torch-dnanet-peaks-flat.xml"'


@pytest.mark.parametrize(
    ("part", "name", "pair", "message"),
    [
        (RUN, "torch-dnanet-perdye-autoencoder", None, None),
        (
            RUN,
            "torch-dnanet-perdye-autoencoder",
            LINEAR,
            "part 'autoencoder' was trained on profiles scaled linear up to 33000 RFU, the data are scaled log1p up to "
            "33000 RFU; write scale linear and max_rfu 33000 in the data section",
        ),
        (
            RUN,
            "torch-dnanet-perdye-autoencoder",
            SMALL_RFU,
            "scaled log1p up to 9000 RFU, the data are scaled log1p up to 33000 RFU; write scale log1p and max_rfu "
            "9000",
        ),
        (FRESH, "torch-dnanet-peaks-flat", None, None),
        (
            FRESH,
            "torch-dnanet-peaks-flat",
            LINEAR_PEAKS,
            "part 'peak_classifier' was trained on windows scaled linear up to 33000 RFU, the data are scaled log1p up "
            "to 33000 RFU; write window_scale linear and max_rfu 33000",
        ),
    ],
)
def test_parts_see_what_they_were_trained_on(
    tmp_path: Path, part: str, name: str, pair: tuple[str, str] | None, message: str | None
) -> None:
    run = trained(tmp_path, name, *([pair] if pair else []), channels=5, length=4096)
    _, problems = peaknet(tmp_path, (part, run))
    found = [one for one in problems if one.severity == "error"]
    if message is None:
        assert not found
        return
    (one,) = found
    lines = (tmp_path / "torch-dnanet-peaknet-mlp.xml").read_text(encoding="utf-8").splitlines()
    assert (one.id, run in lines[one.place.line - 1]) == ("SF0437", True)
    assert message in f"{one.message}; {one.hint}"


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            {"channels": 5, "length": 2048},
            "part 'autoencoder': expected 4096 scan points, as the profiles have, received 2048",
        ),
        ({"channels": 6, "length": 4096}, "part 'autoencoder': expected 5 dyes, as the profiles have, received 6"),
    ],
)
def test_parts_were_trained_on_profiles_of_the_same_size(tmp_path: Path, facts: dict[str, int], message: str) -> None:
    """What the run remembers counts, whatever its data would be today."""
    run = trained(tmp_path, "torch-dnanet-perdye-autoencoder", **facts)
    _, problems = peaknet(tmp_path, (RUN, run))
    (one,) = [one for one in problems if one.severity == "error"]
    lines = (tmp_path / "torch-dnanet-peaknet-mlp.xml").read_text(encoding="utf-8").splitlines()
    assert (one.message, run in lines[one.place.line - 1]) == (message, True)
