# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge simulate`: the sets of a data definition as files, runs of a capillary sequencer, or centromeres."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seqforge.errors import DefinitionError, UsageError, did_you_mean
from seqforge.resources import definition as shipped

EPG = "epg"  # instead of a definition
CENTROMERES = ("bins", "genome")

if TYPE_CHECKING:
    from seqforge.definitions.data import DataDefinition
    from seqforge.definitions.profile_data import ProfileSimulation
    from seqforge.simulation.files import Report, Written


def command(
    definition: Annotated[
        str,
        typer.Argument(
            metavar="DATA.xml",
            help="A data definition, XML or JSON; epg: electropherograms, as ABIF files; bins: tables of chromosomes "
            "with centromeres; genome: FASTA with satellite arrays.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="The folder; default simulated/<id>.")
    ] = None,
    wanted: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SET",
            help="Only this set (repeatable); PATH=VALUE overrides the definition; epg, bins, genome: OPTION=VALUE.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Instead of the definition's seed.")] = None,
    processes: Annotated[int, typer.Option(min=1, help="Processes that draw; the bytes do not depend on it.")] = 1,
    motif_info: Annotated[bool, typer.Option("--motif-info", help="Also the tables of the motifs.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Draw the sequences of a data definition: tab-separated sets with annotations, or the training files of profiles.

    The same definition gives the same data. A folder that holds this simulation already is kept.

    epg: runs of an invented kit as .hid files, with an allelic ladder, panel.xml, alleles.tsv, donors.csv and
    samples.csv; the options are those of data format epg-simulation, and shift: bp by which every fragment is longer.

    bins: tables in training_data, validation_data and test_data; the options are those of data format bins-simulation.
    genome: genome.fa, random bases around an array of higher-order repeats, and genome.bed with where the arrays lie.
    """
    if definition == EPG and not Path(definition).exists():
        _refuse(processes, motif_info, "'epg'")
        _epg(output or Path("simulated") / EPG, wanted or [], seed, json)
        return
    if definition in CENTROMERES and not Path(definition).exists():
        _refuse(processes, motif_info, f"'{definition}'")
        _centromeres(definition, output or Path("simulated") / definition, wanted or [], seed or 0, json)
        return
    from seqforge.definitions.data import SETS

    overrides = [one for one in wanted or () if "=" in one]
    names = [one for one in wanted or () if "=" not in one]
    for name in names:
        if name not in SETS:
            raise UsageError(f"unknown set '{name}'; {did_you_mean(name, SETS)}")
    if seed is not None:
        overrides.append(f"general.seed={seed}")
    read = _read(definition, overrides)
    folder = output or Path("simulated") / read.id
    sets = tuple(name for name in SETS if name in names) or SETS
    written = _write(read, folder, sets, processes, motif_info)
    _say(written, json)


def _epg(folder: Path, wanted: list[str], seed: int | None, as_json: bool) -> None:
    """Electropherograms as the files of a laboratory."""
    from seqforge.simulation import electropherogram_files as laboratory

    options = laboratory.parsed([*wanted, *([] if seed is None else [f"seed={seed}"])])
    paths = laboratory.simulate(options, folder)
    if as_json:
        import json

        typer.echo(json.dumps({"folder": str(folder), "files": [str(path) for path in paths]}, indent=2))
        return
    typer.echo(f"{folder}: {len(paths)} runs, {', '.join(laboratory.BESIDE)}")


def _centromeres(kind: str, folder: Path, wanted: list[str], seed: int, as_json: bool) -> None:
    """Tables of bins, or a genome."""
    from seqforge.simulation.centromere_files import simulate

    paths = simulate(kind, wanted, seed, folder)
    if as_json:
        import json

        typer.echo(json.dumps({"folder": str(folder), "files": [str(path) for path in paths]}, indent=2))
        return
    names = f"{len(paths):,} tables" if kind == "bins" else ", ".join(path.name for path in paths)
    typer.echo(f"{folder}: {names}")


def _write(
    definition: DataDefinition | ProfileSimulation, folder: Path, sets: tuple[str, ...], processes: int, tables: bool
) -> Written:
    from seqforge.definitions.data import DataDefinition

    if isinstance(definition, DataDefinition):
        from seqforge.simulation.files import write

        return write(definition, folder, sets, processes=processes, motif_info=tables, report=_progress("sequences"))
    _refuse(processes, tables, f"'{definition.id}'")
    from seqforge.simulation import profile_files

    return profile_files.write(definition, folder, sets, report=_progress("regions"))


def _refuse(processes: int, tables: bool, name: str) -> None:
    """Raise UsageError for options that only sequences have."""
    for option, given in (("--processes", processes > 1), ("--motif-info", tables)):
        if given:
            raise UsageError(f"{option} is for sequences, not for {name}")


def _read(path: str, overrides: list[str]) -> DataDefinition | ProfileSimulation:
    """The definition; its warnings go to the standard error."""
    from seqforge.definitions.profile_data import ProfilePreparation
    from seqforge.definitions.reader import errors, read_any_data

    definition, problems = read_any_data(shipped(path), overrides)
    wrong = errors(problems)
    if wrong or definition is None:
        raise DefinitionError(wrong)
    if isinstance(definition, ProfilePreparation):
        raise UsageError(f"{path} prepares profiles of a genome; use seqforge prepare profiles")
    for problem in problems:
        typer.echo(str(problem), err=True)
    return definition


def _progress(noun: str) -> Report:
    """On a terminal one line that counts, otherwise one line for each set."""
    import sys

    live = sys.stderr.isatty()

    def report(name: str, done: int, total: int) -> None:
        if live or done == total:
            line = f"{name:<{10 if noun == 'sequences' else 24}} {done:>11,} / {total:,} {noun}"
            typer.echo(f"\r{line}" if live else line, err=True, nl=not live or done == total)

    return report


def _say(written: Written, as_json: bool) -> None:
    if as_json:
        import json

        record = {"folder": str(written.folder), "definition_hash": written.hash, "reused": written.reused}
        typer.echo(json.dumps(record | {"sets": written.rows, "made": list(written.made)}, indent=2))
        return
    noun = "regions" if any(" " in name for name in written.rows) else "sequences"  # a sample and a set
    rows = ", ".join(f"{name} {count:,}" for name, count in written.rows.items())
    kept = " was there already, from the same definition; nothing was written" if written.reused else ""
    typer.echo(f"{written.folder}{kept or ':'} {f'({rows})' if kept else f'{rows} {noun}'}")
