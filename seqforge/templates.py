# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""New model definitions to start from: a published architecture, its training, comments made from the registries."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqforge import registry
from seqforge.data.encodings import ALPHABETS, LETTERED
from seqforge.definitions import general, reader, writer
from seqforge.definitions.language import ID, MODEL
from seqforge.definitions.model import ModelDefinition
from seqforge.definitions.tree import Node, Text
from seqforge.errors import DefinitionError, UsageError, did_you_mean
from seqforge.experiment import resolve
from seqforge.parameters import Unfit, parameters_of
from seqforge.registry import BAYES, KERAS, PYTORCH
from seqforge.training.process import TrainingProcess

Settings = Mapping[str, Any]
Layers = list[tuple[str, Settings]]

LOSSES: Mapping[tuple[str, str], Settings] = {
    (PYTORCH, "multi-class classification"): {"loss": "CrossEntropyLoss"},
    (PYTORCH, "multi-label classification"): {"loss": "BCEWithLogitsLoss"},
    (PYTORCH, "regression"): {"loss": "MSELoss"},
    (KERAS, "multi-class classification"): {"loss": "categorical_crossentropy", "from_logits": True},
    (KERAS, "multi-label classification"): {"loss": "binary_crossentropy", "from_logits": True},
    (KERAS, "regression"): {"loss": "mean_squared_error"},
}


def _block(filters: int, width: int, pool: int, *, norm: bool = False, dropout: float = 0.0) -> Layers:
    """Convolution, [normalisation,] ReLU, [pool,] [dropout]."""
    plain = {"filters": filters, "kernel_size": width}
    layers: Layers = [("Conv1D", plain), ("BatchNormalization", {}), ("Activation", {"activation": "relu"})]
    layers = layers if norm else [("Conv1D", plain | {"activation": "relu"})]
    layers += [("MaxPool1D", {"pool_size": pool})] if pool > 1 else []
    return layers + ([("Dropout", {"rate": dropout})] if dropout else [])


def _dense(*units: int, dropout: float = 0.0) -> Layers:
    drop: Layers = [("Dropout", {"rate": dropout})] if dropout else []
    hidden = [[("Dense", {"units": number, "activation": "relu"}), *drop] for number in units]
    return [("Flatten", {}), *(layer for layers in hidden for layer in layers)]


_LSTM = ("LSTM", {"units": 320, "return_sequences": True, "bidirectional": True})


@dataclass(frozen=True)
class Recipe:
    """What a new definition is like. `registered`: its class; `layers`: the same as layers, without the last one."""

    about: str
    registered: str | None = None
    layers: Layers | None = None
    optimizer: Settings = field(default_factory=lambda: {"optimizer": "Adam", "learning_rate": 0.001})
    batch_size: int = 100


_BASSET = {"optimizer": "Adam", "learning_rate": 0.0001, "clipnorm": 0.5}
_SGD = {"optimizer": "SGD", "learning_rate": 0.01, "momentum": 0.9, "clipnorm": 0.5}

RECIPES: Mapping[str, Recipe] = {
    "basset": Recipe(
        "Basset (Kelley et al. 2016): three convolutions with batch normalisation, two hidden layers of 1,000",
        "Basset",
        [
            *_block(300, 19, 3, norm=True),
            *_block(200, 11, 4, norm=True),
            *_block(200, 7, 4, norm=True),
            *_dense(1000, 1000, dropout=0.3),
        ],
        _BASSET,
    ),
    "chromdragonn": Recipe(
        "ChromDragoNN (Nair et al. 2019): residual convolutions, two hidden layers of 1,000",
        "ChromDragoNN",
        None,
        _BASSET | {"learning_rate": 0.002},
        256,
    ),
    "deepsea": Recipe(
        "DeepSEA (Zhou & Troyanskaya 2015): three convolutions, a hidden layer of 925",
        "DeepSEA",
        [
            *_block(320, 8, 4, dropout=0.2),
            *_block(480, 8, 4, dropout=0.2),
            *_block(960, 8, 1, dropout=0.5),
            *_dense(925),
        ],
        _SGD,
    ),
    "danq": Recipe(
        "DanQ (Quang & Xie 2016): a convolution, a bidirectional LSTM of two layers, a hidden layer of 925",
        "DanQ",
        [*_block(320, 26, 13, dropout=0.2), _LSTM, ("Dropout", {"rate": 0.5}), _LSTM, *_dense(925)],
    ),
    "sequential": Recipe(
        "a small convolutional network as embedded layers, the same on both backends",
        None,
        [*_block(32, 11, 1), ("GlobalMaxPool1D", {}), ("Dense", {"units": 32, "activation": "relu"})],
    ),
}


