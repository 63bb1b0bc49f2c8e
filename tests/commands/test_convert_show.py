# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge convert` and `seqforge show` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.commands.convert import command as convert
from seqforge.definitions.reader import read_tree
from seqforge.errors import DefinitionError, UsageError
from seqforge.resources import folder

BASSET = folder("model-defs") / "torch-mc50-dna1000-basset-s1.xml"
DATA = """<seqgradata><general id="d"><name/><description/><task>multi-class classification</task>
<sequencespace>DNA</sequencespace><seed>3</seed></general>
<background><minlength>20</minlength><maxlength>20</maxlength><alphabetdistributions><alphabetdistribution>
<letter probability="0.5">A</letter><letter probability="0.5">C</letter></alphabetdistribution></alphabetdistributions>
</background><datageneration><sets>
<set name="training"><example samples="1"><conditionref cid="c"/></example></set>
<set name="validation"><example samples="1"><conditionref cid="c"/></example></set>
<set name="test"><example samples="1"><conditionref cid="c"/></example></set></sets></datageneration>
<conditions><condition id="c"><label/><description/><grammar><rule><position>random</position>
<probability>1</probability><sequenceelementrefs><sequenceelementref sid="e"/></sequenceelementrefs></rule></grammar>
</condition></conditions><sequenceelements><sequenceelement id="e"><kmerbased><kmer probability="1">ACGT</kmer>
</kmerbased></sequenceelement></sequenceelements></seqgradata>"""


def call(*arguments: Any, given: str | None = None) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=given, catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_convert_there_and_back(tmp_path: Path) -> None:
    forth, back = tmp_path / "a.json", tmp_path / "b.xml"
    assert call("convert", BASSET, forth) == f"{forth} written\n"
    assert json.loads(call("convert", forth, back, "--json")) == {"written": str(back), "form": "xml"}
    assert read_tree(back).same(read_tree(BASSET))
    assert json.loads(forth.read_text())["seqgramodel"]["general"]["labels"]["pattern"]["max"] == 50


def test_convert_to_and_from_the_terminal() -> None:
    text = call("convert", BASSET)
    assert json.loads(text)["seqgramodel"]["loss"] == {"loss": "CrossEntropyLoss"}
    xml = call("convert", "-", "-", given=text)
    assert xml == call("convert", BASSET, "-", "--to", "xml")
    assert xml.startswith("<?xml")


def test_convert_canonical_spells_names(tmp_path: Path) -> None:
    odd = tmp_path / "odd.xml"
    odd.write_text(BASSET.read_text().replace(">Adam<", ">aDAM<").replace(">DNA<", ">dna<"))
    assert call("convert", odd, "-", "--to", "xml", "--canonical") == call("convert", BASSET, "-", "--to", "xml")


def test_convert_refuses_broken_structure_and_odd_names(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text(BASSET.read_text().replace("seed", "sead"))
    with pytest.raises(DefinitionError, match="did you mean 'seed'"):
        call("convert", broken, tmp_path / "x.json")
    assert not (tmp_path / "x.json").exists()
    with pytest.raises(UsageError, match=r"expected a name that ends in .xml or .json"):
        call("convert", BASSET, tmp_path / "x.yaml")
    with pytest.raises(UsageError, match="unknown form 'yaml'; expected one of xml, json, training-config"):
        call("convert", BASSET, "-", "--to", "yaml")
    with pytest.raises(UsageError, match="No such file or directory"):
        call("convert", BASSET, tmp_path / "nowhere" / "x.json")


def test_show_prints_every_value_with_its_origin() -> None:
    shown = json.loads(call("show", BASSET, "--set", "trainingprocess.epochs=3", "--json"))
    assert shown["trainingprocess"]["epochs"] == {"value": 3, "from": "--set trainingprocess.epochs"}
    assert shown["trainingprocess"]["early_stopping_patience"] == {"value": 10, "from": "default"}
    line = next(n for n, text in enumerate(BASSET.read_text().splitlines(), 1) if "clipnorm" in text)
    assert shown["optimizer"]["clipnorm"] == {"value": 0.5, "from": f"{BASSET}:{line}"}
    assert shown["optimizer"]["betas"] == {"value": [0.9, 0.999], "from": "default"}
    assert shown["general"]["labels"]["value"][-1] == "c50"
    assert shown["loss"]["name"]["value"] == "CrossEntropyLoss"


def test_show_prints_columns() -> None:
    lines = call("show", BASSET).splitlines()
    assert lines[0] == "general"
    [epochs] = [line.split() for line in lines if line.strip().startswith("epochs")]
    assert epochs[:2] == ["epochs", "100"]
    assert epochs[2].startswith(f"{BASSET}:")


def test_show_knows_where_a_split_value_came_from(tmp_path: Path) -> None:
    file = tmp_path / "torch-mc50-dna1000-basset-s1.xml"
    text = BASSET.read_text().replace('name="clipnorm">0.5<', 'name="beta_1">0.8<')
    file.write_text(text)
    shown = json.loads(call("show", file, "--json", "--def-path", BASSET.parent))
    line = next(n for n, content in enumerate(text.splitlines(), 1) if "beta_1" in content)
    assert shown["optimizer"]["betas"] == {"value": [0.8, 0.999], "from": f"{file}:{line}"}


def test_show_data_definitions(tmp_path: Path) -> None:
    file = tmp_path / "d.xml"
    file.write_text(DATA)
    shown = json.loads(call("show", file, "--json", "--set", "background.minlength=10"))
    assert shown["background"]["minlength"] == {"value": "10", "from": "--set background.minlength"}
    assert shown["background"]["alphabetdistributions.alphabetdistribution[1].A"]["value"] == "0.5"
    assert shown["conditions"]["condition[c].mode"] == {"value": "sequential", "from": "default"}
    assert shown["sequenceelements"]["sequenceelement[e].kmerbased.ACGT"] == {"value": "1", "from": f"{file}:11"}


def test_show_refuses_a_broken_definition(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"--set optimizer.lr: SF02\d\d"):
        call("show", BASSET, "--set", "optimizer.lr=1")
    with pytest.raises(DefinitionError, match="SF0001: no such file"):
        call("show", tmp_path / "x.xml")


def test_convert_without_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError, match="-: standard input is closed"):
        convert("-", "-")


