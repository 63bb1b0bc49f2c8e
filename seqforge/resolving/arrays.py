# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Whether the parts of an experiment on named arrays fit together: task, sequence space, data, loss, nested models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from seqforge import registry
from seqforge.data.encodings import LETTERED
from seqforge.definitions.general import Setting
from seqforge.definitions.model import ModelDefinition, Section
from seqforge.definitions.sections import key_place
from seqforge.errors import Place, Problem, one_of
from seqforge.losses.base import Loss
from seqforge.parameters import folded, parameters_of
from seqforge.tasks import Task

if TYPE_CHECKING:
    from seqforge.architectures.base import Architecture
    from seqforge.data.sources.base import Source

# the spaces of tasks whose models read named arrays; all other tasks are those of sequences
SPACES = {"electropherograms": "signal", "bins": "features"}


def arrays_and_task(definition: ModelDefinition, setting: Setting, architecture: Architecture) -> Iterator[Problem]:
    """Models of signals and features have their own tasks and sequence spaces, models of sequences all others."""
    task, space, general = cast("Task | None", setting.task), setting.alphabet, definition.general
    if task is None:
        return
    name, wanted = f"architecture '{architecture.name}'", SPACES.get(task.family)
    if architecture.task_names and task.name not in architecture.task_names:
        message = f"{name} does not have task '{task.name}'"
        yield Problem(general.task.place, "SF0341", message, f"expected {one_of(architecture.task_names)}")
    elif wanted and not architecture.task_names:
        message = f"{name} reads sequences, task '{task.name}' has none"
        fitting = [cls.name for cls in registry.classes("architectures") if task.name in cls.task_names]
        yield Problem(definition.architecture.place, "SF0341", message, f"expected {one_of(fitting)}")
    if space is not None and (space.name if not space.letters else None) != wanted:
        hint = f"write {wanted}" if wanted else f"expected {', '.join(LETTERED)}"
        message = f"task '{task.name}' does not go with sequencespace '{space.name}'"
        yield Problem(general.sequencespace.place, "SF0341", message, hint)


def source_and_task(source: Source, setting: Setting, place: Place) -> Iterator[Problem]:
    """A data format has the examples of some tasks."""
    task = cast("Task | None", setting.task)
    if task is None or task.name in source.task_names or (not source.task_names and task.family not in SPACES):
        return
    fitting = [
        cls.name
        for cls in registry.classes("sources")
        if task.name in cls.task_names or (not cls.task_names and task.family not in SPACES)
    ]
    message = f"data format '{source.name}' has nothing for task '{task.name}'"
    yield Problem(place, "SF0341", message, f"expected {one_of(fitting)}")


def output_and_loss(section: Section, architecture: Architecture, loss: Loss) -> Iterator[Problem]:
    """What a loss declares to be given is what the model puts out."""
    kind, declared = architecture.output_kind, getattr(loss, "input", None)
    if kind is None or declared in (None, "auto", kind):
        return
    message = f"loss '{loss.name}' has input {declared}, but architecture '{architecture.name}' puts out {kind}"
    yield Problem(key_place(section, "input") or section.place, "SF0342", message, "remove input: it follows the model")


def nothing_to_train(definition: ModelDefinition, architecture: Architecture) -> Iterator[Problem]:
    """A model without parameters can be judged and be a part of another one."""
    sections = [definition.trainingprocess, *definition.optimizers, *definition.schedules]
    for section in filter(None, sections):
        message = f"architecture '{architecture.name}' has no parameters, there is nothing to train"
        hint = "remove trainingprocess, optimizer and schedule: 'seqforge train' then only judges it"
        yield Problem(section.place, "SF0343", message, hint)
        return


def unit_input(architecture: Architecture, source: Source | None, definition: ModelDefinition) -> Iterator[Problem]:
    """A decoder that ends in a sigmoid can only put out signals that are scaled to [0, 1]."""
    scale = getattr(source, "scale", None)
    if scale == "none" and getattr(architecture, "needs_unit_input", False):
        place = key_place(definition.data, "scale") if definition.data else None
        message = f"architecture '{architecture.name}' puts out values in [0, 1], but the data are not scaled"
        hint = "write scale log1p or linear, or use_sigmoid False"
        yield Problem(place or definition.architecture.place, "SF0345", message, hint)


def peak_windows(architecture: Architecture, source: Source | None, definition: ModelDefinition) -> Iterator[Problem]:
    """A model of peaks reads windows of one width and number of channels, and the data cut them."""
    for option, name in (("peak_window", "window_width"), ("window_channels", "window_channels")):
        cut, read = getattr(source, option, None), getattr(architecture, name, None)
        if None not in (cut, read) and cut != read:
            spellings = (option, *parameters_of(type(source))[option].aliases)
            place = key_place(definition.data, *spellings)
            message = f"{option} of the data is {cut}, but architecture '{architecture.name}' reads {read}"
            hint = f"write {option} {read} in the data section"
            yield Problem(place or definition.architecture.place, "SF0346", message, hint)


def part_scalings(architecture: Architecture, source: Source | None, definition: ModelDefinition) -> Iterator[Problem]:
    """A part with weights sees what it was trained on."""
    fed = source.scalings if source is not None else {}
    parts = {folded(part.name): part for part in definition.architecture.parts}
    for name, model in architecture.given.items():
        known = {} if getattr(model, "fresh", False) else getattr(model, "scalings", {})
        for array in getattr(getattr(model, "architecture", None), "reads", ()):
            trained, given = known.get(array), fed.get(array)
            if trained is not None and given is not None and not trained.same_as(given):
                message = f"part '{name}' was trained on {array} scaled {trained}, the data are scaled {given}"
                key = "scale" if array == "profiles" else "window_scale"
                rfu = "" if trained.kind == "none" else f" and max_rfu {trained.max_rfu:g}"
                hint = f"write {key} {trained.kind}{rfu} in the data section"
                yield Problem(parts[folded(name)].name.place, "SF0437", message, hint)
