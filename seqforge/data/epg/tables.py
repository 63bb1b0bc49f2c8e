# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The record of a profile table: n electropherograms with masks, names, groups, base pairs and peaks, checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from seqforge.data import cache
from seqforge.data.epg.problems import TABLE
from seqforge.data.problems import EMPTY, refuse
from seqforge.errors import DataError, quoted

IGNORE = -100  # the class of a scan point that is not judged
BLOCK = 64  # profiles handled at once
INTEGERS = {np.dtype(np.int8): np.int16, np.dtype(np.uint8): np.int16, np.dtype(np.int16): np.int16}
STANDARDS = ("wen", "liz", "rox", "cc5", "ils", "btx", "btp")  # dyes of size standards, as files name them


class Shape(NamedTuple):
    """What can be said of a table without reading profiles: sizes, and what it has beside the profiles."""

    profiles: int
    dyes: int
    length: int
    dye_names: tuple[str, ...] | None = None
    masks: bool = False
    base_pairs: bool = False
    peak_markers: bool = False
    peak_labels: bool = False
    groups: bool = False  # mixture sets or donors

    def without_standard(self) -> Shape:
        last = standard_of(self.dyes, self.dye_names)
        return self if last is None else self._replace(dyes=last, dye_names=self.dye_names and self.dye_names[:last])


@dataclass(frozen=True)
class Peaks:
    """Peaks of profiles, sorted by profile, dye and position. Every column is (P,); None: not known.

    `profile`, `dye`, `position` int64 · `height` float32, RFU · `marker` int64, 0 = out of bin, else its place in the
    panel from 1 · `label` int64, the class, −100 = not judged.
    """

    profile: np.ndarray
    dye: np.ndarray
    position: np.ndarray
    height: np.ndarray | None = None
    marker: np.ndarray | None = None
    label: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.profile)

    def rows(self, chosen: np.ndarray) -> Peaks:
        """The peaks `chosen`: numbers or a mask."""
        found: dict[str, Any] = {name: None if one is None else one[chosen] for name, one in self.columns.items()}
        return Peaks(**found)

    @property
    def columns(self) -> dict[str, np.ndarray | None]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, kw_only=True)
class ProfileTable:
    """Electropherograms of one kit. Values are checked when it is made; `file` is named in messages.

    `profiles` (n, dye, scan) int16, int32 or float32, RFU; other integers are narrowed where nothing is lost
    `masks` (n, dye, scan) int8: the class of each scan point, −100 = not judged
    `names` n texts, all different · `mixture_set` n texts, "" = not known · `donors` n tuples of texts
    `contributors` (n,) int64, −1 = not known
    `base_pairs` (scan,) or (n, scan) float32, ascending; NaN at either end where the scale does not reach
    `dye_names` one text per dye · `kit` · `peaks`: where they are not to be looked for
    """

    profiles: np.ndarray
    masks: np.ndarray | None = None
    names: tuple[str, ...] = ()
    mixture_set: tuple[str, ...] | None = None
    donors: tuple[tuple[str, ...], ...] | None = None
    contributors: np.ndarray | None = None
    base_pairs: np.ndarray | None = None
    dye_names: tuple[str, ...] | None = None
    kit: str = ""
    peaks: Peaks | None = None
    file: str = ""
    content: str = field(default="", repr=False)  # a hash of what was read; "": the arrays are hashed
    checked: bool = field(default=False, repr=False)  # the large arrays were, before they were stored

    def __post_init__(self) -> None:
        from seqforge.data.epg import checks

        checks.refuse_unfit(self)

    def __len__(self) -> int:
        return len(self.profiles)

    @property
    def dyes(self) -> int:
        return int(self.profiles.shape[1])

    @property
    def length(self) -> int:
        """Scan points of every profile."""
        return int(self.profiles.shape[2])

    @property
    def shape(self) -> Shape:
        peaks = self.peaks
        known = [peaks is not None and column is not None for column in (peaks and peaks.marker, peaks and peaks.label)]
        groups = self.mixture_set is not None or self.donors is not None
        has = (self.masks is not None, self.base_pairs is not None, *known, groups)
        return Shape(len(self), self.dyes, self.length, self.dye_names, *has)

    @property
    def size_standard(self) -> int | None:
        """The row of the size standard's dye, which is always the last one; None if it is not there."""
        return standard_of(self.dyes, self.dye_names)

    def base_pairs_of(self, row: int) -> np.ndarray | None:
        """The base pair (scan,) float32 of every scan point of a profile."""
        if self.base_pairs is None:
            return None
        return self.base_pairs if self.base_pairs.ndim == 1 else self.base_pairs[row]

    def blocks(self) -> Iterator[np.ndarray]:
        """The numbers of profiles, some at a time."""
        for first in range(0, len(self), BLOCK):
            yield np.arange(first, min(first + BLOCK, len(self)))

    def without_standard(self) -> ProfileTable:
        """The same profiles without the size standard's dye; the table itself if it has none."""
        last = self.size_standard
        if last is None:
            return self
        peaks = None if self.peaks is None else self.peaks.rows(self.peaks.dye != last)
        return replace(
            self,
            profiles=self.profiles[:, :last],
            masks=None if self.masks is None else self.masks[:, :last],
            dye_names=self.dye_names[:last] if self.dye_names else None,
            peaks=peaks,
            content=cache.hash_of(self.digest, "without the size standard"),
        )

    @cached_property
    def digest(self) -> str:
        """A hash of all that the table says."""
        if self.content:
            return self.content
        digest = hashlib.sha256()
        arrays: list[Any] = [self.profiles, self.masks, self.contributors, self.base_pairs]
        arrays += [] if self.peaks is None else list(self.peaks.columns.values())
        for array in arrays:
            _hash(digest, array)
        texts = [self.names, self.mixture_set, self.donors, self.dye_names, self.kit]
        return cache.hash_of("profiles", digest.hexdigest(), texts)

    def refuse(self, message: str, hint: str = "") -> DataError:
        """The exception to raise for something wrong with the table."""
        return refuse(TABLE, message, hint, self.file)


