# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The command `seqforge`: one verb per file in `seqforge.commands`; mistakes end in one line and an exit status."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from inspect import getdoc
from keyword import iskeyword
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from seqforge import __version__
from seqforge.errors import SeqForgeError

# in the order of --help: look, write, data, train, judge
VERBS: tuple[str, ...] = (
    "validate", "show", "convert", "new", "list", "explain", "lengths",
    "simulate", "prepare", "train", "evaluate", "predict", "compare", "import", "export", "twin", "doctor",
)  # fmt: skip


class _Verbs(TyperGroup):
    """The verbs: all are listed by name and docstring, the one that is called is made whole."""

    def __init__(self, **attributes: Any):
        super().__init__(**attributes)
        self.commands = dict.fromkeys(VERBS)  # type: ignore[assignment]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return TyperCommand(cmd_name, help=getdoc(_function(cmd_name))) if cmd_name in VERBS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, _whole(listed.name) if listed and listed.name else None, rest


def _function(verb: str) -> Any:
    module = f"{verb}_" if iskeyword(verb) else verb
    return import_module(f"seqforge.commands.{module}").command


def _whole(verb: str) -> Any:
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name=verb)(_function(verb))
    return typer.main.get_command(alone)


app = typer.Typer(
    name="seqforge",
    cls=_Verbs,
    help="Biological sequence models from one definition: validated, trained, evaluated, recorded.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"seqforge {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Biological sequence models from one definition: validated, trained, evaluated, recorded."""


def main() -> None:
    """The entry point: exit status 0 done, 1 a mistake in the input, 2 a mistake in the call, 130 interrupted."""
    try:
        app()
    except SeqForgeError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        print("seqforge: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        _drop_output()
        sys.exit(0)
    except OSError as error:  # a full disk, a folder that cannot be written to
        _drop_output()
        print(f"seqforge: {_reason(error)}", file=sys.stderr)
        sys.exit(1)


def _drop_output() -> None:
    """What standard output still holds goes nowhere if it cannot be written; Python would complain at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _reason(error: OSError) -> str:
    path = error.filename2 or error.filename
    return ": ".join(str(part) for part in (path, error.strerror or error) if part)
