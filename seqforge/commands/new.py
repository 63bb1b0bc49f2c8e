# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge new`: a valid, commented definition to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seqforge.errors import UsageError

SPACES = ("DNA", "RNA", "protein")


def command(
    name: Annotated[str, typer.Argument(help="The id of the new definition.")],
    task: Annotated[str | None, typer.Option(help="Default: the data's, else multi-class classification.")] = None,
    library: Annotated[str, typer.Option(help="PyTorch, Keras or BayesOptimalClassifier.")] = "PyTorch",
    like: Annotated[str, typer.Option(help="basset, chromdragonn, deepsea, danq or sequential.")] = "basset",
    space: Annotated[str | None, typer.Option(help="DNA, RNA or protein. Default: the data's, else DNA.")] = None,
    length: Annotated[
        int | None, typer.Option(min=1, help="Letters per sequence. Default: the data's, else 1000.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="A number of classes, or their names separated by commas. Default: the data's, else 50."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Every random number follows from it.")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="At most so many passes over the data.")] = 100,
    data: Annotated[Path | None, typer.Option(help="A data definition that it is trained on.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; default NAME.xml.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object that names the file.")] = False,
) -> None:
    """Write a valid, commented definition: a published architecture with its training, ready to be edited."""
    from json import dumps

    from seqforge.templates import Wish, new_definition, of_data

    file = output or Path(f"{name}.xml")
    said = {
        "task": task and _spelt("tasks", task),
        "space": space and next((known for known in SPACES if known.casefold() == space.casefold()), space),
        "length": length,
        **(_labels(labels) if labels is not None else {}),
    }
    wish = Wish(
        id=name,
        library=_library(library),
        like={"cnn": "sequential", "small": "sequential"}.get(like.casefold(), like.casefold()),
        seed=seed,
        epochs=epochs,
        **(of_data(data, file.parent) if data else {})
        | {key: value for key, value in said.items() if value is not None},
    )
    _write(file, new_definition(wish, file))
    typer.echo(dumps({"file": str(file), "id": name}) if json else f"{file} is ready: seqforge validate {file}")


def _labels(spelt: str) -> dict[str, Any]:
    """A number of classes, or names."""
    number = int(spelt) if spelt.strip().removeprefix("-").isdecimal() else None
    names = tuple(filter(None, (label.strip() for label in spelt.split(","))))
    if not names or (number is not None and number < 1):
        raise UsageError(f"labels: expected a number ≥ 1 or names, received '{spelt}'")
    return {"labels": names, "classes": len(names)} if number is None else {"labels": (), "classes": number}


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
