# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The files that a run keeps of its own: definitions verbatim, and what the model definition names outside itself."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from seqforge.architectures.base import Architecture
from seqforge.architectures.parts import FilePart, RunPart
from seqforge.definitions.locate import locate
from seqforge.definitions.model import ModelDefinition
from seqforge.definitions.tree import Node, Text
from seqforge.parameters import folded
from seqforge.resolving.recorded import MANIFEST
from seqforge.run.directory import EXTERNAL

PARTS = "parts"
# what a part's run is read back from
KEPT = (MANIFEST, "definition.*", "data-definition.*", "effective.json", "weights.safetensors", f"{EXTERNAL}*", PARTS)


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


def copy_parts(definition: ModelDefinition, architecture: Architecture, folder: Path) -> dict[str, str]:
    """The trained parts of the model, copied, so that the run stands alone; as written → path of the copy."""
    by_name = {folded(name): part for name, part in architecture.given.items()}
    copies: dict[str, str] = {}
    for written in definition.architecture.parts:
        part, target = by_name.get(folded(written.name)), folder / PARTS / str(written.name)
        if written.run is None or part is None:
            continue
        if isinstance(part, FilePart):
            target = target.with_name(f"{target.name}{part.path.suffix}")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(part.path, target)
        elif isinstance(part, RunPart) and part.folder is not None:
            _copy_run(part.folder, target)
        copies[str(written.run)] = target.relative_to(folder).as_posix()
    return copies


def _copy_run(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for found in (path for pattern in KEPT for path in sorted(source.glob(pattern))):
        if found.is_dir():
            shutil.copytree(found, target / found.name, dirs_exist_ok=True)
        else:
            shutil.copyfile(found, target / found.name)


def _references(tree: Node) -> Iterator[Text]:
    for section in tree.all("data"):
        if section.attributes.get("format") == "profile-simulation":
            yield from (node.text for node in section.children if node.attributes.get("name") == "definition")
    for node in tree.walk():
        if node.tag == "external" and node.text:
            yield node.text
        if "weights_file" in node.attributes:
            yield node.attributes["weights_file"]
        if node.tag == "part" and "definition" in node.attributes:
            yield node.attributes["definition"]


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