@dataclass(frozen=True)
class Wish:
    """What a new definition shall say. `data`: the path of a data definition, or None."""

    id: str
    task: str = "multi-class classification"
    library: str = PYTORCH
    like: str = "basset"
    space: str = "DNA"
    length: int = 1000
    labels: tuple[str, ...] = ()  # none: c1 … c50 by a pattern
    classes: int = 50
    seed: int = 1
    epochs: int = 100
    data: str | None = None


def new_definition(wish: Wish, file: Path | None = None) -> str:
    """A valid definition as XML with comments, or as JSON if `file`, where it shall lie, is called so.

    Raises UsageError for a wish that cannot be met.
    """
    _check(wish)
    tree = definition_tree(wish)
    as_json = file is not None and file.suffix.casefold() == ".json"
    text = writer.to_json(tree) if as_json else _commented(writer.to_xml(tree), _comments(wish, tree))
    _judge(text, str(file or ""))
    return text


def _judge(text: str, file: str) -> None:
    """Whether the wishes go together: the definition as `validate` would see it in `file` ("": anywhere)."""
    definition, problems = reader.read(reader.parse(text.encode(), file))
    if isinstance(definition, ModelDefinition):
        problems = [*problems, *resolve(definition)[1]]
    wrong = dict.fromkeys(problem.sentence for problem in reader.errors(problems))
    if wrong:
        raise UsageError(f"the wishes do not go together: {'; '.join(wrong)}")


def of_data(data: Path, folder: Path) -> dict[str, Any]:
    """What a definition in `folder` takes over from the data definition `data`; raises UsageError, DefinitionError."""
    definition, problems = reader.read_data(data)
    if definition is None or reader.errors(problems):
        raise DefinitionError(reader.errors(problems))
    return {
        "task": task.name if (task := general.task(definition.task, [])) else str(definition.task),
        "space": space.name if (space := general.alphabet(definition.sequencespace, [])) else "DNA",
        "length": definition.background.maxlength,
        "labels": tuple(map(str, definition.labels)),
        "data": os.path.relpath(data, folder),
    }


def _check(wish: Wish) -> None:
    try:
        ID.kind.parse(wish.id)
    except Unfit as unfit:
        raise UsageError(f"name: {unfit}") from None
    known: Sequence[tuple[str, str, list[str]]] = (
        ("task", wish.task, sorted({task for _, task in LOSSES})),
        ("library", wish.library, [PYTORCH, KERAS, BAYES]),
        ("sequence space", wish.space, list(LETTERED)),
        ("template", wish.like, list(RECIPES)),
    )
    for noun, name, names in known:
        if name not in names:
            raise UsageError(f"unknown {noun} '{name}'; {did_you_mean(name, names)}")
    if wish.library == BAYES and wish.data is None:
        raise UsageError(f"{BAYES} is made from a data definition; name one with --data")


def definition_tree(wish: Wish) -> Node:
    """The definition as a tree; nothing is checked here."""
    sections = [_general(wish), _architecture(wish)]
    if wish.library != BAYES:
        recipe = RECIPES[wish.like]
        sections += [
            _section("loss", LOSSES[wish.library, wish.task]),
            _section("optimizer", recipe.optimizer),
            _section("trainingprocess", _process(wish, recipe)),
        ]
        if wish.data is not None:
            sections.append(_section("data", {"definition": wish.data}, format="definition"))
    return _node(MODEL.tag, children=sections)


def _node(tag: str, text: str = "", children: Sequence[Node] = (), **attributes: Any) -> Node:
    written = {name: Text(str(value)) for name, value in attributes.items()}
    return Node(tag, attributes=written, children=list(children), text=Text(text))


