# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge predict`: a run's model applied to sequences, to regions of a genome, or to the run's own data."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from seqforge.commands.options import KerasBackend
from seqforge.errors import UsageError

if TYPE_CHECKING:
    from seqforge.run import Run
    from seqforge.run.profile_predicting import Written

PROFILES = "Profile runs"


def command(
    run: Annotated[Path, typer.Argument(help="The folder of a run; or a file of profile predictions, for --bigwig.")],
    sequences: Annotated[
        str | None,
        typer.Argument(
            metavar="[INPUT]", help="FASTA, text, TSV or CSV, also .gz; - is stdin. Profile runs: also BED."
        ),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", help="A TSV file, - is stdout; of profiles a .h5 file.")
    ] = "-",
    format: Annotated[str, typer.Option(help="auto, fasta, lines, tsv or csv.")] = "auto",
    sequence_column: Annotated[str, typer.Option(help="The column of a table that holds the sequences.")] = "x",
    id_column: Annotated[str | None, typer.Option(help="The column of a table that names the rows, else 'id'.")] = None,
    pad: Annotated[str | None, typer.Option(help="none, centre or right: for sequences that are too short.")] = None,
    crop: Annotated[str | None, typer.Option(help="none, centre or right: for sequences that are too long.")] = None,
    genome: Annotated[
        Path | None, typer.Option(help="Indexed FASTA: INPUT is a BED file.", rich_help_panel=PROFILES)
    ] = None,
    edges: Annotated[
        str | None,
        typer.Option(
            help="Regions whose input reaches beyond the chromosome: drop (default), or pad with unknown bases.",
            rich_help_panel=PROFILES,
        ),
    ] = None,
    independent_windows: Annotated[
        bool,
        typer.Option(
            "--independent-windows",
            help="Cut sequences into windows of the model's input, each predicted by itself; NAME:START-STOP is the "
            "place of its output, 0-based and half-open.",
            rich_help_panel=PROFILES,
        ),
    ] = False,
    set_name: Annotated[
        str | None,
        typer.Option(
            "--set",
            help="Instead of INPUT: training, validation or test of the run's data; test without INPUT.",
            rich_help_panel=PROFILES,
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            help="combined, residual, bias, solo or transformation; the whole model by default.",
            rich_help_panel=PROFILES,
        ),
    ] = None,
    axes: Annotated[
        str | None,
        typer.Option(help="Of the .h5 file: positions-first (default) or tasks-first.", rich_help_panel=PROFILES),
    ] = None,
    bigwig: Annotated[
        str | None,
        typer.Option(
            metavar="PREFIX",
            help="Write tracks PREFIX_HEAD_TASK.bw, for counts PREFIX_HEAD.bw; a PREFIX ending in / is a folder.",
            rich_help_panel=PROFILES,
        ),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            help="Of --bigwig: profile (expected reads, default), logits, mnlogits (their mean over the head is 0), "
            "logcounts or counts (of the window). Overlapping windows are averaged.",
            rich_help_panel=PROFILES,
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    keras_backend: KerasBackend = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object about what was written.")] = False,
) -> None:
    """Predict the labels of sequences, or the profiles of sequences and regions, as they stream in.

    Labels: one row each, with a number per label. Profiles: an HDF5 file (-o), bigWig tracks (--bigwig) or both;
    `seqforge predict predictions.h5 --bigwig PREFIX` writes tracks of what was predicted before.
    """
    how = {"format": format, "sequence_column": sequence_column, "id_column": id_column, "pad": pad, "crop": crop}
    profiles: Options = {"--genome": genome, "--edges": edges, "--set": set_name, "--part": part, "--axes": axes}
    profiles["--independent-windows"] = independent_windows or None
    tracks = {"--bigwig": bigwig, "--mode": mode}
    if run.is_file():
        from_run = {"INPUT": sequences, "-o": None if output == "-" else output, **profiles}
        _tell(_tracks_of(run, from_run, bigwig, mode), {"predictions": str(run)}, json)
        return
    from seqforge.backends.importing import choose_keras
    from seqforge.run import load
    from seqforge.run.predicting import predicts_profiles

    choose_keras(keras_backend)
    opened = load(run)
    predicting = _profiles if predicts_profiles(opened) else _labels
    predicting(opened, sequences, output, how, profiles | tracks, {"device": device, "threads": threads}, json)


Options = dict[str, Any]


def _labels(
    run: Run, sequences: str | None, output: str, how: Options, profiles: Options, machine: Options, json: bool
) -> None:
    from json import dumps

    from seqforge.evaluation.predict import write_tsv
    from seqforge.run.predicting import predictor, reading, refuse_profile_options

    refuse_profile_options(profiles)
    if sequences is None:
        raise UsageError("name the sequences to predict: a file, or - for standard input")
    if json and output == "-":
        raise UsageError("--json prints to stdout, and so do the predictions; name a file with -o")
    if output != "-" and (Path(output).is_dir() or not Path(output).parent.is_dir()):
        raise UsageError(f"-o {output}: expected a file in a folder that exists")
    reads = reading(run, **how)
    model = predictor(run, **machine)
    with _opened(output) as file:
        count = write_tsv(model, model.from_file(sequences, reads), file)
    if json:
        typer.echo(dumps({"run": run.id, "input": sequences, "output": output, "sequences": count}))
    elif output != "-":
        print(f"{count:,} sequences predicted: {output}", file=sys.stderr)


def _profiles(
    run: Run, sequences: str | None, output: str, how: Options, options: Options, machine: Options, json: bool
) -> None:
    from seqforge.run.profile_inputs import Asked
    from seqforge.run.profile_predicting import write

    if options["--mode"] is not None and options["--bigwig"] is None:
        raise UsageError("--mode is of tracks: name them with --bigwig PREFIX")
    asked = Asked(
        given=sequences,
        genome=options["--genome"],
        set_name=options["--set"],
        edges=options["--edges"] or "drop",
        how=how,
        independent_windows=bool(options["--independent-windows"]),
    )
    found = write(
        run,
        asked,
        None if output == "-" else Path(output),
        part=options["--part"],
        axes=options["--axes"] or "positions-first",
        bigwig=options["--bigwig"],
        mode=options["--mode"] or "profile",
        say=lambda line: print(line, file=sys.stderr),
        **machine,
    )
    _tell(found, {"run": run.id, **asked.described()}, json)


def _tracks_of(file: Path, from_run: Options, bigwig: str | None, mode: str | None) -> Written:
    """Tracks of a file of predictions, of which nothing else can be asked."""
    from seqforge.run.profile_predicting import tracks_of

    for name, value in from_run.items():
        if value is not None:
            raise UsageError(f"{name} needs a run: {file} is a file; it takes --bigwig PREFIX and --mode")
    if bigwig is None:
        raise UsageError(f"{file} is a file, no run: name the tracks to write of its predictions with --bigwig PREFIX")
    return tracks_of(file, bigwig, mode or "profile")


def _tell(found: Written, about: Options, json: bool) -> None:
    names = [str(path) for path in found.files]
    if json:
        from json import dumps

        typer.echo(dumps({**about, "regions": found.regions, "files": names}))
    else:
        print(f"{found.regions:,} regions predicted: {', '.join(names)}", file=sys.stderr)


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
