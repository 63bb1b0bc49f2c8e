# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="definition">`: a data definition, simulated once into the cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seqforge.arrays import np
from seqforge.data import cache, store
from seqforge.data.labels import encoded
from seqforge.data.letters import Letters
from seqforge.data.problems import MISSING, refuse
from seqforge.data.sources.base import Wanted
from seqforge.data.sources.sequences import SETS, Report, SequenceSource
from seqforge.data.store import Store, Writer
from seqforge.definitions.locate import locate
from seqforge.errors import DefinitionError
from seqforge.parameters import REQUIRED, Name, setting
from seqforge.registry import register

if TYPE_CHECKING:
    from seqforge.definitions.data import DataDefinition
    from seqforge.definitions.tree import Node


@register("sources", "definition")
@dataclass(frozen=True, kw_only=True)
class DefinitionSource(SequenceSource):
    """A data definition, simulated."""

    definition: Name = setting(REQUIRED, "the path of a data definition, XML or JSON")

    def files(self, folder: Path) -> list[Path]:
        return [self._path(folder)]

    def window(self, wanted: Wanted) -> int | None:
        if self.length is not None:
            return self.length
        background = self._read(wanted.folder).background
        return background.maxlength if background.minlength == background.maxlength else None

    def stored(self, wanted: Wanted, report: Report) -> tuple[str, Store]:
        definition = self._read(wanted.folder)
        wants = [wanted.alphabet.name, wanted.task.targets, wanted.labels, list(self.fit)]
        key = cache.hash_of("simulated", _content(definition.tree), wants)

        def build(folder: Path) -> None:
            report(f"simulating {definition.id}")
            with Writer(folder, self.fit, wanted.alphabet.unknown) as writer:
                _simulate(definition, writer, wanted)
                writer.finish(letters=Letters(wanted.alphabet).found)

        return key, store.opened(cache.entry(key, build))

    def _path(self, folder: Path) -> Path:
        return locate(self.definition, folder, data=True).path or folder / self.definition

    def _read(self, folder: Path) -> DataDefinition:
        from seqforge.definitions.reader import errors, read_data  # it reads sources' names itself

        found = locate(self.definition, folder, data=True)
        if found.path is None:
            raise refuse(MISSING, f"no data definition '{self.definition}'", found.hint)
        definition, problems = read_data(found.path)
        wrong = errors(problems)
        if definition is None or wrong:
            raise DefinitionError(wrong)
        return definition


def _simulate(definition: DataDefinition, writer: Writer, wanted: Wanted) -> None:
    """Every set of `definition` into `writer`, in bounded memory."""
    from seqforge.simulation.generator import Simulator

    simulator = Simulator(definition)

    def where(row: int) -> tuple[str, int]:
        return str(definition.file or definition.id), 0

    for name in SETS:
        for chunk in simulator.chunks(name):
            inside = np.arange(chunk.codes.shape[1]) < chunk.lengths[:, None]
            kinds = encoded(chunk.names, wanted.task.targets, wanted.labels, where)
            places = np.zeros((len(chunk), 2), dtype=np.int64)
            writer.add(name, chunk.codes[inside], chunk.lengths, kinds[chunk.label], places)


def _content(node: Node) -> list[object]:
    """A tree without its places, for hashing."""
    return [node.tag, str(node.text), dict(node.attributes), [_content(child) for child in node.children]]