def _section(tag: str, settings: Settings, **attributes: Any) -> Node:
    items = [_node("hyperparameter", str(value), name=name) for name, value in settings.items()]
    return _node(tag, children=items, **attributes)


def _process(wish: Wish, recipe: Recipe) -> Settings:
    return {"batch_size": recipe.batch_size, "epochs": wish.epochs, "shuffle": True, "early_stopping": True}


def _general(wish: Wish) -> Node:
    labels = [_node("label", label) for label in wish.labels]
    pattern = _node("pattern", prefix="c", postfix="", min=1, max=wish.classes)
    parts = [
        _node("name", wish.id),
        _node("description", _about(wish)),
        _node("task", wish.task),
        _node("sequencespace", wish.space),
        _node("library", wish.library),
        _node("labels", children=labels or [pattern]),
        _node("seed", str(wish.seed)),
    ]
    return _node("general", children=parts, id=wish.id)


def _about(wish: Wish) -> str:
    return "scores by the motifs of a data definition" if wish.library == BAYES else RECIPES[wish.like].about


def _architecture(wish: Wish) -> Node:
    if wish.library == BAYES:
        return _node("architecture", children=[_node("external", wish.data or "", format="data-definition")])
    recipe = RECIPES[wish.like]
    if recipe.registered and wish.library in registry.find("architectures", recipe.registered, wish.library).libraries:
        external = _node("external", format="seqforge", classname=recipe.registered)
        return _node("architecture", children=[external, _section("hyperparameters", {"input_length": wish.length})])
    if recipe.layers is None:
        raise UsageError(f"{recipe.registered} does not exist on {wish.library}; use --library {PYTORCH}")
    return _node("architecture", children=[_node("sequential", children=_operations(wish, recipe.layers))])


def _operations(wish: Wish, layers: Layers) -> list[Node]:
    """The layers, the input's shape on the first one, and an output for each label."""
    outputs = len(wish.labels) or wish.classes
    (first, settings), *rest = [*layers, ("Dense", {"units": outputs})]
    shape = f"({wish.length}, {len(ALPHABETS[wish.space])})"
    chain = [(first, {"input_shape": shape, **settings}), *rest]
    return [_node("operation", name, **settings) for name, settings in chain]


def _comments(wish: Wish, tree: Node) -> dict[str, str]:
    """A comment for each element, by the start of the line that it stands before."""
    comments = {
        "<seqgramodel": "check it: seqforge validate FILE · train it: seqforge train FILE",
        "<task": f"one of {', '.join(registry.names('tasks'))}",
        "<sequencespace": f"one of {', '.join(LETTERED)}",
        "<labels": "the classes, in the order of the outputs: <label> elements or one <pattern>",
        "<architecture": "seqforge list architectures; seqforge list layers",
    }
    for section in tree.children:
        component = _component(section, wish.library)
        if component is not None:
            comments[f"<{section.tag}"] = options(component, (item.attributes["name"] for item in section.children))
    return comments


def _component(section: Node, library: str) -> Any:
    """The class whose options a section lists."""
    if section.tag == "trainingprocess":
        return TrainingProcess
    rooms = {"loss": "losses", "optimizer": "optimizers"}
    return registry.find(rooms[section.tag], section.children[0].text, library) if section.tag in rooms else None


def options(cls: Any, given: Any) -> str:
    """The hyper-parameters of a component that are not `given`, with their defaults."""
    named = set(map(str, given))
    left = [
        f"{one.name}={one.default}" for one in parameters_of(cls).values() if one.name not in named and not one.required
    ]
    return f"further keys and their defaults: {', '.join(left)}" if left else "no further keys"


def _commented(text: str, comments: Mapping[str, str]) -> str:
    """`text` with each comment before the first line that starts with its element."""
    lines: list[str] = []
    waiting = dict(comments)
    for line in text.splitlines():
        start = next((tag for tag in waiting if re.match(rf"\s*{tag}\b", line)), None)
        if start is not None:
            indent = line[: len(line) - len(line.lstrip())]
            lines.append(f"{indent}<!-- {waiting.pop(start).replace('--', '- -')} -->")
        lines.append(line)
    return "\n".join(lines) + "\n"
