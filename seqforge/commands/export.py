# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge export`: a run's model, or a part of it, as a file that Keras loads."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from seqforge.commands.options import KerasBackend
from seqforge.errors import UsageError


def command(
    run: Annotated[Path, typer.Argument(help="The folder of a run on Keras.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write, ending in .keras.")],
    part: Annotated[
        str | None, typer.Option(help="solo, transformation, combined, residual or bias; the whole model by default.")
    ] = None,
    keras_backend: KerasBackend = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object about what was written.")] = False,
) -> None:
    """Write the trained model of a run as a .keras file: layers and weights, not compiled, no code.

    `seqforge.load_keras(path)` reads it; after `seqforge.layers.register_keras()` so does `keras.saving.load_model`, on
    any backend of Keras.
    """
    from json import dumps

    from seqforge.backends.importing import choose_keras
    from seqforge.run import load

    if output.suffix != ".keras" or output.is_dir():
        raise UsageError(f"-o {output}: expected a file that ends in .keras, as Keras calls its format")
    if not output.parent.is_dir():
        raise UsageError(f"-o {output}: there is no folder '{output.parent}'")
    choose_keras(keras_backend)
    opened = load(run)
    model = opened.model(part)
    from seqforge.architectures.keras.loading import save

    save(model, output, {"run": opened.id, "part": model.name})
    if json:
        weights = {"weights": len(model.weights), "parameters": model.count_params()}
        typer.echo(dumps({"run": opened.id, "part": model.name, "output": str(output), **weights}))
    else:
        print(f"{model.name} of {opened.id} written: {output}", file=sys.stderr)
