# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Trees as typed records. What the structural check has refused takes a stand-in, so that checking can go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from seqforge.definitions import language, profile_records
from seqforge.definitions.data import (
    AlphabetDistribution,
    Background,
    Condition,
    DataDefinition,
    DataSet,
    Example,
    PostProcessing,
    Rule,
    SequenceElement,
    SpacingConstraint,
)
from seqforge.definitions.language import Value
from seqforge.definitions.model import (
    Architecture,
    External,
    General,
    Head,
    Hyperparameter,
    ModelDefinition,
    Operation,
    Part,
    Pattern,
    Section,
)
from seqforge.definitions.profile_data import ProfilePreparation, ProfileSimulation
from seqforge.definitions.structure import MOST_LABELS
from seqforge.definitions.tree import Node, Text
from seqforge.errors import Problem
from seqforge.parameters import Unfit

Definition = ModelDefinition | DataDefinition | ProfilePreparation | ProfileSimulation


class Missing(Exception):
    """Something without which no record can be made; the structural check has reported it."""


def build(root: Node, file: Path | None, problems: list[Problem]) -> Definition | None:
    """The record of a tree, or None where parts are missing that every later check needs.

    `problems` takes those of profiles, which are judged while they are read.
    """
    if root.tag == language.DATA.tag and profile_records.section(root):
        return profile_records.read(root, file, problems)
    try:
        return model(root, file) if root.tag == language.MODEL.tag else data(root, file)
    except Missing:
        return None


def model(root: Node, file: Path | None = None) -> ModelDefinition:
    return ModelDefinition(
        general=_general(_need(root, "general")),
        architecture=_architecture(_need(root, "architecture")),
        loss=_optional_section(root, "loss"),
        optimizers=tuple(map(_section, root.all("optimizer"))),
        schedules=tuple(map(_section, root.all("schedule"))),
        trainingprocess=_optional_section(root, "trainingprocess"),
        data=_data_section(root),
        version=_typed(language.NUMBER, root.attributes.get("version"), language.VERSION),
        tree=root,
        file=file,
    )


def _general(node: Node) -> General:
    labels = node.one("labels")
    heads = node.one("heads")
    seed = _child_text(node, "seed")
    if labels is None and heads is None:
        raise Missing
    pattern = _pattern(labels.one("pattern")) if labels else None
    return General(
        id=_attribute(node, "id"),
        name=_child_text(node, "name"),
        description=_child_text(node, "description"),
        task=_need(node, "task").text,
        sequencespace=_need(node, "sequencespace").text,
        library=_need(node, "library").text,
        seed=_typed(language.SEED, seed, 0),
        implementation=_optional_text(node, "implementation"),
        inputencoding=_optional_text(node, "inputencoding"),
        labels=_labels(labels, pattern) if labels else (),
        pattern=pattern,
        labels_place=(labels or heads or node).place,
        seed_place=seed.place,
        heads=tuple(map(_head, heads.all("head"))) if heads else (),
        unread=frozenset(_unread(seed, labels)),
    )


def _unread(seed: Text, labels: Node | None) -> Iterator[str]:
    """What cannot be read as written, so that a stand-in is used."""
    if _typed(language.SEED, seed, None) is None:
        yield "seed"
    pattern = labels.one("pattern") if labels else None
    bounds = [pattern.attributes.get(name, Text("1")) for name in ("min", "max")] if pattern else []
    numbers = [_typed(language.WHOLE, bound, None) for bound in bounds]
    if None in numbers or (numbers and numbers[1] - numbers[0] >= MOST_LABELS):
        yield "labels"


def _labels(node: Node, pattern: Pattern | None) -> tuple[str, ...]:
    return tuple(pattern) if pattern else tuple(label.text for label in node.all("label"))


def _pattern(node: Node | None) -> Pattern | None:
    """The pattern; where a bound is unreadable or too many labels would follow, one that gives a single label."""
    if node is None:
        return None
    low = _typed(language.WHOLE, node.attributes.get("min"), 1)
    high = _typed(language.WHOLE, node.attributes.get("max"), low)
    if high - low >= MOST_LABELS:
        high = low
    prefix, postfix = (str(node.attributes.get(name, "")) for name in ("prefix", "postfix"))
    return Pattern(prefix, postfix, low, high, node.place)


def _head(node: Node) -> Head:
    return Head(_attribute(node, "name"), _attribute(node, "tasks"), _hyperparameters(node), node.place)


def _architecture(node: Node) -> Architecture:
    sequential, external, arguments = (node.one(tag) for tag in ("sequential", "external", "hyperparameters"))
    return Architecture(
        operations=tuple(Operation(one.text, one.attributes) for one in sequential.all("operation"))
        if sequential
        else None,
        external=_external(external) if external else None,
        hyperparameters=_hyperparameters(arguments) if arguments else (),
        place=node.place,
        parts=tuple(map(_part, node.all("part"))),
    )


def _external(node: Node) -> External:
    classname, layout = (node.attributes.get(name) for name in ("classname", "layout"))
    return External(node.text, _attribute(node, "format"), classname, layout)


def _part(node: Node) -> Part:
    freeze = node.attributes.get("freeze")
    return Part(
        name=_attribute(node, "name"),
        definition=node.attributes.get("definition"),
        run=node.attributes.get("run"),
        freeze=None if freeze is None else _typed(language.FLAG, freeze, None),
        place=node.place,
    )


def _section(node: Node) -> Section:
    return Section(_hyperparameters(node), dict(node.attributes), node.place)


def _optional_section(root: Node, tag: str) -> Section | None:
    node = root.one(tag)
    return _section(node) if node else None


