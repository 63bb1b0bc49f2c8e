# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge explain`: what a problem id means, or what a component takes."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    topic: Annotated[str, typer.Argument(metavar="ID|NAME", help="A problem id (SF0203), or a name (Adam, Conv1D).")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Explain a problem id, or list the hyper-parameters of a component with their kinds and defaults."""
    from json import dumps

    from seqforge.inventory import explain

    found = explain(topic)
    typer.echo(
        dumps([one.row() for one in found], indent=2, ensure_ascii=False) if json else "\n\n".join(map(str, found))
    )
