# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What a profile run predicts on: regions of a genome, sequences, or its own data; streamed in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from seqforge.arrays import np
from seqforge.data.problems import EMPTY, LENGTH, LETTERS, MISSING, refuse
from seqforge.data.readers import STDIN, opened
from seqforge.errors import RunError, UsageError, did_you_mean
from seqforge.evaluation.profile_predict import Examples, ProfilePredictor
from seqforge.run.predicting import reading
from seqforge.run.profile_windows import cut
from seqforge.run.record import Run

Given: TypeAlias = "str | Path | Sequence[str] | np.ndarray"
Say = Callable[[str], None]

SETS = ("training", "validation", "test")
EDGES = ("drop", "pad")
WINDOWS = "--independent-windows predicts windows of it, each by itself"
BED_ENDINGS = (".bed", ".narrowpeak")


class Inputs(NamedTuple):
    """`chunks` of examples; `chromosomes`: names and sizes (None: not known), or None without coordinates."""

    chunks: Iterable[Examples]
    chromosomes: Mapping[str, int | None] | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`given`: a file of sequences, a list of sequences or codes (n, length) uint8; None: the run's set `set_name`.

    With `genome`, an indexed FASTA file, `given` is a BED file. `edges`: what happens to regions whose input reaches
    beyond the chromosome: drop them, or pad them with unknown bases. `how` sequences are read: options of `reading`.
    `independent_windows`: sequences are cut into windows of the model's input. Raises UsageError for what does not
    belong together.
    """

    given: Given | None = None
    genome: Path | str | None = None
    set_name: str | None = None
    edges: str = "drop"
    how: Mapping[str, Any] = field(default_factory=dict)
    independent_windows: bool = False

    def __post_init__(self) -> None:
        for option, value, known in (("--edges", self.edges, EDGES), ("--set", self.set_name, SETS)):
            if value is not None and value not in known:
                raise UsageError(f"{option}: unknown '{value}'; {did_you_mean(value, known)}")
        if self.given is not None and self.set_name is not None:
            raise UsageError(f"--set {self.set_name} is the run's own data: leave it out, or the input")
        if self.genome is not None and not isinstance(self.given, (str, Path)):
            raise UsageError("--genome goes with a BED file: name the file of the regions")
        if self.genome is not None and any(self.how.get(side) for side in ("pad", "crop")):
            raise UsageError("--pad and --crop are for sequences: windows of a genome are as long as the model's input")
        if self.genome is None and self.edges != "drop":
            raise UsageError("--edges is for regions of a genome: name a BED file, and the genome with --genome")
        if self.independent_windows:
            self._refuse_windows()
        self._refuse_other_kind()

    def _refuse_windows(self) -> None:
        """Whatever is not cut, and what brings it to one length."""
        if self.given is None or self.genome is not None:
            raise UsageError("--independent-windows is for sequences; regions of a genome and sets are windows already")
        if any(self.how.get(side) not in (None, "none") for side in ("pad", "crop")):
            raise UsageError("--independent-windows cuts sequences into windows: leave out --pad and --crop")

    def _refuse_other_kind(self) -> None:
        """Regions without a genome, and sequences with one."""
        if not isinstance(self.given, (str, Path)) or str(self.given) == STDIN:
            return
        first = _first_line(self.given)
        if self.genome is None and (_ending(self.given) in BED_ENDINGS or _is_region(first)):
            raise UsageError(f"{self.given} has regions: name their genome with --genome, an indexed FASTA file")
        if self.genome is not None and first.startswith(b">"):
            raise UsageError(f"{self.given} is a FASTA file, --genome needs regions: leave it out, or give a BED file")
        if self.genome is not None and not Path(self.genome).is_file():
            raise refuse(MISSING, "no such FASTA file", file=self.genome)

    def open(self, run: Run, model: ProfilePredictor, say: Say) -> Inputs:
        """The inputs as the run's model reads them."""
        if self.given is None:
            return _of_set(run, self.set_name or "test", say)
        if run.experiment.architecture.remark and self._moved():
            say(f"warning: {run.experiment.architecture.remark}")
        if self.genome is not None:
            return self._of_regions(run, model, say)
        if run.experiment.architecture.control_tracks:
            message = "the model reads control tracks, which sequences do not have"
            raise UsageError(f"{message}: give a BED file and the genome with --genome, or predict a set with --set")
        if self.independent_windows:
            whole = self._of_sequences(run, None)
            return Inputs(cut(whole, model.input_length, model.output_length, run.experiment.batch_size))
        return Inputs(self._of_sequences(run, model.input_length))

    def _moved(self) -> bool:
        """Whether inputs may be padded or cropped."""
        return self.edges == "pad" or any(self.how.get(side) not in (None, "none") for side in ("pad", "crop"))

    def described(self) -> dict[str, Any]:
        """As JSON, for the record."""
        if self.given is None:
            return {"set": self.set_name or "test"}
        named = str(self.given) if isinstance(self.given, (str, Path)) else f"{len(self.given):,} sequences in memory"
        if self.genome is not None:
            return {"input": named, "genome": str(self.genome), "edges": self.edges}
        windows = {"independent_windows": True} if self.independent_windows else {}
        return {"input": named, **{name: value for name, value in self.how.items() if value is not None}, **windows}

    def _of_sequences(self, run: Run, length: int | None) -> Iterator[Examples]:
        """Sequences of `length`; None: of any length, each as it is."""
        from seqforge.data.sequences import in_memory, stream

        alphabet = run.experiment.alphabet
        if isinstance(self.given, np.ndarray):
            return iter([_of_codes(self.given, length, len(alphabet))])
        assert self.given is not None
        how = replace(reading(run, **self.how), way_out=WINDOWS)
        if length is None:
            how = replace(how, length=None, pad="none", crop="none")
        if isinstance(self.given, (str, Path)):
            found = stream(self.given, alphabet, how)
        else:
            found = in_memory(self.given, alphabet, how)
        return (Examples(chunk.codes, chunk.ids) for chunk in found)

    def _of_regions(self, run: Run, model: ProfilePredictor, say: Say) -> Inputs:
        from seqforge.data.genome.fasta import Genome
        from seqforge.data.genome.regions import regions_to_codes

        assert self.genome is not None
        genome = Genome(self.genome)
        chunks = regions_to_codes(genome, str(self.given), model.input_length)
        needed = model.output_length if self.edges == "pad" else model.input_length
        kept = _inside(chunks, needed, str(self.given), say)
        return Inputs(_controlled(run, kept, dict(genome.sizes)), dict(genome.sizes))