def _data_section(root: Node) -> Section | None:
    """`<data>`; without its format nothing can be said about it."""
    section = _optional_section(root, "data")
    return section if section and section.attributes.get("format") else None


def _hyperparameters(node: Node) -> tuple[Hyperparameter, ...]:
    """All of them; one without a name, which the structural check reports, has an empty one."""
    return tuple(
        Hyperparameter(one.attributes.get("name", Text("", one.place)), one.text) for one in node.all("hyperparameter")
    )


def data(root: Node, file: Path | None = None) -> DataDefinition:
    general = _need(root, "general")
    return DataDefinition(
        id=_attribute(general, "id"),
        name=_child_text(general, "name"),
        description=_child_text(general, "description"),
        task=_need(general, "task").text,
        sequencespace=_need(general, "sequencespace").text,
        seed=_typed(language.SEED, _child_text(general, "seed"), 0),
        background=_background(_need(root, "background")),
        sets=tuple(map(_set, _need(root, "datageneration", "sets").all("set"))),
        postprocessing=_postprocessing(_need(root, "datageneration").one("postprocessing")),
        conditions=tuple(map(_condition, _need(root, "conditions").all("condition"))),
        elements=tuple(map(_sequence_element, _need(root, "sequenceelements").all("sequenceelement"))),
        tree=root,
        file=file,
    )


def _background(node: Node) -> Background:
    distributions = _need(node, "alphabetdistributions").all("alphabetdistribution")
    return Background(
        minlength=_typed_child(node, "minlength", language.COUNT),
        maxlength=_typed_child(node, "maxlength", language.COUNT),
        distributions=tuple(map(_distribution, distributions)),
        place=node.place,
    )


def _distribution(node: Node) -> AlphabetDistribution:
    setname, cid = (node.attributes.get(name) for name in ("setname", "cid"))
    return AlphabetDistribution(_weights(node.all("letter")), setname, cid, node.place)


def _weights(nodes: Iterable[Node]) -> dict[str, float]:
    """Text → probability, as written. A text that stands twice keeps its last value: the check has its own look."""
    weights: dict[str, float] = {node.text: _typed_attribute(node, "probability", language.WEIGHT) for node in nodes}
    if not weights:
        raise Missing
    return weights


def _set(node: Node) -> DataSet:
    return DataSet(_attribute(node, "name"), tuple(map(_example, node.all("example"))), node.place)


def _example(node: Node) -> Example:
    conditions = tuple(_attribute(reference, "cid") for reference in node.all("conditionref"))
    return Example(_typed_attribute(node, "samples", language.COUNT), conditions, node.place)


def _postprocessing(node: Node | None) -> tuple[PostProcessing, ...]:
    operations = node.all("operation") if node else []
    return tuple(
        PostProcessing(
            operation=one.text,
            labels=_attribute(one, "labels"),
            k=_typed(language.COUNT, one.attributes.get("k"), 1),
            place=one.place,
        )
        for one in operations
    )


def _condition(node: Node) -> Condition:
    return Condition(
        id=_attribute(node, "id"),
        label=_child_text(node, "label"),
        description=_child_text(node, "description"),
        mode=str(_optional_text(node, "mode") or "sequential"),
        rules=tuple(map(_rule, _need(node, "grammar").all("rule"))),
        place=node.place,
    )


def _rule(node: Node) -> Rule:
    constraints = node.one("spacingconstraints")
    return Rule(
        position=_typed_child(node, "position", language.POSITION),
        probability=_typed_child(node, "probability", language.CHANCE),
        elements=tuple(_attribute(one, "sid") for one in _need(node, "sequenceelementrefs").all("sequenceelementref")),
        constraints=tuple(map(_constraint, constraints.all("spacingconstraint"))) if constraints else (),
        place=node.place,
    )


def _constraint(node: Node) -> SpacingConstraint:
    return SpacingConstraint(
        sid1=_attribute(node, "sid1"),
        sid2=_attribute(node, "sid2"),
        mindistance=_typed_attribute(node, "mindistance", language.NATURAL),
        maxdistance=_typed_attribute(node, "maxdistance", language.NATURAL),
        order=str(_attribute(node, "order")),
        place=node.place,
    )


def _sequence_element(node: Node) -> SequenceElement:
    kmers, matrix = node.one("kmerbased"), node.one("matrixbased")
    if (kmers is None) == (matrix is None):
        raise Missing
    return SequenceElement(
        id=_attribute(node, "id"),
        kmers=_weights(kmers.all("kmer")) if kmers else None,
        positions=tuple(_weights(one.all("letter")) for one in matrix.all("position")) if matrix else None,
        place=node.place,
    )


def _need(node: Node, *tags: str) -> Node:
    for tag in tags:
        found = node.one(tag)
        if found is None:
            raise Missing
        node = found
    return node


def _attribute(node: Node, name: str) -> Text:
    if name not in node.attributes:
        raise Missing
    return node.attributes[name]


def _child_text(node: Node, tag: str) -> Text:
    child = node.one(tag)
    return child.text if child else Text("", node.place)


def _optional_text(node: Node, tag: str) -> Text | None:
    child = node.one(tag)
    return child.text if child and child.text else None


def _typed(value: Value, text: Text | None, stand_in: Any) -> Any:
    try:
        return value.kind.parse(text) if text else stand_in
    except Unfit:
        return stand_in


def _typed_child(node: Node, tag: str, value: Value) -> Any:
    """A typed child's text; a data definition has no sensible stand-in, so an unfit value is as good as missing."""
    return _required(value, _need(node, tag).text)


def _typed_attribute(node: Node, name: str, value: Value) -> Any:
    return _required(value, _attribute(node, name))


def _required(value: Value, text: Text) -> Any:
    try:
        return value.kind.parse(text)
    except Unfit:
        raise Missing from None
