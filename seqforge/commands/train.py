# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge train`: a definition becomes a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqforge.commands.options import KerasBackend
from seqforge.errors import UsageError
from seqforge.resources import definition as shipped

if TYPE_CHECKING:
    from seqforge.run import Options, Run


def command(
    definition: Annotated[Path, typer.Argument(parser=shipped, help="A definition, or the folder of a run.")],
    data: Annotated[
        Path | None, typer.Option(parser=shipped, help="A data definition, a folder of sets, a table or FASTA.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value of the definition.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="The folder of all runs.")] = Path("runs"),
    resume: Annotated[bool, typer.Option("--resume", help="Continue; an unfinished run must be there.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Train anew beside an identical run.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    keras_backend: KerasBackend = None,
    strict: Annotated[bool, typer.Option("--strict", help="Letters outside the alphabet are errors.")] = False,
    def_path: Annotated[list[Path] | None, typer.Option(help="A further folder for files that it names.")] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard events.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print warnings and the run folder only.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object; everything else to stderr.")] = False,
) -> None:
    """Train the model of a definition, judge it on the test set, and keep everything as a run.

    The same definition on the same data is the same run: finished, it is found again; interrupted, it is continued.
    """
    import sys

    from seqforge.backends.importing import choose_keras
    from seqforge.run import Options, conduct

    choose_keras(keras_backend)
    if resume and again:
        raise UsageError("--resume continues a run and --again starts one; give one of them")
    to_screen = not (json or quiet)

    def report(line: str) -> None:
        if not quiet or line.startswith("warning:") or ": warning: " in line:
            print(line, file=sys.stdout if to_screen else sys.stderr, flush=True)  # both are exchanged below a live bar

    options = Options(
        runs=runs,
        device=device,
        threads=threads,
        again=again,
        resume=resume,
        strict=strict,
        tensorboard=tensorboard,
        bar=sys.stderr.isatty() and not quiet,
        given=data,
        overrides=set_ or (),
        def_path=def_path or (),
        report=report,
    )
    run = _continued(definition, options) if definition.is_dir() else conduct(_resolved(definition, options), options)
    _finish(run, report, as_json=json, quiet=quiet)


def _resolved(path: Path, options: Options) -> Any:
    """The experiment of a definition file; every problem is printed, errors end the command."""
    from seqforge.experiment import read

    experiment, problems = read(
        path, options.overrides, data=options.given, def_path=options.def_path, runs=options.runs
    )
    for problem in problems:
        options.report(str(problem))
    options.report(f"definition: {path} is valid: {experiment.definition.id}, {experiment.definition.general.task}")
    for override in options.overrides:
        options.report(f"--set {override}{_instead(path, override)}")
    return experiment


def _instead(path: Path, override: str) -> str:
    """What the file itself says where `override` ("trainingprocess.epochs=4") changes a hyper-parameter."""
    from seqforge.definitions.reader import read_tree
    from seqforge.parameters import folded

    section, _, key = override.partition("=")[0].rpartition(".")
    nodes = [item for node in read_tree(path).walk() if node.tag == section for item in node.children]
    values = [str(node.text) for node in nodes if folded(node.attributes.get("name", node.tag)) == folded(key)]
    return f" instead of the definition's {values[0]}" if values else ""


def _continued(path: Path, options: Options) -> Run:
    """The run in the folder `path`, brought to its end with its own definition and data."""
    from seqforge.run import load, resume

    run = load(path)
    if options.overrides or options.given or options.again:
        raise UsageError(f"{run.path} is continued as it is; --set, --data and --again belong to a definition")
    return resume(run, options)


# what `seqforge predict` takes after the run, by the family of its task
GIVEN = {
    "labels": "SEQUENCES -o scores.tsv",
    "profiles": "REGIONS.bed --genome GENOME.fa -o profiles.h5",
    "electropherograms": "PROFILES.npz -o FOLDER",
    "bins": "TABLES -o FOLDER",
}


def _finish(run: Run, report: Any, *, as_json: bool, quiet: bool) -> None:
    given = GIVEN[run.experiment.task.family]
    report(f"next: seqforge evaluate {run.path}, or seqforge predict {run.path} {given}")
    if as_json:
        import json

        best = run.manifest.get("best")
        summary = {"run": str(run.path), "id": run.id, "state": run.state, "best": best, "scores": run.scores}
        print(json.dumps(summary | {"history": run.history}, indent=2))
    elif quiet:
        print(run.path)
