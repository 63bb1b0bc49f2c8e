# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A model definition → its training configuration, where one can say all of it; else the list of what is too much."""

from __future__ import annotations

from typing import Any

from seqforge import registry
from seqforge.definitions import jsontree
from seqforge.definitions.canonical import canonical
from seqforge.definitions.components import spellings
from seqforge.definitions.jsontree import Bare
from seqforge.definitions.training_config.grammar import (
    COUNTS,
    DATA_FORMAT,
    FORM,
    GENERAL,
    GRAMMAR,
    IMPLIED,
    MODELS,
    PARTS,
    SECTIONS,
    SEED_WITHOUT,
    Empty,
    Key,
    Mark,
    Words,
    id_of,
    mark_of,
)
from seqforge.definitions.tree import Node, Text
from seqforge.errors import NOWHERE, DefinitionError, Place, Problem
from seqforge.heads import HeadOptions
from seqforge.parameters import TRUE, Flag, Number, Parameter, Unfit, folded, parameters_of
from seqforge.registry import KERAS, UnknownName
from seqforge.training.process import TrainingProcess

WAY_OUT = "--to json keeps it"

Values = dict[str, Text]  # by their home


def write(root: Node) -> str:
    """The training configuration of a tree without structural problems; raises DefinitionError with what is too much.

    A value that only repeats a default is left out, for it says nothing more.
    """
    writer = _Writer(canonical(root))
    value = writer.form()
    if writer.problems:
        raise DefinitionError(writer.problems)
    return jsontree.layout(value, "") + "\n"