def _hash(digest: Any, array: np.ndarray | None) -> None:
    digest.update(b"-" if array is None else f"{array.dtype.str}{array.shape}".encode())
    for first in range(0, 0 if array is None else len(array), BLOCK):
        assert array is not None
        digest.update(np.ascontiguousarray(array[first : first + BLOCK]).data)


def standard_of(dyes: int, names: tuple[str, ...] | None) -> int | None:
    """The row of the size standard: the last dye, if it is called like one, or if there are six dyes without names."""
    if names:
        last = names[-1].casefold()
        return dyes - 1 if any(word in last for word in STANDARDS) or "standard" in last else None
    return dyes - 1 if dyes == 6 else None


def squeezed(array: Any, axes: int) -> Any:
    """`array` without a last axis of length 1, if it has one axis more than `axes`."""
    return array[..., 0] if len(array.shape) == axes + 1 and array.shape[-1] == 1 else array


def narrowed(values: np.ndarray, what: str, file: str = "", first: int = 0) -> np.ndarray:
    """RFU `values` (n, dye, scan) as int16, int32 or float32, without loss.

    Raises DataError at the first value that does not fit, is NaN or infinite, with its profile (from `first`) and dye.
    """
    kind = values.dtype
    if kind in INTEGERS:
        return values.astype(INTEGERS[kind], copy=False)
    if kind.kind in "iu":
        return _fitting(values, np.int32, what, file, first)
    if kind.kind != "f":
        hint = "save RFU as int16, int32 or float32"
        raise refuse(TABLE, f"{what}: expected numbers, received {kind}", hint, file)
    finite = np.isfinite(values)
    if not finite.all():
        raise refuse(TABLE, f"{what}: {_place(~finite, first)} is {_first(values, ~finite)}; RFU are finite", "", file)
    return _fitting(values, np.float32, what, file, first)


def _fitting(values: np.ndarray, kind: type, what: str, file: str, first: int) -> np.ndarray:
    if values.dtype == kind:
        return values
    with np.errstate(over="ignore"):
        found: np.ndarray = values.astype(kind)
    lost = found.astype(values.dtype) != values
    if lost.any():
        hint = "save float32" if values.dtype.kind == "f" else "RFU are at most a few ten thousand"
        message = f"{what}: {_place(lost, first)} is {_first(values, lost)}, which {found.dtype} cannot hold"
        raise refuse(TABLE, message, hint, file)
    return found


def narrowed_masks(values: np.ndarray, what: str, file: str = "", first: int = 0) -> np.ndarray:
    """Classes `values` (n, dye, scan), integers or floats without a fraction, as int8."""
    if values.dtype.kind not in "iufb":
        raise refuse(TABLE, f"{what}: expected whole numbers, received {values.dtype}", "save classes as int8", file)
    wrong = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=bool)
    if values.dtype.kind == "f":
        wrong |= np.floor(np.where(wrong, 0, values)) != np.where(wrong, 0, values)
    wrong |= ((values < 0) & (values != IGNORE)) | (values > np.iinfo(np.int8).max)
    if wrong.any():
        found = f"{what}: {_place(wrong, first)} is {_first(values, wrong)}"
        raise refuse(TABLE, f"{found}; expected a class (0, 1, …) or {IGNORE} for ignored scan points", "", file)
    return values.astype(np.int8, copy=False)


def _place(wrong: np.ndarray, first: int) -> str:
    profile, dye, position = (int(part) for part in np.argwhere(wrong)[0])
    return f"profile {first + profile}, dye {dye}, scan point {position}"


def _first(values: np.ndarray, wrong: np.ndarray) -> str:
    return quoted(f"{values[wrong][0]:g}")


def empty_refused(file: str) -> DataError:
    return refuse(EMPTY, "the table has no profiles", file=file)
