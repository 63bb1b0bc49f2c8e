# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge convert`: a definition from XML to JSON and back, without loss, also as a training configuration."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from seqforge.errors import DefinitionError, UsageError, did_you_mean

if TYPE_CHECKING:
    from seqforge.definitions.tree import Node
    from seqforge.errors import Problem

XML, JSON, TRAINING = "xml", "json", "training-config"
FORMS = (XML, JSON, TRAINING)


def command(
    source: Annotated[str, typer.Argument(metavar="FROM", help="A definition, XML or JSON; - reads standard input.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The file to write, .xml or .json; - prints it.")] = "-",
    to: Annotated[
        str | None,
        typer.Option(help="xml, json or training-config (of BPNet models); default: by the name, on - the other form."),
    ] = None,
    defaults: Annotated[
        str, typer.Option(help="What absent keys of JSON fit parameters mean: documented or later.")
    ] = "documented",
    canonical: Annotated[bool, typer.Option("--canonical", help="Spell all names as the registries do.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as one JSON object.")] = False,
) -> None:
    """Convert a definition between XML and JSON. Comments and layout are not kept; everything else is.

    A definition that was made from a JSON training configuration goes back to one, unless --to json asks for
    SeqForge's own JSON form.
    """
    from pathlib import Path

    from seqforge import files

    data = _standard_input() if source == "-" else None
    tree = _tree(source if data is None else data, defaults)
    form = _form(source, target, to, data)
    if to is None and form == JSON and _was_configuration(tree):
        form = TRAINING
    text = _text(tree, form, canonical)
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        files.write(Path(target), text)
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror}") from None
    typer.echo(f'{{"written": {_quoted(target)}, "form": "{form}"}}' if json else f"{target} written")


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise UsageError("-: standard input is closed")
    return sys.stdin.buffer.read()


def _tree(source: str | bytes, defaults: str) -> Node:
    """The tree, if its structure is sound: components and values are not judged. What is left out is told."""
    from seqforge.definitions.fit_parameters import DEFAULTS
    from seqforge.definitions.reader import read_tree
    from seqforge.definitions.structure import check

    if defaults not in DEFAULTS:
        raise UsageError(f"--defaults: unknown generation '{defaults}'; {did_you_mean(defaults, DEFAULTS)}")
    said: list[Problem] = []
    tree = read_tree(source, said, defaults)
    for note in said:
        typer.echo(str(note), err=True)
    problems = check(tree)
    if problems:
        raise DefinitionError(problems)
    return tree


def _text(tree: Node, form: str, canonical: bool) -> str:
    from seqforge.definitions.writer import to_json, to_xml

    if form == TRAINING:
        from seqforge.definitions.training_config.writer import write

        return write(tree)
    return (to_json if form == JSON else to_xml)(tree, canonical)


def _was_configuration(tree: Node) -> bool:
    """Whether the definition is not a training configuration, but its description says that it once was."""
    from seqforge.definitions.training_config import mark_of

    general = tree.one("general")
    description = general.one("description") if general and not tree.form else None
    return description is not None and mark_of(description.text) is not None


def _form(source: str, target: str, to: str | None, data: bytes | None) -> str:
    """What is asked for, else what the target's name says, else the form that the source has not."""
    suffix = target.rpartition(".")[2].casefold()
    if to is not None and to.casefold() not in FORMS:
        raise UsageError(f"unknown form '{to}'; {did_you_mean(to, FORMS)}")
    if to is not None:
        return to.casefold()
    if target != "-" and suffix not in (XML, JSON):
        raise UsageError(f"{target}: expected a name that ends in .xml or .json, or --to xml, --to json")
    if target != "-":
        return suffix
    is_json = (data or b"").lstrip()[:1] == b"{" or source.casefold().endswith(".json")
    return XML if is_json else JSON


def _quoted(text: str) -> str:
    from json import dumps

    return dumps(text)
