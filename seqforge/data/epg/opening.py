# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What all sources of electropherograms share: the options, and the way from a table and a panel to the three sets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from seqforge.arrays import np
from seqforge.data import cache
from seqforge.data.dataset import Data, Dataset
from seqforge.data.epg.problems import CLASSES, MARKERS, TABLE
from seqforge.data.epg.scaling import MAX_RFU, SCALES, Scaling
from seqforge.data.epg.splitting import SETS, at_random, grouped, k_folds, leak_note, leaks
from seqforge.data.problems import EMPTY, OPTION, refuse, together
from seqforge.data.sources.base import Source, Wanted
from seqforge.parameters import Count, Integer, NonNegative, OneOf, Positive, Share, setting

if TYPE_CHECKING:
    from seqforge.data.epg.alleles import Genotype
    from seqforge.data.epg.annotation import Annotation
    from seqforge.data.epg.dataset import PeakSet, ProfileSet, Store
    from seqforge.data.epg.panels import Panel
    from seqforge.data.epg.preparing import Prepared, Recipe
    from seqforge.data.epg.tables import ProfileTable, Shape
    from seqforge.errors import DataError

Report = Callable[[str], None]
SHARES = {"training": 0.6, "validation": 0.2, "test": 0.2}
PEAKS = "index"  # targets of the task whose examples are peaks


