# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge predict`: a run's model applied to sequences, regions, electropherograms, bins, or the run's own data."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from seqforge.commands.options import KerasBackend, refuse_no_file
from seqforge.errors import UsageError
from seqforge.resources import definition as shipped

if TYPE_CHECKING:
    from seqforge.run import Run
    from seqforge.run.profile_predicting import Written
    from seqforge.tasks import Task

PROFILES, SIGNALS, BINS = "Profile runs", "Runs on electropherograms", "Runs on genome bins"
# the option → the families of tasks (seqforge.tasks) that have it
FAMILIES = {
    **dict.fromkeys(("--genome", "--edges", "--part", "--axes", "--independent-windows"), ("profiles",)),
    **dict.fromkeys(("--bigwig", "--mode", "--reverse-complement-average"), ("profiles",)),
    **dict.fromkeys(("--set", "--data"), ("profiles", "electropherograms", "bins")),
    **dict.fromkeys(("--panel", "--exact", "--plots", "--plot-format", "--call-labels"), ("electropherograms",)),
    **dict.fromkeys(("--threshold", "--min-bins", "--merge-gap", "--min-prob", "--top-n", "--top-n-scope"), ("bins",)),
    **dict.fromkeys(("--nms-iou", "--candidate-thresholds", "--window", "--overlap", "--range-scores"), ("bins",)),
    **dict.fromkeys(("--keep-going", "--sort", "--track", "--manifest"), ("bins",)),
}
# how files of sequences are read, by default
READING = {"format": "auto", "sequence_column": "x", "id_column": None, "pad": None, "crop": None}


def command(
    run: Annotated[Path, typer.Argument(help="The folder of a run; or a file of profile predictions, for --bigwig.")],
    sequences: Annotated[
        str | None,
        typer.Argument(
            metavar="[INPUT]",
            help="FASTA, text, TSV or CSV, also .gz; - is stdin. Profile runs: also BED. Electropherograms: a table "
            "(.npz, .h5, folder) or ABIF files (.hid, .fsa). Genome bins: a table or a folder of tables.",
        ),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", help="A TSV file, - is stdout; of profiles a .h5 file; else a folder.")
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
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(parser=shipped, help="Where the run's data lie now, if they were moved since the training."),
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
    reverse_complement_average: Annotated[
        bool,
        typer.Option(
            "--reverse-complement-average",
            help="Predictions are the means of both strands of the input.",
            rich_help_panel=PROFILES,
        ),
    ] = False,
    panel: Annotated[
        Path | None,
        typer.Option(help="Panel of markers and bins; that of the run's data by default.", rich_help_panel=SIGNALS),
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Call only alleles within 0.3 bp of a bin.", rich_help_panel=SIGNALS)
    ] = False,
    plots: Annotated[
        int | None, typer.Option(min=0, help="Draw so many profiles; 0 by default.", rich_help_panel=SIGNALS)
    ] = None,
    plot_format: Annotated[
        str | None, typer.Option(help="Of --plots: svg (default) or png.", rich_help_panel=SIGNALS)
    ] = None,
    call_labels: Annotated[
        str | None,
        typer.Option(help="Of several classes: those that are called, separated by commas.", rich_help_panel=SIGNALS),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Bins above it are called; the run's own by default.", rich_help_panel=BINS),
    ] = None,
    min_bins: Annotated[
        int | None, typer.Option(min=1, help="The shortest region, in bins; 3 by default.", rich_help_panel=BINS)
    ] = None,
    merge_gap: Annotated[
        int | None,
        typer.Option(min=0, help="Regions at most so many bins apart are one; 0 by default.", rich_help_panel=BINS),
    ] = None,
    min_prob: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Least mean probability of a region; 0 by default.", rich_help_panel=BINS),
    ] = None,
    top_n: Annotated[
        int | None, typer.Option(min=1, help="Keep so many regions; all by default.", rich_help_panel=BINS)
    ] = None,
    top_n_scope: Annotated[
        str | None, typer.Option(help="Of --top-n: chromosome (default) or genome.", rich_help_panel=BINS)
    ] = None,
    nms_iou: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="With --candidate-thresholds: the largest overlap, 0.3 by default.", rich_help_panel=BINS
        ),
    ] = None,
    candidate_thresholds: Annotated[
        str | None,
        typer.Option(help="Several thresholds, separated by commas: regions of all compete.", rich_help_panel=BINS),
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(min=1, help="Predict longer chromosomes in windows of so many bins.", rich_help_panel=BINS),
    ] = None,
    overlap: Annotated[
        int | None, typer.Option(min=0, help="Of windows, in bins; a quarter by default.", rich_help_panel=BINS)
    ] = None,
    range_scores: Annotated[
        bool,
        typer.Option("--range-scores", help="Also scores of start, end and confidence.", rich_help_panel=BINS),
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Skip tables that cannot be read.", rich_help_panel=BINS)
    ] = False,
    manifest: Annotated[
        Path | None,
        typer.Option(
            help="A CSV file with file, sample and chromosome, for tables whose columns and names do not say these.",
            rich_help_panel=BINS,
        ),
    ] = None,
    sort: Annotated[
        str | None, typer.Option(help="Of regions.bed: position (default) or score.", rich_help_panel=BINS)
    ] = None,
    track: Annotated[
        bool, typer.Option("--track", help="Begin regions.bed with a track line.", rich_help_panel=BINS)
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    keras_backend: KerasBackend = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object about what was written.")] = False,
) -> None:
    """Predict the labels of sequences, the profiles of sequences and regions, the alleles of electropherograms, or the
    centromeres of chromosomes.

    Labels: one row each, with a number per label. Profiles: an HDF5 file (-o), bigWig tracks (--bigwig) or both;
    `seqforge predict predictions.h5 --bigwig PREFIX` writes tracks of what was predicted before. Electropherograms and
    genome bins: a folder (-o) of tables.
    """
    how = {"format": format, "sequence_column": sequence_column, "id_column": id_column, "pad": pad, "crop": crop}
    options: Options = {"--genome": genome, "--edges": edges, "--set": set_name, "--part": part, "--axes": axes}
    options["--data"] = data
    options |= {"--independent-windows": independent_windows or None, "--bigwig": bigwig, "--mode": mode}
    options |= {"--panel": panel, "--exact": exact or None, "--plots": plots, "--call-labels": call_labels}
    options["--plot-format"] = plot_format
    options |= {"--threshold": threshold, "--min-bins": min_bins, "--merge-gap": merge_gap, "--min-prob": min_prob}
    options |= {"--top-n": top_n, "--top-n-scope": top_n_scope, "--nms-iou": nms_iou, "--window": window}
    options |= {"--candidate-thresholds": candidate_thresholds, "--overlap": overlap, "--sort": sort}
    options |= {"--range-scores": range_scores or None, "--keep-going": keep_going or None, "--track": track or None}
    options |= {"--manifest": manifest, "--reverse-complement-average": reverse_complement_average or None}
    if run.is_file():
        others = {name: value for name, value in options.items() if name not in ("--bigwig", "--mode")}
        from_run = {"INPUT": sequences, "-o": None if output == "-" else output, **others}
        _tell(_tracks_of(run, from_run, bigwig, mode), {"predictions": str(run)}, json)
        return
    from seqforge.backends.importing import choose_keras
    from seqforge.run import load
    from seqforge.run.predicting import refuse_unread_data

    choose_keras(keras_backend)
    opened = load(run, data)
    task = opened.experiment.task
    _refuse(options, task)
    refuse_unread_data(opened, sequences)
    del options["--data"]
    predicting = {"labels": _labels, "profiles": _profiles}.get(task.family, _arrays)
    predicting(opened, sequences, output, how, options, {"device": device, "threads": threads}, json)


