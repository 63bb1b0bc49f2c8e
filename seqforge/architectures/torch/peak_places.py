# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where the peaks of a batch lie: from centres and counts to indices, and from logits of peaks to whole profiles."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqforge.errors import WrongInput


class Places(NamedTuple):
    """Of every peak (P,) int64: its profile, dye and scan point, and its number within its profile; `most`: the peaks
    of the profile that has most."""

    profile: Tensor
    dye: Tensor
    position: Tensor
    rank: Tensor
    most: int


def places(centres: Tensor, counts: Tensor, peaks: int, shape: tuple[int, int, int], owner: str) -> Places:
    """The places of `peaks` peaks in profiles of `shape` (n, dye, scan), whose numbers per profile `counts` (n,) say.

    `centres` (P, 2) are [dye, position]. Raises WrongInput: counts that do not sum up to P, centres outside of the
    profile or twice in it. On the meta device values are not looked at.
    """
    _check_shapes(centres, counts, peaks, shape[0], owner)
    centres, counts = centres.long(), counts.to(centres.device).long()
    most = peaks if counts.is_meta else _check_counts(counts, peaks, owner)
    numbers = torch.arange(shape[0], device=counts.device)
    profile = torch.repeat_interleave(numbers, counts, output_size=peaks)
    rank = torch.arange(peaks, device=counts.device) - (counts.cumsum(0) - counts)[profile]
    found = Places(profile, centres[:, 0], centres[:, 1], rank, most)
    if peaks and not centres.is_meta:
        _check_centres(found, shape, owner)
    return found


def _check_shapes(centres: Tensor, counts: Tensor, peaks: int, profiles: int, owner: str) -> None:
    for name, given, wanted in (("peak_centers", centres, (peaks, 2)), ("peak_counts", counts, (profiles,))):
        if tuple(given.shape) != wanted:
            what = f"for {peaks} windows of {profiles} profiles"
            raise WrongInput(f"{owner}.{name}: expected shape {wanted} {what}, received {tuple(given.shape)}")


def _check_counts(counts: Tensor, peaks: int, owner: str) -> int:
    """The largest count."""
    values = counts.tolist()
    if min(values, default=0) < 0 or sum(values) != peaks:
        rule = f"expected numbers ≥ 0 that sum up to the {peaks} windows, received a sum of {sum(values)}"
        raise WrongInput(f"{owner}.peak_counts: {rule}, the smallest {min(values, default=0)}")
    return max(values, default=0)


def _check_centres(found: Places, shape: tuple[int, int, int], owner: str) -> None:
    """One copy from the device tells all three."""
    _, dyes, length = shape
    flat = (found.profile * dyes + found.dye) * length + found.position
    ordered = flat.sort().values
    bad = [
        (found.dye < 0) | (found.dye >= dyes) | (found.position < 0) | (found.position >= length),
        torch.cat([ordered[1:] == ordered[:-1], ordered.new_zeros(1, dtype=torch.bool)]),
    ]
    outside, twice = torch.stack([one.any() for one in bad]).tolist()
    if outside:
        number = int(bad[0].nonzero()[0])
        rule = f"expected [0..{dyes - 1}, 0..{length - 1}], received {_centre(found, number)}"
        raise WrongInput(f"{owner}.peak_centers: {rule} for peak {number} of the batch")
    if twice:
        number = int((flat == ordered[bad[1]][0]).nonzero()[0])
        where = f"received {_centre(found, number)} twice in profile {int(found.profile[number])} of the batch"
        raise WrongInput(f"{owner}.peak_centers: expected every centre once per profile, {where}")


def _centre(found: Places, number: int) -> list[int]:
    return [int(found.dye[number]), int(found.position[number])]


def scattered(logits: Tensor, found: Places, shape: tuple[int, int, int], default: int, background: float) -> Tensor:
    """(n, class, dye, scan): `logits` (P, class) at the centres, elsewhere `background` for class `default`, else 0."""
    profiles, dyes, length = shape
    whole = logits.new_zeros((profiles, logits.shape[1], dyes, length))
    whole[:, default] = background
    return whole.index_put(
        (found.profile[:, None], _classes(logits), found.dye[:, None], found.position[:, None]), logits
    )


def _classes(logits: Tensor) -> Tensor:
    return torch.arange(logits.shape[1], device=logits.device)[None]
