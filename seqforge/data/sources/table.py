# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="table">`: seqgra's folders (training.txt, validation.txt, test.txt) and any CSV or TSV files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from seqforge.data.problems import MISSING, refuse
from seqforge.data.readers import Columns, Record, delimiter_of, header_of, table
from seqforge.data.sources.base import Wanted
from seqforge.data.sources.sequences import ALL, SETS, Part, Report, SplitSource, files_stored
from seqforge.data.store import Store
from seqforge.definitions.locate import locate
from seqforge.parameters import Name, OneOf, Switch, setting
from seqforge.registry import register

# of the options that name columns, with the way to them where a definition has no section
KEYS = tuple(f"{key} (--set data.format=table --set data.{key}=…)" for key in ("sequence_column", "label_column"))
ENDINGS = (".txt", ".txt.gz", ".tsv", ".tsv.gz", ".csv", ".csv.gz")


@register("sources", "table")
@dataclass(frozen=True, kw_only=True)
class TableSource(SplitSource):
    """Tables, plain or gzip, one row per example: seqgra's folders, or any CSV and TSV files.

    Either `folder` with a file for each set (training.txt, validation.txt, test.txt; also .tsv, .csv, .gz), or
    `training`, `validation`, `test`, or one `file` that is split; their paths start at `folder`.
    """

    folder: Name | None = setting(None, "where the files lie; None: the definition's folder")
    training: Name | None = setting(None, "the file of the training set")
    validation: Name | None = setting(None, "the file of the validation set")
    test: Name | None = setting(None, "the file of the test set")
    file: Name | None = setting(None, "one file that is split into the three sets")
    sequence_column: Name = setting("x", "a name in the header line, or a number from 1 without one")
    label_column: Name = setting("y", "as sequence_column; several columns separated by commas")
    header: Switch = setting(True, "whether the first line names the columns")
    delimiter: Annotated[str, OneOf("auto", "tab", "comma", "semicolon")] = setting(
        "auto", "auto: a comma in files called .csv, else a tab"
    )

    @property
    def whole(self) -> bool:
        return self.file is not None

    @property
    def carves(self) -> bool:
        return self.validation is None and self.training is not None

    def problems(self) -> list[tuple[str, str]]:
        named = [name for name in SETS if getattr(self, name) is not None]
        found = super().problems()
        if self.file and named:
            found.append(("file", f"file is split into the sets; {', '.join(named)} name them already: keep one"))
        if not (self.file or self.folder or self.training):
            found.append(("folder", "name the data: folder, or training (validation, test), or file"))
        if named and not self.training:
            found.append((named[0], "there is no training file; name it in training"))
        return found

    def files(self, folder: Path) -> list[Path]:
        return list(self._paths(folder).values())

    def stored(self, wanted: Wanted, report: Report) -> tuple[str, Store]:
        parts = [
            Part(name, path, partial(self._records, path, wanted)) for name, path in self._paths(wanted.folder).items()
        ]
        reading = {key: getattr(self, key) for key in ("sequence_column", "label_column", "header", "delimiter")}
        endings = [delimiter_of(part.file) for part in parts] if self.delimiter == "auto" else []
        return files_stored(self, parts, reading | {"endings": endings}, wanted, report)

    def _records(self, path: Path, wanted: Wanted) -> Iterator[Record]:
        delimiter = delimiter_of(path, None if self.delimiter == "auto" else self.delimiter)
        labels = tuple(name.strip() for name in self.label_column.split(","))
        if wanted.task.targets == "values" and labels == ("y",) and self.header:
            header = [name.strip() for name in header_of(path, delimiter)]
            labels = labels if "y" in header else wanted.labels
        return table(path, Columns(self.sequence_column, labels, None, self.header, KEYS), delimiter)

    def _paths(self, folder: Path) -> dict[str, Path]:
        """The file of each set, or of `ALL`."""
        base = based(self.folder, folder)
        if self.file:
            return {ALL: base / self.file}
        if self.training:
            named = {name: getattr(self, name) for name in SETS}
            return {name: base / path for name, path in named.items() if path is not None}
        return _in_folder(base)


def based(named: str | None, folder: Path) -> Path:
    """The folder where paths of data files start: `named`, searched from the definition's `folder`, or that itself."""
    if named is None:
        return folder
    return locate(named, folder).path or folder / Path(named).expanduser()


def _in_folder(base: Path) -> dict[str, Path]:
    found = {name: [base / f"{name}{ending}" for ending in ENDINGS] for name in SETS}
    paths = {name: next((path for path in choices if path.is_file()), None) for name, choices in found.items()}
    if paths["training"] is None:
        raise refuse(
            MISSING, "no training.txt (.tsv, .csv, .gz) in the folder", "name the files in the data options", base
        )
    return {name: path for name, path in paths.items() if path is not None}