@dataclass(frozen=True, kw_only=True)
class EpgSource(Source):
    """Options of every source of electropherograms. RFU are looked at as they are; what a model is fed is scaled."""

    task_names: ClassVar[tuple[str, ...]] = ("segmentation", "reconstruction", "peak classification")

    scale: Annotated[str, OneOf(*SCALES)] = setting(
        "log1p", "of profiles: log1p(RFU) / log1p(max_rfu), RFU / max_rfu, both clipped to 0 … 1; or RFU"
    )
    max_rfu: Positive = setting(MAX_RFU, "the RFU that is scaled to 1")
    window_scale: Annotated[str, OneOf(*SCALES)] | None = setting(None, "of windows around peaks; None: as scale")
    peak_window: Count = setting(
        120, "scan points around a peak: half of them, rounded down, before its apex, the rest from there on", "window"
    )
    window_channels: Annotated[int, Integer(ge=1, le=2)] = setting(
        1, "2: beside the peak's dye the maximum of the other ones, for include_max_pool_dyes"
    )
    peak_threshold: NonNegative = setting(25.0, "the least RFU of a peak")
    label_mode: Annotated[str, OneOf("bin", "complete", "top")] = setting(
        "bin", "what is labelled of an annotated bin: all of it, its whole peak, or the apex of its peak"
    )
    complete_height: NonNegative = setting(40.0, "the least RFU that label_mode complete labels")
    missing_peak: Annotated[str, OneOf("keep", "drop")] = setting(
        "keep", "an annotated bin without a peak stays as it is, or is left out"
    )
    size_standard: Annotated[str, OneOf("keep", "drop")] = setting(
        "keep", "whether the dye of the size standard, the last of six, is part of the profiles"
    )
    split: Annotated[str, OneOf("grouped", "random", "kfold")] = setting(
        "grouped", "grouped, kfold: profiles that share donors or a mixture stay together; random: not, with a note"
    )
    training_fraction: Share | None = setting(None, f"None: {SHARES['training']:g}")
    validation_fraction: Share | None = setting(None, f"None: {SHARES['validation']:g}")
    test_fraction: Share | None = setting(None, f"None: {SHARES['test']:g}")
    folds: Annotated[int, Integer(ge=3)] | None = setting(
        None, "split kfold: so many parts, of which one is the test set, the next validation"
    )
    fold: Count | None = setting(None, "the number, from 1, of the fold that is the test set")
    split_seed: Annotated[int, Integer(ge=0, lt=2**32)] | None = setting(None, "None: the definition's seed")

    @abstractmethod
    def opened(self, wanted: Wanted, report: Report) -> tuple[ProfileTable, Panel | None]:
        """The profiles and the panel of their kit."""

    def annotations(self, table: ProfileTable, panel: Panel | None, wanted: Wanted) -> Sequence[Annotation] | None:
        """The alleles of each profile, where they are not in the table's masks."""
        return None

    def kit_panel(self, wanted: Wanted) -> Panel | None:
        """The panel of the profiles' kit, if there is one; for new profiles."""
        return self.opened(wanted, lambda text: None)[1]

    def genotypes(self, wanted: Wanted) -> Mapping[str, Genotype] | None:
        """Donor → marker → alleles, where they are known; only judging asks."""
        return None

    # what the options say

    @property
    def scaling(self) -> Scaling:
        return Scaling(self.scale, self.max_rfu)

    @property
    def window_scaling(self) -> Scaling:
        return Scaling(self.window_scale or self.scale, self.max_rfu)

    @property
    def scalings(self) -> dict[str, Scaling]:
        return {"profiles": self.scaling, "windows": self.window_scaling}

    @property
    def shares(self) -> dict[str, float]:
        given = {name: getattr(self, f"{name}_fraction") for name in SETS}
        return {name: SHARES[name] if share is None else share for name, share in given.items()}

    def problems(self) -> list[tuple[str, str]]:
        """(option, sentence) for each combination of values that cannot work."""
        return list(self._fold_problems() if self.split == "kfold" else self._share_problems())

    def _fold_problems(self) -> Iterator[tuple[str, str]]:
        for key in (f"{name}_fraction" for name in SETS):
            if getattr(self, key) is not None:
                yield key, f"{key} has no effect with split kfold"
        if self.folds is None or self.fold is None:
            lacking = "folds" if self.folds is None else "fold"
            yield lacking, f"split kfold needs {lacking}, e.g. folds 5 and fold 1"
        elif self.fold > self.folds:
            yield "fold", f"fold: expected an integer from 1 to {self.folds}, received {self.fold}"

    def _share_problems(self) -> Iterator[tuple[str, str]]:
        for key in ("folds", "fold"):
            if getattr(self, key) is not None:
                yield key, f"{key} has no effect with split {self.split}; choose split kfold"
        total = sum(self.shares.values())
        if abs(total - 1) > 1e-6:
            named = [f"{name}_fraction" for name in SETS if getattr(self, f"{name}_fraction") is not None]
            spelt = ", ".join(f"{name} {share:g}" for name, share in self.shares.items())
            yield (named or ["training_fraction"])[-1], f"the fractions sum to {total:g}, expected 1 ({spelt})"
        elif not self.shares["training"]:
            yield "training_fraction", "training_fraction 0: nothing is left to be learned from"

    def judge(self, wanted: Wanted) -> None:
        problems = [sentence for _, sentence in self.problems()]
        if wanted.alphabet.name != "signal":
            problems.append(f"electropherograms are signal, the sequence space is {wanted.alphabet.name}")
        if problems:
            raise together([refuse(OPTION, f"data format {self.name}: {one}") for one in problems])

    # the data

    def open(self, wanted: Wanted, report: Report = lambda text: None) -> Data:
        self.judge(wanted)
        table, panel = self.opened(wanted, report)
        return open_profiles(table, panel, self, wanted, report)

    def kept(self, table: ProfileTable) -> ProfileTable:
        """The table with the dyes that are wanted."""
        return table.without_standard() if self.size_standard == "drop" else table


def open_profiles(
    table: ProfileTable, panel: Panel | None, options: EpgSource, wanted: Wanted, report: Report = lambda text: None
) -> Data:
    """The three sets of a table, as `options` say; raises DataError where table, panel and model do not fit."""
    from seqforge.data.epg import learnable

    table = options.kept(table)
    annotations = options.annotations(table, panel, wanted)
    refuse_unfit(table.shape, panel, annotations is not None, wanted, table.file)
    found = _prepared(table, panel, annotations, options, wanted)
    store = replace(_store(table, found, options), panel=panel, annotations=annotations)
    store = replace(store, genotypes=options.genotypes(wanted))
    rows = divided(table, options, wanted.seed)
    learnable.refuse_nothing(store, found, rows["training"], wanted.task.targets, options.peak_threshold)
    sets = {name: made for name, chosen in rows.items() if len(made := _set(store, chosen, wanted))}
    if "training" not in sets:
        raise refuse(EMPTY, "the split leaves no training examples", "raise training_fraction", table.file)
    for name, made in sets.items():
        report(f"{name}: {len(rows[name]):,} profiles" + (f", {len(made):,} peaks" if _of_peaks(wanted) else ""))
    facts = _facts(store, found, panel, options, rows, sets)
    notes = [
        *learnable.absent(facts, wanted.labels, wanted.task.targets),
        *_notes(store, found, annotations, options, rows, wanted),
    ]
    return Data(
        sets.get("training"),
        sets.get("validation"),
        sets.get("test"),
        fingerprint=_fingerprint(table, panel, annotations, options, rows, wanted),
        labels=wanted.labels,
        length=table.length,
        facts=facts,
        notes=tuple(notes),
    )


