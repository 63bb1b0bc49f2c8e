# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Whether the parts of an experiment fit together. Every check takes the parts that it compares and yields problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from seqforge import registry
from seqforge.definitions import heads, structure
from seqforge.definitions.data import DataDefinition
from seqforge.definitions.general import Setting
from seqforge.definitions.language import MODEL
from seqforge.definitions.model import ModelDefinition, Section
from seqforge.definitions.sections import key_place
from seqforge.errors import Place, Problem, did_you_mean
from seqforge.losses.base import Loss
from seqforge.metrics.base import Metric
from seqforge.optimizers.base import CLIPS
from seqforge.parameters import Integer, Unfit, folded
from seqforge.registry import BAYES, KERAS
from seqforge.tasks import Task
from seqforge.training.process import TrainingProcess

if TYPE_CHECKING:
    from seqforge.architectures.base import Architecture
    from seqforge.layers.base import Layer

MULTI_CLASS = "multi-class classification"
PROFILES = "profile prediction"

# what the last activation makes of its input → the outputs that a loss can be given
_GIVES: Mapping[str, tuple[str, ...]] = {
    "softmax": ("probabilities",),
    "sigmoid": ("probabilities", "values"),
    "hard_sigmoid": ("probabilities", "values"),
    "tanh": ("margins", "values"),
    "softsign": ("margins", "values"),
    "relu": ("values",),
    "softplus": ("values",),
    "exponential": ("values",),
}
_ANY_REAL = ("logits", "margins", "values")
_FITTING = {"logits": "no activation", "margins": "tanh or no activation"}


def loss_and_task(loss: Loss, task: Task, library: str, place: Place) -> Iterator[Problem]:
    """The task must be one of the loss', or one that it tolerates."""
    if task.name in loss.tasks:
        return
    message = f"loss '{loss.name}' does not fit task '{task.name}'"
    if task.name in loss.tolerated:
        yield Problem(place, "SF0302", message, f"usual is {_fitting_loss(loss, task, library)}", "warning")
    else:
        yield Problem(place, "SF0301", message, f"use {_fitting_loss(loss, task, library)}")


def _fitting_loss(loss: Loss, task: Task, library: str) -> str:
    """The name of the first loss of this library for the task, one of the same kind of output if there is one."""
    fitting = [cls for cls in registry.classes("losses", library) if task.name in cls.tasks]
    alike = [cls for cls in fitting if isinstance(cls.output, str) and cls.output == loss.output]
    chosen = next(iter(alike + fitting), None)
    return chosen.name if chosen else f"another task; no loss of {library} fits this one"


def last_activation(layers: Sequence[Layer]) -> str | None:
    """What the outputs of embedded layers have gone through last; None: no layer says."""
    return next((layer.final_activation for layer in reversed(layers) if layer.final_activation), None)


def activation_and_loss(activation: str, loss: Loss, task: Task, place: Place) -> Iterator[Problem]:
    """The last layer's activation must give what the loss expects."""
    given = _GIVES.get(activation, _ANY_REAL)
    if loss.output not in given:
        wanted = _FITTING.get(loss.output) or _usual_activation(task)
        message = f"the last layer ends in {activation}, but loss '{loss.name}' expects {loss.output}"
        yield Problem(place, "SF0303", message, _way_out(loss, activation, wanted))
    elif activation == "softmax" and loss.target == "multi-hot":
        message = f"softmax makes labels exclude each other, but loss '{loss.name}' judges each label by itself"
        yield Problem(place, "SF0304", message, 'use activation="sigmoid"', "warning")
    elif activation == "sigmoid" and loss.target in ("one-hot", "index"):
        message = f"sigmoid outputs do not sum to 1, which loss '{loss.name}' expects of probabilities"
        yield Problem(place, "SF0304", message, 'use activation="softmax"', "warning")


def _usual_activation(task: Task) -> str:
    return "softmax" if task.name == MULTI_CLASS else "sigmoid" if "classification" in task.name else "no activation"


def _way_out(loss: Loss, activation: str, wanted: str) -> str:
    switch = "from_logits" in loss.settings()
    if loss.output == "log-probabilities":
        return "no layer ends in them; use loss CrossEntropyLoss, which is the same on linear outputs"
    if loss.output == "logits" and switch:
        return f"use {wanted}, or set the loss' from_logits to False"
    if loss.output == "probabilities" and switch and activation == "linear":
        return f"use {wanted}, or set the loss' from_logits to True"
    return f"use {wanted}"


