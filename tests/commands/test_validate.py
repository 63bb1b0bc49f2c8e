# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge validate`: what is looked at, what is said in which format, and the exit status."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from seqforge.cli import app
from seqforge.errors import Place, Problem, UsageError
from seqforge.reports import FORMATS, github, junit, sarif
from seqforge.validation import Options, Report, collect, report, validate

ROOT = Path(__file__).parent.parent.parent
BAD = ROOT / "tests/definitions/bad"
BASSET = ROOT / "model-defs/torch-mc50-dna1000-basset-s1.xml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two bad definitions, a good one, and files that are none."""
    for name in ("01-misspelt-hyperparameter.xml", "json-wrong-type.json"):
        shutil.copy(BAD / name, tmp_path / name)
    (tmp_path / "deep/er").mkdir(parents=True)
    shutil.copy(BAD / "data/two-motifs.xml", tmp_path / "deep/er/two-motifs.xml")
    (tmp_path / "deep/other.xml").write_text("<html/>")
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "empty").mkdir()
    shutil.copy(BAD / "04-unknown-task.xml", tmp_path / ".hidden")
    (tmp_path / "runs/x").mkdir(parents=True)
    (tmp_path / "runs/x/manifest.json").write_text("{}")
    shutil.copy(BAD / "04-unknown-task.xml", tmp_path / "runs/x/definition.xml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["validate", *arguments])
    if isinstance(result.exception, UsageError):
        return result.exception.exit_status, str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_a_folder_is_searched_for_definitions(folder: Path) -> None:
    names = [path.as_posix() for path in collect(["."])]
    assert names == ["01-misspelt-hyperparameter.xml", "deep/er/two-motifs.xml", "json-wrong-type.json"]


def test_text_names_each_problem_and_sums_up(folder: Path) -> None:
    status, output = run(".")
    assert status == 1
    assert output.splitlines() == [
        "01-misspelt-hyperparameter.xml:24: SF0203: optimizer 'Adam' has no hyper-parameter 'clip_nrom'; "
        "did you mean 'clipnorm'?",
        "json-wrong-type.json:18: SF0204: epochs: expected an integer ≥ 1, received 'ten'",
        "3 definitions, 2 with errors",
    ]


def test_globs_and_repeated_paths(folder: Path) -> None:
    assert [path.name for path in collect(["*.xml", "deep/**/*.xml", "deep"])] == [
        "01-misspelt-hyperparameter.xml",
        "two-motifs.xml",
        "other.xml",
    ]
    assert run("deep/er/*.xml") == (0, "1 definition, none with errors\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.xml"], "nowhere.xml: no such file or folder"),
        (["no*.xml"], "no*.xml: nothing matches"),
        ([""], "an empty path: no such file or folder"),
        (["x" * 5000], f"{'x' * 5000}: no such file or folder"),
        (["runs", "empty"], "runs, empty: no definitions (.xml, .json) in it"),
        ([".", "--format", "sarf"], "unknown format 'sarf'; did you mean 'sarif'?"),
    ],
)
def test_a_wrong_call_ends_with_two(folder: Path, arguments: list[str], says: str) -> None:
    assert run(*arguments) == (2, says)


def test_a_file_that_is_named_is_looked_at_whatever_it_is(folder: Path) -> None:
    status, output = run("package.json", "deep/other.xml")
    assert status == 1
    assert "2 definitions, 2 with errors" in output
    assert run("package.json", "deep/other.xml", "--known-only") == (0, "0 definitions, none with errors\n")


def test_links_that_lead_nowhere_are_problems_of_their_own(folder: Path) -> None:
    (folder / "loop.xml").symlink_to("loop.xml")
    (folder / "dangling.xml").symlink_to("nowhere.xml")
    assert run("loop.xml", "dangling.xml")[1].splitlines()[:2] == [
        "loop.xml: SF0002: cannot be read: Too many levels of symbolic links",
        "dangling.xml: SF0001: is a link to a file that is not there",
    ]
    assert run("empty", "--known-only") == (0, "0 definitions, none with errors\n")


def test_warnings_fail_only_when_strict(tmp_path: Path) -> None:
    other = tmp_path / "other.xml"
    shutil.copy(BASSET, other)
    status, output = run(str(other), "--def-path", str(BASSET.parent))
    assert status == 0
    assert "SF0162: warning:" in output
    assert output.endswith("1 definition, none with errors, 1 warning\n")
    assert run(str(other), "--def-path", str(BASSET.parent), "--strict")[0] == 1


def test_missing_files_are_notes_for_the_definition_only(tmp_path: Path) -> None:
    alone = tmp_path / BASSET.name
    shutil.copy(BASSET, alone)
    status, output = run(str(alone))
    assert (status, output.count("SF0401")) == (1, 1)
    status, output = run(str(alone), "--definition-only")
    assert (status, output.count("SF0401: note:")) == (0, 1)


def test_overrides_are_checked_like_the_file() -> None:
    assert run(str(BASSET), "--set", "trainingprocess.epochs=3")[0] == 0
    status, output = run(str(BASSET), "--set", "trainingprocess.epochs=three")
    assert status == 1
    assert "epochs: expected an integer ≥ 1, received 'three'" in output
    status, output = run(str(BASSET), "--set", "trainingprocess.epoch=3")
    assert status == 1
    assert "epochs" in output