def whole_set(
    table: ProfileTable, panel: Panel | None, options: EpgSource, wanted: Wanted, labelled: bool = False
) -> Dataset:
    """All profiles of a table (for peak classification: all peaks) as one set; without `labelled` it has no targets."""
    table = options.kept(table)
    annotations = options.annotations(table, panel, wanted) if labelled else None
    refuse_unfit(table.shape, panel, annotations is not None or not labelled, wanted, table.file)
    found = _prepared(table if labelled else replace(table, masks=None), panel, annotations, options, wanted, labelled)
    store = replace(_store(table, found, options), panel=panel, annotations=annotations)
    return _set(store, np.arange(len(table)), wanted, labelled)


def _of_peaks(wanted: Wanted) -> bool:
    """Whether examples are peaks."""
    return wanted.task.targets == PEAKS


def _needs_peaks(wanted: Wanted) -> bool:
    return _of_peaks(wanted) or bool({"windows", "centres", "counts", "markers"} & set(wanted.reads))


def refuse_unfit(shape: Shape, panel: Panel | None, alleles: bool, wanted: Wanted, file: Path | str) -> None:
    """Raise DataError with everything in which table (without dyes that are dropped), panel and model do not fit.

    `alleles`: whether masks are made of them.
    """
    refused = [
        *_wrong_sizes(shape, panel, wanted, file),
        *_unlabelled(shape, alleles, wanted, file),
        *_unmarked(shape, panel, wanted, file),
        *_too_many_markers(len(panel.markers) if panel is not None and not shape.peak_markers else 0, wanted, file),
    ]
    if refused:
        raise together(refused)


def _wrong_sizes(shape: Shape, panel: Panel | None, wanted: Wanted, file: Path | str) -> Iterator[DataError]:
    if wanted.input_length is not None and wanted.input_length != shape.length:
        message = f"the profiles have {shape.length} scan points, the model {wanted.input_length}"
        yield refuse(TABLE, message, f"declare a length of {shape.length}; nothing is cut or padded", file)
    if panel is not None and panel.dyes > shape.dyes:
        message = f"the panel {panel.name} has markers on dye {panel.dyes}, the profiles have {shape.dyes} dyes"
        yield refuse(TABLE, message, "name the panel of their kit", file)


def _unlabelled(shape: Shape, alleles: bool, wanted: Wanted, file: Path | str) -> Iterator[DataError]:
    known = shape.masks or alleles
    if wanted.task.targets == "mask" and not known:
        hint = "add masks to the table (in a folder NAME_annotation.npy), or name an allele report in alleles"
        yield refuse(CLASSES, f"{wanted.task.name} needs masks, the table has none", hint, file)
    if _of_peaks(wanted) and not known and not shape.peak_labels:
        hint = "add masks or peak_label to the table, or name an allele report in alleles"
        yield refuse(CLASSES, "the table has neither masks nor labels of peaks", hint, file)


def _unmarked(shape: Shape, panel: Panel | None, wanted: Wanted, file: Path | str) -> Iterator[DataError]:
    if "markers" not in wanted.reads or shape.peak_markers:
        return
    hints = {"a panel": "name it in panel"} if panel is None else {}
    if not shape.base_pairs:
        hints["the base pairs of scan points"] = (
            "declare the first and the last in base_pairs, or add them to the table"
        )
    if hints:
        message = f"the model reads the marker of each peak, for which the table needs {' and '.join(hints)}"
        yield refuse(MARKERS, message, "; ".join([*hints.values(), "or set use_embedding False"]), file)


def refuse_markers(count: int, wanted: Wanted, file: Path | str = "") -> None:
    """Raise DataError if the model knows fewer than `count` markers."""
    refused = list(_too_many_markers(count, wanted, file))
    if refused:
        raise together(refused)


