# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="profile-hdf5">`: training files of profile models, one per set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seqforge.data.profiles.checks import Lengths, counted, refuse_heads, refuse_widths
from seqforge.data.sources.base import Wanted
from seqforge.data.sources.profiles import ProfileSource, Report
from seqforge.data.sources.sequences import START, refuse_missing
from seqforge.parameters import REQUIRED, Name, setting
from seqforge.registry import register

if TYPE_CHECKING:
    from seqforge.data.profiles.hdf5 import Layout
    from seqforge.data.profiles.store import ProfileStore


@register("sources", "profile-hdf5")
@dataclass(frozen=True, kw_only=True)
class ProfileHDF5Source(ProfileSource):
    """HDF5 files with the datasets sequence, head_0, head_1, …, one file per set.

    Every file is converted once into memory-mapped arrays of the cache; their paths start at the definition's folder.
    """

    train_data: Name = setting(REQUIRED, "the file of the training set", "training")
    val_data: Name | None = setting(None, "the file of the validation set", "validation")
    test_data: Name | None = setting(None, "the file of the test set", "test")

    def files(self, folder: Path) -> list[Path]:
        return list(self._paths(folder).values())

    def judge(self, wanted: Wanted) -> None:
        super().judge(wanted)
        from seqforge.data.profiles import hdf5

        for path in filter(Path.is_file, self.files(wanted.folder)):
            self._refuse(hdf5.layout(path), wanted)

    def stored(self, wanted: Wanted, report: Report) -> Mapping[str, ProfileStore]:
        from seqforge.data.profiles import hdf5  # and with it NumPy

        paths = self._paths(wanted.folder)
        refuse_missing(paths.values(), START)
        layouts = [hdf5.layout(path) for path in paths.values()]
        for found in layouts:
            self._refuse(found, wanted)
        named = ", ".join(f"{found.path.name} ({counted(found.regions, 'region')})" for found in layouts)
        report(f"reading {named}")
        return {name: hdf5.converted(path) for name, path in paths.items()}

    def _refuse(self, found: Layout, wanted: Wanted) -> None:
        """Raise DataError where the file cannot be what the model wants, before it is read."""
        if wanted.input_length is not None and wanted.output_length is not None:
            lengths = Lengths(wanted.input_length, wanted.output_length, self.max_jitter)
            refuse_widths(found.widths, lengths, exact=True, made_for=found.made_for, file=found.path)
        if wanted.heads:
            refuse_heads(found.heads, wanted.heads, found.path)
        self.refuse_turned(found.reverse_complement, found.path)

    def _paths(self, folder: Path) -> dict[str, Path]:
        named = {"training": self.train_data, "validation": self.val_data, "test": self.test_data}
        return {name: folder / Path(path).expanduser() for name, path in named.items() if path is not None}