def _ending(path: str | Path) -> str:
    return Path(str(path).casefold().removesuffix(".gz")).suffix


def _first_line(path: str | Path) -> bytes:
    with opened(path) as stream:
        lines = (line for line in stream if line.strip() and not line.startswith((b"#", b"track", b"browser")))
        return next(lines, b"").strip()


def _is_region(line: bytes) -> bool:
    """Whether a line begins with a name and two numbers."""
    fields = line.split(b"\t")
    return len(fields) > 2 and fields[1].isdigit() and fields[2].isdigit()


def _of_codes(codes: np.ndarray, length: int | None, letters: int) -> Examples:
    """Codes as examples; raises DataError where they are none, or not of `length` (None: of any)."""
    if codes.ndim != 2 or codes.dtype.kind not in "iu":
        message = (
            f"expected codes (n, {length or 'position'}) of an integer type, received {codes.shape} of {codes.dtype}"
        )
        raise refuse(LETTERS, message, "a list of texts is read as well")
    if length is not None and codes.shape[1] != length:
        hint = "independent_windows predicts windows of it, each by itself" if codes.shape[1] > length else ""
        raise refuse(LENGTH, f"the model reads {length} letters, received {codes.shape[1]}", hint)
    if codes.size and not 0 <= int(codes.min()) <= int(codes.max()) <= letters:
        raise refuse(LETTERS, f"expected codes from 0 to {letters} ({letters}: unknown)")
    return Examples(codes.astype(np.uint8), [str(number + 1) for number in range(len(codes))])