def _too_many_markers(count: int, wanted: Wanted, file: Path | str) -> Iterator[DataError]:
    """`count`: the markers of the panel, without 0 for a peak in none."""
    known = wanted.markers
    if "markers" in wanted.reads and known is not None and count >= known:
        message = f"the peaks have markers 0..{count} (0: in none), the model n_markers {known}"
        yield refuse(MARKERS, message, f"set n_markers to {count + 1}", file)


def _recipe(table: ProfileTable, annotations: Any, options: EpgSource, wanted: Wanted, labelled: bool) -> Recipe:
    from seqforge.data.epg.preparing import Recipe

    masks = labelled and wanted.task.targets in ("mask", PEAKS) and (table.masks is not None or annotations is not None)
    return Recipe(
        masks=masks,
        peaks=_needs_peaks(wanted),
        classes=len(wanted.labels),
        peak_threshold=options.peak_threshold,
        label_mode=options.label_mode,
        complete_height=options.complete_height,
        drop_missing=options.missing_peak == "drop",
    )


def _prepared(
    table: ProfileTable,
    panel: Panel | None,
    annotations: Sequence[Annotation] | None,
    options: EpgSource,
    wanted: Wanted,
    labelled: bool = True,
) -> Prepared:
    from seqforge.data.epg.preparing import prepared

    found = prepared(table, panel, annotations, _recipe(table, annotations, options, wanted, labelled))
    if found.peaks is not None and found.peaks.marker is not None:
        refuse_markers(int(found.peaks.marker.max(initial=0)), wanted, table.file)
    return found


def _store(table: ProfileTable, found: Prepared, options: EpgSource) -> Store:
    from seqforge.data.epg.dataset import Store

    return Store(
        table,
        found.masks,
        found.peaks,
        options.scaling,
        options.window_scaling,
        options.peak_window,
        options.window_channels,
    )


def divided(table: ProfileTable, options: EpgSource, seed: int) -> dict[str, np.ndarray]:
    """Rows (ascending) of every set that is asked for; raises DataError where donors would be shared."""
    seed = seed if options.split_seed is None else options.split_seed
    if options.split == "kfold":
        assert options.folds is not None
        assert options.fold is not None
        return k_folds(table, options.folds, options.fold, seed)
    return (grouped if options.split == "grouped" else at_random)(table, options.shares, seed)


def _set(store: Store, rows: np.ndarray, wanted: Wanted, labelled: bool = True) -> ProfileSet | PeakSet:
    from seqforge.data.epg.dataset import MASK, NOTHING, SIGNAL, PeakSet, ProfileSet
    from seqforge.data.epg.tables import IGNORE

    if _of_peaks(wanted):
        numbers, _ = store.peaks_of(rows)
        known = store.peaks.label if store.peaks is not None else None
        if known is not None:
            numbers = numbers[known[numbers] != IGNORE]
        return PeakSet(store, numbers, wanted.reads or ("windows", "markers"))
    targets = SIGNAL if wanted.task.targets == SIGNAL else MASK
    return ProfileSet(store, rows, targets if labelled or targets == SIGNAL else NOTHING, wanted.reads or ("profiles",))


def _fingerprint(
    table: ProfileTable,
    panel: Panel | None,
    annotations: Sequence[Annotation] | None,
    options: EpgSource,
    rows: Mapping[str, np.ndarray],
    wanted: Wanted,
) -> str:
    """Of arrays, panel, alleles and every option that batches depend on."""
    keys: tuple[str, ...] = (
        "scale",
        "max_rfu",
        "window_scale",
        "peak_window",
        "window_channels",
        "peak_threshold",
        "label_mode",
    )
    keys += ("complete_height", "missing_peak", "size_standard")
    said = {key: getattr(options, key) for key in keys}
    chosen = {name: cache.hash_of(members.tolist()) for name, members in rows.items()}
    placed = None if annotations is None else [one.intervals for one in annotations]
    content = [table.digest, panel.digest if panel else None, placed]
    return cache.hash_of("electropherograms", content, said, chosen, wanted.task.targets, wanted.reads)


# what a run remembers, and what a user should know


