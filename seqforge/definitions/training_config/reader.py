# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A training configuration → the tree that the same definition has in XML; every value keeps its line in the JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from seqforge.definitions.jsontree import Array, Json, Object, Scalar, place_of
from seqforge.definitions.training_config.grammar import (
    COUNTS,
    DATA_FORMAT,
    DECIDERS,
    FORM,
    GENERAL,
    GRAMMAR,
    HOMES,
    IMPLIED,
    MODELS,
    NAMES,
    PARTS,
    SECTIONS,
    SEED_WITHOUT,
    TERMS,
    Key,
    Mark,
    Words,
    id_of,
)
from seqforge.definitions.tree import Node, Text
from seqforge.errors import DefinitionError, Place, Problem, did_you_mean, nearest, quoted
from seqforge.parameters import Flag, Kind, Number, Unfit


def recognised(document: Json) -> bool:
    """Whether a JSON document is meant as a training configuration."""
    keys = {key for key, _ in document.entries} if isinstance(document, Object) else set()
    return not keys & {"seqgramodel", "seqgradata"} and bool(keys & {"settings", "heads", "train-data"})


def read(document: Object) -> Node:
    """The tree of the same definition in XML; raises DefinitionError with every problem of keys and values."""
    reader = _Reader(_model(document))
    reader.object(GRAMMAR, document, "", reader.values)
    if reader.problems:
        raise DefinitionError(reader.problems)
    return _tree(reader, document)


def _settings(document: Object) -> Object | None:
    return next((value for key, value in document.entries if key == "settings" and isinstance(value, Object)), None)


def _model(document: Object) -> str | Problem | None:
    """solo, transformation or combined, as the settings decide; None: there are no settings."""
    settings = _settings(document)
    if settings is None:
        return None
    found = {_decider(key): key for key, _ in settings.entries if _decider(key)}
    if "solo-model-file" in found and len(found) > 1:
        other = next(key for decider, key in found.items() if decider != "solo-model-file")
        return _mixed(found["solo-model-file"], other)
    if not found:
        message = f"settings do not say which model: one of {', '.join(MODELS)}"
        hint = f"'{DECIDERS[0]}' makes it solo, '{DECIDERS[1]}' transformation, '{DECIDERS[2]}' combined"
        return Problem(settings.place, "SF0144", message, hint)
    return {"solo-model-file": "transformation", "transformation-model": "combined"}.get(
        next((key for key in DECIDERS[1:] if key in found), ""), "solo"
    )


def _decider(key: str) -> str | None:
    """The deciding key that `key` is, or was probably meant to be."""
    return key if key in DECIDERS else None if key in NAMES else nearest(key, DECIDERS)


def _mixed(solo: Text, other: Text) -> Problem:
    later, earlier = max(solo, other, key=lambda key: key.place), min(solo, other, key=lambda key: key.place)
    message = f"settings mix two models: '{later}' and '{earlier}' (line {earlier.place.line})"
    hint = "a transformation has 'solo-model-file' alone, a combined model 'architecture' and 'transformation-model'"
    return Problem(later.place, "SF0144", message, hint)


class Given(NamedTuple):
    """A value and the place of its key."""

    text: Text
    key: Place


Values = dict[str, Given]


