# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge list`: the names that a definition can use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer


def command(
    room: Annotated[
        str | None,
        typer.Argument(help="losses, layers, …; definitions: the shipped ones. Default: all rooms."),
    ] = None,
    library: Annotated[str | None, typer.Option(help="Only what PyTorch or Keras has.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List losses, optimizers, schedules, metrics, layers, architectures, data formats and tasks."""
    from json import dumps

    from seqforge.inventory import Described, Shipped, inventory, shipped

    found: Mapping[str, Sequence[Described | Shipped]]
    found = {"definitions": shipped()} if room == "definitions" else inventory(room, library)
    if json:
        typer.echo(dumps({name: [one.row() for one in entries] for name, entries in found.items()}, indent=2))
        return
    for name, entries in found.items():
        typer.echo(f"{name}:" if len(found) > 1 else "", nl=len(found) > 1)
        for entry in entries:
            typer.echo(f"  {entry.line()}" if len(found) > 1 else entry.line())
