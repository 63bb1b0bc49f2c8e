# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What all formats of labelled sequences share: the options, the way into the cache, and the three sets out of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from seqforge.arrays import np
from seqforge.data import cache, store
from seqforge.data.augmentation import Augmentation
from seqforge.data.dataset import Data
from seqforge.data.duplicates import first_occurrences, repeats
from seqforge.data.labels import encoded
from seqforge.data.letters import Letters
from seqforge.data.problems import DUPLICATE, EMPTY, MISSING, OPTION, refuse, together
from seqforge.data.readers import Record, chunks
from seqforge.data.sources.base import Source, Wanted
from seqforge.data.splits import by_folds, by_fractions, strata_of
from seqforge.data.store import Store, Writer
from seqforge.data.stored import SequenceSet
from seqforge.data.windows import SIDES, Fit
from seqforge.errors import DataError, nearest
from seqforge.parameters import Count, Integer, Natural, OneOf, Share, Switch, setting

SETS = ("training", "validation", "test")
START = "paths start at the definition's folder"
OR_FOLDER = f"{START}, or at the data option folder (--set data.folder=…)"
ALL = "data"  # the group of rows that are still to be split
FRACTIONS = {"training": 0.7, "validation": 0.1, "test": 0.2}

Report = Callable[[str], None]


class Part(NamedTuple):
    """Records of one group (a set, or `ALL`): `file` for messages and hashes, `records()` opens it."""

    group: str
    file: Path
    records: Callable[[], Iterator[Record]]


@dataclass(frozen=True, kw_only=True)
class SequenceSource(Source):
    """Options of every format of labelled sequences.

    Sequences of several lengths are brought to one by `pad` (unknown letters) and `crop`, at both ends (centre) or at
    the right end. Augmentation concerns the training set alone and is a function of (seed, epoch, example).
    """

    unknown: Annotated[str, OneOf("uniform", "zeros", "error")] = setting(
        "uniform", "a letter outside the alphabet is fed as 1/size in every channel, as zeros, or is an error"
    )
    length: Count | None = setting(None, "of every sequence; None: the longest if padded, else the shortest")
    pad: Annotated[str, OneOf(*SIDES)] = setting("none", "where shorter sequences get unknown letters")
    crop: Annotated[str, OneOf(*SIDES)] = setting("none", "where longer sequences lose letters")
    duplicates: Annotated[str, OneOf("report", "drop", "error")] = setting(
        "report", "sequences that occur again are reported, dropped but for the first, or an error"
    )
    reverse_complement: Switch = setting(False, "every epoch turns each training example over with probability 1/2")
    max_shift: Natural = setting(0, "every epoch moves each training example by up to so many letters")

    @abstractmethod
    def stored(self, wanted: Wanted, report: Report) -> tuple[str, Store]:
        """The key of the encoded sequences and their store."""

    def shared_out(self, rows: Store, kept: np.ndarray, wanted: Wanted) -> dict[str, np.ndarray]:
        """The rows (ascending) of every set, among `kept`; here: a group for each set."""
        return {name: kept[(kept >= first) & (kept < last)] for name, (first, last) in rows.groups.items()}

    def window(self, wanted: Wanted) -> int | None:
        return self.length

    @property
    def fit(self) -> Fit:
        return Fit(self.length, self.pad, self.crop)

    def problems(self) -> list[tuple[str, str]]:
        """(option, sentence) for each combination of values that cannot work."""
        if self.pad != "none" and self.crop != "none" and self.length is None:
            return [("length", "pad and crop together need length")]
        return []

    def open(self, wanted: Wanted, report: Report = lambda text: None) -> Data:
        self._check(wanted)
        key, rows = self.stored(wanted, report)
        letters = Letters(wanted.alphabet, rows.meta["letters"])
        letters.refuse(rows, self.unknown == "error", wanted.strict)
        everything = np.arange(len(rows))
        kept = first_occurrences(rows) if self.duplicates == "drop" else everything
        sets = self.shared_out(rows, kept, wanted)
        notes = [*letters.notes(rows, self.unknown), *self._repeated(rows, sets, len(everything) - len(kept))]
        return self._data(key, rows, sets, wanted, notes)

    def _check(self, wanted: Wanted) -> None:
        problems = [sentence for _, sentence in self.problems()]
        if self.reverse_complement and wanted.alphabet.complement is None:
            problems.append(f"reverse_complement needs DNA or RNA, the sequence space is {wanted.alphabet.name}")
        if problems:
            raise DataError("\n".join(str(refuse(OPTION, f"data format {self.name}: {one}")) for one in problems))

    def _repeated(self, rows: Store, sets: dict[str, np.ndarray], dropped: int) -> list[str]:
        found = repeats(rows, sets)
        if found and self.duplicates == "error":
            hint = "remove them, or declare duplicates drop or report"
            raise refuse(DUPLICATE, "; ".join(one.sentence for one in found), hint)
        notes = [one.sentence for one in found]
        return notes if not dropped else [f"{dropped} repeated sequences are left out", *notes]

    def _data(self, key: str, rows: Store, sets: dict[str, np.ndarray], wanted: Wanted, notes: Iterable[str]) -> Data:
        kind = wanted.task.targets
        augmentation = Augmentation(self.reverse_complement, self.max_shift)
        opened = {
            name: SequenceSet(rows, sets[name], wanted.alphabet, kind, seed=wanted.seed)
            for name in SETS
            if len(sets.get(name, ()))
        }
        if "training" in opened:
            plain = opened["training"]
            opened["training"] = SequenceSet(rows, plain.rows, plain.alphabet, kind, augmentation, wanted.seed)
        shares = {name: cache.hash_of(sets[name].tolist()) for name in opened}
        options = [self.unknown, list(augmentation), wanted.seed if augmentation else None]
        return Data(
            opened.get("training"),
            opened.get("validation"),
            opened.get("test"),
            fingerprint=cache.hash_of(key, shares, options),
            labels=wanted.labels,
            length=rows.length,
            notes=tuple(notes),
        )


