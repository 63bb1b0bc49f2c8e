# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Sizes of a Cherimoya model, and names, shapes and initial values of its weights; no framework is needed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from seqforge.arrays import np
from seqforge.errors import UsageError

if TYPE_CHECKING:
    from typing import Self

BASES, TAPS = 4, 3
STD, BOUND = 0.02, 2.0  # of the normal distribution that weights are drawn from, and where it is cut
CORE = 46  # of the default trimming: what it has beside the reach of the dilated convolutions
SCOPES = ("shared", "group")


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Everything that decides the shapes of weights. `groups`: the number of tracks of every group."""

    n_filters: int = 96
    n_layers: int = 9
    expansion: int = 2
    stem_kernel_size: int = 21
    profile_kernel_size: int = 1
    groups: tuple[int, ...] = (1,)
    n_control_tracks: int = 0
    weight_scope: str = "shared"

    def check(self) -> None:
        """Raises UsageError: the value received, the rule, and the nearest value that is accepted."""
        for name in ("n_filters", "n_layers", "expansion", "stem_kernel_size", "profile_kernel_size"):
            _refuse(name, getattr(self, name), 1)
        for name in ("stem_kernel_size", "profile_kernel_size"):
            if getattr(self, name) % 2 == 0:
                value = getattr(self, name)
                raise UsageError(f"{name}: expected an odd integer, received {value}; the nearest is {value + 1}")
        _refuse("n_control_tracks", self.n_control_tracks, 0)
        if not self.groups:
            raise UsageError("groups: expected the number of tracks of at least one group, received none; take [1]")
        for tracks in self.groups:
            _refuse("groups: tracks of a group", tracks, 1)
        if self.weight_scope not in SCOPES:
            raise UsageError(f"weight_scope: expected {' or '.join(SCOPES)}, received '{self.weight_scope}'")

    @property
    def tracks(self) -> int:
        """O, over all groups."""
        return sum(self.groups)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name → shape of every weight, in the order of the model."""
        c, hidden, g = self.n_filters, self.expansion * self.n_filters, len(self.groups)
        learned = (g,) if self.weight_scope == "group" else (1,)
        found: dict[str, tuple[int, ...]] = {"lw0": learned, "lw1": learned}
        found |= {"iconv.weight": (c, BASES, self.stem_kernel_size), "iconv.bias": (c,)}
        for i in range(self.n_layers):
            found[f"blocks.{i}.conv_weight"] = (TAPS, c)
            found |= {f"blocks.{i}.linear1.weight": (hidden, c), f"blocks.{i}.linear2.weight": (c, hidden)}
        read = c + self.n_control_tracks
        found |= {"fconv.weight": (self.tracks, read, self.profile_kernel_size), "fconv.bias": (self.tracks,)}
        return found | {"linear.weight": (g, c + (self.n_control_tracks > 0)), "linear.bias": (g,)}

    @property
    def parameters(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes().values())

    def initial(self, seed: int) -> dict[str, np.ndarray]:
        """The weights (float32) at the start of a training: normal with std 0.02, biases 0, lw0 and lw1 1.

        A function of `seed` and the sizes alone, whatever the device.
        """
        draw = np.random.Generator(np.random.Philox(key=seed))
        return {name: _initial(name, shape, draw) for name, shape in self.shapes().items()}

    @classmethod
    def of(cls, shapes: Mapping[str, Sequence[int]], groups: Sequence[int] | None = None) -> Self:
        """The sizes that these shapes say. Their groups cannot be told from shapes where there are several: `groups`.

        Raises UsageError where a shape that decides is missing or makes no sense.
        """
        c, _, stem = _axes(shapes, "iconv.weight", 3)
        tracks, read, profile = _axes(shapes, "fconv.weight", 3)
        hidden, _ = _axes(shapes, "blocks.0.linear1.weight", 2)
        (counts, _), learned = _axes(shapes, "linear.weight", 2), shapes.get("lw0", (1,))
        found = cls(
            n_filters=c,
            n_layers=len({name.split(".")[1] for name in shapes if re.match(r"blocks\.\d+\.", name)}),
            expansion=max(1, hidden // c),
            stem_kernel_size=stem,
            profile_kernel_size=profile,
            groups=tuple(groups) if groups else _groups(tracks, counts),
            n_control_tracks=max(0, read - c),
            weight_scope="group" if tuple(learned) != (1,) else "shared",
        )
        found.check()
        return found

    def differences(self, shapes: Mapping[str, Sequence[int]]) -> list[str]:
        """What is missing among, surplus in or of another shape than these `shapes`, one sentence each."""
        own = self.shapes()
        found = [f"'{name}' is missing" for name in own if name not in shapes]
        found += [f"'{name}' is unknown" for name in shapes if name not in own]
        return found + [
            f"'{name}' has shape {tuple(shapes[name])}, expected {shape}"
            for name, shape in own.items()
            if name in shapes and tuple(shapes[name]) != shape
        ]

    def other(self, wanted: Sizes) -> list[str]:
        """The sizes that are not as `wanted`."""
        pairs = [(one.name, getattr(self, one.name), getattr(wanted, one.name)) for one in fields(Sizes)]
        return [f"{name} is {own}, expected {theirs}" for name, own, theirs in pairs if own != theirs]


def default_trimming(n_layers: int) -> int:
    """The bases that are cut from each end where nothing else says so: 557 for 9 layers, 2114 → 1000."""
    return int(CORE + 2**n_layers - 1)


def trimmed(length: int, trimming: int) -> int:
    """L − 2t; raises UsageError where nothing is left."""
    _refuse("trimming", trimming, 0)
    if 2 * trimming >= length:
        rule = f"expected 2·trimming < {length} positions of input"
        raise UsageError(f"trimming: {rule}, received {trimming}; the greatest is {(length - 1) // 2}")
    return length - 2 * trimming


def trimming_between(in_window: int, out_window: int) -> int:
    """(in − out)/2; raises UsageError where that is negative or no whole number."""
    if out_window > in_window:
        raise UsageError(f"out_window: expected at most in_window {in_window}, received {out_window}; take {in_window}")
    if (in_window - out_window) % 2:
        rule = f"expected an even difference to in_window {in_window}, received {out_window}"
        raise UsageError(f"out_window: {rule}; the nearest is {out_window + 1}")
    return (in_window - out_window) // 2


def _refuse(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError(f"{name}: expected an integer ≥ {least}, received {value}; the nearest is {least}")


def _initial(name: str, shape: tuple[int, ...], draw: np.random.Generator) -> np.ndarray:
    if name in ("lw0", "lw1"):
        return np.ones(shape, np.float32)
    if name.endswith("bias"):
        return np.zeros(shape, np.float32)
    return np.clip(STD * draw.standard_normal(shape), -BOUND, BOUND).astype(np.float32)


def _axes(shapes: Mapping[str, Sequence[int]], name: str, rank: int) -> tuple[int, ...]:
    shape = shapes.get(name)
    if shape is None or len(shape) != rank or not all(shape):
        received = "it is missing" if shape is None else f"its shape is {tuple(shape)}"
        raise UsageError(f"these are no weights of Cherimoya: '{name}' needs {rank} axes, {received}")
    return tuple(int(size) for size in shape)


def _groups(tracks: int, counts: int) -> tuple[int, ...]:
    """One group of all tracks, or as many groups of equal size as there are counts."""
    if tracks % counts:
        raise UsageError(f"{tracks} tracks in {counts} groups of unequal size: say the groups")
    return (tracks // counts,) * counts
