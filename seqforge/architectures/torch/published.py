# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Published weights into models of electropherograms: by position and shape, and nothing may be missing or left over.

Names are only compared where a file has exactly the module's own, below a common prefix: files that sort their entries
by name have no order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

import torch
from torch import Tensor, nn

from seqforge.architectures.torch.autoencoders import SharedWeightPerDyeConv1dAutoencoder
from seqforge.errors import RunError

Entries = list[tuple[str, Tensor]]


def load_published(module: nn.Module, published: Mapping[str, Any]) -> None:
    """Copy `published`, name → array in the order of the model, into `module`; axes of length 1 do not count.

    An autoencoder whose weights are shared may stand there once, or once per dye with equal values. Raises RunError,
    with every tensor that is missing, left over, of another shape, or not equal where it should be.
    """
    given = _unprefixed([(name, torch.as_tensor(array)) for name, array in published.items()])
    own: Entries = list(module.state_dict(keep_vars=True).items())
    given, wrong = _by_name(given, own) or _without_copies(module, given, own)
    wrong = wrong or list(_differences(given, own))
    if wrong:
        raise RunError(f"weights do not fit {type(module).__name__}: {'; '.join(wrong)}")
    with torch.no_grad():
        for (_, ours), (_, theirs) in zip(own, given, strict=True):
            ours.copy_(theirs.reshape(ours.shape))


def _unprefixed(entries: Entries) -> Entries:
    """The entries without the first parts of their names that all of them share."""
    parts = [name.split(".")[:-1] for name, _ in entries]
    shared = 0
    while parts and all(len(one) > shared and one[shared] == parts[0][shared] for one in parts):
        shared += 1
    return [(".".join(name.split(".")[shared:]), tensor) for name, tensor in entries]


def _by_name(given: Entries, own: Entries) -> tuple[Entries, list[str]] | None:
    """The entries in the module's order, if they have its names."""
    named = dict(given)
    short = [name for name, _ in _unprefixed(own)]
    return ([(name, named[name]) for name in short], []) if sorted(named) == sorted(short) else None


def _without_copies(module: nn.Module, given: Entries, own: Entries) -> tuple[Entries, list[str]]:
    """The entries with one copy of weights that dyes share, and what differs between copies; all of them if there are
    no copies."""
    names = [name for name, _ in own]
    shared = [
        (name, one) for name, one in module.named_modules() if isinstance(one, SharedWeightPerDyeConv1dAutoencoder)
    ]
    sizes = [len(one.net.state_dict()) for _, one in shared]
    surplus = sum(size * (one.dyes - 1) for size, (_, one) in zip(sizes, shared, strict=True))
    if not surplus or len(given) != len(own) + surplus:
        return given, []
    wrong: list[str] = []
    for size, (name, one) in zip(sizes, shared, strict=True):
        start = next(i for i, own_name in enumerate(names) if own_name.startswith(f"{name}.net." if name else "net."))
        copies = given[start : start + size * one.dyes]
        wrong += _unequal(copies, size)
        given = given[: start + size] + given[start + size * one.dyes :]
    return given, wrong


def _unequal(copies: Entries, size: int) -> Iterator[str]:
    """What differs from the first copy among copies of `size` entries each."""
    for number, (name, tensor) in enumerate(copies[size:]):
        first, original = copies[number % size]
        if not torch.equal(tensor, original):
            yield f"'{name}' is not equal to '{first}', but dyes share their weights"


def _differences(given: Entries, own: Entries) -> Iterator[str]:
    """One sentence for every tensor that is missing, left over or of another shape."""
    ours, theirs = _shapes(own), _shapes(given)
    for kind, start, end, first, last in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        pairs = min(end - start, last - first)
        for (name, tensor), (other, array) in zip(own[start:end], given[first:last], strict=False):
            yield f"'{other}' has shape {tuple(array.shape)}, expected {tuple(tensor.shape)} of '{name}'"
        yield from (f"'{name}' {tuple(tensor.shape)} is missing" for name, tensor in own[start + pairs : end])
        yield from (f"'{name}' {tuple(array.shape)} is left over" for name, array in given[first + pairs : last])


def _shapes(entries: Entries) -> list[tuple[int, ...]]:
    return [tuple(size for size in tensor.shape if size != 1) for _, tensor in entries]
