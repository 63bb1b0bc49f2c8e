# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`<architecture>` → an architecture component: embedded layers, a file in one of the formats, or a registered one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqforge import registry
from seqforge.architectures.base import Architecture, InputSpec
from seqforge.architectures.bayes import BayesOptimal
from seqforge.definitions import modules
from seqforge.definitions.components import Subject, assemble, twice
from seqforge.definitions.general import Setting
from seqforge.definitions.locate import Paths
from seqforge.definitions.model import Architecture as Described
from seqforge.definitions.model import External, Hyperparameter, ModelDefinition
from seqforge.definitions.modules import PythonModule, Signature, UnreadableModule
from seqforge.definitions.sections import others
from seqforge.definitions.tree import Text
from seqforge.errors import Place, Problem, did_you_mean
from seqforge.parameters import Unfit, folded, parameters_of
from seqforge.registry import BAYES, KERAS, PYTORCH
from seqforge.resolving.parts import PartReader, Resolve

REGISTRY = "seqforge"
# the formats that each library reads; the names are those of their components in the registry
FORMATS: Mapping[str, tuple[str, ...]] = {
    PYTORCH: ("pytorch-module", REGISTRY),
    KERAS: (
        "keras-module",
        "keras-h5-whole-model",
        "keras-tf-whole-model",
        "keras-json-architecture-only",
        REGISTRY,
    ),
    BAYES: ("data-definition", REGISTRY),
}
CODE = ("pytorch-module", "keras-module")  # Python files: read as text here, run by those who build
# what a file of a compiled Keras model brings along; the definition's own section wins
OWN_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "keras-h5-whole-model": ("loss", "optimizer"),
    "keras-tf-whole-model": ("loss", "optimizer"),
}


