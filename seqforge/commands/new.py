# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge new`: a valid, commented definition to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqforge.errors import UsageError


def command(
    name: Annotated[str, typer.Argument(help="The id of the new definition.")],
    task: Annotated[str, typer.Option(help="What is predicted.")] = "multi-class classification",
    library: Annotated[str, typer.Option(help="PyTorch, Keras or BayesOptimalClassifier.")] = "PyTorch",
    like: Annotated[str, typer.Option(help="basset, chromdragonn, deepsea, danq or sequential.")] = "basset",
    space: Annotated[str, typer.Option(help="DNA, RNA or protein.")] = "DNA",
    length: Annotated[int, typer.Option(min=1, help="Letters per sequence.")] = 1000,
    labels: Annotated[str, typer.Option(help="A number of classes, or their names separated by commas.")] = "50",
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Every random number follows from it.")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="At most so many passes over the data.")] = 100,
    data: Annotated[str | None, typer.Option(help="A data definition that it is trained on.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; default NAME.xml.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object that names the file.")] = False,
) -> None:
    """Write a valid, commented definition: a published architecture with its training, ready to be edited."""
    from json import dumps

    from seqforge.templates import Wish, new_definition

    file = output or Path(f"{name}.xml")
    number = int(labels) if labels.isdecimal() else 0
    names = () if number else tuple(filter(None, (label.strip() for label in labels.split(","))))
    if not (number or names):
        raise UsageError(f"labels: expected a number ≥ 1 or names, received '{labels}'")
    wish = Wish(
        id=name,
        task=_spelt("tasks", task),
        library=_library(library),
        like={"cnn": "sequential", "small": "sequential"}.get(like.casefold(), like.casefold()),
        space=next((known for known in ("DNA", "RNA", "protein") if known.casefold() == space.casefold()), space),
        length=length,
        labels=names,
        classes=number,
        seed=seed,
        epochs=epochs,
        data=data,
    )
    text = new_definition(wish, as_json=file.suffix.casefold() == ".json")
    _write(file, text)
    typer.echo(dumps({"file": str(file), "id": name}) if json else f"{file} is ready: seqforge validate {file}")


def _write(file: Path, text: str) -> None:
    """Never over another file."""
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(f"{file} exists; choose another name or remove it") from None
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None


def _spelt(room: str, name: str) -> str:
    """The canonical spelling, or `name` itself if it is unknown."""
    from seqforge import registry

    try:
        found: str = registry.find(room, name).name
        return found
    except registry.UnknownName:
        return name


def _library(name: str) -> str:
    from seqforge.definitions.general import LIBRARY_NAMES

    return LIBRARY_NAMES.get(name.casefold(), name)
