# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Which data a model definition is trained on: what the caller says, else its own section, else the one that fits."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from seqforge import registry
from seqforge.data.sources.base import Source
from seqforge.definitions.data import DataDefinition
from seqforge.definitions.general import Setting
from seqforge.definitions.locate import Paths, locate, neighbours, shown
from seqforge.definitions.model import Hyperparameter, ModelDefinition, Section
from seqforge.definitions.reader import LIMIT, errors, read_data
from seqforge.definitions.sections import key_place, read_source
from seqforge.definitions.tree import Text
from seqforge.errors import Place, Problem, SeqForgeError
from seqforge.parameters import folded
from seqforge.registry import BAYES
from seqforge.resolving.agreement import occurring, task_name

FASTA = (".fa", ".fasta", ".fna", ".ffn", ".faa", ".frn")
TABLES = (".txt", ".tsv", ".csv")
DEFINITIONS = (".xml", ".json")

# options of data formats that say where the files lie: one for each set, or one that is split
PARTS, WHOLE = ("training", "validation", "test"), ("file", "files")
SPLITS = ("training_fraction", "validation_fraction", "test_fraction", "folds", "fold", "stratified", "split_seed")


class Chosen(NamedTuple):
    """The data source; `definition` if it simulates one; `place`: where the choice is written."""

    source: Source | None = None
    definition: DataDefinition | None = None
    place: Place | None = None


