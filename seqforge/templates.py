# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""New model definitions to start from: a published architecture, its training, comments made from the registries."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from seqforge.parameters import Unfit, folded, parameters_of
from seqforge.recipes import LOSSES, OF_TASK, RECIPES, USUAL, Arrays, Layers, Recipe, Settings
from seqforge.registry import BAYES, KERAS, PYTORCH
from seqforge.training.process import TrainingProcess


@dataclass(frozen=True)
class Wish:
    """What a new definition shall say; what is None is as usual for the rest.

    `length`: letters of a sequence, scan points or bins of what is simulated. `data`: the path of a data definition;
    of models that read arrays that of a table.
    """

    id: str
    task: str | None = None
    library: str = PYTORCH
    like: str | None = None
    space: str | None = None
    length: int | None = None
    labels: tuple[str, ...] = ()  # none: by a pattern, `classes` of them
    classes: int | None = None
    seed: int = 1
    epochs: int | None = None
    data: str | None = None
    panel: str | None = None  # of a table of electropherograms

    @property
    def template(self) -> str:
        return self.like or OF_TASK.get(self.task or "", USUAL)

    @property
    def recipe(self) -> Recipe:
        return RECIPES[self.template]

    @property
    def arrays(self) -> Arrays | None:
        return self.recipe.arrays


def completed(wish: Wish) -> Wish:
    """The wish with everything that it does not say: as the template has it, else as usual."""
    arrays = wish.arrays
    usual: dict[str, Any] = {"task": "multi-class classification", "space": "DNA", "epochs": 100, "length": 1000}
    if arrays is not None:
        usual = {"task": arrays.task, "space": arrays.space, "epochs": arrays.epochs}
    if not wish.labels and wish.classes is None:
        usual |= {"classes": 50} if arrays is None else {"labels": arrays.labels}
    return replace(
        wish, like=wish.template, **{name: value for name, value in usual.items() if not getattr(wish, name)}
    )


def new_definition(wish: Wish, file: Path | None = None) -> str:
    """A valid definition as XML with comments, or as JSON if `file`, where it shall lie, is called so.

    Raises UsageError for a wish that cannot be met.
    """
    _check(wish)
    wish = completed(wish)
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


def of_table(data: Path, folder: Path) -> dict[str, Any]:
    """What a definition in `folder` says of the table `data`, and of the panel that lies beside it."""
    if data.suffix.casefold() in (".xml", ".json"):
        raise UsageError(f"{data}: a data definition is of sequences; expected a table, or a folder of tables")
    if not data.exists():
        raise UsageError(f"{data}: no such file or folder")
    panel = data.with_name(f"{data.stem}-panel.xml")
    beside = {"panel": os.path.relpath(panel, folder)} if panel.is_file() else {}
    return {"data": os.path.relpath(data, folder), **beside}


def template(name: str) -> str:
    """The template that `name` means: also as its class is called, without case; else `name` itself."""
    names = {"cnn": "sequential", "small": "sequential"}
    names |= {folded(str(recipe.registered)): like for like, recipe in RECIPES.items() if recipe.registered}
    names |= {folded(like.replace("-", "_")): like for like in RECIPES}
    return names.get(folded(name.replace("-", "_")), name.casefold())


def reads_arrays(like: str | None, task: str | None) -> bool:
    """Whether a template, or the one that a task is given, is for arrays."""
    return task in OF_TASK if like is None else like in RECIPES and RECIPES[like].arrays is not None


def _check(wish: Wish) -> None:
    try:
        ID.kind.parse(wish.id)
    except Unfit as unfit:
        raise UsageError(f"name: {unfit}") from None
    known: Sequence[tuple[str, str | None, list[str]]] = (
        ("task", wish.task, sorted({*(task for _, task in LOSSES), *OF_TASK})),
        ("library", wish.library, [PYTORCH, KERAS, BAYES]),
        ("sequence space", wish.space, list(ALPHABETS)),
        ("template", wish.like, list(RECIPES)),
    )
    for noun, name, names in known:
        if name is not None and name not in names:
            raise UsageError(f"unknown {noun} '{name}'; {did_you_mean(name, names)}")
    if wish.library == BAYES and wish.data is None:
        raise UsageError(f"{BAYES} is made from a data definition; name one with --data")
    (_check_arrays if wish.arrays else _check_letters)(wish)


def _check_letters(wish: Wish) -> None:
    """Of a template for sequences: not what only models of arrays have."""
    like = wish.template
    if wish.task in OF_TASK:
        fitting = [name for name, one in RECIPES.items() if one.arrays and one.arrays.task == wish.task]
        raise UsageError(f"--like {like} is for sequences; for {wish.task} use --like {' or '.join(fitting)}")
    if wish.space is not None and wish.space not in LETTERED:
        fitting = [name for name, one in RECIPES.items() if one.arrays and one.arrays.space == wish.space]
        raise UsageError(f"--like {like} is for sequences; for {wish.space} use --like {' or '.join(fitting)}")


def _check_arrays(wish: Wish) -> None:
    """Of a template for arrays: nothing that contradicts it."""
    arrays, like = wish.arrays, wish.template
    assert arrays is not None
    if wish.library != PYTORCH:
        raise UsageError(f"{wish.recipe.registered} does not exist on {wish.library}; use --library {PYTORCH}")
    for option, said, own in (("task", wish.task, arrays.task), ("space", wish.space, arrays.space)):
        if said not in (None, own):
            raise UsageError(f"--like {like} is for {own}, not for {said}; leave --{option} out")
    if not arrays.labels and (wish.labels or wish.classes):
        raise UsageError(f"{arrays.task} has no labels; leave --labels out")
    if wish.data is not None and wish.length is not None:
        raise UsageError("--length is that of simulated data, those of --data have their own; leave one out")