def test_show_knows_where_arguments_and_paths_came_from(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("class Net:\n    def __init__(self, width=3): pass\n")
    text = BASSET.read_text().replace("PyTorch/o50-dna1000-basset.py", "net.py").replace('"TorchModel"', '"Net"')
    arguments = '<hyperparameters>\n<hyperparameter name="width">7</hyperparameter></hyperparameters></architecture>'
    file = tmp_path / "a.xml"
    file.write_text(text.replace("</architecture>", arguments))
    shown = json.loads(call("show", file, "--json"))["architecture"]
    line = file.read_text()[: file.read_text().index('"width"')].count("\n") + 1
    assert shown["arguments.width"] == {"value": 7, "from": f"{file}:{line}"}
    bayes = folder("model-defs") / "boc-mc10-dna1000-s1.xml"
    assert json.loads(call("show", bayes, "--json"))["architecture"]["definition"]["from"].startswith(str(bayes))


def test_show_lists_heads_and_parts() -> None:
    combined = folder("model-defs") / "keras-bpnet-combined-nexus.xml"
    shown = json.loads(call("show", combined, "--json"))
    head, part, lines = shown["head nexus"], shown["part bias_model"], combined.read_text().splitlines()
    number = {
        word: next(n for n, text in enumerate(lines, 1) if word in text) for word in ("<head ", "use_bias", "run=")
    }
    assert head["tasks"] == {"value": ["plus", "minus"], "from": f"{combined}:{number['<head ']}"}
    assert head["use_bias_counts"] == {"value": True, "from": f"{combined}:{number['use_bias']}"}
    assert head["profile_loss_weight"] == {"value": 1.0, "from": "default"}
    assert "labels" not in shown["general"]
    where = f"{combined}:{number['run=']}"
    assert part["run"] == {"value": "keras-bpnet-transformation-nexus", "from": where}
    assert part["model"]["value"].endswith("model-defs/keras-bpnet-transformation-nexus.xml, not trained yet")
    assert part["freeze"] == {"value": True, "from": where}


def test_show_follows_a_changed_part() -> None:
    shown = json.loads(
        call("show", "keras-bpnet-transformation-nexus", "--set", "architecture.part.run=gone", "--json")
    )
    assert shown["part solo"]["run"] == {"value": "gone", "from": "--set architecture.part.run"}
    assert "model" not in shown["part solo"]


def test_show_says_what_is_fixed_and_what_is_left_out_of_array_models() -> None:
    shown = json.loads(call("show", "torch-dnanet-peaknet-film", "--json"))
    assert (shown["part autoencoder"]["freeze"]["value"], shown["part peak_classifier"]["freeze"]["value"]) == (
        True,
        False,
    )
    assert shown["part peak_classifier"]["definition"]["value"] == "torch-dnanet-peaks-flat.xml"
    assert shown["loss"]["input"] == {"value": "logits", "from": "default"}
    assert shown["architecture"]["not trained"]["value"] == ["autoencoder.*decoder.*", "peak_classifier.head.*"]
    assert "20 × 128 = 2,560 values, 8 times fewer" in shown["architecture"]["remark"]["value"]
    small = json.loads(call("show", "torch-dnanet-conv1d-autoencoder", "--set", "data.length=1024", "--json"))
    assert "128 values, 40 times fewer than the 5 × 1024" in small["architecture"]["remark"]["value"]


def test_parameters_that_a_loss_does_not_reach_have_no_optimizer(tmp_path: Path) -> None:
    shown = json.loads(call("show", "torch-centromere-small", "--json"))
    owners = {name: row["from"] for name, row in shown["parameters"].items()}
    assert owners["range_head.0.weight"] == owners["multi_scale_conv.convs.0.0.weight"] == "frozen"
    assert owners["position_head.0.weight"] == "AdamW (*)"
    text = (folder("model-defs") / "torch-centromere-small.xml").read_text()
    text = text.replace(">WeightedBCELoss<", ">WeightedLoss<")
    text = text.replace('"pos_weight">15<', '"terms">WeightedBCELoss 1, RangeLoss 0.1<')
    (tmp_path / "both.xml").write_text(text)
    both = json.loads(call("show", tmp_path / "both.xml", "--json"))
    assert both["parameters"]["range_head.0.weight"]["from"] == "AdamW (*)"
    assert "not trained" not in both["architecture"]
