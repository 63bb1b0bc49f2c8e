# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The effective definition: every value that applies, and where it comes from (file:line, --set, or a default)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from seqforge.definitions.components import joined, parameters_among, spellings
from seqforge.definitions.language import DATA, Element
from seqforge.definitions.model import Hyperparameter, ModelDefinition, Section
from seqforge.definitions.profile_data import ProfilePreparation, ProfileSimulation, Split
from seqforge.definitions.records import Definition
from seqforge.definitions.tree import Node, Text
from seqforge.experiment import Experiment
from seqforge.heads import HeadOptions
from seqforge.parameters import folded, parameters_of
from seqforge.registry import PYTORCH, Component

DEFAULT = "default"
SECTIONS = {ProfilePreparation: "profiles", ProfileSimulation: "profilesimulation"}
NEIGHBOUR = "found beside the definition"


class Row(NamedTuple):
    """One value: the section that it belongs to, its name, itself, and its origin."""

    section: str
    name: str
    value: Any
    origin: str


def rows(definition: Definition, experiment: Experiment | None = None, found: str = NEIGHBOUR) -> list[Row]:
    """Every value of a definition; of a model definition with what it was resolved to.

    `found`: the origin of data that the definition does not name.
    """
    if isinstance(definition, (ProfilePreparation, ProfileSimulation)):
        return list(_profiles(definition))
    if not isinstance(definition, ModelDefinition):
        return list(_tree(definition.tree, DATA, ""))
    if experiment is None:
        return []
    return [*_model(definition, experiment), *_data(definition, experiment, found), *_parameters(experiment)]


def _profiles(definition: ProfilePreparation | ProfileSimulation) -> Iterator[Row]:
    """What the tree says; the hyper-parameters with their defaults; motifs and samples that are defaults."""
    keys = {row.name: row for row in _tree(definition.tree, DATA, "")}
    yield from (row for row in keys.values() if not row.name.startswith("hyperparameter["))
    section, options = SECTIONS[type(definition)], definition.options
    said = [node for one in definition.tree.all(section) for node in one.all("hyperparameter")]
    items = [Hyperparameter(node.attributes["name"], node.text) for node in said]
    settings = {name: str(value) if isinstance(value, Split) else value for name, value in options.settings().items()}
    yield from _values(section, settings, _origins(options, items))
    for noun in ("motif", "sample") if isinstance(definition, ProfileSimulation) else ():
        for one in getattr(definition, f"{noun}s"):
            if not one.place.line:
                yield from (
                    Row(section, f"{noun}[{one.name}].{key}", _plain(value), DEFAULT) for key, value in _said(one)
                )