def _inside(chunks: Iterable[Any], needed: int, file: str, say: Say) -> Iterator[Examples]:
    """The regions of which `needed` bases in the middle lie in the chromosome; the others are counted and said."""
    from seqforge.data.profiles.store import COORDS

    seen, dropped = 0, []
    for chunk in chunks:
        sizes = np.array(list(chunk.chromosomes.values()), dtype=np.int64)[chunk.chrom]
        start = chunk.start + (chunk.stop - chunk.start - needed) // 2
        kept = np.flatnonzero((start >= 0) & (start + needed <= sizes))
        seen += len(chunk)
        dropped += np.delete(chunk.lines, kept).tolist()
        coords = np.zeros(len(kept), dtype=COORDS)
        for name in ("chrom", "start", "stop", "strand"):
            coords[name] = getattr(chunk, name)[kept]
        if len(kept):
            yield Examples(chunk.codes[kept], [""] * len(kept), coords)
    _tell_dropped(seen, dropped, needed, file, say)


def _controlled(run: Run, chunks: Iterable[Examples], sizes: Mapping[str, int]) -> Iterator[Examples]:
    """Regions with the control tracks of the run's data, where its model reads some; 0 beyond a chromosome."""
    from seqforge.data.genome.bigwig import ControlTrack, fitting
    from seqforge.data.genome.regions import signals

    tracks, names = [ControlTrack(path) for path in _control_files(run)], list(sizes)
    for track in tracks:
        fitting(track, sizes)
    for chunk in chunks:
        places = [] if chunk.coords is None else [(names[row["chrom"]], int(row["start"])) for row in chunk.coords]
        found = signals(tracks, places, chunk.codes.shape[1], sizes) if tracks else None
        yield replace(chunk, controls=found)


def _control_files(run: Run) -> list[Path]:
    """The control tracks that the run was trained with, where its model reads some."""
    if not run.experiment.architecture.control_tracks:
        return []
    folder = run.moved if run.moved is not None and run.moved.is_dir() else Path(run.manifest["data"]["folder"])
    named: Callable[[Path], list[Path]] = getattr(run.experiment.source, "control_files", lambda folder: [])
    return named(folder)


def _tell_dropped(seen: int, dropped: list[int], needed: int, file: str, say: Say) -> None:
    if not dropped:
        return
    reason = f"their windows of {needed} bases reach beyond the chromosome"
    lines = ", ".join(map(str, dropped[:3]))
    if len(dropped) == seen:
        raise refuse(EMPTY, f"no region is left of {seen:,}: {reason}", "is this the genome of the regions?", file)
    say(f"note: {len(dropped):,} of {seen:,} regions dropped: {reason} (first: lines {lines} of {file})")


def _of_set(run: Run, name: str, say: Say) -> Inputs:
    """The regions of a set of the run's data, each in its one orientation, not moved."""
    from seqforge.data.profiles.dataset import ProfileSet

    data = run.data(say)
    found = data.set(name)
    if not isinstance(found, ProfileSet) or not len(found):
        there = ", ".join(one for one in SETS if data.set(one) is not None)
        raise RunError(f"{run.path}: the data has no {name} set; there are: {there}")
    chosen = found.plain()
    if chosen.store.reverse_complement:
        chosen = chosen.kept(chosen.rows % 2 == 0)
        say(f"note: {len(chosen):,} {name} regions: their reverse complements in the data are left out")
    chromosomes = chosen.store.chromosomes if chosen.coords is not None else None
    return Inputs(_rows(chosen, run.experiment.batch_size), chromosomes)


def _rows(chosen: Any, size: int) -> Iterator[Examples]:
    names = chosen.store.names
    for first in range(0, len(chosen), size):
        indices = np.arange(first, min(first + size, len(chosen)))
        described = [""] * len(indices) if names is None else [names[row] for row in chosen.rows[indices]]
        coords = None if chosen.coords is None else chosen.coords[indices]
        batch = chosen.batch(indices)
        if batch.sequence is None:
            raise refuse(MISSING, "the data has no sequences")
        yield Examples(batch.sequence, described, coords, batch.control)
