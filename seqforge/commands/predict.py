# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge predict`: a run's model applied to sequences."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from seqforge.commands.options import KerasBackend
from seqforge.errors import UsageError


def command(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    sequences: Annotated[str, typer.Argument(metavar="INPUT", help="FASTA, text, TSV or CSV, also .gz; - is stdin.")],
    output: Annotated[str, typer.Option("--output", "-o", help="A TSV file; - is stdout.")] = "-",
    format: Annotated[str, typer.Option(help="auto, fasta, lines, tsv or csv.")] = "auto",
    sequence_column: Annotated[str, typer.Option(help="The column of a table that holds the sequences.")] = "x",
    id_column: Annotated[str | None, typer.Option(help="The column of a table that names the rows, else 'id'.")] = None,
    pad: Annotated[str | None, typer.Option(help="none, centre or right: for sequences that are too short.")] = None,
    crop: Annotated[str | None, typer.Option(help="none, centre or right: for sequences that are too long.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    keras_backend: KerasBackend = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object about what was written.")] = False,
) -> None:
    """Predict the labels of sequences, as they stream in: one row each, with a number per label."""
    from json import dumps

    from seqforge.backends.importing import choose_keras
    from seqforge.evaluation.predict import write_tsv
    from seqforge.run import load
    from seqforge.run.predicting import predictor, reading

    choose_keras(keras_backend)
    if json and output == "-":
        raise UsageError("--json prints to stdout, and so do the predictions; name a file with -o")
    if output != "-" and (Path(output).is_dir() or not Path(output).parent.is_dir()):
        raise UsageError(f"-o {output}: expected a file in a folder that exists")
    opened = load(run)
    how = reading(opened, format=format, sequence_column=sequence_column, id_column=id_column, pad=pad, crop=crop)
    model = predictor(opened, device, threads)
    with _opened(output) as file:
        count = write_tsv(model, model.from_file(sequences, how), file)
    if json:
        typer.echo(dumps({"run": opened.id, "input": sequences, "output": output, "sequences": count}))
    elif output != "-":
        print(f"{count:,} sequences predicted: {output}", file=sys.stderr)


@contextmanager
def _opened(output: str) -> Iterator[TextIO]:
    """Standard output, or a file that appears under its name only when it is complete."""
    if output == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    from seqforge import files

    with files.new_file(Path(output)) as path, path.open("w", encoding="utf-8", newline="") as file:
        yield file
