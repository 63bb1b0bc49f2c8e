# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Architectures of electropherograms as definitions say them: sizes of the data, refusals, warnings, latents."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from seqforge.architectures.base import InputSpec
from seqforge.architectures.parts import FilePart, RunPart
from seqforge.definitions.reader import errors
from seqforge.errors import DefinitionError
from seqforge.experiment import read
from seqforge.parameters import Unfit, parameters_of
from seqforge.registry import PYTORCH, find

NAMES = (
    "UNet",
    "Conv1dAutoencoder",
    "PerDyeConv1dAutoencoder",
    "SharedWeightPerDyeConv1dAutoencoder",
    "FourierAutoencoder",
    "UNet2DAutoEncoder",
    "PeakClassifier",
    "PeakNet",
    "PeakOnlyClassifier",
)
AUTOENCODERS = NAMES[1:6]
WIDTH_60 = '<hyperparameter name="width">60</hyperparameter></hyperparameters>'
TWO = '<hyperparameter name="include_max_pool_dyes">True</hyperparameter></hyperparameters>'
SPEC = InputSpec(4096, 5, 2)


def made(name: str, **settings: Any) -> Any:
    return find("architectures", name)(**settings)


def part(architecture: Any, spec: InputSpec = SPEC, fresh: bool = True) -> RunPart:
    return RunPart("part.xml", architecture, spec, None, fresh=fresh)


def said(architecture: Any, spec: InputSpec = SPEC) -> list[tuple[str, str, str]]:
    return [(problem.id, problem.severity, problem.message) for problem in architecture.check(spec)]


@pytest.mark.parametrize("name", NAMES)
def test_declarations_are_complete(name: str) -> None:
    cls = find("architectures", name)
    assert cls().libraries == (PYTORCH,)
    assert cls().task_names
    for parameter in parameters_of(cls).values():
        assert parameter.doc, parameter.name
        assert parameter.kind.parse(str(parameter.default)) == parameter.default
        for text in parameter.kind.bad_values():
            with pytest.raises(Unfit):
                parameter.kind.parse(text)


def test_the_alias_and_the_folded_name() -> None:
    assert find("architectures", "CombinedClassifier") is find("architectures", "peaknet")
    assert find("architectures", "unet_2d_autoencoder") is find("architectures", "UNet2DAutoEncoder")


@pytest.mark.parametrize("name", NAMES)
def test_defaults_fit_and_bring_their_examples(name: str) -> None:
    architecture = made(name)
    assert [problem for problem in said(architecture) if problem[1] == "error"] == []
    example = architecture.example(SPEC)
    assert set(filter(None, architecture.reads)) <= set(example)
    assert architecture.output_shape(SPEC)


@pytest.mark.parametrize(
    ("name", "reads", "kind", "task"),
    [
        ("UNet", ("profiles",), "probabilities", "segmentation"),
        ("PerDyeConv1dAutoencoder", ("profiles",), "values", "reconstruction"),
        ("PeakClassifier", ("windows", "markers"), "logits", "peak classification"),
        ("PeakNet", ("profiles", "windows", "markers", "centres", "counts"), "logits", "segmentation"),
        ("PeakOnlyClassifier", ("profiles", "windows", "markers", "centres", "counts"), "logits", "segmentation"),
    ],
)
def test_what_is_read_and_put_out(name: str, reads: tuple[str, ...], kind: str, task: str) -> None:
    architecture = made(name)
    assert (architecture.reads, architecture.output_kind, architecture.task_names) == (reads, kind, (task,))


def test_markers_are_read_only_where_they_are_embedded() -> None:
    plain = made("PeakClassifier", embedding_dim=0)
    assert plain.reads == ("windows",)
    assert not plain.needs_markers
    whole = made("PeakNet").with_parts({"peak_classifier": part(plain)})
    assert whole.reads == ("profiles", "windows", "", "centres", "counts")


@pytest.mark.parametrize(("labels", "channels", "shape"), [(2, 1, (5, 64)), (3, 3, (3, 5, 64)), (12, 12, (12, 5, 64))])
def test_labels_are_output_channels(labels: int, channels: int, shape: tuple[int, ...]) -> None:
    spec = InputSpec(64, 5, labels)
    assert made("UNet").sized(spec).out_channels == channels
    assert made("UNet").output_shape(spec) == shape
    assert made("UNet", output="logits").output_kind == "logits"
    assert said(made("UNet", out_channels=channels), spec) == []
    ((id, severity, message),) = said(made("UNet", out_channels=channels + 1), spec)
    assert (id, severity) == ("SF0561", "error")
    assert message.startswith(f"out_channels: expected {channels}, ")


