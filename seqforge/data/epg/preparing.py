# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What is computed once for a table and kept in the cache: masks as they are learned, peaks, and counts of both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqforge.data import cache
from seqforge.data.epg.annotation import Annotation, reshaped, shaped
from seqforge.data.epg.panels import Panel
from seqforge.data.epg.peaks import find_peaks, labels, markers, unreached
from seqforge.data.epg.problems import CLASSES
from seqforge.data.epg.tables import Peaks, ProfileTable
from seqforge.data.problems import refuse

VERSION = 1  # of what lies in the cache
STORED = {
    "profile": "int32",
    "dye": "int8",
    "position": "int32",
    "height": "float32",
    "marker": "int16",
    "label": "int16",
}


class Recipe(NamedTuple):
    """What the content of the cache depends on, beside the table, the panel and the alleles."""

    masks: bool  # whether masks are wanted
    peaks: bool
    classes: int  # of the definition; 0: any
    peak_threshold: float
    label_mode: str
    complete_height: float
    drop_missing: bool

    @property
    def height(self) -> float:
        """The least height of a peak that makes a bin's mask."""
        return self.complete_height if self.label_mode == "complete" else self.peak_threshold


@dataclass(frozen=True)
class Prepared:
    """`masks` (n, dye, scan) int8 · `peaks` · `points` (n, class) int64 scan points of each class · `unreached` (n, 2)
    int64: annotated runs without a peak, positive points that are no apex · `missing`: alleles without a peak."""

    masks: np.ndarray | None
    peaks: Peaks | None
    points: np.ndarray | None
    unreached: np.ndarray | None
    missing: int


def prepared(
    table: ProfileTable, panel: Panel | None, annotations: Sequence[Annotation] | None, recipe: Recipe
) -> Prepared:
    """The content for `recipe`, computed now or found in the cache; `annotations`: one per profile, or None."""
    placed = None if annotations is None else [one.intervals for one in annotations]
    key = cache.hash_of("epg prepared", VERSION, table.digest, panel.digest if panel else None, placed, recipe)
    folder = cache.entry(key, lambda fresh: _build(table, panel, annotations, recipe, fresh))
    return _opened(folder, table)


def _opened(folder: Path, table: ProfileTable) -> Prepared:
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in about["arrays"]}
    columns = {name: arrays.get(f"peak_{name}") for name in STORED}
    return Prepared(
        masks=arrays.get("masks", table.masks) if about["masks"] else None,
        peaks=Peaks(**columns) if columns["profile"] is not None else None,  # type: ignore[arg-type]
        points=arrays.get("points"),
        unreached=arrays.get("unreached"),
        missing=about["missing"],
    )


def _build(
    table: ProfileTable, panel: Panel | None, annotations: Sequence[Annotation] | None, recipe: Recipe, folder: Path
) -> None:
    """Everything that `Prepared` holds as arrays in `folder`, some profiles at a time."""
    changed = recipe.masks and (annotations is not None or recipe.label_mode != "bin" or recipe.drop_missing)
    stored = _map(folder / "masks.npy", table.profiles.shape) if changed else None
    parts: dict[str, list[np.ndarray]] = {}
    missing = 0
    for rows in table.blocks():
        signal = np.asarray(table.profiles[rows[0] : rows[-1] + 1])
        masks, lost = _masks(table, rows, signal, annotations, recipe)
        missing += lost
        if stored is not None and masks is not None:
            stored[rows] = masks
        for name, part in _of_block(table, rows, signal, masks, panel, recipe).items():
            parts.setdefault(name, []).append(part)
    for name, found in parts.items():
        np.save(folder / f"{name}.npy", np.concatenate(found), allow_pickle=False)
    if stored is not None:
        stored.flush()
    arrays = [*parts, *(["masks"] if changed else [])]
    about = {"arrays": arrays, "masks": recipe.masks, "missing": missing}
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


def _map(path: Path, sizes: tuple[int, ...]) -> np.memmap:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.int8, shape=sizes)