@dataclass
class ArchitectureReader:
    """Reads the architecture of one definition; problems are appended as they are found."""

    definition: ModelDefinition
    setting: Setting
    paths: Paths
    problems: list[Problem]
    resolve: Resolve  # of the definitions that parts were trained with

    def read(self) -> Architecture | None:
        """The component, or None."""
        section = self.definition.architecture
        if section.operations is not None:
            return self._sequential()
        if section.external is not None:
            return self._external(section.external)
        self._refuse(section.place, "SF0403", "architecture is empty", "it needs sequential or external")
        return None

    @property
    def arguments(self) -> tuple[Hyperparameter, ...]:
        return self.definition.architecture.hyperparameters

    def _refuse(self, place: Place, id: str, message: str, hint: str = "", severity: str = "error") -> None:
        self.problems.append(Problem(place, id, message, hint, severity))

    def _sequential(self) -> Architecture | None:
        from seqforge.architectures.sequential import sequential_from  # and with it the layers

        section = self.definition.architecture
        if self.arguments:
            place = self.arguments[0].name.place
            self._refuse(place, "SF0404", "nothing reads hyperparameters next to sequential", "remove them", "warning")
        if self.setting.library == BAYES:
            hint = 'use <external format="data-definition">…</external>'
            self._refuse(section.place, "SF0403", f"{BAYES} has no layers", hint)
        architecture, problems = sequential_from(section.operations or ())
        self.problems += problems
        return architecture

    def _external(self, external: External) -> Architecture | None:
        format = self._format(external)
        if format is None:
            return None
        if format == REGISTRY:
            return self._registered(external)
        if not external.path:
            what = "a data definition" if format == "data-definition" else "the file"
            self._refuse(external.path.place, "SF0110", "external is empty", f"expected the path of {what}")
            return None
        if format in CODE:
            return self._module(external, format)
        return self._file(external, format)

    def _format(self, external: External) -> str | None:
        """The canonical name of the format, if the library reads it."""
        library = self.setting.library
        known = FORMATS[library] if library else tuple(dict.fromkeys(sum(FORMATS.values(), ())))
        found = {name.casefold(): name for name in known}.get(external.format.casefold())
        if found is None:
            where = f" for {library}" if library else ""
            hint = f"expected {_either(known)}"
            self._refuse(external.format.place, "SF0405", f"unknown external format '{external.format}'{where}", hint)
        return found

    def _registered(self, external: External) -> Architecture | None:
        """`format="seqforge"`: the class of the registry called @classname."""
        if external.classname is None:
            known = ", ".join(self._usable())
            self._refuse(
                external.format.place,
                "SF0406",
                "external format 'seqforge' needs classname=\"…\"",
                f"there are {known}",
            )
            return None
        if external.path:
            self._refuse(
                external.path.place, "SF0404", "nothing reads the path of format 'seqforge'", "remove it", "warning"
            )
        cls = self._architecture_class(external.classname)
        if cls is None:
            return None
        phrase = f"architecture '{cls.name}'"
        place = external.classname.place
        if self.setting.library not in (None, *cls.libraries):
            self._refuse(
                place,
                "SF0408",
                f"{phrase} does not exist on {self.setting.library}",
                f"it exists on {_either(cls.libraries)}",
            )
        subject = Subject(phrase, place, "argument", others("architectures", cls, None))
        architecture: Architecture | None = assemble(cls, self.arguments, subject, self.problems)
        if architecture is not None and (architecture.parts or self.definition.architecture.parts):
            return PartReader(self.definition, self.paths, self.problems, self.resolve).put_into(architecture)
        return self._located(architecture) if isinstance(architecture, BayesOptimal) else architecture

    def _located(self, architecture: BayesOptimal) -> Architecture | None:
        """Its data definition as found from the definition's folder."""
        spelt = next(item.value for item in self.arguments if folded(item.name) == "definition")
        path = self.paths.find(spelt, "data definition", self.problems, data=True)
        return replace(architecture, definition=str(path)) if path else None

    def _usable(self) -> list[str]:
        """The architectures that a definition can name, for its library."""
        formats = {folded(name) for names in FORMATS.values() for name in names}
        return [
            cls.name
            for cls in registry.classes("architectures")
            if folded(cls.name) not in formats and self.setting.library in (None, *cls.libraries)
        ]

    def _architecture_class(self, name: Text) -> Any:
        formats = {folded(known) for names in FORMATS.values() for known in names}
        for library in (self.setting.library, *registry.LIBRARIES) if folded(name) not in formats else ():
            try:
                return registry.find("architectures", name, library)
            except registry.UnknownName:
                continue
        hint = did_you_mean(name, self._usable())
        self._refuse(name.place, "SF0407", f"unknown architecture '{name}'", hint)
        return None

    def _module(self, external: External, format: str) -> Architecture | None:
        """A Python file with a class (or, for Keras, a function) that builds the model."""
        path = self.paths.find(external.path, "external file", self.problems)
        module = self._parsed(external, path) if path else None
        if external.classname is None:
            hint = self._defines(module) if module else "it names the class in the file"
            self._refuse(external.format.place, "SF0406", f"external format '{format}' needs classname=\"…\"", hint)
            return None
        if module is None or path is None:
            return None
        signature = self._signature(module, external, format)
        if signature is None:
            return None
        values = self._arguments(signature, external)
        self._axes(module, external)
        return self._component(format, external, path, classname=str(external.classname), arguments=values)

    def _parsed(self, external: External, path: Path) -> PythonModule | None:
        try:
            return modules.read_module(path)
        except UnreadableModule as error:
            line = f" (line {error.line})" if error.line else ""
            self._refuse(external.path.place, "SF0409", f"external file '{external.path}' is no Python: {error}{line}")
        except OSError as error:
            reason = error.strerror or str(error)
            self._refuse(external.path.place, "SF0409", f"external file '{external.path}' cannot be read: {reason}")
        return None

    def _defines(self, module: PythonModule) -> str:
        names = [*module.classes, *(name for name in module.functions if not name.startswith("_"))]
        return f"the file defines: {', '.join(names)}" if names else "the file defines no class"

    def _signature(self, module: PythonModule, external: External, format: str) -> Signature | None:
        """What the class or builder takes; None, with the problem, if the file does not define it."""
        name = str(external.classname)
        if name in module.classes:
            return module.classes[name].constructor
        if format == "keras-module" and name in module.functions:
            return module.functions[name]
        if name in module.imported:
            return modules.UNKNOWN
        message = f"class '{name}' is not in '{external.path}'"
        self._refuse(
            external.classname.place if external.classname else external.path.place,
            "SF0410",
            message,
            self._defines(module),
        )
        return None

    def _arguments(self, signature: Signature, external: External) -> dict[str, Any]:
        """The typed constructor arguments, with a problem for each that does not fit."""
        by_name = {argument.name: argument for argument in signature.arguments}
        values: dict[str, Any] = {}
        phrase = f"'{external.classname}'"
        for item in self._once():
            argument = by_name.get(item.name)
            if argument is None and not signature.anything:
                hint = did_you_mean(item.name, signature.names) if signature.names else "it takes none"
                self._refuse(
                    item.name.place, "SF0411", f"the constructor of {phrase} has no argument '{item.name}'", hint
                )
                continue
            try:
                values[str(item.name)] = (argument or modules.Argument(item.name, False)).parse(str(item.value))
            except Unfit as unfit:
                self._refuse(item.value.place, "SF0204", f"{item.name}: {unfit}")
        for name, argument in by_name.items():
            if argument.required and name not in {str(item.name) for item in self.arguments}:
                way_out = f'add <hyperparameter name="{name}">…</hyperparameter> to architecture/hyperparameters'
                self._refuse(
                    _place(external), "SF0412", f"the constructor of {phrase} needs the argument '{name}'", way_out
                )
        return values

    def _once(self) -> list[Hyperparameter]:
        """The arguments, a repeated one only once, with the problem."""
        grouped: dict[str, list[Hyperparameter]] = {}
        for item in self.arguments:
            grouped.setdefault(str(item.name), []).append(item)
        self.problems += [twice(same) for same in grouped.values() if len(same) > 1]
        return [same[0] for same in grouped.values()]

    def _axes(self, module: PythonModule, external: External) -> None:
        """The ChromDragoNN trap: a module written for (N, L, C) that is fed (N, C, L)."""
        found = module.classes.get(str(external.classname))
        if found and found.swaps_axes and external.layout is None and self.setting.library == PYTORCH:
            message = f"module '{external.classname}' swaps its input axes: it seems to be written for (N, L, C)"
            self._refuse(_place(external), "SF0413", message, 'declare layout="NLC"', "warning")

    def _file(self, external: External, format: str) -> Architecture | None:
        """A file that holds the model itself."""
        if external.classname is not None:
            message = f"external format '{format}' has no classes"
            self._refuse(external.classname.place, "SF0414", message, "remove classname")
        path = self.paths.find(external.path, "external file", self.problems, data=format == "data-definition")
        options = self._options(external, format)
        return self._component(format, external, path, **options) if path else None

    def _options(self, external: External, format: str) -> dict[str, Any]:
        """The arguments that a file's component takes beside the file itself."""
        cls = self._format_class(format)
        free = [name for name in parameters_of(cls) if name not in ("path", "definition", "order")]
        if self.arguments and not free:
            place = self.arguments[0].name.place
            self._refuse(place, "SF0414", f"external format '{format}' takes no arguments", "remove hyperparameters")
        if not self.arguments or not free:
            return {}
        needed = [name for name, one in parameters_of(cls).items() if one.required]
        stand_in = [Hyperparameter(Text(name), external.path) for name in needed]
        subject = Subject(f"external format '{format}'", external.format.place, "argument")
        found = assemble(cls, [*stand_in, *self.arguments], subject, self.problems)
        return {name: getattr(found, name) for name in free} if found is not None else {}

    def _format_class(self, format: str) -> Any:
        owner = next(library for library, formats in FORMATS.items() if format in formats)
        return registry.find("architectures", format, owner)

    def _component(self, format: str, external: External, path: Path, **values: Any) -> Architecture | None:
        """The format's component, with those of path, layout, classname and arguments that it has."""
        cls = self._format_class(format)
        given = {"path": str(path), "definition": str(path), "order": self._layout(external), **values}
        try:
            component: Architecture = cls(
                **{name: given[name] for name in parameters_of(cls) if given.get(name) is not None}
            )
        except ValueError as error:
            self._refuse(external.path.place, "SF0415", str(error))
            return None
        return component

    def _layout(self, external: External) -> str | None:
        layout = external.layout
        if layout is None or layout.upper() in ("NCL", "NLC"):
            return layout.upper() if layout else None
        self._refuse(layout.place, "SF0416", f"unknown layout '{layout}'", "expected NCL or NLC")
        return None


def _place(external: External) -> Place:
    return external.classname.place if external.classname else external.format.place


def _either(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def check(architecture: Architecture, spec: InputSpec, section: Described) -> list[Problem]:
    """The architecture's own checks. What has no place of its own stands at the hyper-parameter or the part that begins
    its message with "name: " or "part 'name': ", else at the section."""
    return [
        problem if problem.place.file else replace(problem, place=_named_place(problem.message, section))
        for problem in architecture.check(spec)
    ]


def _named_place(message: str, section: Described) -> Place:
    name = folded(message.partition(": ")[0])
    places = {folded(f"part '{part.name}'"): part.name.place for part in getattr(section, "parts", ())}
    places |= {folded(item.name): item.name.place for item in section.hyperparameters}
    return places.get(name, section.place)
