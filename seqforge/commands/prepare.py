# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge prepare`: training data out of raw files, one kind after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqforge.errors import DefinitionError, UsageError, did_you_mean

if TYPE_CHECKING:
    from seqforge.data.profiles.training_files import Written


def command(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="What is prepared: profiles.")],
    definition: Annotated[str, typer.Argument(metavar="DATA.xml", help="A data definition, XML or JSON.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="The folder; default prepared/<id>.")
    ] = None,
    wanted: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Override the definition (repeatable).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Make training data out of raw files, and tell what every filter left.

    profiles: genome, regions and tracks → train.h5, validation.h5, test.h5, BED files of what was kept, prepare.json.
    """
    if kind not in KINDS:
        raise UsageError(f"cannot prepare '{kind}'; {did_you_mean(kind, list(KINDS))}")
    KINDS[kind](definition, output, wanted or [], json)


def _profiles(path: str, output: Path | None, overrides: list[str], as_json: bool) -> None:
    from seqforge.data.profiles.recipe import Recipe
    from seqforge.data.profiles.training_files import write
    from seqforge.definitions.reader import errors, read_preparation
    from seqforge.resources import definition as shipped

    definition, problems = read_preparation(shipped(path), overrides)
    wrong = errors(problems)
    if wrong or definition is None:
        raise DefinitionError(wrong)
    for problem in problems:
        typer.echo(str(problem), err=True)
    folder = output or Path("prepared") / definition.id
    _say(write(Recipe.of(definition), folder, _progress, about=str(definition.file or definition.id)), as_json)


KINDS: dict[str, Callable[[str, Path | None, list[str], bool], None]] = {"profiles": _profiles}


def _progress(text: str) -> None:
    typer.echo(text, err=True)


def _say(written: Written, as_json: bool) -> None:
    if as_json:
        from json import dumps

        typer.echo(dumps({"folder": str(written.folder), "reused": written.reused, **written.report}, indent=2))
        return
    if written.reused:
        typer.echo(f"{written.folder} was there already, from the same definition and files; nothing was written")
    for line in _lines(written.report):
        typer.echo(line)
    for note in written.report["notes"]:
        typer.echo(f"note: {note}", err=True)


def _lines(report: dict[str, Any]) -> Iterator[str]:
    """The filters as a table, then every set with its reads."""
    heads = ("filter", "threshold", "before", "dropped", "left")
    rows = [[str(row[key]) if key in heads[:2] else f"{row[key]:,}" for key in heads] for row in report["filters"]]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (list(heads), *rows):
        words = [word.ljust(width) for word, width in zip(row[:2], widths[:2], strict=True)]
        words += [word.rjust(width) for word, width in zip(row[2:], widths[2:], strict=True)]
        yield "  ".join(words)
    for name, count in report["sets"].items():
        yield f"{name}: {count:,} region{'' if count == 1 else 's'}; {_reads(report['reads'][name])}"


def _reads(heads: dict[str, Any]) -> str:
    """The mean reads of a region for each head, and how many regions have none."""
    parts = []
    for head, found in heads.items():
        without = f", {found['without']:,} without any" if found["without"] else ""
        parts.append(f"{head} {found['mean']:,.6g} reads on average{without}")
    return "; ".join(parts)