def test_sizes_are_those_of_the_data() -> None:
    full = made("PerDyeConv1dAutoencoder").sized(InputSpec(512, 6, 2))
    assert (full.in_channels, full.input_length, full.latent) == (6, 512, (24, 16))
    assert made("FourierAutoencoder").sized(InputSpec(None, 0, 2)).settings() == {
        "in_channels": 5,
        "signal_length": 4096,
        "latent_coeffs": 256,
        "norm": "backward",
    }


@pytest.mark.parametrize(
    ("name", "settings", "id", "message"),
    [
        ("UNet", {"in_channels": 2}, "SF0561", "in_channels: expected 1"),
        ("Conv1dAutoencoder", {"in_channels": 6}, "SF0561", "in_channels: expected 5, the number of dyes, received 6"),
        ("Conv1dAutoencoder", {"input_length": 64}, "SF0561", "input_length: expected 4096, the number of scan points"),
        ("UNet2DAutoEncoder", {"num_dyes": 6, "latent_channels": 2}, "SF0561", "num_dyes: expected 5"),
        ("FourierAutoencoder", {"signal_length": 1024}, "SF0561", "signal_length: expected 4096"),
        (
            "PeakClassifier",
            {"num_classes": 3},
            "SF0561",
            "num_classes: expected 2, one class for each label, received 3",
        ),
        ("PeakNet", {"num_classes": 3}, "SF0561", "num_classes: expected 2"),
        ("PeakNet", {"default_class": 2}, "SF0562", "default_class: expected 0..1 for 2 classes, received 2"),
        ("PeakNet", {"autoencoder_out_shape": (4, 128)}, "SF0565", "autoencoder_out_shape: expected (20, 128)"),
        (
            "FourierAutoencoder",
            {"latent_coeffs": 2050},
            "SF0562",
            "latent_coeffs: expected 1 to signal_length // 2 + 1",
        ),
        ("Conv1dAutoencoder", {"depth": 12}, "SF0562", "kernel_size: expected at most 3"),
    ],
)
def test_what_contradicts_the_data_is_refused(name: str, settings: dict[str, Any], id: str, message: str) -> None:
    errors = [found for found in said(made(name, **settings)) if found[1] == "error"]
    assert [error[0] for error in errors] == [id]
    assert errors[0][2].startswith(message)


@pytest.mark.parametrize("name", ["UNet", "Conv1dAutoencoder", "UNet2DAutoEncoder"])
def test_lengths_that_cannot_be_halved_name_their_neighbours(name: str) -> None:
    depth = {} if name != "Conv1dAutoencoder" else {"depth": 4}
    errors = [found for found in said(made(name, **depth), InputSpec(100, 5, 2)) if found[1] == "error"]
    assert [error[0] for error in errors] == ["SF0562"]
    assert "2^depth = 16 for depth 4, received 100; the nearest are 96 and 112" in errors[0][2]


