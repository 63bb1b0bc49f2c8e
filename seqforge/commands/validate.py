# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge validate`: every problem of definitions, before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqforge.commands.options import KerasBackend
from seqforge.errors import UsageError, did_you_mean


def command(
    paths: Annotated[list[str], typer.Argument(metavar="PATHS...", help="Definitions, folders of them, or globs.")],
    format: Annotated[str, typer.Option(help="text, json, github, sarif or junit.")] = "text",
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    build: Annotated[
        bool, typer.Option("--build", help="Build every model and prove its shapes (runs its code).")
    ] = False,
    keras_backend: KerasBackend = None,
    second_opinion: Annotated[bool, typer.Option("--second-opinion", help="Ask xmlschema, too.")] = False,
    definition_only: Annotated[bool, typer.Option("--definition-only", help="Missing files are notes.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail, too.")] = False,
    known_only: Annotated[bool, typer.Option("--known-only", help="Pass over files that are no definitions.")] = False,
    def_path: Annotated[list[Path] | None, typer.Option(help="Further folder for relative paths.")] = None,
    runs: Annotated[Path, typer.Option(help="The folder of all runs, for trained parts.")] = Path("runs"),
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Override a value in every definition.")
    ] = None,
) -> None:
    """Check definitions: every problem at once, each with its line and the way out.

    Exit status: 0 no errors, 1 errors, 2 a wrong call.
    """
    from seqforge.backends.importing import choose_keras
    from seqforge.reports import FORMATS
    from seqforge.validation import Options, report

    choose_keras(keras_backend)
    format = "json" if json else format
    if format not in FORMATS:
        raise UsageError(f"unknown format '{format}'; {did_you_mean(format, list(FORMATS))}")
    options = Options(
        build, second_opinion, definition_only, tuple(def_path or ()), tuple(overrides or ()), known_only, runs
    )
    found = report(paths, options)
    typer.echo(FORMATS[format](found))
    if found.errors or (strict and any(problem.severity == "warning" for problem in found.problems)):
        raise typer.Exit(1)
