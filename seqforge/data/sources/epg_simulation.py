# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="epg-simulation">`: electropherograms of an invented kit with their truth, made once into the cache."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqforge.arrays import np
from seqforge.data import cache
from seqforge.data.epg.opening import EpgSource, Report, refuse_markers
from seqforge.data.sources.base import Wanted
from seqforge.registry import register
from seqforge.simulation.epg_options import Options

if TYPE_CHECKING:
    from seqforge.data.epg.alleles import Genotype
    from seqforge.data.epg.panels import Panel
    from seqforge.data.epg.tables import ProfileTable
    from seqforge.simulation.electropherograms import Simulator


@register("sources", "epg-simulation")
@dataclass(frozen=True, kw_only=True)
class ElectropherogramSimulationSource(Options, EpgSource):
    """Simulated mixtures of simulated people: alleles, stutter, pull-up, dye blobs, spikes, baseline and noise.

    The profiles are a function of the options alone; `seed` is that of the simulation. Replicate injections of a
    mixture, and mixtures of the same people, are groups that a split keeps together.
    """

    @property
    def options(self) -> Options:
        return Options(**{one.name: getattr(self, one.name) for one in fields(Options)})

    def problems(self) -> list[tuple[str, str]]:
        return [*super().problems(), *self.count_problems()]

    def window(self, wanted: Wanted) -> int | None:
        return self.length

    def channels(self, wanted: Wanted) -> int | None:
        return self.dyes

    def opened(self, wanted: Wanted, report: Report) -> tuple[ProfileTable, Panel | None]:
        from seqforge.simulation.electropherograms import VERSION, Simulator

        simulator = Simulator(self.options)
        report(f"{self.profiles:,} electropherograms, simulated unless the cache has them")
        said = {one.name: getattr(self, one.name) for one in fields(Options)}
        key = cache.hash_of("epg-simulation", VERSION, said)
        folder = cache.entry(key, lambda fresh: _simulate(simulator, fresh))
        return _table(simulator, folder, key), simulator.panel

    def judge(self, wanted: Wanted) -> None:
        super().judge(wanted)
        if "markers" in wanted.reads:
            refuse_markers(len(self.kit_panel(wanted).markers), wanted)

    def kit_panel(self, wanted: Wanted) -> Panel:
        from seqforge.simulation.electropherograms import Simulator

        return Simulator(self.options).panel

    def genotypes(self, wanted: Wanted) -> dict[str, Genotype]:
        from seqforge.simulation.electropherograms import Simulator, donor_name

        simulator = Simulator(self.options)
        return {donor_name(number): _alleles(simulator, number) for number in range(self.donors)}


def _alleles(simulator: Simulator, donor: int) -> Genotype:
    """What a donor has: marker → labels, each once."""
    found: dict[str, dict[str, None]] = {}
    for number, at in simulator.genotype(donor):
        marker = simulator.panel.markers[number]
        found.setdefault(marker.name, {})[marker.bins[at].label] = None
    return {marker: tuple(labels) for marker, labels in found.items()}


def _simulate(simulator: Simulator, folder: Path) -> None:
    """Arrays and names in `folder`, one profile after the other."""
    shape = (len(simulator), simulator.options.dyes, simulator.options.length)
    signal = np.lib.format.open_memmap(folder / "profiles.npy", mode="w+", dtype=np.int16, shape=shape)
    masks = np.lib.format.open_memmap(folder / "masks.npy", mode="w+", dtype=np.int8, shape=shape)
    said: dict[str, list[Any]] = {"names": [], "mixture_set": [], "donors": []}
    for row, one in enumerate(simulator.profiles()):
        signal[row], masks[row] = one.signal, one.mask
        for key, value in zip(said, (one.name, one.mixture_set, one.donors), strict=True):
            said[key].append(value)
    signal.flush()
    masks.flush()
    (folder / "about.json").write_text(json.dumps(said), encoding="utf-8")


def _table(simulator: Simulator, folder: Path, key: str) -> ProfileTable:
    from seqforge.data.epg.tables import ProfileTable
    from seqforge.simulation.epg_panel import KIT

    said = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    return ProfileTable(
        profiles=np.load(folder / "profiles.npy", mmap_mode="r"),
        masks=np.load(folder / "masks.npy", mmap_mode="r"),
        names=tuple(said["names"]),
        mixture_set=tuple(said["mixture_set"]),
        donors=tuple(map(tuple, said["donors"])),
        contributors=np.array([len(one) for one in said["donors"]]),
        base_pairs=simulator.base_pairs,
        dye_names=KIT.dyes[: simulator.options.dyes],
        kit=KIT.name,
        content=key,
        checked=True,
    )