@pytest.mark.parametrize(
    ("name", "settings", "field", "sentence"),
    [
        ("Conv1dAutoencoder", {"depth": 2}, "compression", "compression=8 needs depth ≥ 3; accepted: 1, 2, 4"),
        ("Conv1dAutoencoder", {"compression": 6}, "compression", "expected a divisor of 2^depth = 32 for depth 5"),
        ("UNet2DAutoEncoder", {"input_length": 8}, "input_length", "received 8; the nearest are 16 and 32"),
        ("PeakClassifier", {"use_embedding": True, "embedding_dim": 0}, "embedding_dim", "leave use_embedding out"),
        ("PeakClassifier", {"hidden_channels": ()}, "hidden_channels", "at least one number of channels, received ()"),
        ("PeakClassifier", {"width": 3}, "width", "expected at least 4, which 2 blocks halve, received 3"),
        ("PeakNet", {"num_heads": 5}, "num_heads", "expected a divisor of embed_dim 32, received 5"),
        ("PeakOnlyClassifier", {"num_classes": 2, "default_class": 2}, "default_class", "expected 0..1 for 2 classes"),
    ],
)
def test_values_that_do_not_go_together(name: str, settings: dict[str, Any], field: str, sentence: str) -> None:
    ((about, text),) = made(name, **settings).problems()
    assert about == field
    assert text.startswith(f"{field}: ")
    assert sentence in text


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("UNet", {"kernel_size": (2, 5)}, "UNet.kernel_size: expected 2 values, each an odd integer ≥ 1"),
        ("UNet", {"depth": 0}, "UNet.depth: expected an integer ≥ 1, received 0"),
        ("UNet", {"output": "sigmoid"}, "UNet.output: expected one of probabilities, logits, received 'sigmoid'"),
        ("PeakNet", {"combiner": "gru"}, "PeakNet.combiner: expected one of mlp, film, attention, received 'gru'"),
        ("PeakClassifier", {"pooling": "max"}, "PeakClassifier.pooling: expected one of flat, avg, attn"),
    ],
)
def test_single_values_are_refused_when_made(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        made(name, **settings)


@pytest.mark.parametrize(
    ("depth", "latent"), [(3, (1, 512)), (4, (2, 256)), (5, (4, 128)), (6, (8, 64)), (12, (512, 1))]
)
def test_latents_of_compression_8(depth: int, latent: tuple[int, int]) -> None:
    architecture = made("Conv1dAutoencoder", depth=depth, kernel_size=3)
    assert architecture.encoded_shape(SPEC) == latent
    assert said(architecture) == []


@pytest.mark.parametrize(
    ("name", "settings", "summary"),
    [
        ("Conv1dAutoencoder", {}, "4 × 128 = 512 values, 40 times fewer than the 5 × 4096 of a profile (compression 8"),
        ("PerDyeConv1dAutoencoder", {}, "20 × 128 = 2,560 values, 8 times fewer than"),
        ("FourierAutoencoder", {}, "5 × 256 × 2 = 2,560 values, 8 times fewer than"),
        (
            "UNet2DAutoEncoder",
            {},
            "512 × 5 × 256 = 655,360 values, 32 times as many as the 5 × 4096 of a profile; skip",
        ),
        ("UNet2DAutoEncoder", {"skip_connections": False, "latent_channels": 2}, "2 × 5 × 256 = 2,560 values, 8 times"),
    ],
)
def test_the_true_compression_is_said(name: str, settings: dict[str, Any], summary: str) -> None:
    architecture = made(name, **settings)
    assert architecture.latent_summary(SPEC).startswith(f"latent {summary}")
    assert architecture.remark == architecture.latent_summary(SPEC) == architecture.summary(SPEC)
    assert ("by-pass" in architecture.remark) == settings.get("skip_connections", name.startswith("UNet"))


@pytest.mark.parametrize(
    ("name", "settings", "warned"),
    [
        ("UNet2DAutoEncoder", {}, True),
        ("UNet2DAutoEncoder", {"latent_channels": 2}, False),
        ("PerDyeConv1dAutoencoder", {"compression": 1}, True),
        ("PerDyeConv1dAutoencoder", {"compression": 2}, False),
        ("Conv1dAutoencoder", {"compression": 1}, False),
        ("FourierAutoencoder", {"latent_coeffs": 2048}, True),
    ],
)
def test_a_latent_that_does_not_compress_is_warned_of(name: str, settings: dict[str, Any], warned: bool) -> None:
    found = said(made(name, **settings))
    assert [(id, severity) for id, severity, _ in found] == [("SF0563", "warning")] * warned


def test_only_sigmoid_decoders_need_unit_input() -> None:
    wanted = {"Conv1dAutoencoder": True, "FourierAutoencoder": False, "UNet2DAutoEncoder": False}
    assert {name: made(name).needs_unit_input for name in wanted} == wanted
    assert not made("PerDyeConv1dAutoencoder", use_sigmoid=False).needs_unit_input
    assert [name for name in NAMES if not made(name).trainable] == ["FourierAutoencoder"]


def test_parts_that_do_not_fit() -> None:
    net = made("PeakNet")
    other = net.with_parts({"autoencoder": part(made("PerDyeConv1dAutoencoder"), InputSpec(1024, 6, 2))})
    assert [message for _, _, message in said(other)] == [
        "part 'autoencoder': expected 5 dyes, as the profiles have, received 6",
        "part 'autoencoder': expected 4096 scan points, as the profiles have, received 1024",
    ]
    swapped = net.with_parts({"autoencoder": part(made("UNet")), "peak_classifier": part(made("UNet"))})
    assert [(id, message) for id, _, message in said(swapped)] == [
        ("SF0565", "part 'peak_classifier': expected a PeakClassifier, received UNet"),
        ("SF0565", "part 'autoencoder': expected an autoencoder, received UNet"),
    ]
    three = net.with_parts({"peak_classifier": part(made("PeakClassifier"), InputSpec(4096, 5, 3))})
    assert [message for _, _, message in said(three)] == [
        "part 'peak_classifier': expected 2 classes, one for each label, received 3"
    ]
    ((id, _, message),) = said(net, InputSpec(100, 5, 2))
    assert id == "SF0565"
    assert "with its defaults, input_length: expected a multiple of 2^depth = 32" in message


def test_a_keras_file_is_no_part() -> None:
    net = made("PeakNet").with_parts({"autoencoder": FilePart(Path("coder.keras"))})
    assert said(net) == [
        ("SF0565", "error", "part 'autoencoder': expected a run or a definition, received coder.keras")
    ]


def test_frozen_parts() -> None:
    trained = part(made("PerDyeConv1dAutoencoder"), fresh=False)
    net = made("PeakNet").with_parts({"autoencoder": trained}, {"autoencoder": True})
    assert (net.is_frozen("autoencoder"), net.is_frozen("peak_classifier")) == (True, False)
    assert said(net) == []
    assert not made("PeakNet").is_frozen("autoencoder")
    ((id, severity, message),) = said(made("PeakNet", freeze_autoencoder=True))
    assert (id, severity) == ("SF0432", "warning")
    assert message.startswith("freeze_autoencoder: the part 'autoencoder' is frozen, but not trained")


def test_parts_survive_the_sizes_of_the_data() -> None:
    net = made("PeakNet").with_parts({"peak_classifier": part(made("PeakClassifier", width=60))}, {"autoencoder": True})
    full = net.sized(SPEC)
    assert (full.given, full.frozen, full.num_classes) == (net.given, net.frozen, 2)
    assert (net.window_width, net.window_channels, net.n_markers) == (60, 1, 28)
    assert net.example(SPEC)["windows"].shape == (3, 1, 60)


def test_settings_of_attention_that_nothing_reads() -> None:
    assert said(made("PeakNet", combiner="attention", positional_encoding="learned", embed_dim=16)) == []
    ((id, severity, message),) = said(made("PeakNet", positional_encoding="learned"))
    assert (id, severity) == ("SF0404", "warning")
    assert message == "positional_encoding: only the combiner attention reads it, not mlp"


@pytest.mark.parametrize(
    ("autoencoder", "patterns"),
    [
        ("PerDyeConv1dAutoencoder", ("autoencoder.*decoder.*",)),
        ("FourierAutoencoder", ()),
        ("UNet2DAutoEncoder", ("autoencoder.*from_latent.*", "autoencoder.*decoders.*", "autoencoder.*head.*")),
    ],
)
def test_what_a_combination_leaves_unused(autoencoder: str, patterns: tuple[str, ...]) -> None:
    net = made("PeakNet").with_parts({"autoencoder": part(made(autoencoder))})
    assert net.unused_parameters(None) == (*patterns, "peak_classifier.head.*")
    assert made("PeakOnlyClassifier").unused_parameters(None) == ()


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        ("</hyperparameters>", WIDTH_60, '"window"', "peak_window of the data is 120, but architecture {} reads 60"),
        ("</hyperparameters>", TWO, "<architecture", "window_channels of the data is 1, but architecture {} reads 2"),
        ('"window">120<', '"window">99<', '"window"', "peak_window of the data is 99, but architecture {} reads 120"),
    ],
)
def test_windows_of_the_data_are_those_of_the_model(
    tmp_path: Path, old: str, new: str, where: str, message: str
) -> None:
    path = Path(__file__).parents[2] / "model-defs" / "torch-dnanet-peaks-flat.xml"
    text = path.read_text(encoding="utf-8").replace(old, new)
    file = tmp_path / path.name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as raised:
        read(file)
    (problem,) = errors(raised.value.problems)
    assert (problem.id, problem.message) == ("SF0346", message.format("'PeakClassifier'"))
    assert where in text.splitlines()[problem.place.line - 1]
