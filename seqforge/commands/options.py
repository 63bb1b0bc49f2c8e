# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

KerasBackend = Annotated[
    str | None, typer.Option("--keras-backend", help="What Keras runs on: tensorflow or torch.", show_default=False)
]
