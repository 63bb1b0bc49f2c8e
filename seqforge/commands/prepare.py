# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge prepare`: training data out of raw files, one kind after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqforge.errors import DefinitionError, UsageError, did_you_mean

if TYPE_CHECKING:
    from seqforge.data.profiles.training_files import Written


def command(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="What is prepared: profiles, centromere or epg.")],
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT…", help="A data definition (profiles), a FASTA (centromere), files or folders of runs (epg)."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="The folder; default prepared/<name>. epg: a .npz or .h5."),
    ] = None,
    wanted: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="profiles: override the definition (repeatable)."),
    ] = None,
    k: Annotated[
        str | None, typer.Option("--k", metavar="N,N", help="centromere: lengths of k-mers; 64,128,256,512.")
    ] = None,
    bin_size: Annotated[int | None, typer.Option("--bin-size", metavar="BP", help="centromere: 10000.")] = None,
    highlight: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="centromere: genome_median, bin_median (of published tables) or count."),
    ] = None,
    highlight_count: Annotated[
        int | None, typer.Option(metavar="N", help="centromere: counts from N on are highlighted (rule count).")
    ] = None,
    canonical: Annotated[
        bool | None, typer.Option("--canonical/--no-canonical", help="centromere: count both strands as one.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(metavar="BED", help="centromere: the regions whose bins have has_cen 1.")
    ] = None,
    label_overlap: Annotated[
        float | None, typer.Option(metavar="SHARE", help="centromere: of a bin that --labels must cover; 0.5.")
    ] = None,
    sample: Annotated[
        str | None, typer.Option(metavar="NAME", help="centromere: the name of the sample; default: of the file.")
    ] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="centromere: what counting may use, as 512M or 1G.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="centromere: workers; default: one per processor.")
    ] = None,
    kit: Annotated[
        str | None, typer.Option(metavar="NAME", help="epg: PPF6C, GlobalFiler, 5-dye, 5-dye-600 or simulated.")
    ] = None,
    panel: Annotated[
        Path | None, typer.Option(metavar="XML", help="epg: the kit's markers and bins, for --alleles and --ladder.")
    ] = None,
    alleles: Annotated[
        Path | None, typer.Option(metavar="REPORT", help="epg: an allele report that the masks are made of.")
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="epg: file, sample and, where known, mixture_set, donors, contributors."),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="WORD", help="epg: percentile (default), analysed or raw.")
    ] = None,
    ladder: Annotated[
        Path | None, typer.Option(metavar="FILE", help="epg: a run of the allelic ladder, which moves the panel.")
    ] = None,
    length: Annotated[int | None, typer.Option(metavar="N", help="epg: points of a profile; 4096.")] = None,
    resample: Annotated[str | None, typer.Option(metavar="WORD", help="epg: nearest (default) or linear.")] = None,
    keep_standard: Annotated[
        bool | None, typer.Option("--keep-standard", help="epg: keep the dye of the size standard, as the last one.")
    ] = None,
    strict: Annotated[bool | None, typer.Option("--strict", help="epg: stop where a file fails.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Make training data out of raw files, and tell what every filter left.

    profiles: genome, regions and tracks → train.h5, validation.h5, test.h5, BED files of what was kept, prepare.json.

    centromere: a FASTA file → one table of k-mer features per bin for every chromosome, features.json.

    epg: ABIF files of a sequencer → one table of calibrated profiles, a report, the panel as the ladder moves it.
    """
    if kind not in KINDS:
        raise UsageError(f"cannot prepare '{kind}'; {did_you_mean(kind, list(KINDS))}")
    options = {
        "set": wanted, "k": k, "bin_size": bin_size, "highlight": highlight, "highlight_count": highlight_count,
        "canonical": canonical, "labels": labels, "label_overlap": label_overlap, "sample": sample,
        "memory": memory, "workers": workers, "kit": kit, "panel": panel, "alleles": alleles, "samples": samples,
        "baseline": baseline, "ladder": ladder, "length": length, "resample": resample, "keep_standard": keep_standard,
        "strict": strict,
    }  # fmt: skip
    chosen = {name: value for name, value in options.items() if value not in (None, [])}
    prepare, takes = KINDS[kind]
    if len(given) > 1 and kind not in SEVERAL:
        raise UsageError(f"prepare {kind} takes one input, received {len(given)}: {' '.join(given)}")
    foreign = [_spelt(name, value) for name, value in chosen.items() if name not in takes]
    if foreign:
        raise UsageError(f"prepare {kind} has no option {', '.join(foreign)}")
    prepare(given, output, chosen, json)


def _spelt(name: str, value: Any) -> str:
    return f"--{'no-' if value is False else ''}{name.replace('_', '-')}"


def _profiles(inputs: list[str], output: Path | None, options: dict[str, Any], as_json: bool) -> None:
    from seqforge.data.profiles.recipe import Recipe
    from seqforge.data.profiles.training_files import write
    from seqforge.definitions.reader import errors, read_preparation
    from seqforge.resources import definition as shipped

    definition, problems = read_preparation(shipped(inputs[0]), options.get("set", []))
    wrong = errors(problems)
    if wrong or definition is None:
        raise DefinitionError(wrong)
    for problem in problems:
        typer.echo(str(problem), err=True)
    folder = output or Path("prepared") / definition.id
    _say(write(Recipe.of(definition), folder, _progress, about=str(definition.file or definition.id)), as_json)


def _centromere(inputs: list[str], output: Path | None, options: dict[str, Any], as_json: bool) -> None:
    from seqforge.data.kmers.features import settings, write

    chosen = settings(inputs[0], options)
    folder = output or Path("prepared") / chosen.sample
    found = write(chosen, folder, _progress)
    if as_json:
        from json import dumps

        typer.echo(dumps({"folder": str(folder), **found}, indent=2))
        return
    typer.echo(f"{folder}: {len(found['chromosomes'])} tables, {found['bins']:,} bins of {found['bin_size']:,} bases")
    for note in found["notes"]:
        typer.echo(f"note: {note}", err=True)


def _epg(inputs: list[str], output: Path | None, options: dict[str, Any], as_json: bool) -> None:
    from seqforge.data.epg import converting, kits

    if "kit" not in options:
        raise UsageError(f"prepare epg needs --kit: one of {', '.join(kits.KITS)}")
    conversion = converting.Conversion(**options | {"kit": kits.find(options["kit"])})
    path = output or Path("prepared") / f"{Path(inputs[0]).stem}.npz"
    converting.refuse_name(path)
    converting.refuse_taken(path, with_panel=conversion.ladder is not None)
    found = converting.convert([Path(one) for one in inputs], conversion, _progress)
    written = converting.write(found, path)
    report = found.report
    if as_json:
        from json import dumps

        typer.echo(dumps({"files": [str(one) for one in written], **report}, indent=2))
        return
    for line in converting.lines(report):
        typer.echo(line, err=True)
    failed = f", {len(report['failed'])} of {len(found.table) + len(report['failed'])} files failed"
    count = f"{len(found.table)} profile{'' if len(found.table) == 1 else 's'} of {report['kit']}"
    typer.echo(f"{path}: {count}{failed if report['failed'] else ''}")


Prepare = Callable[[list[str], Path | None, dict[str, Any], bool], None]
SEVERAL = ("epg",)  # kinds that take more than one input
# kind → what makes it, and the options (beyond --output and --json) that it reads
KINDS: dict[str, tuple[Prepare, tuple[str, ...]]] = {
    "profiles": (_profiles, ("set",)),
    "centromere": (
        _centromere,
        ("k", "bin_size", "highlight", "highlight_count", "canonical", "labels", "label_overlap", "sample", "memory",
         "workers"),
    ),
    "epg": (
        _epg,
        ("kit", "panel", "alleles", "samples", "baseline", "ladder", "length", "resample", "keep_standard", "strict"),
    ),
}  # fmt: skip


def _progress(text: str) -> None:
    typer.echo(text, err=True)


def _say(written: Written, as_json: bool) -> None:
    if as_json:
        from json import dumps

        typer.echo(dumps({"folder": str(written.folder), "reused": written.reused, **written.report}, indent=2))
        return
    if written.reused:
        typer.echo(f"{written.folder} was there already, from the same definition and files; nothing was written")
    for line in _lines(written.report):
        typer.echo(line)
    for note in written.report["notes"]:
        typer.echo(f"note: {note}", err=True)


def _lines(report: dict[str, Any]) -> Iterator[str]:
    """The filters as a table, then every set with its reads."""
    heads = ("filter", "threshold", "before", "dropped", "left")
    rows = [[str(row[key]) if key in heads[:2] else f"{row[key]:,}" for key in heads] for row in report["filters"]]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (list(heads), *rows):
        words = [word.ljust(width) for word, width in zip(row[:2], widths[:2], strict=True)]
        words += [word.rjust(width) for word, width in zip(row[2:], widths[2:], strict=True)]
        yield "  ".join(words)
    for name, count in report["sets"].items():
        yield f"{name}: {count:,} region{'' if count == 1 else 's'}; {_reads(report['reads'][name])}"


def _reads(heads: dict[str, Any]) -> str:
    """The mean reads of a region for each head, and how many regions have none."""
    parts = []
    for head, found in heads.items():
        without = f", {found['without']:,} without any" if found["without"] else ""
        parts.append(f"{head} {found['mean']:,.6g} reads on average{without}")
    return "; ".join(parts)
