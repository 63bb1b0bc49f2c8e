# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The files that a run keeps of its own: definitions verbatim, and what the model definition names outside itself."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from seqforge.definitions.locate import locate
from seqforge.definitions.model import ModelDefinition
from seqforge.definitions.tree import Node, Text
from seqforge.run.directory import EXTERNAL


def copy_definition(source: Path, folder: Path, stem: str) -> str:
    """The file as it is, called `stem` with its own ending; the new name comes back."""
    name = stem + (source.suffix.lower() or ".xml")
    shutil.copyfile(source, folder / name)
    return name


def copy_references(definition: ModelDefinition, folder: Path, def_path: Sequence[Path] = ()) -> dict[str, str]:
    """Every outside file that the definition names, copied; as written → path of the copy in `folder`."""
    copies: dict[str, str] = {}
    for written in _references(definition.tree):
        found = locate(written, definition.folder, def_path, data=True).path
        if found is not None and written not in copies:
            copies[str(written)] = _copy(found, _room(folder, found)).relative_to(folder).as_posix()
    return copies


def redirect(tree: Node, copies: Mapping[str, str], folder: Path, data_definition: str | None = None) -> None:
    """The tree of a definition, changed to name the copies in `folder`."""
    for section in tree.all("data"):
        for node in section.children:
            if data_definition is not None and node.attributes.get("name") == "definition":
                node.text = Text(str((folder / data_definition).resolve()), node.text.place)
    for node in tree.walk():
        if node.tag == "external" and node.text in copies:
            node.text = Text(str((folder / copies[node.text]).resolve()), node.text.place)
        written = node.attributes.get("weights_file")
        if written is not None and written in copies:
            node.attributes["weights_file"] = Text(str((folder / copies[written]).resolve()), written.place)


def _references(tree: Node) -> Iterator[Text]:
    for node in tree.walk():
        if node.tag == "external" and node.text:
            yield node.text
        if "weights_file" in node.attributes:
            yield node.attributes["weights_file"]


def _room(folder: Path, found: Path) -> Path:
    """The first of external, external-2 … that has no other file of this name."""
    number, room = 2, folder / EXTERNAL
    while (room / found.name).exists() and not _same(room / found.name, found):
        room = folder / f"{EXTERNAL}-{number}"
        number += 1
    return room


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)


def _copy(found: Path, room: Path) -> Path:
    if found.is_dir():
        shutil.copytree(found, room / found.name, dirs_exist_ok=True)
        return room / found.name
    for file in _with_imports(found):
        target = room / file.relative_to(found.resolve().parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return room / found.name


def _with_imports(found: Path) -> list[Path]:
    if found.suffix != ".py":
        return [found.resolve()]
    from seqforge.architectures.pytorch_module import sources

    return sources(found)
