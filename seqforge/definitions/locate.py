# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where a path that a definition names lies: one order of places for all files, and what to say when none fits."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from seqforge.definitions.tree import Text
from seqforge.errors import Problem, nearest

NEIGHBOURS = ("data-defs", "dd")  # folders of data definitions beside model definitions: ours, seqgra's


class Located(NamedTuple):
    """`path` None: not found; `tried`: where it was looked for. `guessed`: found by a shortened or completed path."""

    path: Path | None
    tried: tuple[Path, ...] = ()
    guessed: bool = False

    @property
    def hint(self) -> str:
        """The way out for a missing file: near names, then what was tried."""
        near = near_name(self.tried)
        tried = "tried " + ", ".join(map(shown, self.tried))
        return f"did you mean '{shown(near)}'? {tried}" if near else tried


class Paths(NamedTuple):
    """Where the paths of one definition are looked for; without `need_files` a missing file is only a note.

    `runs`: the folder of all runs, where trained parts are looked for by the id of their model.
    """

    folder: Path
    def_path: tuple[Path, ...] = ()
    need_files: bool = True
    runs: Path = Path("runs")

    def find(self, spelt: Text, what: str, problems: list[Problem], *, data: bool = False) -> Path | None:
        """The file or folder `spelt`, with the problem if there is none and a note if its path had to be guessed."""
        located = locate(spelt, self.folder, self.def_path, data=data)
        if located.path is None:
            severity = "error" if self.need_files else "note"
            problems.append(Problem(spelt.place, "SF0401", f"{what} '{spelt}' not found", located.hint, severity))
        elif located.guessed:
            message = f"{what} '{spelt}' is not there; taken instead: {shown(located.path)}"
            problems.append(Problem(spelt.place, "SF0402", message, severity="note"))
        return located.path


def locate(spelt: str, folder: Path, def_path: Sequence[Path] = (), *, data: bool = False) -> Located:
    """The existing file or folder that `spelt` means in a definition of `folder`; `data`: it is a data definition."""
    path = Path(os.path.expanduser(spelt))
    exact = [path] if path.is_absolute() else _unique([folder / path, *(place / path for place in def_path), path])
    found = _first(exact)
    if found:
        return Located(found, tuple(exact))
    guesses = _unique(_tails(path, folder)) + (_unique(_neighbours(path, folder)) if data else [])
    found = _first(guesses) or (_with_seed(path, [*exact, *guesses]) if data else None)
    return Located(found, tuple(exact), guessed=True) if found else Located(None, tuple(exact))


def neighbours(folder: Path) -> list[Path]:
    """The folders beside a definition's folder in which data definitions lie."""
    places = (root / name for root in (folder, folder.absolute().parent) for name in NEIGHBOURS)
    return [place for place in _unique(places) if _exists(place)]


def shown(path: Path) -> str:
    """A path as messages write it: from the working directory where it lies below it."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return Path(os.path.normpath(path)).as_posix()


def near_name(tried: Iterable[Path]) -> Path | None:
    """A file beside one of the missing ones whose name is close to it."""
    for path in tried:
        if len(path.name) < 256 and _is_folder(path.parent):
            names = sorted(entry.name for entry in os.scandir(path.parent))
            alike = {Path(name).stem: name for name in names if Path(name).suffix == path.suffix and name != path.name}
            guess = nearest(path.stem, alike) or nearest(
                path.name, [name for name in names if name not in alike.values()]
            )
            if guess:
                return path.parent / alike.get(guess, guess)
    return None


def _tails(path: Path, folder: Path) -> Iterator[Path]:
    """Trailing parts of `path`, longest first, below the folder and its two parents."""
    here = folder.absolute()
    parts = [part for part in path.parts if part not in (path.anchor, ".", "..")]
    for start in range(len(parts)):
        for root in (here, here.parent, here.parent.parent):
            yield root.joinpath(*parts[start:])


def _neighbours(path: Path, folder: Path) -> Iterator[Path]:
    return (place / path.name for place in neighbours(folder))


def _with_seed(path: Path, places: Iterable[Path]) -> Path | None:
    """The only file called `<stem>-s<number><suffix>` where `path` was looked for."""
    wanted = re.compile(re.escape(path.stem) + r"-s\d+" + re.escape(path.suffix))
    folders = _unique(place.parent.absolute() for place in places)
    found = [
        Path(entry.path)
        for place in folders
        if _is_folder(place)
        for entry in os.scandir(place)
        if wanted.fullmatch(entry.name)
    ]
    return found[0] if len(found) == 1 else None


def _unique(paths: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys(Path(os.path.normpath(path)) for path in paths))


def _first(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if _exists(path)), None)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a NUL
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
