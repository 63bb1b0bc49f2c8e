# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge show`: the effective definition, every value with its origin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqforge.errors import DefinitionError
from seqforge.resources import definition as shipped

if TYPE_CHECKING:
    from seqforge.provenance import Row


def command(
    file: Annotated[Path, typer.Argument(parser=shipped, help="A model or data definition, XML or JSON.")],
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value of the definition.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(parser=shipped, help="A data definition, a folder of sets, a table or FASTA.")
    ] = None,
    def_path: Annotated[list[Path] | None, typer.Option(help="A further folder for files that it names.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print a definition with every default that applies, and where each value comes from."""
    from seqforge.definitions.model import ModelDefinition
    from seqforge.definitions.reader import errors, read
    from seqforge.experiment import resolve
    from seqforge.provenance import NEIGHBOUR, nested, rows

    definition, problems = read(file, overrides or ())
    experiment = None
    if isinstance(definition, ModelDefinition):
        experiment, found = resolve(definition, data=data, def_path=def_path or (), need_files=False)
        problems += found
    if errors(problems) or definition is None:
        raise DefinitionError(dict.fromkeys(errors(problems)))
    values = rows(definition, experiment, NEIGHBOUR if data is None else "--data")
    typer.echo(_json(nested(values)) if json else "\n".join(_lines(values)))


def _json(value: Any) -> str:
    from json import dumps

    return dumps(value, indent=2, ensure_ascii=False)


def _lines(values: list[Row], widest: int = 48) -> list[str]:
    """Sections with their values in columns: name, value, origin."""
    shown = [(row.section, row.name, _text(row.value), row.origin) for row in values]
    name_width = max((len(name) for _, name, _, _ in shown), default=0)
    value_width = min(max((len(value) for _, _, value, _ in shown), default=0), widest)
    lines: list[str] = []
    last = None
    for section, name, value, origin in shown:
        if section != last:
            lines += ([""] if lines else []) + [section]
        last = section
        lines.append(f"  {name:<{name_width}}  {value:<{value_width}}  {origin}".rstrip())
    return lines


def _text(value: Any) -> str:
    """A value as a definition spells it."""
    if isinstance(value, list) and len(value) > 8 and all(isinstance(item, str) for item in value):
        return f"{', '.join(value[:3])} … {value[-1]} ({len(value)})"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)