def _said(record: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a motif or a sample, peaks one by one."""
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name == "peaks":
            numbered = enumerate(value, 1)
            yield from ((f"peak[{number}].{key}", part) for number, peak in numbered for key, part in _said(peak))
        elif field.name not in ("name", "place"):
            yield f"@{field.name}", value


def nested(found: Iterable[Row]) -> dict[str, dict[str, Any]]:
    """The rows as {section: {name: {"value": …, "from": …}}}."""
    sections: dict[str, dict[str, Any]] = {}
    for row in found:
        sections.setdefault(row.section, {})[row.name] = {"value": row.value, "from": row.origin}
    return sections


def _model(definition: ModelDefinition, experiment: Experiment) -> Iterator[Row]:
    yield from _general(definition, experiment)
    yield from _heads(definition, experiment)
    yield from _architecture(definition, experiment)
    yield from _parts(definition, experiment)
    if experiment.loss is not None:
        yield from _section("loss", experiment.loss, definition.loss)
    count = len(experiment.optimizers)
    for number, (use, section) in enumerate(zip(experiment.optimizers, definition.optimizers, strict=False), 1):
        title = f"optimizer[{number}]" if count > 1 else "optimizer"
        yield from _section(title, use.optimizer, section, {"parameters": use.pattern or "*"})
    for number, (driven, section) in enumerate(zip(experiment.schedules, definition.schedules, strict=False), 1):
        title = f"schedule[{number}]" if len(experiment.schedules) > 1 else "schedule"
        chosen = "all" if driven.optimizer is None else driven.optimizer + 1
        yield from _section(title, driven.schedule, section, {"optimizer": chosen})
    if experiment.process is not None:
        items = definition.trainingprocess.hyperparameters if definition.trainingprocess else ()
        process = experiment.process
        yield from _values("trainingprocess", process.settings(), _origins(process, items))


def _parameters(experiment: Experiment) -> Iterator[Row]:
    """Each parameter's shape, and the optimizer that owns it, where that is known without a framework."""
    from seqforge.resolving.ownership import learned_alone, owned

    spec, loss, uses = experiment.spec(), experiment.loss, experiment.optimizers
    if experiment.library != PYTORCH or loss is None:
        return
    patterns = [one.pattern for one in uses]
    shapes, alone = experiment.architecture.shapes(spec) or {}, learned_alone(experiment.architecture, loss, spec)
    owners: dict[str, str] = {}
    for use, names in zip(uses, owned(experiment.architecture, loss, spec, patterns) or (), strict=False):
        owners |= dict.fromkeys(names, f"{use.optimizer.name} ({use.pattern or '*'})")
    for name, shape in {**shapes, **alone}.items():
        yield Row("parameters", name, " × ".join(map(str, shape)), owners.get(name, "frozen"))


def _data(definition: ModelDefinition, experiment: Experiment, found: str) -> Iterator[Row]:
    if experiment.source is None:
        return
    if definition.data is not None and found == NEIGHBOUR:
        yield from _section("data", experiment.source, definition.data)
        return
    yield Row("data", "name", experiment.source.name, found)
    for name, value in experiment.source.settings().items():
        yield Row("data", name, _plain(value), found if name == "definition" else DEFAULT)


def _general(definition: ModelDefinition, experiment: Experiment) -> Iterator[Row]:
    node = definition.tree.one("general") or Node("general")
    values = {
        "name": definition.general.name,
        "description": definition.general.description,
        "task": experiment.task.name,
        "sequencespace": experiment.alphabet.name,
        "library": experiment.library,
        "inputencoding": experiment.encoding,
        "labels": experiment.labels,
        "seed": experiment.seed,
    }
    if experiment.heads:
        del values["labels"]
    yield Row("general", "id", str(definition.id), _from(definition.general.id))
    for name, value in values.items():
        child = node.one(name)
        yield Row("general", name, _plain(value), (str(child.text.place) or str(child.place)) if child else DEFAULT)


def _heads(definition: ModelDefinition, experiment: Experiment) -> Iterator[Row]:
    """The outputs of a profile model, each a section."""
    for head, written in zip(experiment.heads, definition.general.heads, strict=False):
        title = f"head {head.name}"
        yield Row(title, "tasks", list(head.tasks), _from(written.tasks))
        settings = {name: getattr(head, name) for name in parameters_of(HeadOptions)}
        yield from _values(title, settings, _origins(HeadOptions, written.hyperparameters))


def _parts(definition: ModelDefinition, experiment: Experiment) -> Iterator[Row]:
    """The trained models that the architecture is built on: as written, and what was found there."""
    given = experiment.architecture.given
    names = {folded(name): name for name in experiment.architecture.parts}
    for part in definition.architecture.parts:
        title, model = f"part {part.name}", given.get(names.get(folded(part.name), ""))
        kind, written = ("run", part.run) if part.run is not None else ("definition", part.definition)
        origin = _from(written) if written is not None else DEFAULT
        yield Row(title, kind, str(written), origin)
        if model is not None:
            yield Row(title, "model", model.origin if model.trained else f"{model.origin}, not trained yet", origin)
        frozen = experiment.architecture.frozen.get(names.get(folded(part.name), ""), True)
        yield Row(title, "freeze", frozen, DEFAULT if part.freeze is None else str(part.place))


def _architecture(definition: ModelDefinition, experiment: Experiment) -> Iterator[Row]:
    """The architecture's arguments, and each embedded layer's."""
    architecture = definition.architecture
    items = list(architecture.hyperparameters)
    if architecture.external:
        path = architecture.external.path
        named = {"path": path, "definition": path, "classname": architecture.external.classname}
        more = {"order": architecture.external.layout, "format": architecture.external.format}
        items += [Hyperparameter(Text(name), text) for name, text in (named | more).items() if text]
    component = experiment.architecture
    settings = component.settings()
    layers = settings.pop("layers", []) if architecture.operations else []
    arguments = settings.pop("arguments", {})  # of a class or builder that the file defines
    yield Row("architecture", "name", component.name, str(architecture.place))
    if remark := component.summary(experiment.spec()):
        yield Row("architecture", "remark", remark, DEFAULT)
    if experiment.loss is not None and (unused := component.unused_parameters(experiment.loss)):
        yield Row("architecture", "not trained", list(unused), "the loss does not reach them")
    yield from _values("architecture", settings, _origins(component, items))
    for item in architecture.hyperparameters:
        if item.name in arguments:
            yield Row("architecture", f"arguments.{item.name}", _plain(arguments[item.name]), _from(item.value))
    for number, (layer, operation) in enumerate(zip(layers, architecture.operations or (), strict=False), 1):
        origins = {folded(name): _from(text) for name, text in operation.attributes.items()}
        title = f"layer {number}"
        yield Row(title, "operation", layer.get("operation", str(operation.name)), _from(operation.name))
        for name, value in layer.items():
            if name != "operation":
                yield Row(title, name, _plain(value), origins.get(folded(name), DEFAULT))


def _section(
    title: str, component: Component, section: Section | None, more: Mapping[str, Any] | None = None
) -> Iterator[Row]:
    items = section.hyperparameters if section else ()
    naming = [item for item in items if folded(item.name) == folded(title.partition("[")[0])]
    attributes: dict[str, Text] = section.attributes if section else {}
    origin = next(
        (_from(item.value) for item in naming), _from(attributes["format"]) if "format" in attributes else DEFAULT
    )
    yield Row(title, "name", component.name, origin)
    yield from _values(title, component.settings(), _origins(component, items))
    for name, value in (more or {}).items():
        yield Row(title, f"@{name}", value, _from(attributes[name]) if name in attributes else DEFAULT)


def _origins(component: Component | type, items: Sequence[Hyperparameter]) -> dict[str, str]:
    """Where the file says each hyper-parameter of a component, whichever of its spellings it uses."""
    parameters = parameters_among(component if isinstance(component, type) else type(component), items)
    names = spellings(parameters)
    return {names.get(name, name): _from(item.value) for name, item in joined(parameters, list(items))}


def _values(title: str, settings: Mapping[str, Any], origins: Mapping[str, str]) -> Iterator[Row]:
    for name, value in settings.items():
        yield Row(title, name, _plain(value), origins.get(name, DEFAULT))


def _tree(node: Node, grammar: Element, prefix: str) -> Iterator[Row]:
    """Every text and attribute below `node`, by its path; sections are the children of the root."""
    for name, text in node.attributes.items():
        if name in grammar.attribute:
            yield _row(f"{prefix}@{name}", text, _from(text))
    for attribute in grammar.attributes:
        if attribute.default is not None and attribute.name not in node.attributes:
            yield _row(f"{prefix}@{attribute.name}", attribute.default, DEFAULT)
    if grammar.sole and grammar.sole.entry:
        yield from (_entry(child, grammar.sole.entry, prefix) for child in node.children)
        return
    for tag, below in grammar.children.items():
        found = node.all(tag)
        if not found and below.default is not None:
            yield _row(f"{prefix}{tag}", below.default, DEFAULT)
        for number, child in enumerate(found, 1):
            step = f"{prefix}{tag}[{_index(child, number)}]" if grammar.items[tag].max != 1 else f"{prefix}{tag}"
            if below.text:
                yield _row(step, child.text, str(child.text.place))
            yield from _tree(child, below, f"{step}.")


def _index(node: Node, number: int) -> str:
    return str(node.attributes.get("id") or node.attributes.get("name") or number)


def _entry(node: Node, entry: tuple[str, str], prefix: str) -> Row:
    key, value = (node.text if source == "text" else node.attributes.get(source, Text("")) for source in entry)
    return _row(f"{prefix}{key}", value, _from(value))


def _row(path: str, value: str, origin: str) -> Row:
    section, _, name = path.partition(".")
    return Row(section, name, str(value), origin) if name else Row("definition", section, str(value), origin)


def _from(text: Text) -> str:
    return str(text.place) or DEFAULT


def _plain(value: Any) -> Any:
    if isinstance(value, Component):
        return {"name": value.name} | {key: _plain(setting) for key, setting in value.settings().items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(held) for held in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