def _facts(
    store: Store,
    found: Prepared,
    panel: Panel | None,
    options: EpgSource,
    rows: Mapping[str, np.ndarray],
    sets: Mapping[str, ProfileSet | PeakSet],
) -> dict[str, Any]:
    table = store.table
    facts: dict[str, Any] = {
        "channels": table.dyes,
        "length": table.length,
        "dye_names": list(table.dye_names or ()),
        "kit": table.kit,
        "base_pairs": base_pair_ends(table),
        "normalisation": {"scale": options.scale, "max_rfu": options.max_rfu},
        "window_scale": options.window_scaling.kind,
        "profiles": {name: len(chosen) for name, chosen in rows.items()},
        "panel": {"name": panel.name, "digest": panel.digest, "markers": len(panel.markers)} if panel else None,
    }
    if options.split == "random":
        facts["leaks"] = leaks(table, rows)
    return facts | _peak_facts(store, found, options, rows, sets) | _class_counts(store, found, rows, sets)


def base_pair_ends(table: ProfileTable) -> list[float] | None:
    """The base pairs of the first and the last scan point that have any; None where the table has none."""
    if table.base_pairs is None:
        return None
    return [round(float(end), 2) for end in (np.nanmin(table.base_pairs), np.nanmax(table.base_pairs))]


def _peak_facts(
    store: Store,
    found: Prepared,
    options: EpgSource,
    rows: Mapping[str, np.ndarray],
    sets: Mapping[str, ProfileSet | PeakSet],
) -> dict[str, Any]:
    if store.peaks is None:
        return {}
    keys = ("window_channels", "peak_threshold")
    facts: dict[str, Any] = {"window": options.peak_window} | {key: getattr(options, key) for key in keys}
    facts["peaks"] = {name: len(store.peaks_of(rows[name])[0]) for name in sets}
    if found.unreached is not None:
        totals = {name: found.unreached[rows[name]].sum(axis=0).tolist() for name in sets}
        facts["unreachable_positives"] = {
            name: {"alleles": missed, "points": points} for name, (missed, points) in totals.items()
        }
    return facts


def _class_counts(
    store: Store, found: Prepared, rows: Mapping[str, np.ndarray], sets: Mapping[str, ProfileSet | PeakSet]
) -> dict[str, Any]:
    """class_counts: scan points, or peaks where they are the examples; peak_class_counts where a model reads both."""
    from seqforge.data.epg.dataset import PeakSet

    counts: dict[str, Any] = {}
    if found.points is not None:
        counts["class_counts"] = found.points[rows["training"]].sum(axis=0).tolist()
    if store.peaks is not None and store.peaks.label is not None:
        numbers, _ = store.peaks_of(rows["training"])
        label = np.asarray(store.peaks.label[numbers]).astype(np.int64)
        width = len(counts.get("class_counts", ())) or 2
        counts["peak_class_counts"] = np.bincount(label[label >= 0], minlength=width).tolist()
        if isinstance(sets["training"], PeakSet):
            counts["class_counts"] = counts["peak_class_counts"]
    return counts


def _notes(
    store: Store,
    found: Prepared,
    annotations: Sequence[Annotation] | None,
    options: EpgSource,
    rows: Mapping[str, np.ndarray],
    wanted: Wanted,
) -> Iterator[str]:
    table = store.table
    if options.split == "random" and (note := leak_note(table, rows)):
        yield note
    if found.missing:
        done = "are left out" if options.missing_peak == "drop" else "keep their label"
        yield f"{found.missing:,} annotated alleles have no peak in their bin and {done}"
    for what, listing in (("flagged", _listed(annotations, "flagged")), ("unknown", _listed(annotations, "unknown"))):
        if listing:
            said = (
                "are micro-variants placed by their whole repeat" if what == "flagged" else "have no place and no mask"
            )
            yield f"{len(listing):,} alleles {said}: {'; '.join(listing[:5])}{' …' if len(listing) > 5 else ''}"
    if found.unreached is not None and not _of_peaks(wanted):
        missed, points = found.unreached.sum(axis=0).tolist()
        if missed or points:
            yield (
                f"unreachable positives: {missed:,} annotated runs have no peak of {options.peak_threshold:g} RFU, and "
                f"{points:,} positive scan points are no apex: a model of peaks answers background there"
                + ("; label_mode top labels apexes alone" if points and options.label_mode != "top" else "")
            )


def _listed(annotations: Sequence[Annotation] | None, what: str) -> list[str]:
    return list(dict.fromkeys(one for each in annotations or () for one in getattr(each, what)))