class _Reader:
    """Values by their home, and every problem. Without a model only the outermost keys are judged."""

    def __init__(self, model: str | Problem | None):
        self.model = model if isinstance(model, str) else ""
        self.problems: list[Problem] = [model] if isinstance(model, Problem) else []
        self.values: Values = {}
        self.heads: list[tuple[Place, Values]] = []
        self.model_args = False

    def refuse(self, place: Place, id: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(place, id, message, hint))

    def object(self, form: Key, value: Json, path: str, values: Values) -> None:
        """One object: its keys, then those that it lacks."""
        if not isinstance(value, Object):
            self.refuse(place_of(value), "SF0143", f"{path}: expected an object, received {_shown(value)}")
            return
        known = {key.name: key for key in form.below if key.of(self.model or "s")}
        for name, item in value.entries:
            if name in known:
                self.entry(known[name], name, item, f"{path}.{name}".lstrip("."), values)
            else:
                self.refuse(name.place, "SF0141", *self.unknown(form, name, list(known), path))
        self.missing(value, known, path)
        self.whole(form, value, path)

    def entry(self, key: Key, name: Text, value: Json, path: str, values: Values) -> None:
        if key.many:
            self.objects(key, value, path)
        elif key.below:
            if self.model or not isinstance(value, Object):
                self.object(key, value, path, values)
        else:
            text = self.scalar(key, value, path)
            if text is not None:
                self.model_args = self.model_args or key.name == "model-args"
                values[key.home] = Given(text, name.place)

    def objects(self, key: Key, value: Json, path: str) -> None:
        if not isinstance(value, Array) or not value.items:
            received = "an empty one" if isinstance(value, Array) else _shown(value)
            self.refuse(place_of(value), "SF0143", f"{path}: expected a list of objects, received {received}")
            return
        for number, item in enumerate(value.items if self.model else (), 1):
            self.heads.append((place_of(item), {}))
            self.object(key, item, f"{path}[{number}]", self.heads[-1][1])

    def scalar(self, key: Key, value: Json, path: str) -> Text | None:
        """The value as XML would spell it, or None with the problem."""
        if isinstance(key.kind, Words):
            return self.words(key.kind, value, path)
        place, kind = place_of(value), key.kind
        bare = isinstance(kind, (Number, Flag))
        if not isinstance(value, Scalar) or value.is_string == bare or not _is_of(kind, value):
            expected = "true or false" if isinstance(kind, Flag) else kind.expected
            self.refuse(place, "SF0143", f"{path}: expected {expected}, received {_shown(value, bare)}")
            return None
        try:
            kind.parse(value.text)
        except Unfit as unfit:
            self.refuse(place, "SF0143", f"{path}: {unfit}", kind.near_word(value.text))
            return None
        return value.text

    def words(self, kind: Words, value: Json, path: str) -> Text | None:
        items = value.items if isinstance(value, Array) else []
        texts = [item.text for item in items if isinstance(item, Scalar) and item.is_string]
        if not texts or len(texts) < len(items):
            received = "an empty list" if isinstance(value, Array) and not items else _shown(value)
            self.refuse(place_of(value), "SF0143", f"{path}: expected {kind.expected}, received {received}")
            return None
        for text in texts:
            if text not in kind.words:
                message = f"{path}: unknown type '{text}'"
                self.refuse(text.place, "SF0143", message, did_you_mean(text, kind.words))
        return Text(", ".join(texts), place_of(value))

    def unknown(self, form: Key, name: Text, known: list[str], path: str) -> tuple[str, str]:
        """The sentence about an unknown key, and the way out: its place, its model, or the nearest name."""
        message = f"{path or f'a {FORM}'} has no key '{name}'"
        homes = [place for place, key in GRAMMAR.walk() if key.name == name and key.of(self.model or "s")]
        owners = [model for model in MODELS for key in form.below if key.name == name and key.of(model)]
        if homes:
            return message, f"it belongs in {homes[0] or 'the outermost object'}"
        if owners:
            return f"{message} in a {self.model} model", f"it belongs to {' and '.join(owners)} models"
        return message, did_you_mean(name, known)

    def missing(self, value: Object, known: Mapping[str, Key], path: str) -> None:
        given = {str(name) for name, _ in value.entries}
        meant = {nearest(name, known) for name in given if name not in known}
        lacking = [
            f"'{name}'"
            for name, key in known.items()
            if key.required(self.model or "s") and name not in given and name not in meant
        ]
        if lacking:
            self.refuse(value.place, "SF0142", f"{path or f'a {FORM}'} lacks {', '.join(lacking)}")

    def whole(self, form: Key, value: Object, path: str) -> None:
        """What several keys of one object must agree on."""
        given = {str(name): item for name, item in value.entries}
        known = [key.name for key in form.below]
        meant = {nearest(name, known) for name in given if name not in known}
        if form.many and not {*given, *meant} & {*COUNTS}:
            self.refuse(value.place, "SF0142", f"{path} lacks '{COUNTS[0]}' or '{COUNTS[1]}'", "give one, or both")
        kind = given.get("name") if "types" in known else None
        if isinstance(kind, Scalar) and kind.text == "simple" and "types" not in {*given, *meant}:
            hint = f"a list with at least one of {', '.join(TERMS)}"
            self.refuse(value.place, "SF0142", f"{path} lacks 'types'", hint)
        if isinstance(kind, Scalar) and kind.text == "passthrough" and "types" in given:
            place = next(name.place for name, _ in value.entries if name == "types")
            self.refuse(place, "SF0143", f"{path}: 'passthrough' takes no types", "remove 'types', or name 'simple'")


