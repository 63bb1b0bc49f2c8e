# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Validation as a function: files → problems, without a framework; shapes are proven in processes of their own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from seqforge import resources
from seqforge.definitions import reader, xsd
from seqforge.definitions.model import ModelDefinition
from seqforge.definitions.records import Definition
from seqforge.errors import Problem, UsageError

SUFFIXES = (".xml", ".json")
_ROOT = re.compile(rb'[<"](?:seqgramodel|seqgradata)[\s>/"]')
_CONFIGURATION = (b'"settings"', b'"heads"', b'"train-data"')  # keys of a training configuration
_HEAD = 65_536  # bytes in which the root element of a definition must stand to be found in a folder


@dataclass(frozen=True)
class Options:
    """How to validate.

    `build`: push an input through every architecture. `second_opinion`: ask xmlschema, too. `definition_only`: missing
    files are notes. `def_path`: further folders for relative paths. `overrides`: "path=value", put into every file.
    `known_only`: also files that are named one by one are passed over if they are no definitions. `runs`: the folder of
    all runs, where trained parts are looked for by the id of their model.
    """

    build: bool = False
    second_opinion: bool = False
    definition_only: bool = False
    def_path: tuple[Path, ...] = ()
    overrides: tuple[str, ...] = ()
    known_only: bool = False
    runs: Path = Path("runs")


@dataclass(frozen=True)
class Report:
    """The files that were looked at and their problems, sorted."""

    files: tuple[Path, ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[Problem]:
        return reader.errors(self.problems)

    @property
    def failed(self) -> int:
        """The number of files with errors."""
        return len({problem.place.file for problem in self.errors})


def validate(
    path: str | Path,
    *,
    build: bool = False,
    second_opinion: bool = False,
    definition_only: bool = False,
    def_path: Sequence[str | Path] = (),
    overrides: Sequence[str] = (),
) -> list[Problem]:
    """Every problem of a definition, or of all definitions in a folder or glob, sorted by place.

    Raises UsageError if there is no such path. Warnings and notes are among the problems: look at `severity`.
    """
    options = Options(build, second_opinion, definition_only, tuple(map(Path, def_path)), tuple(overrides))
    return list(report([str(path)], options).problems)


def report(paths: Sequence[str], options: Options | None = None) -> Report:
    """All definitions at `paths` (files, folders, globs) with their problems."""
    options = options or Options()
    files = [file for file in collect(paths) if not options.known_only or _is_definition(file)]
    if not files and not options.known_only:
        raise UsageError(f"{', '.join(paths)}: no definitions (.xml, .json) in it")
    found = {file: look(file, options) for file in files}
    if options.build:
        sound = [file for file, problems in found.items() if not reader.errors(problems)]
        for file, problems in proofs(sound, options).items():
            found[file] = reader.without_echo(found[file], problems)
    unique = dict.fromkeys(problem for problems in found.values() for problem in problems)
    return Report(tuple(files), tuple(unique))


def collect(paths: Sequence[str]) -> list[Path]:
    """The definition files at `paths`: a file as given, whatever it holds; in folders those with a known root."""
    found = [file for path in paths for file in _at(path)]
    return list(dict.fromkeys(found))


def _at(spelt: str) -> Iterator[Path]:
    path = resources.definition(spelt)
    if spelt and os.path.isdir(path):
        yield from _in_folder(path)
    elif (exists := bool(spelt) and os.path.lexists(path)) or not _is_glob(spelt):
        if not exists:
            raise UsageError(f"{spelt or 'an empty path'}: no such file or folder")
        yield path
    else:
        matches = sorted(glob(spelt, recursive=True))
        if not matches:
            raise UsageError(f"{spelt}: nothing matches")
        for match in matches:
            yield from _in_folder(Path(match)) if Path(match).is_dir() else (Path(match),)


def _is_glob(text: str) -> bool:
    return any(character in text for character in "*?[")


def _in_folder(folder: Path) -> Iterator[Path]:
    """The definitions below `folder`, in order; hidden folders and run folders are left out."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}") from None
    if any(entry.name == "manifest.json" for entry in entries):
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _in_folder(entry)
        elif entry.suffix.casefold() in SUFFIXES and entry.is_file() and _is_definition(entry):
            yield entry


def _is_definition(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
            return bool(_ROOT.search(head)) or all(key in head for key in _CONFIGURATION)
    except OSError:
        return True  # whoever reads it says why it cannot be read


def look(file: Path, options: Options) -> list[Problem]:
    """The problems of one definition, everything but the shape proof."""
    definition, problems = reader.read(file, options.overrides)
    if definition is not None:
        sound = not any(problem.id.startswith("SF01") for problem in problems)
        problems = reader.without_echo(problems, _meaning(definition, options))
        if options.second_opinion and sound:  # else it would say the same again, in other words at other lines
            problems = reader.without_echo(problems, xsd.second_opinion(definition.tree))
    return list(dict.fromkeys(problems))


def _meaning(definition: Definition, options: Options) -> list[Problem]:
    if not isinstance(definition, ModelDefinition):
        return []  # the reader has judged it
    from seqforge.experiment import resolve

    return resolve(definition, def_path=options.def_path, need_files=not options.definition_only, runs=options.runs)[1]


def proofs(files: Iterable[Path], options: Options) -> dict[Path, list[Problem]]:
    """What the backends say about the shapes of the model definitions among `files`, one process per library."""
    from seqforge.definitions.general import LIBRARY_NAMES
    from seqforge.proofs import prove_files
    from seqforge.registry import BAYES

    by_library: dict[str, list[Path]] = {}
    for file in files:
        definition, _ = reader.read(file, options.overrides)
        if isinstance(definition, ModelDefinition):
            by_library.setdefault(LIBRARY_NAMES[definition.general.library.casefold()], []).append(file)
    by_library.pop(BAYES, None)
    found: dict[Path, list[Problem]] = {}
    for _, mine in sorted(by_library.items()):
        need_files = not options.definition_only
        found |= prove_files(mine, options.def_path, options.overrides, need_files=need_files, runs=options.runs)
    return found