def files_stored(
    source: SequenceSource, parts: list[Part], reading: dict[str, Any], wanted: Wanted, report: Report
) -> tuple[str, Store]:
    """The store of the records in `parts`, encoded now or found in the cache; `reading`: options of their text."""
    files = [part.file for part in parts]
    refuse_missing(files)
    hashes = list(zip([part.group for part in parts], cache.hash_of_files(files), strict=True))
    wants = [wanted.alphabet.name, wanted.task.targets, wanted.labels, list(source.fit)]
    key = cache.hash_of(source.name, hashes, reading, wants)

    def build(folder: Path) -> None:
        report(f"encoding {', '.join(file.name for file in files)}")
        with Writer(folder, source.fit, wanted.alphabet.unknown, [str(file) for file in files]) as writer:
            letters = Letters(wanted.alphabet)
            for number, part in enumerate(parts):
                _encode(part, number, writer, letters, wanted)
            writer.finish(letters=letters.found)

    return key, store.opened(cache.entry(key, build), [str(file) for file in files])


def refuse_missing(files: Iterable[Path], start: str = OR_FOLDER) -> None:
    """Every file that is not there, each with the nearest name beside it, else with where paths start."""
    refused = [_missing(file, start) for file in dict.fromkeys(files) if not file.is_file()]
    if refused:
        raise together(refused)


def _missing(file: Path, start: str) -> DataError:
    beside = [path.name for path in file.parent.iterdir()] if file.parent.is_dir() else []
    near = nearest(file.name, beside)
    return refuse(MISSING, "no such data file", f"did you mean '{near}'?" if near else start, file)


def _encode(part: Part, number: int, writer: Writer, letters: Letters, wanted: Wanted) -> None:
    """Every record of `part` into `writer`, in bounded memory."""
    for records in chunks(part.records()):
        raw = b"".join(record.sequence for record in records)
        codes = wanted.alphabet.encode(raw)
        lengths = np.fromiter((len(record.sequence) for record in records), dtype=np.int64, count=len(records))
        places = np.array([(number, record.line) for record in records], dtype=np.int64)
        letters.count(raw, codes, lengths, writer.rows)
        texts = [record.label for record in records]

        def where(row: int, lines: np.ndarray = places) -> tuple[str, int]:
            return str(part.file), int(lines[row, 1])

        targets = encoded(texts, wanted.task.targets, wanted.labels, where)
        writer.add(part.group, codes, lengths, targets, places)


