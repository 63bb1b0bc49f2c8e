# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge compare`: runs side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqforge.commands.options import refuse_no_file

if TYPE_CHECKING:
    from seqforge.run.comparing import Comparison

PARTS = {"settings": "what differs", "training": "training", "scores": "{} set"}
WIDEST = 30  # of a value


def command(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, or folders with runs below them.")],
    set_: Annotated[str, typer.Option("--set", help="training, validation or test.")] = "test",
    metric: Annotated[
        list[str] | None, typer.Option(help="Only this score, such as f1 or labels.c1.f1; again for more.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write a table to this file: a row per run, TSV.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare runs: what differs between their definitions, data and versions, how they trained, how they score.

    The best value of a row has a star. Nothing is computed: `seqforge evaluate` makes scores that are missing.
    """
    from json import dumps
    from sys import stderr

    from seqforge.run.comparing import compare

    if output is not None:
        refuse_no_file(output)
    found = compare(runs, set_, metric or ())
    typer.echo(dumps(found.plain(), indent=2, ensure_ascii=False) if json else "\n".join(_lines(found)))
    if output is not None:
        _write(found, output)
        typer.echo(f"table: {output}", file=stderr if json else None)


def _lines(found: Comparison) -> Iterator[str]:
    numbers = [str(number) for number in range(1, len(found.sides) + 1)]
    for number, side in zip(numbers, found.sides, strict=True):
        yield f"{number:>{len(numbers[-1])}}  {side.run.path}  {side.run.state}"
    yield ""
    sections = {title: [_row(found, part, name) for name in found.rows(part)] for part, title in PARTS.items()}
    rows = [["", *(f"{number} " for number in numbers)], *(row for rows in sections.values() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield _aligned(rows[0], widths)
    for title, shown in sections.items():
        yield title.format(found.set_name)
        yield from (_aligned(row, widths) for row in shown or [["  nothing" if "differs" in title else "  –"]])
    yield from ["", "* the best"] if found.best else []
    yield from (f"note: {note}" for note in found.notes)


def _row(found: Comparison, part: str, name: str) -> list[str]:
    """A name and the values of the runs; those that are best have a star, the others a space."""
    values = [getattr(side, part).get(name, "–") for side in found.sides]
    if part == "settings":
        return [f"  {name}", *(f"{_setting(value)} " for value in values)]
    best = found.best.get(name, ())
    stars = ["*" if number in best else " " for number in range(len(values))]
    return [f"  {name.replace('_', ' ')}", *map(str.__add__, _numbers(values), stars)]


def _setting(value: Any) -> str:
    text = (", ".join(map(str, value)) or "None") if isinstance(value, list) else str(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _numbers(values: list[Any]) -> list[str]:
    """Four digits, or more where different numbers would look the same."""
    from seqforge.evaluation.report import number

    shown = [number(value) for value in values]
    if len(set(shown)) < len(set(values)):
        shown = [f"{value:.7g}" if isinstance(value, float) else number(value) for value in values]
    return shown


def _aligned(cells: list[str], widths: list[int]) -> str:
    name, *values = cells
    return "  ".join([name.ljust(widths[0]), *map(str.rjust, values, widths[1:])]).rstrip()


def _write(found: Comparison, path: Path) -> None:
    import csv
    from io import StringIO

    from seqforge import files

    text = StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(found.table())
    files.write(path, text.getvalue())