def labels_and_task(setting: Setting, place: Place) -> Iterator[Problem]:
    """A choice needs something to choose from."""
    if setting.task is not None and setting.task.name == MULTI_CLASS and len(setting.labels) == 1:
        message = f"{MULTI_CLASS} with the only label '{setting.labels[0]}' has nothing to decide"
        yield Problem(place, "SF0305", message, "add a label or use multi-label classification", "warning")


def required_sections(definition: ModelDefinition, library: str, own: Sequence[str] = ()) -> Iterator[Problem]:
    """loss, optimizer, trainingprocess: needed by backends that train, read by nobody under BayesOptimalClassifier.

    `own`: sections that the architecture's file brings along.
    """
    sections = {
        "loss": definition.loss,
        "optimizer": definition.optimizers[0] if definition.optimizers else None,
        "trainingprocess": definition.trainingprocess,
    }
    misspelt = structure.misspelt(definition.tree, MODEL)
    for name, section in sections.items():
        if library == BAYES and section is not None:
            yield Problem(section.place, "SF0307", f"nothing reads {name} under {BAYES}", "remove it")
        elif library != BAYES and section is None and name not in own and name not in misspelt:
            yield Problem(definition.tree.place, "SF0306", f"the definition has no {name}", f"{library} needs one")
    if library == BAYES:
        for schedule in definition.schedules:
            yield Problem(schedule.place, "SF0307", f"nothing reads schedule under {BAYES}", "remove it")


def process_keys(section: Section, process: TrainingProcess, setting: Setting) -> Iterator[Problem]:
    """Keys of the training process that something else makes ineffective."""
    yield from _stopping_keys(section, process)
    yield from _clip_keys([section])
    if process.class_weights != "none" and setting.task is not None and setting.task.name != MULTI_CLASS:
        place = key_place(section, "class_weights") or section.place
        message = f"class_weights {process.class_weights} needs task '{MULTI_CLASS}', received '{setting.task.name}'"
        yield Problem(place, "SF0308", message, "remove class_weights")
    yield from _unread(section, process, setting.library)


def _stopping_keys(section: Section, process: TrainingProcess) -> Iterator[Problem]:
    for key in ("early_stopping_patience", "early_stopping_min_delta"):
        place = key_place(section, key)
        if place and not process.early_stopping:
            message = f"{key} has no effect without early_stopping"
            yield Problem(place, "SF0309", message, "set early_stopping to True or remove it", "warning")


# (library, key) → why the backend would not read it
UNREAD = {
    (KERAS, "gradient_checkpointing"): "Keras layers keep their activations",
    (KERAS, "compile"): "it compiles its own steps",
    (KERAS, "ema_warmup"): "its averages have one decay",
    (KERAS, "ema_evaluate"): "it judges the averages",
    (KERAS, "matmul_precision"): "its backend decides",
}


def _unread(section: Section, process: TrainingProcess, library: str | None) -> Iterator[Problem]:
    for (owner, key), reason in UNREAD.items():
        place = key_place(section, key)
        if owner == library and place and getattr(process, key) != getattr(TrainingProcess, key):
            yield Problem(place, "SF0310", f"{key} has no effect on {library}: {reason}", "remove it")


def _clip_keys(sections: Sequence[Section]) -> Iterator[Problem]:
    """At most one clipping rule in these sections together."""
    given = [(key, place) for section in sections for key in CLIPS if (place := key_place(section, key))]
    for key, place in given[1:]:
        first = given[0]
        what = f"'{first[0]}' (line {first[1].line}) and '{key}' both clip gradients"
        yield Problem(place, "SF0311", what, "keep one")


def clips_in_both(optimizer: Section, process: Section | None) -> Iterator[Problem]:
    """A clip may stand in `optimizer` or in `trainingprocess`, not in both."""
    theirs = [(key, place) for key in CLIPS if process and (place := key_place(process, key))]
    mine = [(key, place) for key in CLIPS if (place := key_place(optimizer, key))]
    if theirs and mine:
        message = (
            f"'{theirs[0][0]}' clips gradients in trainingprocess, '{mine[0][0]}' in optimizer (line {mine[0][1].line})"
        )
        yield Problem(theirs[0][1], "SF0311", message, "keep one")