def _masks(
    table: ProfileTable,
    rows: np.ndarray,
    signal: np.ndarray,
    annotations: Sequence[Annotation] | None,
    recipe: Recipe,
) -> tuple[np.ndarray | None, int]:
    """The masks (n, dye, scan) int8 of some profiles, and how many of their alleles have no peak."""
    if not recipe.masks:
        return None, 0
    how = (recipe.label_mode, recipe.drop_missing, recipe.height)
    if annotations is not None:
        made = [shaped(annotations[row].intervals, one, *how) for row, one in zip(rows, signal, strict=True)]
    else:
        assert table.masks is not None
        given = np.asarray(table.masks[rows[0] : rows[-1] + 1])
        _refuse_classes(table, rows, given, recipe.classes)
        made = [reshaped(mask, one, *how) for mask, one in zip(given, signal, strict=True)]
    return np.stack([mask for mask, _ in made]), sum(lost for _, lost in made)


def _refuse_classes(table: ProfileTable, rows: np.ndarray, masks: np.ndarray, classes: int) -> None:
    if not classes or masks.max() < classes:
        return
    row = rows[int(np.argmax((masks >= classes).any(axis=(1, 2))))]
    hint = f"declare {int(masks.max()) + 1} labels, or mend the masks"
    message = f"masks: profile '{table.names[row]}' has class {int(masks.max())}, the definition has {classes} labels"
    raise refuse(CLASSES, message, hint, table.file)


def _of_block(
    table: ProfileTable,
    rows: np.ndarray,
    signal: np.ndarray,
    masks: np.ndarray | None,
    panel: Panel | None,
    recipe: Recipe,
) -> dict[str, np.ndarray]:
    """Some profiles' peaks by column, counts of scan points and unreached positives."""
    found: dict[str, np.ndarray] = {}
    if masks is not None:
        width = recipe.classes or int(max(masks.max(), 0)) + 1
        found["points"] = np.stack([np.bincount(mask[mask >= 0], minlength=width) for mask in masks])
    if not recipe.peaks:
        return found
    local = _peaks(table, rows, signal, masks, panel, recipe)
    if masks is not None:
        own = [local.rows(local.profile == number) for number in range(len(rows))]
        found["unreached"] = np.array([unreached(peaks, mask) for peaks, mask in zip(own, masks, strict=True)])
    columns = replace(local, profile=local.profile + rows[0]).columns
    return found | {
        f"peak_{name}": column.astype(STORED[name]) for name, column in columns.items() if column is not None
    }


def _peaks(
    table: ProfileTable,
    rows: np.ndarray,
    signal: np.ndarray,
    masks: np.ndarray | None,
    panel: Panel | None,
    recipe: Recipe,
) -> Peaks:
    """The peaks of some profiles, counted from 0, with heights and, as far as they can be known, markers and labels."""
    if table.peaks is None:
        analysis = table.dyes if table.size_standard is None else table.size_standard
        peaks = find_peaks(signal, recipe.peak_threshold, analysis)
    else:
        given = table.peaks.rows((table.peaks.profile >= rows[0]) & (table.peaks.profile <= rows[-1]))
        peaks = replace(given, profile=given.profile - rows[0])
        if peaks.height is None:
            peaks = replace(peaks, height=signal[peaks.profile, peaks.dye, peaks.position].astype(np.float32))
    if peaks.marker is None and panel is not None and table.base_pairs is not None:
        scale = table.base_pairs if table.base_pairs.ndim == 1 else table.base_pairs[rows]
        peaks = replace(peaks, marker=markers(peaks, scale, panel))
    if peaks.label is None and masks is not None:
        peaks = replace(peaks, label=labels(peaks, masks))
    if recipe.classes and peaks.label is not None and peaks.label.max(initial=0) >= recipe.classes:
        message = f"peak_label has class {int(peaks.label.max())}, the definition has {recipe.classes} labels"
        raise refuse(CLASSES, message, "", table.file)
    return peaks
