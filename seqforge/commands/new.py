# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge new`: a valid, commented definition to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seqforge.errors import UsageError

SPACES = ("DNA", "RNA", "protein", "signal", "features")


def command(
    name: Annotated[str, typer.Argument(help="The id of the new definition.")],
    task: Annotated[
        str | None, typer.Option(help="Default: the data's, else the template's, else multi-class classification.")
    ] = None,
    library: Annotated[str, typer.Option(help="PyTorch, Keras or BayesOptimalClassifier.")] = "PyTorch",
    like: Annotated[
        str | None,
        typer.Option(
            help="Of sequences: basset, chromdragonn, deepsea, danq, sequential. Of electropherograms: unet, "
            "autoencoder, peak-classifier, peaknet, peak-only. Of genome bins: centromere. Default: what fits the "
            "task, else basset."
        ),
    ] = None,
    space: Annotated[
        str | None, typer.Option(help="DNA, RNA or protein. Default: the data's, else the template's, else DNA.")
    ] = None,
    length: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Letters per sequence; of simulated data scan points or bins. Default: the data's, else 1000, "
            "4096 or 200.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            help="A number of classes, or their names separated by commas. Default: the data's, else the "
            "template's, else 50."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Every random number follows from it.")] = 1,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="At most so many passes over the data. Default: the template's, else 100.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="What it is trained on: a data definition, or a table of electropherograms or genome bins."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; default NAME.xml.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object that names the file.")] = False,
) -> None:
    """Write a valid, commented definition: a published architecture with its training, ready to be edited."""
    from json import dumps

    from seqforge.templates import Wish, new_definition, of_data, of_table, reads_arrays, template

    file = output or Path(f"{name}.xml")
    said = {
        "task": task and _spelt("tasks", task),
        "space": space and next((known for known in SPACES if known.casefold() == space.casefold()), space),
        "length": length,
        **(_labels(labels) if labels is not None else {}),
    }
    chosen = template(like) if like is not None else None
    taken_over = of_table if reads_arrays(chosen, said["task"]) else of_data
    wish = Wish(
        id=name,
        library=_library(library),
        like=chosen,
        seed=seed,
        epochs=epochs,
        **(taken_over(data, file.parent) if data else {})
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