def optimizer_patterns(sections: Sequence[Section]) -> Iterator[Problem]:
    """Of several optimizers only the last may take whatever the others leave."""
    seen: dict[str, Place] = {}
    for number, section in enumerate(sections):
        pattern = section.attributes.get("parameters")
        last = number == len(sections) - 1
        if not last and (pattern is None or pattern == "*"):
            place = pattern.place if pattern is not None else section.place
            message = f"optimizer {number + 1} of {len(sections)} takes every parameter, the later ones none"
            yield Problem(place, "SF0312", message, 'give it parameters="…"; only the last may take "*"')
        elif pattern is not None and pattern in seen:
            message = (
                f'two optimizers have parameters="{pattern}" (lines {seen[pattern].line} and {pattern.place.line})'
            )
            yield Problem(pattern.place, "SF0312", message, "keep one")
        if pattern is not None:
            seen.setdefault(str(pattern), pattern.place)


def target_of(section: Section) -> int | None:
    """The number (from 1) of the optimizer that a schedule drives; None: all."""
    spelt = section.attributes.get("optimizer")
    try:
        return None if spelt is None else Integer(ge=1).parse(str(spelt))
    except Unfit:  # reported with the structure
        return None


def schedule_targets(sections: Sequence[Section], optimizers: int) -> Iterator[Problem]:
    """A schedule drives an optimizer that exists, and none is driven by two."""
    driven: dict[int, Place] = {}
    for section in sections:
        number = target_of(section)
        if number is not None and number > optimizers:
            has = f"the definition has {optimizers} optimizer{'s' if optimizers != 1 else ''}"
            yield Problem(
                section.place, "SF0313", f"schedule drives optimizer {number}, but {has}", "they count from 1"
            )
            continue
        targets = set(range(1, optimizers + 1)) if number is None else {number}
        for target in sorted(targets & set(driven))[:1]:
            lines = f"lines {driven[target].line} and {section.place.line}"
            message = f"two schedules drive optimizer {target} ({lines})"
            yield Problem(section.place, "SF0313", message, "keep one, or say which optimizer each drives")
        driven |= dict.fromkeys(targets - set(driven), section.place)


class Asked(NamedTuple):
    """Something that a key asks for, and where."""

    name: str
    place: Place
    by_schedule: bool = False


PEAK_METRICS = ("peak_precision", "peak_recall", "peak_f1")  # of masks whose model reads peaks


def read_metrics(
    task: Task, named: Sequence[Asked], monitors: Sequence[Asked], problems: list[Problem], reads: Sequence[str] = ()
) -> tuple[Metric, ...]:
    """The task's metrics, then those that are `named`, then those that `monitors` watch (`validation_<metric>`).

    `reads`: the arrays that the model reads.
    """
    peaks = PEAK_METRICS if task.targets == "mask" and "centres" in reads else ()
    metrics = [registry.find("metrics", name)() for name in (*task.metrics, *peaks)]
    metrics += [_metric(one, task, problems) for one in named]
    metrics += [_monitored(one, task, problems) for one in monitors]
    return tuple({metric.name: metric for metric in metrics if metric is not None}.values())


def named_metrics(names: str | None, place: Place) -> list[Asked]:
    """The names of a list separated by commas."""
    return [Asked(name, place) for name in (part.strip() for part in (names or "").split(",")) if name]


def _metric(asked: Asked, task: Task, problems: list[Problem]) -> Metric | None:
    fitting = metric_names(task)
    try:
        cls = registry.find("metrics", asked.name)
    except registry.UnknownName:
        problems.append(
            Problem(asked.place, "SF0201", f"unknown metric '{asked.name}'", did_you_mean(asked.name, fitting))
        )
        return None
    if task.name not in cls.tasks:
        message = f"metric '{cls.name}' does not fit task '{task.name}'"
        problems.append(Problem(asked.place, "SF0314", message, f"expected one of {', '.join(fitting)}"))
        return None
    metric: Metric = cls()
    return metric


def metric_names(task: Task) -> list[str]:
    """The metrics that fit a task."""
    return [cls.name for cls in registry.classes("metrics") if task.name in cls.tasks]


