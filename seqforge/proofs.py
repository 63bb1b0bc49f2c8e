# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Shape proofs in a process of their own, one per library: PyTorch and TensorFlow never share one, and a module that
brings its process down costs one problem, not the validation.

The child (`python -m seqforge.proofs`) reads a JSON object with `files`, `def_path`, `overrides`, `need_files` and
`runs`, and answers with one JSON line per file, in order.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqforge.errors import Place, Problem, SeqForgeError

PATIENCE = 600  # seconds that one file may take


def prove_files(
    files: Sequence[Path],
    def_path: Sequence[Path],
    overrides: Sequence[str],
    *,
    need_files: bool = True,
    runs: Path = Path("runs"),
) -> dict[Path, list[Problem]]:
    """The problems of each file, as their backend, one for all, finds them; what ends the process is tried once."""
    folders = [str(folder) for folder in def_path]
    how = {"def_path": folders, "overrides": list(overrides), "need_files": need_files, "runs": str(runs)}
    found: dict[Path, list[Problem]] = {}
    waiting = list(files)
    while waiting:
        answers, reason = _ask(waiting, how)
        found |= dict(zip(waiting, answers, strict=False))
        if len(answers) < len(waiting):
            culprit = waiting[len(answers)]
            found[culprit] = [
                Problem(Place(str(culprit)), "SF0505", f"building the architecture ended the process: {reason}")
            ]
        waiting = waiting[len(answers) + 1 :]
    return found


def _ask(files: Sequence[Path], how: dict[str, Any]) -> tuple[list[list[Problem]], str]:
    """The answers of one child, and why there are no more of them."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "seqforge.proofs"],
            input=json.dumps({"files": [str(file) for file in files], **how}),
            capture_output=True,
            text=True,
            timeout=PATIENCE * len(files),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [], f"no answer within {PATIENCE} s"
    answers = [_problems(line) for line in child.stdout.splitlines() if line.startswith("[")]
    return answers, ending(child.returncode, child.stderr)


def ending(status: int, errors: str) -> str:
    """How a child ended: the last line of its standard error, and its signal or exit status."""
    lines = [line for line in errors.strip().splitlines() if line.strip()]
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    return f"{lines[-1].strip()} ({how})" if lines else how


def _problems(line: str) -> list[Problem]:
    return [
        Problem(Place(*one["place"]), one["id"], one["message"], one["hint"], one["severity"])
        for one in json.loads(line)
    ]


def _row(problem: Problem) -> dict[str, Any]:
    return {
        "place": list(problem.place),
        "id": problem.id,
        "message": problem.message,
        "hint": problem.hint,
        "severity": problem.severity,
    }


def _answers(job: dict[str, Any]) -> Iterator[list[Problem]]:
    for file in job["files"]:
        try:
            yield _prove(Path(file), job)
        except SeqForgeError as error:
            yield [Problem(Place(file), "SF0505", str(error))]


def _prove(file: Path, job: dict[str, Any]) -> list[Problem]:
    from seqforge.backends import prove
    from seqforge.definitions.general import width_of
    from seqforge.definitions.reader import read_model
    from seqforge.experiment import resolve

    definition, problems = read_model(file, job["overrides"])
    if definition is None:
        return problems
    folders = tuple(map(Path, job["def_path"]))
    experiment, problems = resolve(definition, def_path=folders, need_files=job["need_files"], runs=Path(job["runs"]))
    if experiment is None:
        return problems
    width = width_of(definition.id) if experiment.length is None else None
    if width is None:
        return prove(experiment)
    message = (
        f"the length of the input is not known without the data; the shapes are proven for {width}, as the id says"
    )
    note = Problem(definition.general.id.place, "SF0504", message, severity="note")
    return [note, *prove(replace(experiment, length=width))]


def main() -> None:
    """The child: answers go to the real standard output, whatever the modules print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = json.loads(sys.stdin.read())
    for problems in _answers(job):
        answers.write(json.dumps(list(map(_row, problems))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