class _Writer:
    """One definition on its way: every value is taken by its key, and what is left over is a problem."""

    def __init__(self, root: Node):
        self.root = root
        self.problems: list[Problem] = []
        self.model = self._model()
        self.general = _child(root, "general")
        self.mark = mark_of(_text(self.general, "description")) or Mark(self.model)
        self.classes = {"head": HeadOptions, "trainingprocess": TrainingProcess} | self._classes()

    def form(self) -> Any:
        if not self.model:
            return {}
        values = self._general() | self._architecture()
        for tag in SECTIONS:
            values |= self._section(tag)
        self._id(values)
        given = self.object(GRAMMAR, values, "", self.root.place)
        self._implied(values)
        self._rest(values)
        return given

    def refuse(self, place: Place, what: str) -> None:
        self.problems.append(Problem(place, "SF0145", f"a {FORM} cannot say {what}", WAY_OUT))

    # what the definition says

    def _model(self) -> str:
        """solo, transformation or combined; "" with the problem."""
        architecture = _child(self.root, "architecture")
        external = architecture.one("external")
        name = external.attributes.get("classname", Text("")) if external else Text("")
        found = next((model for model, known in MODELS.items() if folded(known) == folded(name)), "")
        if not found or external is None or external.attributes["format"] != "seqforge":
            place = name.place if name else architecture.place
            self.refuse(place, f"this architecture, only {', '.join(MODELS.values())} of the registry")
            return ""
        return found

    def _classes(self) -> dict[str, Any]:
        """The component whose hyper-parameters each section holds, where its name is known."""
        named = {tag: _option(self.root.one(tag), tag) for tag in ("loss", "optimizer", "schedule")}
        sought = {
            "loss": ("losses", named["loss"], KERAS),
            "optimizer": ("optimizers", named["optimizer"], KERAS),
            "schedule": ("schedules", named["schedule"], None),
            "data": ("sources", DATA_FORMAT, None),
            "architecture": ("architectures", MODELS.get(self.model, ""), KERAS),
        }
        return {tag: found for tag, wanted in sought.items() if (found := _found(*wanted)) is not None}

    def _general(self) -> Values:
        """What must be as the form implies is compared here; the seed and, but for a transformation, the name count."""
        general = self.general
        for child in general.children:
            if child.tag in GENERAL and child.text != GENERAL[child.tag]:
                self.refuse(child.text.place, f"{child.tag} '{child.text}', only '{GENERAL[child.tag]}'")
            elif child.tag in ("labels", "implementation") or (child.tag == "inputencoding" and child.text != "1D"):
                self.refuse(child.place, f"{child.tag}")
        description = _text(general, "description")
        if description and mark_of(description) is None:
            self.refuse(description.place, "a description")
        values = {"general/name": _text(general, "name"), "general/seed": _text(general, "seed")}
        if self.model == "transformation" and values.pop("general/name") != self.model:
            self.refuse(_child(general, "name").place, f"the name of a transformation, only '{self.model}'")
        if not self.mark.seed and values["general/seed"] == SEED_WITHOUT:
            del values["general/seed"]
        return values

    def _id(self, values: Values) -> None:
        prefix, given = values.get("trainingprocess/output_prefix"), self.general.attributes["id"]
        if prefix and id_of(prefix) != given:
            self.refuse(
                given.place, f"the id '{given}' beside output_prefix '{prefix}', from which '{id_of(prefix)}' follows"
            )

    def _architecture(self) -> Values:
        architecture = _child(self.root, "architecture")
        external, arguments = _child(architecture, "external"), architecture.one("hyperparameters")
        if "layout" in external.attributes:
            self.refuse(external.attributes["layout"].place, "a layout")
        values = self._options("architecture", arguments) if arguments else {}
        for part in architecture.all("part"):
            values |= self._part(part)
        return values

    def _part(self, part: Node) -> Values:
        name, run, freeze = (part.attributes.get(key) for key in ("name", "run", "freeze"))
        if name != PARTS.get(self.model):
            self.refuse(part.place, f"part '{name}'")
        elif run is None or "definition" in part.attributes:
            self.refuse(part.place, f"a part '{name}' that is no finished run or file")
        elif freeze is not None and freeze.casefold() not in TRUE:
            self.refuse(freeze.place, f"a part '{name}' that is trained on")
        else:
            return {"part/run": run}
        return {}

    def _section(self, tag: str) -> Values:
        sections = self.root.all(tag)
        for more in sections[1:]:
            self.refuse(more.place, f"a second {tag}")
        if not sections:
            return {}
        for name, text in sections[0].attributes.items():
            if (tag, name) != ("data", "format"):
                self.refuse(text.place, f'{tag} {name}="{text}"')
            elif text != DATA_FORMAT:
                self.refuse(text.place, f"data format '{text}', only '{DATA_FORMAT}'")
                return {}
        return self._options(tag, sections[0])

    def _options(self, tag: str, node: Node) -> Values:
        """The hyper-parameters of a section by their home, names as the component spells them."""
        cls = self.classes.get(tag)
        known = spellings(parameters_of(cls)) if cls else {}
        values: Values = {}
        for one in node.all("hyperparameter"):
            name = one.attributes["name"]
            home = f"{tag}/{known.get(folded(name), name)}"
            if home in values:
                self.refuse(name.place, f"{name} twice")
            if one.text != "None":  # which no key takes: all that may be None have it as their default
                values[home] = one.text
        return values

    # what the form says

    def object(self, form: Key, values: Values, path: str, place: Place) -> dict[str, Any]:
        found = {
            key.name: self.value(key, values, f"{path}.{key.name}".lstrip("."), place)
            for key in form.below
            if key.of(self.model)
        }
        given = {name: value for name, value in found.items() if value is not None}
        if given.get("name") == "passthrough" and "types" in given:
            self.refuse(place, f"types of a passthrough in {path}")
        elif given.get("name") == "simple" and "types" not in given:
            self._lacks(f"{path}.types", next(key.home for key in form.below if key.name == "types"), place)
        return given

    def value(self, key: Key, values: Values, path: str, place: Place) -> Any:
        """The JSON value of `key`; None: there is none."""
        if key.many:
            return [self._head(key, head, f"{path}[{number}]") for number, head in enumerate(self._heads(), 1)]
        if key.below:
            return self.object(key, values, path, place)
        if isinstance(key.kind, Empty):
            return "" if self.mark.model_args else None
        if not key.home:
            return "bpnet"
        text = values.pop(key.home, None)
        if text is None and key.required(self.model):
            text = self._default(key.home)
            if text is None:
                self._lacks(path, key.home, place)
        return None if text is None else self.scalar(key, text, path)

    def _lacks(self, path: str, home: str, place: Place) -> None:
        tag, _, name = home.partition("/")
        where = self.root.one(tag)
        message = f"a {FORM} needs {path}, and the definition has no {name.removeprefix('@')} in {tag}"
        self.problems.append(Problem(where.place if where else place, "SF0145", message))

    def scalar(self, key: Key, text: Text, path: str) -> Any:
        kind = key.kind
        if isinstance(kind, Words):
            return self._words(kind, text, path)
        try:
            value = kind.parse(text)
        except Unfit as unfit:
            name = key.home.partition("/")[2].removeprefix("@")
            self.refuse(text.place, f"{name} '{text}': {path} is {unfit.expected}")
            return None
        if isinstance(kind, Flag):
            return Bare("true" if value else "false")
        if isinstance(kind, Number):
            return Bare(text if jsontree.NUMBER.fullmatch(text) else repr(value))
        return str(text)

    def _words(self, kind: Words, text: Text, path: str) -> list[str] | None:
        words = [part.strip() for part in text.split(",")]
        if set(words) <= {*kind.words}:
            return words
        self.refuse(text.place, f"types '{text}': {path} is {kind.expected}")
        return None

    def _heads(self) -> list[Node]:
        heads = self.general.one("heads")
        return heads.all("head") if heads else []

    def _head(self, key: Key, head: Node, path: str) -> dict[str, Any]:
        values = self._options("head", head)
        values |= {f"head/@{name}": head.attributes[name] for name in ("name", "tasks")}
        found = self.object(key, values, path, head.place)
        if not found.keys() & {*COUNTS}:
            message = f"a {FORM} needs {COUNTS[0]} or {COUNTS[1]} in {path}"
            self.problems.append(
                Problem(head.place, "SF0145", message, f"give head '{head.attributes['name']}' one of them")
            )
        self._rest(values)
        return found

    def _default(self, home: str) -> Text | None:
        parameter = self._parameter(home)
        usable = parameter is not None and not parameter.required and parameter.default is not None
        return Text(str(parameter.default)) if usable and parameter else None

    def _parameter(self, home: str) -> Parameter | None:
        tag, _, name = home.partition("/")
        cls = self.classes.get(tag)
        return parameters_of(cls).get(name) if cls else None

    def _implied(self, values: Values) -> None:
        """What the form means without saying it must be what the definition says, or leaves at its default."""
        for home, meant in IMPLIED.items():
            tag, _, name = home.partition("/")
            text = values.pop(home, None) or self._default(home)
            section = self.root.one(tag)
            if text is None or not self._equal(home, text, meant):
                place = text.place if text is not None and text.place != NOWHERE else (section or self.root).place
                said = f"{name} '{text}'" if text is not None else f"no {name}"
                self.refuse(place, f"{said} in {tag}, it means '{meant}'")

    def _equal(self, home: str, text: str, other: str) -> bool:
        parameter = self._parameter(home)
        try:
            return bool(parameter.kind.parse(text) == parameter.kind.parse(other)) if parameter else text == other
        except Unfit:
            return False

    def _rest(self, values: Values) -> None:
        """What no key has taken; a value that only repeats the default says nothing more."""
        for home, text in values.items():
            parameter = self._parameter(home)
            if parameter is None or parameter.required or not self._is_default(parameter, text):
                tag, _, name = home.partition("/")
                self.refuse(text.place, f"{name} '{text}' in {tag}")

    def _is_default(self, parameter: Parameter, text: str) -> bool:
        try:
            return bool(parameter.kind.parse(text) == parameter.default)
        except Unfit:
            return False


def _child(node: Node, tag: str) -> Node:
    found = node.one(tag)
    assert found is not None  # the structure was checked
    return found


def _text(node: Node, tag: str) -> Text:
    return _child(node, tag).text


def _option(section: Node | None, name: str) -> Text:
    items = section.all("hyperparameter") if section else []
    return next((item.text for item in items if folded(item.attributes["name"]) == name), Text(""))


def _found(room: str, name: str, library: str | None) -> Any:
    try:
        return registry.find(room, name, library) if name else None
    except UnknownName:
        return None
