# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="profile-simulation">`: one sample of a data definition of profiles, simulated once into the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seqforge.data import cache
from seqforge.data.problems import MISSING, OPTION, refuse
from seqforge.data.profiles.checks import Lengths, refuse_heads, refuse_widths
from seqforge.data.sources.base import Wanted
from seqforge.data.sources.profiles import SETS, ProfileSource, Report
from seqforge.definitions.locate import locate
from seqforge.errors import DefinitionError, did_you_mean
from seqforge.parameters import REQUIRED, Name, setting
from seqforge.registry import register

if TYPE_CHECKING:
    from seqforge.data.profiles.store import ProfileStore
    from seqforge.definitions.profile_data import ProfileSimulation
    from seqforge.simulation.profiles import Simulator


@register("sources", "profile-simulation")
@dataclass(frozen=True, kw_only=True)
class ProfileSimulationSource(ProfileSource):
    """One sample of a data definition with `<profilesimulation>`.

    Beside the reads each store keeps the truth, (region, position, strand) float32 over all stored positions: bias
    (κβS), signal (the bracket) and rate; and its motifs, `others["instances"]`.
    """

    definition: Name = setting(REQUIRED, "the path of a data definition, XML or JSON")
    sample: Name = setting(REQUIRED, "the name of one of its samples")

    def files(self, folder: Path) -> list[Path]:
        """The definition; raises DataError where it is there, but has no such sample."""
        path = self._path(folder)
        if path.exists():
            self._read(folder)
        return [path]

    def window(self, wanted: Wanted) -> int | None:
        return wanted.input_length or self._read(wanted.folder).options.input_length

    def windows(self, wanted: Wanted) -> tuple[int, int]:
        options = self._read(wanted.folder).options
        return options.input_length, options.output_length

    def judge(self, wanted: Wanted) -> None:
        super().judge(wanted)
        path = self._path(wanted.folder)
        if not path.exists():
            return
        definition = self._read(wanted.folder)
        options = definition.options
        made_for = Lengths(options.input_length, options.output_length, options.max_jitter)
        refuse_widths(made_for.widths, self.lengths(wanted, made_for), made_for=made_for, file=path)
        if wanted.heads:
            refuse_heads([definition.head], wanted.heads, path)

    def stored(self, wanted: Wanted, report: Report) -> Mapping[str, ProfileStore]:
        from seqforge.simulation.profiles import Simulator  # and with it NumPy

        definition = self._read(wanted.folder)
        report(f"{definition.id}: sample {self.sample}, simulated unless the cache has it")
        simulator = Simulator(definition)
        return {name: self._store(simulator, name) for name in SETS}

    def _store(self, simulator: Simulator, setname: str) -> ProfileStore:
        from seqforge.data.profiles.store import opened
        from seqforge.simulation.profile_files import content_of
        from seqforge.simulation.profiles import VERSION

        definition = simulator.definition
        key = cache.hash_of("profiles", VERSION, definition.seed, content_of(definition), self.sample, setname)
        return opened(cache.entry(key, lambda folder: _simulate(simulator, self.sample, setname, folder)))

    def _path(self, folder: Path) -> Path:
        return locate(self.definition, folder, data=True).path or folder / self.definition

    def _read(self, folder: Path) -> ProfileSimulation:
        from seqforge.definitions.reader import errors, read_simulation  # it reads sources' names itself

        found = locate(self.definition, folder, data=True)
        if found.path is None:
            raise refuse(MISSING, f"no data definition '{self.definition}'", found.hint)
        definition, problems = read_simulation(found.path)
        wrong = errors(problems)
        if definition is None or wrong:
            raise DefinitionError(wrong)
        names = [sample.name for sample in definition.samples]
        if self.sample not in names:
            raise refuse(OPTION, f"sample '{self.sample}' is not in {found.path}", did_you_mean(self.sample, names))
        return definition


def _simulate(simulator: Simulator, sample: str, setname: str, folder: Path) -> None:
    """One set into a store in `folder`, in bounded memory."""
    from seqforge.data.profiles.store import Writer

    options = simulator.options
    lengths = (options.input_length, options.output_length, options.max_jitter)
    with Writer(folder, [simulator.definition.head], *lengths) as writer:
        for chunk in simulator.chunks(sample, setname):
            writer.add(chunk.codes, [chunk.reads], truth=chunk.truth)
            writer.append("instances", chunk.instances)
        writer.finish()
