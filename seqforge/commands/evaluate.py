# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge evaluate`: a run judged on one of its sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seqforge.commands.options import KerasBackend
from seqforge.errors import UsageError, did_you_mean
from seqforge.resources import definition as shipped

SETS = ("training", "validation", "test")


def command(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    set_: Annotated[str, typer.Option("--set", help="training, validation or test.")] = "test",
    data: Annotated[
        Path | None, typer.Option(parser=shipped, help="Where its data lie now, if they were moved since the training.")
    ] = None,
    report: Annotated[bool, typer.Option(help="Also write report.html.")] = True,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    keras_backend: KerasBackend = None,
    json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON; everything else to stderr.")] = False,
) -> None:
    """Score a run's best weights: numbers, curves as TSV, and a report in one HTML file that opens offline."""
    from functools import partial
    from json import dumps
    from sys import stderr

    from seqforge.backends.importing import choose_keras
    from seqforge.run import load
    from seqforge.run.judging import judge

    choose_keras(keras_backend)
    if set_ not in SETS:
        raise UsageError(f"unknown set '{set_}'; {did_you_mean(set_, SETS)}")
    say = partial(typer.echo, file=stderr) if json else typer.echo
    opened = load(run, data)
    found = judge(opened, set_, with_report=report, device=device, threads=threads, say=say)
    if json:
        typer.echo(dumps(found.scores, indent=2, ensure_ascii=False))
        return
    _show(found.scores, set_)
    typer.echo(f"curves: {found.folder}")
    if found.report:
        typer.echo(f"report: {found.report}")


def _show(scores: dict[str, Any], set_name: str) -> None:
    from seqforge.evaluation.report import number

    single = {name: value for name, value in scores.items() if not isinstance(value, (dict, list))}
    width = max(map(len, single))
    typer.echo(f"{set_name} set")
    for name, value in single.items():
        typer.echo(f"  {name.replace('_', ' '):<{width}}  {number(value)}")
    for note in scores.get("notes", ()):
        typer.echo(f"note: {note}")
