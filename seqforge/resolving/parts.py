# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<part>` → a sub-model: a finished run, a Keras file, or a definition; before its training, what that says."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqforge.architectures.base import Architecture
from seqforge.architectures.parts import FilePart, PartModel, RunPart
from seqforge.definitions import reader
from seqforge.definitions.locate import Paths, shown
from seqforge.definitions.model import ModelDefinition, Part
from seqforge.definitions.tree import Text
from seqforge.errors import Problem, RunError, SeqForgeError, did_you_mean
from seqforge.parameters import folded
from seqforge.resolving import recorded
from seqforge.resolving.recorded import MANIFEST, WEIGHTS

if TYPE_CHECKING:
    from seqforge.experiment import Experiment

Resolve = Callable[[ModelDefinition], "tuple[Experiment | None, list[Problem]]"]


class _Unusable(Exception):
    """Why a part cannot be taken, and the way out."""

    def __init__(self, message: str, hint: str = ""):
        self.message, self.hint = message, hint
        super().__init__(message)


@dataclass
class PartReader:
    """Reads the parts of one definition; problems are appended as they are found. `resolve` reads other definitions."""

    definition: ModelDefinition
    paths: Paths
    problems: list[Problem]
    resolve: Resolve

    def put_into(self, architecture: Architecture) -> Architecture:
        """The same architecture on the parts that the definition gives it."""
        names = {folded(name): name for name in architecture.parts}
        named = [(names.get(folded(part.name)), part) for part in self.definition.architecture.parts]
        self._judge(architecture, named)
        found = {name: self._model(part, architecture) for name, part in named if name is not None}
        given = {name: model for name, model in found.items() if model is not None}
        frozen = {name: self._frozen(architecture, name, part) for name, part in named if name in given and name}
        for name, part in named:
            if name in given and frozen[name] and isinstance(model := given[name], RunPart) and model.fresh:
                message = f"part '{name}' is frozen, but not trained: it stays as it was drawn"
                hint = 'write run="…" with a trained model, or freeze="false"'
                self._refuse(part.name, "SF0432", message, hint, "warning")
        return architecture.with_parts(given, frozen)

    def _frozen(self, architecture: Architecture, name: str, part: Part) -> bool:
        """Whether the part's weights stay: as said, else those of runs do; the architecture must not say otherwise."""
        frozen = part.run is not None if part.freeze is None else part.freeze
        key = f"freeze_{name}"
        for item in self.definition.architecture.hyperparameters:
            if folded(item.name) == folded(key) and getattr(architecture, key) != frozen:
                said = "not said" if part.freeze is None else f'freeze="{str(part.freeze).lower()}"'
                message = f"{key} is {item.value}, but part '{name}' is {'' if frozen else 'not '}frozen ({said})"
                self._refuse(item.value, "SF0432", message, f"remove {key}: the part says it")
        return frozen

    def _refuse(self, at: Text | None, id: str, message: str, hint: str = "", severity: str = "error") -> None:
        place = at.place if at is not None else self.definition.architecture.place
        self.problems.append(Problem(place, id, message, hint, severity))

    def _judge(self, architecture: Architecture, named: list[tuple[str | None, Part]]) -> None:
        """Every part that the architecture needs is there once, and nothing else."""
        phrase = f"architecture '{architecture.name}'"
        seen: dict[str, Part] = {}
        for name, part in named:
            if name is None:
                hint = did_you_mean(part.name, list(architecture.parts)) if architecture.parts else "remove it"
                self._refuse(part.name, "SF0316", f"{phrase} does not read part '{part.name}'", hint)
            elif seen.setdefault(name, part) is not part:
                lines = f"lines {seen[name].place.line} and {part.place.line}"
                self._refuse(part.name, "SF0431", f"part '{name}' is given twice ({lines})", "keep one")
            elif part.freeze is False and not architecture.parts_trainable:
                message = f"part '{name}' cannot be trained on: its weights always stay as they are"
                self._refuse(part.name, "SF0432", message, 'remove freeze, or write freeze="true"')
        for name in architecture.parts:
            if name not in seen and not architecture.parts_optional:
                hint = f'add <part name="{name}" run="…"/> to architecture'
                self._refuse(None, "SF0433", f"{phrase} needs the part '{name}', a trained model", hint)

    def _model(self, part: Part, architecture: Architecture) -> PartModel | None:
        if part.definition is not None and part.run is None and architecture.parts_trainable:
            return self._fresh(part, part.definition)
        if part.run is None:
            message = f"part '{part.name}' must be a trained model"
            self._refuse(part.definition or part.name, "SF0434", message, 'write run="…" with its run folder')
            return None
        try:
            return self._found(part.run)
        except _Unusable as error:
            self._refuse(part.run, "SF0435", f"part '{part.name}': {error.message}", error.hint)
        except RunError as error:
            self._refuse(part.run, "SF0435", f"part '{part.name}': {error}")
        return None

    def _fresh(self, part: Part, spelt: Text) -> PartModel | None:
        """The untrained model of a definition."""
        file = self.paths.find(spelt, "definition of a part", self.problems)
        if file is None:
            return None
        definition, problems = reader.read_model(file)
        experiment, found = self.resolve(definition) if definition is not None else (None, [])
        if experiment is None:
            first = next(iter(reader.errors([*problems, *found])), None)
            reason = f"{first.place.line}: {first.message}" if first else "no definition"
            self._refuse(spelt, "SF0435", f"part '{part.name}': {shown(file)}:{reason}")
            return None
        return RunPart(shown(file), experiment.architecture, experiment.spec(), None, fresh=True)

    def _found(self, spelt: Text) -> PartModel | None:
        """A Keras file, a run folder, a model folder with one finished run, a model id, or an untrained definition."""
        tried = self._places(spelt)
        there = next((path for path in tried if path.exists()), None)
        if there is not None and there.is_file():
            return self._file(there)
        folder = there if there is not None else tried[0]
        run = _only_run(folder) if there is not None else None
        if run is not None:
            return self._run(run)
        return self._untrained(spelt, tried)

    def _places(self, spelt: str) -> list[Path]:
        path = Path(spelt).expanduser()
        if path.is_absolute():
            return [path]
        roots = [self.paths.folder, *self.paths.def_path, Path()]
        tried = [*(root / path for root in roots), self.paths.runs / path.name]
        return [Path(os.path.normpath(one)) for one in tried]

    def _file(self, path: Path) -> PartModel:
        if path.suffix != ".keras":
            raise _Unusable(f"'{shown(path)}' is no model", "expected a run folder or a .keras file")
        part = FilePart(path)
        try:
            _ = part.heads  # a look into the file
        except SeqForgeError as error:
            raise _Unusable(str(error)) from None
        return part

    def _run(self, folder: Path) -> PartModel:
        manifest = recorded.read_json(folder / MANIFEST)
        definition, problems = reader.read_model(recorded.tree(folder, manifest))
        experiment, found = self.resolve(definition) if definition is not None else (None, [])
        if experiment is None:
            first = next(iter(reader.errors([*problems, *found])), None)
            raise _Unusable(f"the run {shown(folder)} cannot be read: {first.message if first else 'no definition'}")
        experiment = _as_trained(experiment, manifest)
        return _part(experiment, f"{manifest['model']}/{manifest['run']}", folder / WEIGHTS, folder)

    def _untrained(self, spelt: Text, tried: list[Path]) -> PartModel | None:
        """The definition beside this one that will be trained to this run: enough to prove shapes with."""
        file = self._definition(Path(spelt).name)
        experiment = None
        if file is not None:
            definition, _ = reader.read_model(file)
            experiment, _ = self.resolve(definition) if definition is not None else (None, [])
        severity = "warning" if experiment is not None or not self.paths.need_files else "error"
        looked = ", ".join(dict.fromkeys(str(path.absolute()) for path in tried))
        hint = f"train it first: seqforge train {shown(file)}" if file is not None else f"looked for {looked}"
        self._refuse(spelt, "SF0436", f"no finished run at '{spelt}'", hint, severity)
        return None if experiment is None or file is None else _part(experiment, shown(file), None, None)

    def _definition(self, id: str) -> Path | None:
        """The model definition in the same folder with this id."""
        marked = re.compile(rf"""\bid["']?\s*[=:]\s*["']{re.escape(id)}["']""")
        for path in sorted(self.paths.folder.glob("*.xml")) + sorted(self.paths.folder.glob("*.json")):
            small = path != self.definition.file and path.stat().st_size < 1 << 20
            if small and marked.search(path.read_text(encoding="utf-8", errors="replace")):
                return path
        return None


