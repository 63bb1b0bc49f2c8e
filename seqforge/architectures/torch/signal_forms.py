# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The forms in which a profile may come: (n, dye, scan), maybe with one more axis of length 1."""

from __future__ import annotations

from torch import Tensor

from seqforge.errors import WrongInput

FORMS = "(n, dye, scan), (n, 1, dye, scan) or (n, dye, scan, 1)"


def as_profiles(x: Tensor, owner: str) -> tuple[Tensor, int | None]:
    """`x` as (n, dye, scan), and which axis of length 1 it had besides; raises WrongInput for any other form.

    Of a tensor with four axes the second is left out if it has length 1, else the last.
    """
    if x.ndim == 3:
        return x, None
    extra = next((axis for axis in (1, 3) if x.ndim == 4 and x.shape[axis] == 1), None)
    if extra is None:
        raise WrongInput(f"{owner}: expected profiles {FORMS}, received {tuple(x.shape)}")
    return x.squeeze(extra), extra


def restored(y: Tensor, extra: int | None) -> Tensor:
    """(n, dye, scan) in the form that `as_profiles` took apart."""
    return y if extra is None else y.unsqueeze(extra)


def fitting(x: Tensor, owner: str, dyes: tuple[str, int], length: tuple[str, int]) -> None:
    """Raise WrongInput unless `x` (n, dye, scan) has these sizes, each with the name of the argument that says so."""
    for (name, wanted), noun, size in ((dyes, "dyes", x.shape[1]), (length, "scan points", x.shape[2])):
        if size != wanted:
            raise WrongInput(f"{owner}.{name}: expected profiles of {wanted} {noun}, received {size}; nothing is cut")