def test_everything_that_is_shipped_is_valid() -> None:
    found = report([str(ROOT / "model-defs"), str(ROOT / "data-defs")])
    assert not found.errors
    assert len(found.files) > 10


def test_json(folder: Path) -> None:
    status, output = run(".", "--json")
    document = json.loads(output)
    assert status == 1
    assert document["summary"] == {"definitions": 3, "with_errors": 2, "errors": 2, "warnings": 0, "notes": 0}
    assert document["problems"][0] == {
        "file": "01-misspelt-hyperparameter.xml",
        "line": 24,
        "column": document["problems"][0]["column"],
        "id": "SF0203",
        "severity": "error",
        "message": "optimizer 'Adam' has no hyper-parameter 'clip_nrom'",
        "hint": "did you mean 'clipnorm'?",
    }


ODD = Problem(Place("a b/ü,:%.xml", 3, 0), "SF0203", "50 % : a,\nb", "", "note")
NOWHERE = Problem(Place(), "SF0101", "x", "y", "warning")
ODD_REPORT = Report((Path("a b/ü,:%.xml"),), (NOWHERE, ODD))


def test_github_escapes_what_its_commands_cannot_hold() -> None:
    assert github(ODD_REPORT).splitlines()[:2] == [
        "::warning title=SF0101::x; y",
        "::notice file=a b/ü%2C%3A%25.xml,line=3,title=SF0203::50 %25 : a,%0Ab",
    ]


def test_sarif_is_sarif(folder: Path) -> None:
    log = json.loads(run(".", "--format", "sarif")[1])
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (one,) = log["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["SF0203", "SF0204"]
    assert all(rule["shortDescription"]["text"] and rule["fullDescription"]["text"] for rule in rules)
    for result in one["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        place = result["locations"][0]["physicalLocation"]
        assert (folder / unquote(place["artifactLocation"]["uri"])).is_file()
        assert place["region"]["startLine"] >= 1
        assert place["region"].get("startColumn", 1) >= 1


def test_sarif_leaves_out_what_is_not_known() -> None:
    bare, odd = json.loads(sarif(ODD_REPORT))["runs"][0]["results"]
    assert "locations" not in bare
    location = odd["locations"][0]["physicalLocation"]
    assert location == {"artifactLocation": {"uri": "a%20b/%C3%BC%2C%3A%25.xml"}, "region": {"startLine": 3}}


def test_junit_has_a_case_for_every_file(folder: Path) -> None:
    root = ElementTree.fromstring(run(".", "--format", "junit")[1])
    (suite,) = root
    assert (root.tag, suite.tag, suite.get("tests"), suite.get("failures")) == ("testsuites", "testsuite", "3", "2")
    cases = {case.get("name"): case for case in suite}
    assert set(cases) == {"01-misspelt-hyperparameter.xml", "deep/er/two-motifs.xml", "json-wrong-type.json"}
    failure = cases["json-wrong-type.json"].find("failure")
    assert failure is not None
    assert failure.get("type") == "SF0204"
    assert "json-wrong-type.json:18" in (failure.text or "")
    assert cases["deep/er/two-motifs.xml"].find("failure") is None


def test_junit_holds_any_text() -> None:
    problem = Problem(Place("a.xml", 1), "SF0111", "received '\x00 <&>'")
    suite = ElementTree.fromstring(junit(Report((Path("a.xml"),), (problem, NOWHERE))))[0]
    assert suite[0].find("failure") is not None


def test_a_report_without_problems_is_valid_in_every_format() -> None:
    empty = Report((Path("a.xml"),), ())
    assert {name: bool(write(empty)) for name, write in FORMATS.items()} == dict.fromkeys(FORMATS, True)


def test_the_second_opinion_agrees() -> None:
    pytest.importorskip("xmlschema")
    found = report(
        [str(BASSET), str(BAD / "data/two-motifs.xml"), str(BAD / "several-mistakes.xml")], Options(second_opinion=True)
    )
    assert "SF0101" not in {problem.id for problem in found.problems}


def test_the_second_opinion_does_not_repeat_the_first() -> None:
    assert not [p for p in validate(BAD, second_opinion=True) if "second opinion" in p.message]


def test_from_python(folder: Path) -> None:
    problems = validate("01-misspelt-hyperparameter.xml")
    assert [problem.id for problem in problems] == ["SF0203"]
    with pytest.raises(UsageError, match="no such file"):
        validate("nowhere")


@pytest.mark.slow
def test_no_framework_is_imported() -> None:
    code = (
        "import sys; from seqforge.validation import report; report(sys.argv[1:]); "
        "print([name for name in ('torch', 'tensorflow', 'keras', 'jax', 'pandas', 'scipy', 'sklearn') "
        "if name in sys.modules])"
    )
    arguments = [str(ROOT / "model-defs"), str(ROOT / "data-defs"), str(BAD)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_pre_commit_hooks_are_calls_that_work() -> None:
    entries = re.findall(r"entry: seqforge (.*)", (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert len(entries) == 2
    for entry in entries:
        verb, *options = entry.split()
        status, output = run(
            *[option for option in options if option != "--build"], str(BASSET), str(ROOT / "REUSE.toml")
        )
        assert (verb, status, output) == ("validate", 0, "1 definition, none with errors\n")
