# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Simulated runs as the files of a laboratory: one ABIF file per injection, allele report, samples, donors, panel.

<name>.hid      raw and analysed dyes, size standard, sample, dates
ladder.hid      the allelic ladder
panel.xml       the panel as its maker gives it
alleles.tsv     the alleles of the truth of every injection: Sample Name, Marker, Allele#1, Height#1, …
donors.csv      SampleName;Marker;Allele1;Allele2
samples.csv     file, sample, mixture_set, donors, contributors
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqforge import files
from seqforge.data.epg.abif import Date, Time, Value, write_abif
from seqforge.data.epg.panel_files import write_panel
from seqforge.errors import UsageError, did_you_mean
from seqforge.parameters import Real, Unfit, kind_of, parameters_of
from seqforge.simulation.electropherograms import Camera, Profile, Simulator, donor_name
from seqforge.simulation.epg_options import Options
from seqforge.simulation.epg_panel import KIT
from seqforge.simulation.files import appearing

LADDER, PANEL, ALLELES, DONORS, SAMPLES = "ladder.hid", "panel.xml", "alleles.tsv", "donors.csv", "samples.csv"
BESIDE = (LADDER, PANEL, ALLELES, DONORS, SAMPLES)
NUMBERS = (1, 2, 3, 4, 6, 5)  # of the dyes in the order of the rows


class Laboratory(NamedTuple):
    """What is written: the simulation, and by how many bp every fragment is longer than the panel says."""

    options: Options = Options()
    shift: float = 0.0


def parsed(wanted: Sequence[str]) -> Laboratory:
    """OPTION=VALUE of the options of the simulation, and shift; raises UsageError."""
    known = {name: one.kind for name, one in parameters_of(Options).items()} | {"shift": kind_of(Real)}
    given: dict[str, Any] = {}
    for one in wanted:
        name, _, text = one.partition("=")
        if name not in known:
            raise UsageError(f"no option '{name}' of simulated electropherograms; {did_you_mean(name, list(known))}")
        try:
            given[name] = known[name].parse(text.strip())
        except Unfit as unfit:
            raise UsageError(f"{name}: {unfit}") from None
    shift = given.pop("shift", 0.0)
    options = Options(**given)
    for _, sentence in options.count_problems():
        raise UsageError(sentence)
    return Laboratory(options, shift)


def simulate(laboratory: Laboratory, folder: Path) -> list[Path]:
    """The files in `folder`, which must be empty or not there; they appear whole or not at all."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already; choose another folder with -o, or remove it")
    simulator = Simulator(laboratory.options)
    with appearing(folder) as temporary:
        paths = write(simulator, temporary, shift=laboratory.shift)
    return [folder / path.name for path in paths]


def write(simulator: Simulator, folder: Path, *, shift: float = 0.0) -> list[Path]:
    """All injections in `folder`, every fragment of donors and ladder `shift` bp longer than the panel says; the paths
    of the profiles' files in their order."""
    _refuse_short(simulator)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index in range(len(simulator)):
        paths.append(folder / f"{simulator.name(index)}.hid")
        write_abif_profile(paths[-1], simulator.camera(index, shift))
    write_abif_profile(folder / LADDER, simulator.ladder(shift))
    write_panel(simulator.panel, folder / PANEL)
    profiles = list(simulator.profiles())
    tables = {ALLELES: _alleles(profiles), SAMPLES: _samples(profiles), DONORS: _donors(simulator)}
    for name, lines in tables.items():
        files.write(folder / name, "".join(f"{line}\n" for line in lines))
    return paths


def _refuse_short(simulator: Simulator) -> None:
    if simulator.options.dyes != len(KIT.dyes):
        raise UsageError(f"files of a sequencer hold {len(KIT.dyes)} dyes, the simulation has {simulator.options.dyes}")


def write_abif_profile(path: Path, camera: Camera, *, analysed: bool = True) -> None:
    """A run as an ABIF file with its raw dyes, and the analysed ones if wanted."""
    write_abif(path, list(entries(camera, analysed=analysed)))


def entries(camera: Camera, *, analysed: bool = True) -> Iterator[Value]:
    """What a sequencer writes of a run, as far as SeqForge reads it."""
    yield Value("Dye#", 1, 4, [len(camera.raw)])
    for number, name in zip(NUMBERS, (*KIT.dyes, KIT.standard), strict=True):
        yield Value("DyeN", number, 18, name)
    for number in sorted(NUMBERS):
        yield Value("DyeB", number, 2, "S" if number == NUMBERS[-1] else " ")
    yield Value("SpNm", 1, 18, camera.name)
    yield Value("StdF", 1, 18, KIT.standard)
    yield Value("RUND", 1, 10, [Date(2026, 1, 2)])
    yield Value("RUNT", 1, 11, [Time(9, 30, 0, 0)])
    yield from _dyes(KIT.raw, camera.raw)
    yield from _dyes(KIT.analysed, camera.analysed) if analysed else ()


def _dyes(numbers: Sequence[int], signal: Any) -> Iterator[Value]:
    for number, dye in sorted(zip(numbers, signal, strict=True), key=lambda pair: pair[0]):
        yield Value("DATA", number, 4, dye)


def _alleles(profiles: Sequence[Profile]) -> Iterator[str]:
    """One row per profile and marker; markers without an allele have none."""
    rows = [(one.name, marker, called) for one in profiles for marker, called in _by_marker(one).items()]
    widest = max((len(called) for _, _, called in rows), default=1)
    heads = (f"Allele#{number}\tHeight#{number}" for number in range(1, widest + 1))
    yield "\t".join(("Sample Name", "Marker", *heads))
    for name, marker, called in rows:
        cells = [cell for label, height in called for cell in (label, f"{height:.0f}")]
        yield "\t".join((name, marker, *cells, *[""] * (2 * (widest - len(called)))))


def _by_marker(profile: Profile) -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = {}
    for allele in profile.alleles:
        found.setdefault(allele.marker, []).append((allele.label, allele.height))
    return found


def _samples(profiles: Sequence[Profile]) -> Iterator[str]:
    yield "file,sample,mixture_set,donors,contributors"
    for one in profiles:
        yield f"{one.name}.hid,{one.name},{one.mixture_set},{';'.join(one.donors)},{len(one.donors)}"


def _donors(simulator: Simulator) -> Iterator[str]:
    yield "SampleName;Marker;Allele1;Allele2"
    for donor in range(simulator.options.donors):
        held: dict[int, list[str]] = {}
        for marker, at in simulator.genotype(donor):
            held.setdefault(marker, []).append(simulator.panel.markers[marker].bins[at].label)
        for marker, labels in held.items():
            yield ";".join((donor_name(donor), simulator.panel.markers[marker].name, labels[0], (labels * 2)[1]))