def _monitored(asked: Asked, task: Task, problems: list[Problem]) -> Metric | None:
    """The metric behind `validation_<metric>`; None for a loss, and with a problem for anything else."""
    if _same(asked, "validation_loss"):
        return None
    fitting = metric_names(task)
    watched = {f"validation_{name}": name for name in fitting}
    short: dict[str, str | None] = {"loss": None} | {name: name for name in fitting}  # of schedules: in training
    known: dict[str, str | None] = {"validation_loss": None, **watched, **short}
    found = next((spelling for spelling in known if _same(asked, spelling)), None)
    if found is None:
        message = f"nothing called '{asked.name}' can be monitored"
        problems.append(Problem(asked.place, "SF0315", message, did_you_mean(asked.name, list(known))))
        return None
    name = known[found]
    metric: Metric | None = registry.find("metrics", name)() if name else None
    return metric


def _same(asked: Asked, spelling: str) -> bool:
    return asked.name == spelling if asked.by_schedule else folded(asked.name) == folded(spelling)


def closures(optimizers: Sequence[tuple[str, Place]], process: TrainingProcess | None) -> Iterator[Problem]:
    """LBFGS evaluates one batch several times; `optimizers`: their names and places."""
    obstacles = {"a second optimizer": len(optimizers) > 1}
    if process is not None:
        obstacles[f"gradient_accumulation {process.gradient_accumulation}"] = process.gradient_accumulation > 1
        obstacles["precision fp16"] = process.precision == "fp16"
    for name, place in optimizers:
        for obstacle in (what for what, present in obstacles.items() if present and name == "LBFGS"):
            message = f"LBFGS evaluates one batch several times, which does not go with {obstacle}"
            yield Problem(place, "SF0317", message, "use Adam")


def data_and_model(data: DataDefinition, setting: Setting, general: Any, place: Place) -> Iterator[Problem]:
    """Task, sequence space and labels of the data are those of the model."""
    label = f"data definition '{data.id}'"
    if setting.task is not None and task_name(data.task) not in (None, setting.task.name):
        message = f"{label} is for task '{data.task}', the model for '{setting.task.name}'"
        yield Problem(general.task.place, "SF0321", message, "they must agree")
    if setting.alphabet is not None and data.sequencespace.casefold() != setting.alphabet.name.casefold():
        message = f"{label} has sequencespace '{data.sequencespace}', the model '{setting.alphabet.name}'"
        yield Problem(general.sequencespace.place, "SF0322", message, "they must agree")
    yield from _labels_of(data, setting, place, label)


def task_name(task: str) -> str | None:
    """The canonical name of a task, or None."""
    try:
        name: str = registry.find("tasks", task).name
        return name
    except registry.UnknownName:
        return None


def occurring(data: DataDefinition, names: Sequence[str] = ("training", "validation", "test")) -> list[str]:
    """The labels that rows of these sets carry, in the order of the conditions, then those of post-processing."""
    used = {
        str(condition)
        for one in data.sets
        if one.name in names
        for example in one.examples
        for condition in example.conditions
    }
    extra = {label for step in data.postprocessing for label in str(step.labels).split("|")}
    return [label for label in data.labels if label in used | extra]


def _labels_of(data: DataDefinition, setting: Setting, place: Place, phrase: str) -> Iterator[Problem]:
    known = set(setting.labels)
    strange = [label for label in occurring(data) if label not in known]
    if strange:
        texts = {str(condition.label) for condition in data.conditions}
        by_text = known & texts
        hint = (
            "labels are the condition ids, not their <label>" if by_text else "add them to labels or choose other data"
        )
        yield Problem(place, "SF0323", f"{phrase} has labels that the model does not list: {_some(strange)}", hint)
    present = set(occurring(data, ("training",)))
    absent = [label for label in setting.labels if label not in present]
    if absent and not strange:
        message = f"labels that never occur in the training set of {phrase}: {_some(absent)}"
        yield Problem(place, "SF0324", message, severity="warning")