Options = dict[str, Any]


def _refuse(options: Options, task: Task) -> None:
    """An option that another family of tasks has."""
    for name, value in options.items():
        if value is not None and task.family not in FAMILIES[name]:
            runs = " and ".join(FAMILIES[name])
            raise UsageError(f"{name} is for runs of {runs}; the task of this one is {task.name}")


def _arrays(
    run: Run, given: str | None, output: str, how: Options, options: Options, machine: Options, json: bool
) -> None:
    """Models that read no sequences: their family writes a folder."""
    from json import dumps

    from seqforge.run.judging import family

    for name in (name for name, value in how.items() if value != READING[name]):
        option = f"--{name.replace('_', '-')}"
        raise UsageError(f"{option} is for files of sequences; the task of this run is {run.experiment.task.name}")
    if output == "-":
        raise UsageError("name the folder to write with -o")
    if Path(output).is_file() or not Path(output).absolute().parent.is_dir():
        raise UsageError(f"-o {output}: expected a folder, in a folder that exists")
    named = {name.removeprefix("--").replace("-", "_"): value for name, value in options.items() if value is not None}
    say = partial(print, file=sys.stderr)
    found = family(run.experiment.task).predict(run, given, Path(output), named, say, **machine)
    if json:
        typer.echo(
            dumps({"run": run.id, "input": given, found.unit: found.count, "files": list(map(str, found.files))})
        )
    else:
        say(f"{found.count:,} {found.unit} predicted: {', '.join(map(str, found.files))}")


def _labels(
    run: Run, sequences: str | None, output: str, how: Options, options: Options, machine: Options, json: bool
) -> None:
    from json import dumps

    from seqforge.evaluation.predict import write_tsv
    from seqforge.run.predicting import predictor, reading

    if sequences is None:
        raise UsageError("name the sequences to predict: a file, or - for standard input")
    if json and output == "-":
        raise UsageError("--json prints to stdout, and so do the predictions; name a file with -o")
    if output != "-":
        refuse_no_file(Path(output))
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
        reverse_complement_average=bool(options["--reverse-complement-average"]),
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
