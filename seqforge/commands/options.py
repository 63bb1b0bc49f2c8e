# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqforge.errors import UsageError

KerasBackend = Annotated[
    str | None, typer.Option("--keras-backend", help="What Keras runs on: tensorflow or torch.", show_default=False)
]


def refuse_no_file(output: Path) -> None:
    """Raise UsageError for what -o names unless a file can lie there."""
    if output.is_dir() or not output.parent.is_dir():
        raise UsageError(f"-o {output}: expected a file in a folder that exists")