def _is_of(kind: Kind, value: Scalar) -> bool:
    """Whether a value without quotes is true or false where a flag is wanted, and neither, nor null, elsewhere."""
    is_flag = value.text in ("true", "false")
    return value.is_string or (is_flag == isinstance(kind, Flag) and value.text != "None")


def _shown(value: Json, bare: bool = False) -> str:
    """A value of the wrong type; where a number was expected a text says that it is one."""
    if not isinstance(value, Scalar):
        return "a list" if isinstance(value, Array) else "an object"
    if not value.is_string:
        return "null" if value.text == "None" else str(value.text)
    return f"the text '{value.text}'" if bare else quoted(value.text)


def _tree(reader: _Reader, document: Object) -> Node:
    """The elements of a definition without problems."""
    model, values = reader.model, reader.values
    settings = _settings(document)
    place = settings.place if settings else document.place
    root = Node("seqgramodel", document.place, text=Text("", document.place), form=FORM)
    root.children = [
        _general(reader, place),
        _architecture(model, values, place),
        *(_section(tag, values, place) for tag in SECTIONS),
    ]
    return root


def _element(tag: str, place: Place, text: str = "", **attributes: str) -> Node:
    return Node(
        tag, place, {name: _placed(value, place) for name, value in attributes.items()}, [], _placed(text, place)
    )


def _placed(text: str, place: Place) -> Text:
    return text if isinstance(text, Text) else Text(text, place)


def _general(reader: _Reader, place: Place) -> Node:
    model, values = reader.model, reader.values
    prefix = values["trainingprocess/output_prefix"].text
    seed = values.get("general/seed", Given(Text(SEED_WITHOUT, place), place))
    name = values.get("general/name", Given(Text(model, place), place))
    general = _element("general", place, id=Text(id_of(prefix), prefix.place))
    heads = _element("heads", reader.heads[0][0])
    heads.children = [_head(*head) for head in reader.heads]
    general.children = [
        _element("name", name.key, name.text),
        _element("description", place, str(Mark(model, "general/seed" in values, reader.model_args))),
        *(_element(tag, place, text) for tag, text in GENERAL.items()),
        heads,
        _element("seed", seed.key, seed.text),
    ]
    return general


def _head(place: Place, values: Values) -> Node:
    head = _element("head", place, name=values["head/@name"].text, tasks=values["head/@tasks"].text)
    head.children = list(_hyperparameters("head", values))
    return head


def _architecture(model: str, values: Values, place: Place) -> Node:
    architecture = _element("architecture", place)
    arguments = _element("hyperparameters", place)
    arguments.children = list(_hyperparameters("architecture", values))
    architecture.children = [_element("external", place, format="seqforge", classname=MODELS[model]), arguments]
    if model in PARTS:
        file = values["part/run"]
        architecture.children.append(_element("part", file.key, name=PARTS[model], run=file.text, freeze="true"))
    return architecture


def _section(tag: str, values: Values, place: Place) -> Node:
    own = values["data/train_data"].key if tag == "data" else place
    section = _element(tag, own, **({"format": DATA_FORMAT} if tag == "data" else {}))
    implied = {home: Given(Text(text, place), place) for home, text in IMPLIED.items()}
    section.children = list(_hyperparameters(tag, implied | values))
    return section


def _hyperparameters(section: str, values: Values) -> Iterator[Node]:
    for home, given in sorted(values.items(), key=lambda one: HOMES[one[0]]):
        tag, _, name = home.partition("/")
        if tag == section and not name.startswith("@"):
            yield Node("hyperparameter", given.key, {"name": Text(name, given.key)}, [], given.text)
