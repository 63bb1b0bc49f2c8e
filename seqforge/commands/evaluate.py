# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge evaluate`: a run judged on one of its sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seqforge.commands.options import KerasBackend
from seqforge.errors import UsageError, did_you_mean
from seqforge.resources import definition as shipped

SETS = ("training", "validation", "test")
SIGNALS = "Electropherograms"


def command(
    run: Annotated[Path | None, typer.Argument(help="The folder of a run.", show_default=False)] = None,
    set_: Annotated[str, typer.Option("--set", help="training, validation or test.")] = "test",
    data: Annotated[
        Path | None, typer.Option(parser=shipped, help="Where its data lie now, if they were moved since the training.")
    ] = None,
    observed: Annotated[
        list[Path] | None, typer.Option(help="Instead of a run: a bigWig file of reads; again for each strand or task.")
    ] = None,
    predicted: Annotated[
        list[Path] | None, typer.Option(help="The bigWig file predicted for it; as often as --observed.")
    ] = None,
    regions: Annotated[Path | None, typer.Option(help="A BED file: where the two are compared.")] = None,
    pseudocount: Annotated[
        float | None, typer.Option(min=0, help="Of the logarithm of counts in bigWig files; 0 by default.")
    ] = None,
    smoothing: Annotated[
        float, typer.Option(min=0, help="Profiles: sd in bases of what smooths reads before their distance is taken.")
    ] = 0.0,
    reverse_complement_average: Annotated[
        bool,
        typer.Option(
            "--reverse-complement-average", help="Profiles: predictions are the means of both strands of the input."
        ),
    ] = False,
    undefined_as: Annotated[
        float | None,
        typer.Option(
            help="Profiles: the number that stands for the correlation of a constant, which is undefined and left out "
            "by default; 0 as in published scores."
        ),
    ] = None,
    ties: Annotated[
        str | None,
        typer.Option(
            help="Profiles: equal values have their average rank (default), or ordinal ones by their positions, as in "
            "published scores."
        ),
    ] = None,
    ob: Annotated[
        str | None,
        typer.Option(
            help="Off-bin calls of alleles: count (default) as wrong once per marker, or ignore.",
            rich_help_panel=SIGNALS,
        ),
    ] = None,
    markers: Annotated[
        str | None, typer.Option(help="Of alleles: autosomal (default) or all.", rich_help_panel=SIGNALS)
    ] = None,
    truth: Annotated[
        str | None,
        typer.Option(
            help="Of alleles: analyst (default) or donors. Of centromeres: regions (default), or hull: those of a "
            "chromosome count as one, from the first start to the last end."
        ),
    ] = None,
    report: Annotated[bool, typer.Option(help="Also write report.html.")] = True,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    keras_backend: KerasBackend = None,
    json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON; everything else to stderr.")] = False,
) -> None:
    """Score a run's best weights: numbers, curves as TSV, and a report in one HTML file that opens offline."""
    from functools import partial
    from json import dumps
    from sys import stderr

    say = partial(typer.echo, file=stderr) if json else typer.echo
    written: dict[str, Path | None] = {}
    profiles = {"smoothing": smoothing or None, "undefined_as": undefined_as, "ties": ties}
    if _of_tracks(run, {"--observed": observed, "--predicted": predicted, "--regions": regions}, pseudocount):
        assert regions is not None
        how = {"pseudocount": pseudocount or 0} | _given(profiles)
        scores, title = _compared(observed or [], predicted or [], regions, how), "tracks"
    else:
        from seqforge.backends.importing import choose_keras
        from seqforge.run import load
        from seqforge.run.judging import judge

        choose_keras(keras_backend)
        if set_ not in SETS:
            raise UsageError(f"unknown set '{set_}'; {did_you_mean(set_, SETS)}")
        opened = load(run or Path(), data)
        how = profiles | {"ob": ob, "markers": markers, "truth": truth}
        options = _given(how | {"reverse_complement_average": reverse_complement_average or None})
        found = judge(opened, set_, with_report=report, device=device, threads=threads, options=options, say=say)
        scores, title = found.scores, f"{set_} set"
        written = {
            "curves" if opened.experiment.task.family == "labels" else "tables": found.folder,
            "report": found.report,
        }
    if json:
        typer.echo(dumps(scores, indent=2, ensure_ascii=False))
        return
    _show(scores, title)
    for what, path in written.items():
        if path:
            typer.echo(f"{what}: {path}")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _of_tracks(run: Path | None, tracks: dict[str, Any], pseudocount: float | None) -> bool:
    """Whether tracks are to be judged, and not a run; raises UsageError for both, neither, or half of it."""
    missing = [name for name, value in tracks.items() if not value]
    if run is not None and len(missing) < len(tracks):
        raise UsageError(f"give a run, or {', '.join(tracks)}; not both")
    if run is None and len(missing) == len(tracks):
        raise UsageError(f"give the folder of a run, or {', '.join(tracks)}")
    if run is not None and pseudocount is not None:
        raise UsageError("--pseudocount is for bigWig files; that of a run is in its definition")
    if run is None and missing:
        raise UsageError(f"tracks are compared with {', '.join(tracks)}; missing: {', '.join(missing)}")
    return run is None


def _compared(observed: list[Path], predicted: list[Path], regions: Path, how: dict[str, Any]) -> dict[str, Any]:
    from seqforge.evaluation.compared_tracks import compare_tracks
    from seqforge.evaluation.profiles import Judging

    return compare_tracks(observed, predicted, regions, Judging(**how))


def _show(scores: dict[str, Any], title: str) -> None:
    from seqforge.evaluation.report import number

    single = {name: value for name, value in scores.items() if not isinstance(value, (dict, list))}
    single |= scores.get("losses", {})
    if "heads" in scores:
        single = {name: value for name, value in single.items() if name not in _means(scores)}
    width = max(map(len, single))
    typer.echo(title)
    for name, value in single.items():
        typer.echo(f"  {name.replace('_', ' '):<{width}}  {number(value)}")
    _show_heads(scores)
    for note in scores.get("notes", ()):
        typer.echo(f"note: {note}")


def _means(scores: dict[str, Any]) -> set[str]:
    """The metrics that the tables of heads show."""
    return {metric for head in scores["heads"].values() for metric in head["joint"]}


def _show_heads(scores: dict[str, Any]) -> None:
    from seqforge.evaluation import tables

    for name, head in scores.get("heads", {}).items():
        typer.echo(f"\nhead {name}")
        for line in tables.aligned(tables.of_head(head, scores["judging"])):
            typer.echo(f"  {line}")