def _part(experiment: Experiment, origin: str, weights: Path | None, folder: Path | None) -> RunPart:
    pseudocount: Any = getattr(experiment.loss, "pseudocount", None)
    scalings = experiment.source.scalings if experiment.source is not None else {}
    return RunPart(origin, experiment.architecture, experiment.spec(), weights, pseudocount, folder, scalings=scalings)


def _as_trained(experiment: Experiment, manifest: Mapping[str, Any]) -> Experiment:
    """The run's experiment with the sizes that its data had; the data themselves may have gone."""
    facts = manifest.get("data", {}).get("facts", {})
    channels, length = facts.get("channels", experiment.channels), facts.get("length", experiment.length)
    return replace(experiment, channels=channels, length=length)


def _only_run(folder: Path) -> Path | None:
    """The finished run in `folder` or directly below it; None: there is none. Several are refused."""
    below = [folder] if (folder / MANIFEST).is_file() else sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
    states = {path: str(recorded.read_json(path / MANIFEST).get("state")) for path in below}
    finished = [path for path, state in states.items() if state == "finished" and (path / WEIGHTS).is_file()]
    if len(finished) > 1:
        names = ", ".join(shown(path) for path in finished[:5])
        raise _Unusable(f"{len(finished)} finished runs are in '{shown(folder)}'", f"name one of {names}")
    if not finished and states:
        path, state = next(iter(states.items()))
        way_out = f"bring it to its end: seqforge train {shown(path)} --resume"
        raise _Unusable(f"the run {shown(path)} is {state}", way_out)
    return finished[0] if finished else None
