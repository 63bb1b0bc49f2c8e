# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Definitions from files: XML and JSON become one kind of tree, the tree a typed record; every problem has its place.

`read` returns all problems at once. The record is there whenever enough was readable to go on checking, also beside
errors: a caller that is about to *use* it looks at the problems first (`errors(problems)`), or calls `load`.
"""

from __future__ import annotations

import difflib
import os
import stat
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from seqforge.definitions import jsontree, records, structure, xmltree, xsd
from seqforge.definitions.data import DataDefinition
from seqforge.definitions.language import ROOTS
from seqforge.definitions.model import ModelDefinition
from seqforge.definitions.profile_data import ProfilePreparation, ProfileSimulation
from seqforge.definitions.tree import Node
from seqforge.errors import DefinitionError, Place, Problem

LIMIT = 10 * 2**20  # bytes of a definition; the largest published one has 0.3 MB

# elements or attributes missing, misplaced or unknown: the schema would say so again, about their neighbours
_SHAPELESS = frozenset({"SF0102", "SF0104", "SF0105", "SF0106", "SF0107", "SF0108", "SF0109", "SF0112", "SF0113"})

Source = str | os.PathLike[str] | bytes | Node
Definition = records.Definition
T = TypeVar("T")
_KINDS = {"seqgramodel": "model", "seqgradata": "data"}
_USES: dict[Any, str] = {
    DataDefinition: "use it with data format definition",
    ProfilePreparation: "make its training files with seqforge prepare profiles",
    ProfileSimulation: "use it with data format profile-simulation",
}
_SECTIONS: dict[Any, str] = {
    DataDefinition: "background",
    ProfilePreparation: "profiles",
    ProfileSimulation: "profilesimulation",
}


def read(source: Source, overrides: Sequence[str] = ()) -> tuple[Definition | None, list[Problem]]:
    """The definition in a file, in bytes or in a tree, `overrides` ("path=value") put in; and its problems, sorted."""
    return _read(source, overrides, None)


def read_model(source: Source, overrides: Sequence[str] = ()) -> tuple[ModelDefinition | None, list[Problem]]:
    """As `read`; a data definition is a problem."""
    definition, problems = _read(source, overrides, "seqgramodel")
    return definition if isinstance(definition, ModelDefinition) else None, problems


def read_data(source: Source, overrides: Sequence[str] = ()) -> tuple[DataDefinition | None, list[Problem]]:
    """As `read`; a model definition or one of profiles is a problem. A file that has not changed is not read again."""
    return _read_kind(source, overrides, DataDefinition)


def read_any_data(source: Source, overrides: Sequence[str] = ()) -> tuple[Any, list[Problem]]:
    """As `read_data`, of every kind of data definition."""
    return _read(source, overrides, "seqgradata")


def read_preparation(source: Source, overrides: Sequence[str] = ()) -> tuple[ProfilePreparation | None, list[Problem]]:
    """As `read_data`, of a definition with `<profiles>`."""
    return _read_kind(source, overrides, ProfilePreparation)


def read_simulation(source: Source, overrides: Sequence[str] = ()) -> tuple[ProfileSimulation | None, list[Problem]]:
    """As `read_data`, of a definition with `<profilesimulation>`."""
    return _read_kind(source, overrides, ProfileSimulation)


def _read_kind(source: Source, overrides: Sequence[str], wanted: type[T]) -> tuple[T | None, list[Problem]]:
    if overrides or isinstance(source, (bytes, Node)):
        definition, problems = _read(source, overrides, "seqgradata")
    else:
        definition, problems = _read_file(os.fspath(source), _state(source))
    if definition is None or isinstance(definition, wanted):
        return definition, list(problems)
    message = (
        f"expected a data definition with '{_SECTIONS[wanted]}', received one with '{_SECTIONS[type(definition)]}'"
    )
    return None, sorted([*problems, Problem(definition.tree.place, "SF0635", message, _USES[type(definition)])])


@lru_cache(maxsize=512)
def _read_file(file: str, state: tuple[int, ...]) -> tuple[Definition | None, list[Problem]]:
    """Many model definitions name the same data definition, which is large."""
    return _read(file, (), "seqgradata")


def _state(file: str | os.PathLike[str]) -> tuple[int, ...]:
    """What changes when a file does; also the working directory that a relative path starts from."""
    try:
        found, here = os.stat(file), os.stat(".")
    except (OSError, ValueError):
        return (time.monotonic_ns(),)
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size, here.st_dev, here.st_ino


def load(source: Source, overrides: Sequence[str] = ()) -> Definition:
    """The definition; raises DefinitionError with its errors, if it has any. Warnings are dropped."""
    definition, problems = read(source, overrides)
    wrong = errors(problems)
    if wrong or definition is None:
        raise DefinitionError(wrong)
    return definition


def errors(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


def without_echo(problems: list[Problem], later: Iterable[Problem]) -> list[Problem]:
    """`problems`, and those of a later stage on lines where an earlier stage has found no error, sorted."""
    taken = {problem.place[:2] for problem in problems if problem.severity == "error"}
    return sorted([*problems, *(problem for problem in later if problem.place[:2] not in taken)])


def _read(source: Source, overrides: Sequence[str], root: str | None) -> tuple[Definition | None, list[Problem]]:
    problems: list[Problem] = []
    try:
        tree = read_tree(source, problems)
        problems += _other_root(tree, root)
        if problems and errors(problems):
            return None, sorted(problems)
        return _checked(tree, source, overrides, problems)
    except DefinitionError as error:
        return None, sorted([*problems, *error.problems])


def _checked(
    tree: Node, source: Source, overrides: Sequence[str], problems: list[Problem]
) -> tuple[Definition | None, list[Problem]]:
    if overrides:
        from seqforge.definitions.overrides import override

        tree, refused = override(tree, overrides)
        problems += refused
    problems += structure.check(tree)
    judged: list[Problem] = []
    definition = records.build(tree, _path(source), judged) if tree.tag in ROOTS else None
    if isinstance(definition, DataDefinition):
        from seqforge.definitions import data_checks

        judged = data_checks.check(definition)
    problems = without_echo(problems, judged)
    if not _SHAPELESS.intersection(problem.id for problem in problems):
        problems = without_echo(problems, xsd.check(tree))
    return definition, sorted(problems)


def _other_root(tree: Node, wanted: str | None) -> list[Problem]:
    if wanted is None or tree.tag == wanted or tree.tag not in ROOTS:
        return []
    message = f"expected a {_KINDS[wanted]} definition ('{wanted}'), received a {_KINDS[tree.tag]} definition"
    return [Problem(tree.place, "SF0103", message)]


def read_tree(source: Source, warnings: list[Problem] | None = None, defaults: str = "documented") -> Node:
    """The tree of a file or of bytes, XML or JSON; raises DefinitionError with one problem.

    `defaults`: of which generation of fit parameters absent keys are. Refused: files over `LIMIT` bytes, nesting over
    64 levels, document types, entities, text that is not UTF-8.
    """
    if isinstance(source, Node):
        return source
    file = "" if isinstance(source, bytes) else os.fspath(source)
    return parse(source if isinstance(source, bytes) else _bytes(file), file, warnings, defaults)


def parse(data: bytes, file: str = "", warnings: list[Problem] | None = None, defaults: str = "documented") -> Node:
    """The tree of `data`, as if it stood in `file`."""
    if len(data) > LIMIT:
        raise _refused(file, "SF0004", _too_large(len(data)))
    data = data.removeprefix(b"\xef\xbb\xbf")
    text = _decoded(data, file)
    first = text.lstrip()[:1]
    if not first:
        raise _refused(file, "SF0003", "the file is empty")
    if first in "{[":
        return _from_json(jsontree.scan(text, file), warnings, defaults)
    if first != "<":
        hint = "JSON has no comments: remove it" if first in "/#" else ""
        raise _refused(file, "SF0005", f"neither XML nor JSON: expected '<' or '{{' first, received {first!r}", 1, hint)
    return xmltree.parse(data, file, warnings)


def _from_json(document: jsontree.Json, warnings: list[Problem] | None, defaults: str) -> Node:
    """The tree of a JSON document: the twin of a definition, a training configuration of the BPNet family, or fit
    parameters of Cherimoya."""
    from seqforge.definitions import fit_parameters, training_config

    if isinstance(document, jsontree.Object) and fit_parameters.recognised(document):
        tree = fit_parameters.read(document, defaults)
        if warnings is not None:
            warnings.extend(fit_parameters.notes(document))
        return tree
    if isinstance(document, jsontree.Object) and training_config.recognised(document):
        return training_config.read(document)
    return jsontree.tree_of(document)


def _decoded(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        place = Place(file, before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        message = f"not UTF-8: byte 0x{data[error.start]:02x} at this place; save the file as UTF-8"
        raise DefinitionError([Problem(place, "SF0005", message)]) from None


def _bytes(file: str) -> bytes:
    """The content of a regular file; raises DefinitionError for whatever cannot be read as one."""
    try:
        with open(file, "rb") as stream:
            state = os.fstat(stream.fileno())
            if stat.S_ISREG(state.st_mode) and state.st_size > LIMIT:
                raise _refused(file, "SF0004", _too_large(state.st_size))
            return stream.read(LIMIT + 1)
    except FileNotFoundError:
        what = "is a link to a file that is not there" if os.path.islink(file) else "no such file"
        raise _refused(file, "SF0001", what, hint=_near_files(file)) from None
    except IsADirectoryError:
        raise _refused(file, "SF0002", "is a folder; expected a definition file (.xml or .json)") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _refused(file, "SF0002", f"cannot be read: {reason}") from None


def _too_large(size: int) -> str:
    return f"{size / 2**20:.1f} MiB is too large for a definition; the limit is {LIMIT // 2**20} MiB"


def _refused(file: str, id: str, message: str, line: int = 0, hint: str = "") -> DefinitionError:
    return DefinitionError([Problem(Place(file, line), id, message, hint)])


def _near_files(file: str) -> str:
    """Definitions beside a missing file with a name like it."""
    folder = Path(file).parent
    try:
        names = [path.name for path in folder.iterdir() if path.suffix in (".xml", ".json")]
    except OSError:
        return f"there is no folder '{folder}'" if str(folder) != "." else ""
    close = difflib.get_close_matches(
        Path(file).name, [name for name in names if name != Path(file).name], n=1, cutoff=0.6
    )
    return f"did you mean '{folder / close[0]}'?" if close else ""


def _path(source: Source) -> Path | None:
    if isinstance(source, Node):
        return Path(source.place.file) if source.place.file else None
    return None if isinstance(source, bytes) else Path(source)
