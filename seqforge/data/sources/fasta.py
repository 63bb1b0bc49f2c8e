# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<data format="fasta">`: one file per label, or labels in the headers, or in a table beside the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from seqforge.data import cache
from seqforge.data.problems import LABEL, refuse
from seqforge.data.readers import Columns, Record, delimiter_of, fasta, table
from seqforge.data.sources.base import Wanted
from seqforge.data.sources.sequences import ALL, SETS, Part, Report, SplitSource, files_stored
from seqforge.data.sources.table import based
from seqforge.data.store import Store
from seqforge.errors import did_you_mean
from seqforge.parameters import Count, Kind, Name, String, setting
from seqforge.registry import register


class Files(Kind):
    """A path, or `label = path, label = path`; line breaks and semicolons separate, too. The text stays as written."""

    expected = "a path, or label = path, label = path"

    def check(self, value: Any) -> str:
        text = String().check(value)
        entries = split(text)
        if not entries or any(not path or (label is not None and not label) for label, path in entries):
            raise self.unfit(value)
        if len({label is None for label, _ in entries}) > 1 or (entries[0][0] is None and len(entries) > 1):
            raise self.unfit(value)
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}

    def bad_values(self) -> list[str]:
        return ["=x.fa", "a=", "a=x.fa, y.fa"]


def split(text: str) -> list[tuple[str | None, str]]:
    """(label, path) of each entry; a single path has the label None."""
    separators = r"[;\n]" if re.search(r"[;\n]", text.strip()) else ","
    entries = [entry.strip() for entry in re.split(separators, text)]
    pairs = [entry.strip(" ,").partition("=") for entry in entries if entry.strip(" ,")]
    return [(left.strip(), right.strip()) if equals else (None, left.strip()) for left, equals, right in pairs]


FileList = Annotated[str, Files()]