@dataclass(frozen=True, kw_only=True)
class SplitSource(SequenceSource):
    """Options of formats whose files may still have to be split into the three sets.

    Without `folds` three fractions that sum to 1 are drawn. Files given per set need none of these options, but for
    `validation_fraction`, which takes the validation set out of the training file where there is none.
    """

    training_fraction: Share | None = setting(None, "None: 0.7 where sets are drawn")
    validation_fraction: Share | None = setting(None, "None: 0.1 where sets are drawn")
    test_fraction: Share | None = setting(None, "None: 0.2 where sets are drawn")
    folds: Annotated[int, Integer(ge=3)] | None = setting(
        None, "k parts, of which one is the test set, the next validation"
    )
    fold: Count | None = setting(None, "the number, from 1, of the fold that is the test set")
    stratified: Switch | None = setting(
        None, "the same proportions of every label in each set; None: yes, but for values"
    )
    split_seed: Annotated[int, Integer(ge=0, lt=2**32)] | None = setting(None, "None: the definition's seed")

    @property
    @abstractmethod
    def whole(self) -> bool:
        """Whether the files are still to be split (else each belongs to a set)."""

    @property
    def fractions(self) -> dict[str, float]:
        given = {name: getattr(self, f"{name}_fraction") for name in SETS}
        return {name: FRACTIONS[name] if share is None else share for name, share in given.items()}

    def problems(self) -> list[tuple[str, str]]:
        check = self._whole_problems if self.whole else self._file_problems
        return [*super().problems(), *check()]

    def _whole_problems(self) -> list[tuple[str, str]]:
        given = [f"{name}_fraction" for name in SETS if getattr(self, f"{name}_fraction") is not None]
        if self.folds is not None:
            return [*self._fold_problems(), *((key, f"{key} has no effect beside folds") for key in given)]
        if self.fold is not None:
            return [("fold", "fold needs folds")]
        total = sum(self.fractions.values())
        if abs(total - 1) > 1e-6:
            spelt = ", ".join(f"{name} {share:g}" for name, share in self.fractions.items())
            return [((given or ["training_fraction"])[-1], f"the fractions sum to {total:g}, expected 1 ({spelt})")]
        return []

    def _fold_problems(self) -> list[tuple[str, str]]:
        assert self.folds is not None
        if self.fold is None:
            return [("folds", f"folds needs fold, a number from 1 to {self.folds}")]
        if self.fold > self.folds:
            return [("fold", f"fold: expected an integer from 1 to {self.folds}, received {self.fold}")]
        return []

    def _file_problems(self) -> list[tuple[str, str]]:
        inert = ["training_fraction", "test_fraction", "folds", "fold"]
        carved = self.validation_fraction is not None
        if not carved:
            inert += ["stratified", "split_seed"]
        why = "every set has a file of its own"
        found = [(key, f"{key} has no effect: {why}") for key in inert if getattr(self, key) is not None]
        if carved and not self.carves:
            found.append(("validation_fraction", f"validation_fraction has no effect: {why}"))
        return found

    @property
    def carves(self) -> bool:
        """Whether there is a training file but none for validation."""
        return False

    def shared_out(self, rows: Store, kept: np.ndarray, wanted: Wanted) -> dict[str, np.ndarray]:
        seed = wanted.seed if self.split_seed is None else self.split_seed
        if self.whole:
            strata = self._strata(rows, kept, wanted)
            return _filled({name: kept[members] for name, members in self._split(strata, seed).items()})
        sets = super().shared_out(rows, kept, wanted)
        if self.validation_fraction is None:
            return sets
        training = sets["training"]
        shares = {"training": 1 - self.validation_fraction, "validation": self.validation_fraction}
        chosen = by_fractions(self._strata(rows, training, wanted), shares, seed)
        return sets | {name: training[members] for name, members in chosen.items()}

    def _split(self, strata: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        if self.folds is not None and self.fold is not None:
            return by_folds(strata, self.folds, self.fold, seed)
        return by_fractions(strata, self.fractions, seed)

    def _strata(self, rows: Store, kept: np.ndarray, wanted: Wanted) -> np.ndarray:
        if self.stratified is False or wanted.task.targets == "values":
            return np.zeros(len(kept), dtype=np.int64)
        return strata_of(rows.targets[kept])


def _filled(sets: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    if not len(sets["training"]):
        raise refuse(EMPTY, "the split leaves no training examples", "raise training_fraction")
    return sets