def definition_tree(wish: Wish) -> Node:
    """The definition as a tree; nothing is checked here."""
    wish = completed(wish)
    sections = [_general(wish), _architecture(wish)]
    if wish.library != BAYES:
        sections += _training(wish)
    return _node(MODEL.tag, children=sections)


def _training(wish: Wish) -> list[Node]:
    """Loss, optimizer, schedule, training process and data, as far as there are any."""
    recipe, arrays = wish.recipe, wish.arrays
    loss = arrays.loss if arrays else LOSSES[wish.library, str(wish.task)]
    sections = [_section("loss", loss), _section("optimizer", recipe.optimizer)]
    if arrays is not None and arrays.schedule is not None:
        sections.append(_section("schedule", arrays.schedule))
    sections.append(_section("trainingprocess", _process(wish, recipe)))
    if arrays is not None:
        sections.append(_arrays_data(wish, arrays))
    elif wish.data is not None:
        sections.append(_section("data", {"definition": wish.data}, format="definition"))
    return sections


def _arrays_data(wish: Wish, arrays: Arrays) -> Node:
    """One's own table, or simulated examples."""
    if wish.data is not None:
        form, option, _ = arrays.table
        return _section("data", {option: wish.data} | ({"panel": wish.panel} if wish.panel else {}), format=form)
    form, settings = arrays.simulation
    option, usual = arrays.size
    return _section("data", {**settings, option: wish.length or usual}, format=form)


def _node(tag: str, text: str = "", children: Sequence[Node] = (), **attributes: Any) -> Node:
    written = {name: Text(str(value)) for name, value in attributes.items()}
    return Node(tag, attributes=written, children=list(children), text=Text(text))


def _section(tag: str, settings: Settings, **attributes: Any) -> Node:
    items = [_node("hyperparameter", str(value), name=name) for name, value in settings.items()]
    return _node(tag, children=items, **attributes)


def _process(wish: Wish, recipe: Recipe) -> Settings:
    process: Settings = {
        "batch_size": recipe.batch_size,
        "epochs": wish.epochs,
        "shuffle": True,
        "early_stopping": True,
    }
    return {**process, **(recipe.arrays.process if recipe.arrays else {})}


def _general(wish: Wish) -> Node:
    labels = [_node("label", label) for label in wish.labels]
    if not labels and wish.classes:
        labels = [_node("pattern", prefix="c", postfix="", min=1, max=wish.classes)]
    parts = [
        _node("name", wish.id),
        _node("description", _about(wish)),
        _node("task", str(wish.task)),
        _node("sequencespace", str(wish.space)),
        _node("library", wish.library),
        _node("labels", children=labels),
        _node("seed", str(wish.seed)),
    ]
    return _node("general", children=parts, id=wish.id)


def _about(wish: Wish) -> str:
    return "scores by the motifs of a data definition" if wish.library == BAYES else wish.recipe.about


def _architecture(wish: Wish) -> Node:
    if wish.library == BAYES:
        return _node("architecture", children=[_node("external", wish.data or "", format="data-definition")])
    recipe = wish.recipe
    if recipe.registered and wish.library in registry.find("architectures", recipe.registered, wish.library).libraries:
        external = _node("external", format="seqforge", classname=recipe.registered)
        settings = recipe.arrays.settings if recipe.arrays else {"input_length": wish.length}
        return _node(
            "architecture", children=[external, *([_section("hyperparameters", settings)] if settings else [])]
        )
    if recipe.layers is None:
        raise UsageError(f"{recipe.registered} does not exist on {wish.library}; use --library {PYTORCH}")
    return _node("architecture", children=[_node("sequential", children=_operations(wish, recipe.layers))])


def _operations(wish: Wish, layers: Layers) -> list[Node]:
    """The layers, the input's shape on the first one, and an output for each label."""
    outputs = len(wish.labels) or wish.classes or 0
    (first, settings), *rest = [*layers, ("Dense", {"units": outputs})]
    shape = f"({wish.length}, {len(ALPHABETS[str(wish.space)])})"
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
    if wish.arrays is not None and wish.library != BAYES:
        comments |= _comments_on_arrays(wish, wish.arrays)
    for section in tree.children:
        component = _component(section, wish.library)
        if component is not None:
            about = options(component, (item.attributes["name"] for item in section.children))
            comments[f"<{section.tag}"] = comments.get(f"<{section.tag}", "") + about
    return comments


def _comments_on_arrays(wish: Wish, arrays: Arrays) -> dict[str, str]:
    """What differs of models that do not read sequences."""
    architecture = registry.find("architectures", str(wish.recipe.registered), PYTORCH)
    known = options(architecture, arrays.settings)
    form, option, source = arrays.table
    own = f"{option}, a table of `{source}`" + (", and panel, its kit's" if arrays.panel else "")
    comments = {
        "<task": f"what {architecture.name} is for",
        "<sequencespace": {"signal": "dyes × scan points", "features": "numbers per bin"}[arrays.space],
        "<architecture": f"{arrays.parts}; {known}" if arrays.parts else known,
    }
    if not arrays.labels:
        comments["<labels"] = f"{arrays.task} needs none"
    if wish.data is None:
        comments["<data"] = f"simulated; your own: format {form} with {own}; "
    return comments


def _component(section: Node, library: str) -> Any:
    """The class whose options a section lists."""
    if section.tag == "trainingprocess":
        return TrainingProcess
    if section.tag == "data":
        return registry.find("sources", section.attributes["format"])
    rooms = {"loss": "losses", "optimizer": "optimizers", "schedule": "schedules"}
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
