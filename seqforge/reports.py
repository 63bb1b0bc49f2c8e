# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The problems of a validation as text for people and as the formats that continuous integration reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from seqforge import __version__
from seqforge.definitions.catalogue import CATALOGUE
from seqforge.definitions.reader import errors
from seqforge.errors import Problem
from seqforge.validation import Report

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVELS = {"error": "error", "warning": "warning", "note": "note"}
_GITHUB_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def text(report: Report) -> str:
    """One line per problem, then the summary."""
    return "\n".join([*map(str, report.problems), summary(report)])


def summary(report: Report) -> str:
    """`3 definitions, 1 with errors`, and warnings if there are any."""
    number = len(report.files)
    warnings = sum(problem.severity == "warning" for problem in report.problems)
    parts = [f"{number} definition{'s' if number != 1 else ''}", f"{report.failed or 'none'} with errors"]
    if warnings:
        parts.append(f"{warnings} warning{'s' if warnings != 1 else ''}")
    return ", ".join(parts)


def as_json(report: Report) -> str:
    """An object with `files`, `problems` and `summary`."""
    document = {
        "files": [str(file) for file in report.files],
        "problems": [_row(problem) for problem in report.problems],
        "summary": {
            "definitions": len(report.files),
            "with_errors": report.failed,
            **{f"{kind}s": _count(report, kind) for kind in ("error", "warning", "note")},
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _count(report: Report, severity: str) -> int:
    return sum(problem.severity == severity for problem in report.problems)


def _row(problem: Problem) -> dict[str, Any]:
    file, line, column = problem.place
    return {
        "file": file,
        "line": line or None,
        "column": column or None,
        "id": problem.id,
        "severity": problem.severity,
        "message": problem.message,
        "hint": problem.hint or None,
    }


def github(report: Report) -> str:
    """Workflow commands: GitHub shows them at their lines in a pull request."""
    return "\n".join([*map(_command, report.problems), summary(report)])


def _command(problem: Problem) -> str:
    file, line, column = problem.place
    properties = {"file": file, "line": line, "col": column, "title": problem.id}
    written = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value)
    return f"::{_GITHUB_LEVELS[problem.severity]} {written}::{_data(problem.sentence)}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def sarif(report: Report) -> str:
    """SARIF 2.1.0: one run, one rule per problem id, one result per problem."""
    ids = sorted({problem.id for problem in report.problems})
    driver = {
        "name": "seqforge",
        "version": __version__,
        "rules": [_rule(id) for id in ids],
    }
    results = [_result(problem, ids.index(problem.id)) for problem in report.problems]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(id: str) -> dict[str, Any]:
    entry = CATALOGUE.get(id)
    rule: dict[str, Any] = {"id": id}
    if entry is not None:
        rule |= {"shortDescription": {"text": entry.title}, "fullDescription": {"text": entry.explanation}}
    return rule


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.id,
        "ruleIndex": rule,
        "level": _SARIF_LEVELS[problem.severity],
        "message": {"text": problem.sentence},
    }
    if problem.place.file:
        result["locations"] = [{"physicalLocation": _location(problem)}]
    return result


def _location(problem: Problem) -> dict[str, Any]:
    file, line, column = problem.place
    path = Path(file)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    location: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if line:
        location["region"] = {"startLine": line} | ({"startColumn": column} if column else {})
    return location


def junit(report: Report) -> str:
    """JUnit XML: a test case per file, which fails with its errors and prints its warnings and notes."""
    root = ElementTree.Element("testsuites", tests=str(len(report.files)), failures=str(report.failed), errors="0")
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name="seqforge validate",
        tests=str(len(report.files)),
        failures=str(report.failed),
        errors="0",
    )
    named = {str(file) for file in report.files}
    cases = [*map(str, report.files), *dict.fromkeys(p.place.file for p in report.errors if p.place.file not in named)]
    for file in cases:
        _case(suite, file, [problem for problem in report.problems if problem.place.file == file])
    for element in (root, suite):
        element.set("tests", str(len(cases)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _case(suite: ElementTree.Element, file: str, problems: Sequence[Problem]) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname="seqforge.validate", name=file)
    wrong = errors(problems)
    others = [problem for problem in problems if problem.severity != "error"]
    if wrong:
        failure = ElementTree.SubElement(case, "failure", type=wrong[0].id, message=_clean(wrong[0].sentence))
        failure.text = _clean("\n".join(map(str, wrong)))
    if others:
        ElementTree.SubElement(case, "system-out").text = _clean("\n".join(map(str, others)))


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return "".join(letter if letter >= " " or letter in "\t\n" else "�" for letter in text)


FORMATS: dict[str, Callable[[Report], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "sarif": sarif,
    "junit": junit,
}
