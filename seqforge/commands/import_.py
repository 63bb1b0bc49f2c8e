# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge import`: published weights as a run, for `seqforge predict`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Published weights of a centromere Transformer (.pth).")],
    runs: Annotated[Path, typer.Option(help="The folder of all runs.")] = Path("runs"),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object about the run.")] = False,
) -> None:
    """Make a run of published weights of a centromere Transformer: they predict like those that were trained here.

    The file is read without running code. Its means and deviations of features become those of the run.
    """
    from seqforge.run.published_bins import load_published

    found = load_published(file, runs, partial(typer.echo, err=True))
    if json:
        from json import dumps

        typer.echo(
            dumps({"run": str(found.path), **found.manifest["published"], "notes": found.manifest["data"]["notes"]})
        )
        return
    typer.echo(f"{found.path}: {found.experiment.architecture.name}")
    typer.echo(f"next: seqforge predict {found.path} TABLES -o FOLDER")