def _some(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def unread_parts(definition: ModelDefinition, architecture: Any) -> Iterator[Problem]:
    """`heads` and `part` are only for architectures that say they read them."""
    name = f"architecture '{architecture.name}'"
    general = definition.general
    profiles = task_name(general.task) == PROFILES  # where the task is another one, heads are its problem
    if profiles and general.heads and not architecture.reads_heads:
        yield Problem(general.heads[0].place, "SF0316", f"{name} does not read heads", "it puts out scores of labels")
    if not profiles and architecture.reads_heads:
        message = f"{name} puts out profiles, which task '{general.task}' does not have"
        yield Problem(general.task.place, "SF0316", message, f"use task '{PROFILES}'")
    external = definition.architecture.external
    registered = external is not None and external.format.casefold() == "seqforge"  # its reader has judged the parts
    for part in () if registered else definition.architecture.parts:
        yield Problem(part.place, "SF0316", f"{name} does not read part '{part.name}'", "remove it")


def loss_and_model(
    section: Section, loss: Loss, architecture: Architecture, labels: Sequence[str]
) -> Iterator[Problem]:
    """What a loss needs of the model and of its labels."""
    for key, sentence in loss.model_problems(architecture, labels):
        yield Problem(key_place(section, key) or section.place, "SF0208", sentence)


def heads_and_task(definition: ModelDefinition, setting: Setting) -> Iterator[Problem]:
    """Heads are what profile prediction has, and labels what every other task has."""
    general = definition.general
    if setting.task is None:
        return
    profiles = setting.task.name == PROFILES
    if profiles and not general.heads:
        message = f"task '{PROFILES}' has heads, not labels"
        yield Problem(general.labels_place, "SF0325", message, 'write <heads><head name="…" tasks="2">…</head></heads>')
    elif general.heads and not profiles:
        message = f"task '{setting.task.name}' has labels, not heads"
        yield Problem(general.heads[0].place, "SF0325", message, f"use labels, or task '{PROFILES}'")


def loss_and_heads(
    definition: ModelDefinition, setting: Setting, loss: Loss | None, architecture: Architecture | None
) -> Iterator[Problem]:
    """Profiles: heads weigh a loss that reads it; a loss fits the number of heads; who learns weights has as many."""
    written = definition.general.heads
    if loss is None or loss.weighs_heads:
        yield from heads.weighed(written, setting.heads)
        return
    yield from heads.unread(written, loss.name)
    if definition.loss is None:
        return
    for key, sentence in getattr(loss, "head_problems", list)() if setting.heads else ():
        yield Problem(key_place(definition.loss, key) or definition.loss.place, "SF0208", sentence)
    scopes = getattr(loss, "weight_scope", None), getattr(architecture, "weight_scope", None)
    if getattr(loss, "learned", False) and None not in scopes and scopes[0] != scopes[1]:
        message = f"weight_scope of the loss is {scopes[0]}, that of the architecture {scopes[1]}"
        place = key_place(definition.loss, "weight_scope") or definition.loss.place
        yield Problem(place, "SF0336", message, "give both the same")


def warm_ups(schedules: Sequence[tuple[Section, Any]], process: TrainingProcess | None) -> Iterator[Problem]:
    """A training that ends before its rates have risen was probably not meant."""
    for section, schedule in schedules:
        rise = getattr(schedule, "warmup_epochs", None)
        if rise and process is not None and process.epochs <= rise:
            message = f"warmup_epochs {rise}: the training has {process.epochs} epochs, all of them warm-up"
            place = key_place(section, "warmup_epochs") or section.place
            yield Problem(place, "SF0337", message, "train for more epochs, or warm up for fewer", "warning")


LEAST_SHARE = 1e-4  # of the first learning rate: with less a training does not move


def decays(schedules: Sequence[tuple[Section, Any]], process: TrainingProcess | None) -> Iterator[Problem]:
    """A rate that falls to nothing long before the end was probably not meant."""
    for section, schedule in schedules:
        gamma, least = getattr(schedule, "gamma", None), getattr(schedule, "min_learning_rate", 0)
        if schedule.name != "Exponential" or not gamma or least or process is None:
            continue
        share = gamma ** (process.epochs - 1)
        if share < LEAST_SHARE:
            message = f"gamma {gamma:g} over {process.epochs} epochs leaves {share:.1g} of the learning rate"
            place = key_place(section, "gamma") or section.place
            hint = "raise gamma, train for fewer epochs or give min_learning_rate"
            yield Problem(place, "SF0344", message, hint, "warning")


def pseudocounts(architecture: Architecture, loss: Loss | None, place: Place) -> Iterator[Problem]:
    """Log counts of a model and its parts mean the same."""
    own = getattr(loss, "pseudocount", None)
    for name, part in architecture.given.items():
        if None not in (own, part.pseudocount) and own != part.pseudocount:
            message = f"pseudocount is {own:g}, but part '{name}' was trained with {part.pseudocount:g}"
            yield Problem(place, "SF0334", message, "use the same in both")
