# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What a profile table must be: shapes that belong together, values that mean something. Arrays are normalised here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqforge.data.epg import tables
from seqforge.data.epg.tables import IGNORE, Peaks

if TYPE_CHECKING:
    from seqforge.data.epg.tables import ProfileTable


def refuse_unfit(table: ProfileTable) -> None:
    """Raise DataError where `table` cannot be; what is left is normalised in place (types, trailing axes, defaults)."""
    _profiles(table)
    _masks(table)
    _texts(table)
    _contributors(table)
    _base_pairs(table)
    if table.peaks is not None:
        _set(table, "peaks", fitting_peaks(table, table.peaks))


def _set(table: ProfileTable, name: str, value: Any) -> None:
    object.__setattr__(table, name, value)


def _profiles(table: ProfileTable) -> None:
    profiles = tables.squeezed(table.profiles, 3)
    if len(profiles.shape) != 3:
        message = f"profiles: expected (profile, dye, scan), received {shape_of(table.profiles)}"
        raise table.refuse(message, "one profile is (1, dye, scan)")
    if not profiles.shape[0]:
        raise tables.empty_refused(table.file)
    if 0 in profiles.shape:
        raise table.refuse(f"profiles: {shape_of(profiles)} has no scan points")
    _set(table, "profiles", profiles if table.checked else tables.narrowed(profiles, "profiles", table.file))


def _masks(table: ProfileTable) -> None:
    if table.masks is None:
        return
    masks = tables.squeezed(table.masks, 3)
    if masks.shape != table.profiles.shape:
        received = f"masks: expected {shape_of(table.profiles)} as the profiles, received {shape_of(table.masks)}"
        raise table.refuse(received)
    _set(table, "masks", masks if table.checked else tables.narrowed_masks(masks, "masks", table.file))


def _texts(table: ProfileTable) -> None:
    names = tuple(map(str, table.names)) or tuple(f"profile_{row}" for row in range(len(table)))
    _set(table, "names", names)
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise table.refuse(f"names: '{twice}' is there twice", "every profile has a name of its own")
    _counted(table, "names", names)
    if table.mixture_set is not None:
        _set(table, "mixture_set", tuple(str(name).strip() for name in table.mixture_set))
        _counted(table, "mixture_set", table.mixture_set)
    if table.donors is not None:
        _set(table, "donors", tuple(map(split_donors, table.donors)))
        _counted(table, "donors", table.donors)
    if table.dye_names is not None:
        _set(table, "dye_names", tuple(map(str, table.dye_names)))
        if len(table.dye_names or ()) != table.dyes:
            raise table.refuse(f"dye_names: expected {table.dyes} as the dyes, received {len(table.dye_names or ())}")


def split_donors(donors: str | Sequence[str]) -> tuple[str, ...]:
    """The names in a text separated by semicolons (or already apart), without blanks, each once."""
    parts = donors.split(";") if isinstance(donors, str) else list(donors)
    return tuple(dict.fromkeys(name.strip() for name in parts if name.strip()))


def _counted(table: ProfileTable, what: str, values: Any) -> None:
    if len(values) != len(table):
        raise table.refuse(f"{what}: expected {len(table)}, one per profile, received {len(values)}")


def _contributors(table: ProfileTable) -> None:
    if table.contributors is None:
        return
    found = np.asarray(table.contributors)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        message = f"contributors: expected a whole number per profile, received {shape_of(found)} {found.dtype}"
        raise table.refuse(message)
    _counted(table, "contributors", found)
    _set(table, "contributors", found.astype(np.int64))


def _base_pairs(table: ProfileTable) -> None:
    if table.base_pairs is None:
        return
    found = np.asarray(table.base_pairs)
    if found.dtype.kind not in "iuf" or found.shape not in ((table.length,), (len(table), table.length)):
        expected = f"expected numbers ({table.length},) or ({len(table)}, {table.length})"
        raise table.refuse(f"base_pairs: {expected}, received {shape_of(found)} {found.dtype}")
    found = found.astype(np.float32)
    for row, line in enumerate(found.reshape(-1, table.length)):
        _refuse_scale(table, line, row if found.ndim == 2 else None)
    _set(table, "base_pairs", found)


def _refuse_scale(table: ProfileTable, line: np.ndarray, row: int | None) -> None:
    where = "" if row is None else f" of profile {row}"
    known = np.flatnonzero(~np.isnan(line))
    if not len(known) or known[-1] - known[0] + 1 != len(known):
        raise table.refuse(f"base_pairs{where}: NaN is accepted only before the first and after the last base pair")
    if not (np.isfinite(line[known]).all() and (np.diff(line[known]) > 0).all()):
        raise table.refuse(f"base_pairs{where} do not ascend", "expected the base pair of each scan point")


def fitting_peaks(table: ProfileTable, peaks: Peaks) -> Peaks:
    """`peaks` sorted and typed; raises DataError where they cannot be peaks of the table."""
    columns = {name: None if column is None else np.asarray(column) for name, column in peaks.columns.items()}
    for name, column in columns.items():
        if column is not None and (column.shape != (len(peaks),) or column.dtype.kind not in "iuf"):
            message = f"peak_{name}: expected numbers ({len(peaks)},), received {shape_of(column)} {column.dtype}"
            raise table.refuse(message)
    found: dict[str, Any] = {
        name: None if column is None else column.astype(np.float32 if name == "height" else np.int64)
        for name, column in columns.items()
    }
    bounds = {"profile": len(table), "dye": table.dyes, "position": table.length}
    for name, bound in bounds.items():
        _refuse_outside(table, f"peak_{name}", found[name], bound)
    for name in ("marker", "label"):
        column = found[name]
        if column is not None and ((column < 0) & ((column != IGNORE) | (name == "marker"))).any():
            raise table.refuse(f"peak_{name}: expected numbers from 0, received {column.min()}")
    order = np.lexsort((found["position"], found["dye"], found["profile"]))
    sorted_peaks = Peaks(**found).rows(order)
    _refuse_twice(table, sorted_peaks)
    return sorted_peaks


def _refuse_outside(table: ProfileTable, name: str, column: np.ndarray | None, bound: int) -> None:
    assert column is not None
    wrong = (column < 0) | (column >= bound)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise table.refuse(f"{name}: peak {at} is {column[at]}, expected 0 to {bound - 1}")


def _refuse_twice(table: ProfileTable, peaks: Peaks) -> None:
    places = np.stack([peaks.profile, peaks.dye, peaks.position])
    twice = (places[:, 1:] == places[:, :-1]).all(axis=0)
    if twice.any():
        profile, dye, position = places[:, int(np.argmax(twice))]
        raise table.refuse(f"the peak at profile {profile}, dye {dye}, scan point {position} is there twice")


def shape_of(array: Any) -> str:
    """A shape as messages write it."""
    return f"({', '.join(map(str, array.shape))})" if len(array.shape) != 1 else f"({array.shape[0]},)"