@register("sources", "fasta")
@dataclass(frozen=True, kw_only=True)
class FastaSource(SplitSource):
    """FASTA files, plain or gzip, labelled by file, by header line or by a table.

    `file` (split into the sets), or `training`, `validation`, `test`: each either `label = path, label = path`, one
    file per label, or one path; paths start at `folder`. Labels of a single path come from one of `label_pattern`,
    `label_field` and `label_file`.
    """

    folder: Name | None = setting(None, "where the files lie; None: the definition's folder")
    file: FileList | None = setting(None, "what is split into the three sets: label = path, …, or a path", "files")
    training: FileList | None = setting(None, "the training set: label = path, …, or a path")
    validation: FileList | None = setting(None, "the validation set: label = path, …, or a path")
    test: FileList | None = setting(None, "the test set: label = path, …, or a path")
    label_pattern: Name | None = setting(None, "a regular expression; its first group is the label in the header line")
    label_field: Count | None = setting(None, "the number, from 1, of the header's field that is the label")
    label_separator: Name | None = setting(None, "what separates the header's fields; None: blanks")
    label_file: Name | None = setting(None, "a table of the labels by the first word of the header")
    id_column: Name | None = setting(None, "of label_file; None: id")
    label_column: Name | None = setting(None, "of label_file; None: label")

    @property
    def whole(self) -> bool:
        return self.file is not None

    @property
    def carves(self) -> bool:
        return self.validation is None and self.training is not None

    @property
    def _single(self) -> bool:
        """Whether some file holds several labels."""
        named = (self.file, self.training, self.validation, self.test)
        return any(label is None for text in named if text for label, _ in split(text))

    def problems(self) -> list[tuple[str, str]]:
        named = [name for name in SETS if getattr(self, name) is not None]
        found = super().problems()
        if self.file and named:
            found.append(("file", f"file is split into the sets; {', '.join(named)} name them already: keep one"))
        if not self.file and not self.training:
            found.append(("file", "name the data: file, or training (validation, test)"))
        return found + self._label_problems()

    def _label_problems(self) -> list[tuple[str, str]]:
        ways = [key for key in ("label_pattern", "label_field", "label_file") if getattr(self, key) is not None]
        found = [(key, f"{key} has no effect: every file has its label") for key in ways if not self._single]
        if self._single and len(ways) != 1:
            many = f"received {' and '.join(ways)}" if ways else "received none"
            sentence = f"a file with several labels needs one of label_pattern, label_field and label_file, {many}"
            found.append(((ways or ["file"])[-1], sentence))
        owners = {"label_separator": "label_field", "id_column": "label_file", "label_column": "label_file"}
        for key, owner in owners.items():
            if getattr(self, key) is not None and owner not in ways:
                found.append((key, f"{key} has no effect without {owner}"))
        return found + self._pattern_problems()

    def _pattern_problems(self) -> list[tuple[str, str]]:
        if self.label_pattern is None:
            return []
        try:
            groups = re.compile(self.label_pattern).groups
        except re.error as error:
            return [("label_pattern", f"label_pattern: expected a regular expression, {error}")]
        return [] if groups else [("label_pattern", "label_pattern needs a group: put the label's part in ( )")]

    def files(self, folder: Path) -> list[Path]:
        base = based(self.folder, folder)
        tables = [] if self.label_file is None else [base / self.label_file]
        return [base / path for _, _, path in self._entries()] + tables

    def _entries(self) -> list[tuple[str, str | None, str]]:
        """(group, label, path) of every file."""
        named = {ALL: self.file, "training": self.training, "validation": self.validation, "test": self.test}
        return [(group, label, path) for group, text in named.items() if text for label, path in split(text)]

    def stored(self, wanted: Wanted, report: Report) -> tuple[str, Store]:
        base = based(self.folder, wanted.folder)
        naming = self._naming(base)
        parts = [
            Part(group, base / path, partial(_records, base / path, label, naming))
            for group, label, path in self._entries()
        ]
        keys = ("label_pattern", "label_field", "label_separator", "id_column", "label_column")
        reading: dict[str, Any] = {key: getattr(self, key) for key in keys}
        reading["labels"] = [label for _, label, _ in self._entries()]
        reading["table"] = [] if self.label_file is None else cache.hash_of_files([base / self.label_file])
        return files_stored(self, parts, reading, wanted, report)

    def _naming(self, base: Path) -> Naming:
        """How a header gives the label."""
        if self.label_pattern is not None:
            return _by_pattern(self.label_pattern)
        if self.label_field is not None:
            return _by_field(self.label_field, self.label_separator)
        if self.label_file is not None:
            return _by_table(base / self.label_file, self.id_column or "id", self.label_column or "label")
        return lambda record, path: record.label


Naming = Callable[[Record, Path], str]


def _records(path: Path, label: str | None, naming: Naming) -> Iterator[Record]:
    for record in fasta(path):
        yield record._replace(label=naming(record, path) if label is None else label)


def _by_pattern(pattern: str) -> Naming:
    compiled = re.compile(pattern)

    def name(record: Record, path: Path) -> str:
        found = compiled.search(record.id)
        if found is None:
            sentence = f"label_pattern '{pattern}' matches nothing in the header '{record.id[:60]}'"
            raise refuse(LABEL, sentence, file=path, line=record.line)
        return found[1] or ""

    return name


def _by_field(number: int, separator: str | None) -> Naming:
    def name(record: Record, path: Path) -> str:
        fields = record.id.split(separator)
        if len(fields) < number:
            sentence = f"the header '{record.id[:60]}' has {len(fields)} fields, label_field is {number}"
            raise refuse(LABEL, sentence, file=path, line=record.line)
        return fields[number - 1].strip()

    return name


def _by_table(path: Path, id_column: str, label_column: str) -> Naming:
    columns = Columns(id_column, (label_column,), keys=("id_column", "label_column"))
    labels = {row.sequence.decode("latin-1"): row.label for row in table(path, columns, delimiter_of(path))}

    def name(record: Record, file: Path) -> str:
        key = record.id.split(maxsplit=1)[0] if record.id.split() else ""
        if key not in labels:
            hint = did_you_mean(key, list(labels)[:1000]) if len(labels) <= 1000 else ""
            raise refuse(LABEL, f"{path} has no row for '{key}'", hint, file, record.line)
        return labels[key]

    return name