@dataclass
class DataReader:
    """Chooses the data of one definition; problems are appended as they are found."""

    definition: ModelDefinition
    setting: Setting
    paths: Paths
    problems: list[Problem]

    def choose(self, data: Path | None) -> Chosen:
        """`data` overrides everything else."""
        if data is not None:
            return self._given(data)
        if self.definition.data is not None:
            return self._declared(self.definition.data)
        return self._own() or self._neighbour()

    def _refuse(self, place: Place, id: str, message: str, hint: str = "", severity: str = "error") -> None:
        self.problems.append(Problem(place, id, message, hint, severity))

    def _given(self, data: Path) -> Chosen:
        """A data definition, a folder of set files, a table or a FASTA file that the caller names.

        It is read as the definition's own section says, if that is for the same format.
        """
        place = Place(str(data))
        if data.exists():
            return self._at(data, place, "folder" if data.is_dir() else _suffix(data))
        severity = "error" if self.paths.need_files else "note"
        way_out = "expected a data definition, a folder, a table or a FASTA file"
        self._refuse(place, "SF0421", "no such data", way_out, severity)
        if self.paths.need_files:
            return Chosen()
        return self._at(data, place, suffix if (suffix := _suffix(data)) in (*FASTA, *TABLES) else "folder")

    def _at(self, data: Path, place: Place, kind: str) -> Chosen:
        absolute = str(data.absolute())
        if kind in DEFINITIONS:
            return self._simulated(data, place)
        if kind == "folder":
            return self._made("table", place, folder=absolute)
        if kind in (*FASTA, *TABLES):
            return self._made("fasta" if kind in FASTA else "table", place, file=absolute)
        known = ", ".join((*DEFINITIONS, *TABLES, *FASTA))
        self._refuse(
            place, "SF0422", "unknown kind of data", f"expected a folder or a file ending in {known} (also .gz)"
        )
        return Chosen()

    def _made(self, format: str, place: Place, **where: str) -> Chosen:
        """The source at a path that the caller names."""
        named = (Hyperparameter(Text(key, place), Text(value, place)) for key, value in where.items())
        section = Section((*self._options(format, where), *named), {"format": Text(format, place)}, place)
        found: list[Problem] = []
        source: Source | None = read_source(section, found)
        way_out = f"say so in the definition's data section, or with --set data.format={format} --set data.…"
        self.problems += [replace(one, hint=one.hint or way_out) if one.place == place else one for one in found]
        return Chosen(source, None, place)

    def _options(self, format: str, where: Collection[str]) -> list[Hyperparameter]:
        """What the definition's section says of data in this format, but for where they lie."""
        section = self.definition.data
        if section is None or folded(section.attributes.get("format", "")) != format:
            return []
        whole = "file" in where and key_place(section, *WHOLE) is not None
        left_out = {*PARTS, *WHOLE, *where, *(() if whole else SPLITS)}
        return [item for item in section.hyperparameters if folded(item.name) not in set(map(folded, left_out))]

    def _declared(self, section: Section) -> Chosen:
        """`<data format="…">`."""
        source = read_source(section, self.problems)
        if source is None:
            return Chosen(place=section.place)
        if source.name == "definition":
            return self._declared_definition(section, source)
        for path in self._files(source):
            if not path.exists():
                # no error: data often lie elsewhere than where a definition is judged; opening them refuses
                severity = "warning" if self.paths.need_files else "note"
                self._refuse(section.place, "SF0421", f"data file '{shown(path)}' not found", severity=severity)
        return Chosen(source, None, section.place)

    def _files(self, source: Source) -> list[Path]:
        try:
            return source.files(self.definition.folder)
        except SeqForgeError as error:
            section = self.definition.data
            severity = "error" if self.paths.need_files else "note"
            place = section.place if section else self.definition.tree.place
            self._refuse(place, "SF0421", _ID.sub("", str(error)), severity=severity)
            return []

    def _declared_definition(self, section: Section, source: Any) -> Chosen:
        place = key_place(section, "definition") or section.place
        spelt = next((item.value for item in section.hyperparameters if item.name == "definition"), None)
        path = self.paths.find(
            Text(source.definition, spelt.place if spelt else place), "data definition", self.problems, data=True
        )
        return Chosen(source, self._read(path, place), place) if path else Chosen(source, None, place)

    def _simulated(self, path: Path, place: Place) -> Chosen:
        made = self._made("definition", place, definition=str(path.absolute()))
        return made._replace(definition=self._read(path, place))

    def _read(self, path: Path, place: Place) -> DataDefinition | None:
        definition, problems = read_data(path)
        self.problems += problems
        return definition

    def _own(self) -> Chosen | None:
        """BayesOptimalClassifier scores the data definition that it is made from."""
        external = self.definition.architecture.external
        if self.setting.library != BAYES or external is None or not external.path:
            return None
        found = locate(external.path, self.paths.folder, self.paths.def_path, data=True).path
        return self._simulated(found, external.path.place) if found else None

    def _neighbour(self) -> Chosen:
        """The one data definition beside the definition that has its task, sequence space and labels."""
        fitting = [one for one in self._beside() if self._fits(one)]
        best = _related(self.definition.id, fitting)
        if not fitting:
            return Chosen()
        names = ", ".join(shown(one.file) for one in fitting if one.file)
        place = self.definition.general.id.place
        if len(best) != 1:
            message = f"several data definitions fit: {names}"
            self._refuse(place, "SF0423", message, "name one with --data or in a data section", "note")
            return Chosen()
        chosen = best[0]
        assert chosen.file is not None
        if len(fitting) > 1:
            message = f"several data definitions fit: {names}"
            self._refuse(place, "SF0423", message, f"taken by its id: {shown(chosen.file)}", "note")
        source = registry.find("sources", "definition")(definition=str(chosen.file.absolute()))
        return Chosen(source, chosen, place)

    def _beside(self) -> Iterator[DataDefinition]:
        if self.definition.file is None or not self.setting.labels:
            return
        for folder in neighbours(self.paths.folder):
            for path in sorted(entry for entry in folder.iterdir() if entry.suffix in DEFINITIONS):
                if not self._may_fit(path):
                    continue
                definition, problems = read_data(path)
                if definition is not None and not errors(problems):
                    yield definition

    def _may_fit(self, path: Path) -> bool:
        """False if the text of an XML file shows that it cannot fit; reading it whole costs a hundred times more."""
        setting = self.setting
        try:
            text = path.read_text(encoding="utf-8") if path.suffix == ".xml" and path.stat().st_size <= LIMIT else ""
        except (OSError, UnicodeDecodeError):
            text = ""
        if not text or "&#" in text or setting.task is None or setting.alphabet is None:
            return True
        text = _COMMENT.sub("", text)
        task, space = (_TEXT[tag].search(text) for tag in ("task", "sequencespace"))
        return (
            (task is None or task_name(task[1]) == setting.task.name)
            and (space is None or space[1].casefold() == setting.alphabet.name.casefold())
            and all(label in text for label in setting.labels)
            and set(_CONDITION.findall(text)) <= set(setting.labels)
        )

    def _fits(self, data: DataDefinition) -> bool:
        setting = self.setting
        return (
            setting.task is not None
            and setting.alphabet is not None
            and task_name(data.task) == setting.task.name
            and data.sequencespace.casefold() == setting.alphabet.name.casefold()
            and set(occurring(data)) == set(setting.labels)
        )


_TEXT = {tag: re.compile(rf"<{tag}>\s*([^<&]*?)\s*</{tag}>") for tag in ("task", "sequencespace")}
_CONDITION = re.compile(r"""<conditionref\s+cid\s*=\s*["']\s*([^\s"'&]+)\s*["']""")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ID = re.compile(r"SF\d{4}: ")  # of the reader of data files; here the problem is the definition's


def _suffix(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix.casefold()


_TOKENS = re.compile(r"(?:(?:torch|tf|keras|boc)-)?(?P<shape>(?:mc|ml)\d+-[a-z]+\d+)-.*?(?P<seed>-s\d+)?")


def _related(model: str, fitting: list[DataDefinition]) -> list[DataDefinition]:
    """Those of `fitting` whose id is part of the model's, else has its tokens, else also its seed; all if none has."""
    if len(fitting) < 2:
        return fitting
    named = [one for one in fitting if str(one.id) in model]
    own = _TOKENS.fullmatch(model)
    if named or own is None:
        return named or fitting
    alike = [one for one in fitting if (other := _TOKENS.fullmatch(one.id)) and other["shape"] == own["shape"]]
    seeded = [one for one in alike if own["seed"] and str(one.id).endswith(own["seed"])]
    return alike if len(alike) == 1 else seeded or alike or fitting
