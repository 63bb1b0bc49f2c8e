# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A definition resolved into typed components that fit together; no framework is imported here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.data.encodings import Alphabet
from seqforge.data.sources.base import Source, Wanted
from seqforge.definitions import reader
from seqforge.definitions.data import DataDefinition
from seqforge.definitions.general import id_problems, read_general
from seqforge.definitions.locate import Paths, shown
from seqforge.definitions.model import ModelDefinition, Section
from seqforge.definitions.sections import key_place, read_loss, read_optimizer, read_process, read_schedule
from seqforge.errors import NOWHERE, DataError, DefinitionError, Place, Problem, SeqForgeError
from seqforge.heads import Head
from seqforge.losses.base import Loss, UnfitFacts
from seqforge.losses.translations import translate
from seqforge.metrics.base import Metric
from seqforge.optimizers.base import Optimizer
from seqforge.registry import BAYES, KERAS, PYTORCH
from seqforge.resolving import agreement, arrays
from seqforge.resolving.agreement import Asked
from seqforge.resolving.architecture import OWN_SECTIONS, ArchitectureReader, check
from seqforge.resolving.data import Chosen, DataReader
from seqforge.schedules.base import Schedule
from seqforge.tasks import Task
from seqforge.training.process import TrainingProcess


@dataclass(frozen=True)
class OptimizerUse:
    """An optimizer and the parameters it owns: a glob over names; None: all that no other one takes."""

    optimizer: Optimizer
    pattern: str | None = None


@dataclass(frozen=True)
class ScheduleUse:
    """A schedule and the number (from 0) of the optimizer it drives; None: all."""

    schedule: Schedule
    optimizer: int | None = None


@dataclass(frozen=True)
class Experiment:
    """Everything a backend and the loop need. Under BayesOptimalClassifier there is no loss, process or optimizer."""

    definition: ModelDefinition
    library: str  # "PyTorch", "Keras" or "BayesOptimalClassifier"
    task: Task
    alphabet: Alphabet
    labels: tuple[str, ...]
    encoding: str  # "1D" or "2D"
    seed: int
    architecture: Architecture
    loss: Loss | None
    optimizers: tuple[OptimizerUse, ...]
    schedules: tuple[ScheduleUse, ...]
    process: TrainingProcess | None
    metrics: tuple[Metric, ...]
    source: Source | None  # None: the definition names no data and none lies beside it
    data_definition: DataDefinition | None = None
    unknown: str = "uniform"  # how a letter outside the alphabet is fed: "uniform" or "zeros"
    length: int | None = None  # of the input, where it is known without data files
    heads: tuple[Head, ...] = ()  # of a profile model, instead of labels
    channels: int | None = None  # dyes or features of an example, where there are no letters

    @property
    def batch_size(self) -> int:
        """Examples per step, in training and in evaluation; 256 where nothing is trained."""
        return self.process.batch_size if self.process else 256

    @property
    def wanted(self) -> Wanted:
        read, put_out = self.architecture.window() or (None, None)
        return Wanted(
            self.task,
            self.alphabet,
            self.labels,
            self.seed,
            self.definition.folder,
            heads=self.heads,
            input_length=read,
            output_length=put_out,
            pseudocount=getattr(self.loss, "pseudocount", None),
            control_tracks=self.architecture.control_tracks,
            reads=self.architecture.reads,
            markers=getattr(self.architecture, "n_markers", None),
        )

    def for_facts(self, facts: Mapping[str, Any]) -> Experiment:
        """The same experiment, told what its training data say of themselves (`Data.facts`).

        Raises DataError, at the hyper-parameter of the loss that these data do not do for.
        """
        try:
            loss = self.loss.for_facts(facts) if self.loss is not None else None
        except UnfitFacts as error:
            problem = Problem(_value_place(self.definition.loss, error.key), "SF0347", error.message, error.hint)
            raise DataError(str(problem), [problem]) from None
        return replace(self, loss=loss, channels=facts.get("channels", self.channels))

    def spec(self, length: int | None = None) -> InputSpec:
        """What the architecture is built for; `length` overrides the one that the definition implies."""
        outputs, letters = _outputs(self.labels, self.heads), len(self.alphabet) or self.channels or 0
        controls = (self.source or self.architecture).control_tracks
        return InputSpec(length or self.length, letters, outputs, self.encoding, self.seed, self.heads, controls)


def read(
    source: reader.Source,
    overrides: Sequence[str] = (),
    *,
    data: Path | None = None,
    def_path: Sequence[Path] = (),
    need_files: bool = True,
    runs: Path = Path("runs"),
) -> tuple[Experiment, list[Problem]]:
    """The experiment of a definition file, `overrides` ("path=value") put in, and its warnings and notes.

    The rest is as in `resolve`; raises DefinitionError with every problem if one is an error.
    """
    definition, problems = reader.read_model(source, overrides)
    if definition is None or reader.errors(problems):
        raise DefinitionError(problems)
    experiment, found = resolve(definition, data=data, def_path=def_path, need_files=need_files, runs=runs)
    problems = sorted(dict.fromkeys([*problems, *found]))
    if experiment is None:
        raise DefinitionError(problems)
    return experiment, problems


def resolve(
    definition: ModelDefinition,
    *,
    data: Path | None = None,
    def_path: Sequence[Path] = (),
    need_files: bool = True,
    runs: Path = Path("runs"),
    judges_data: bool = True,
) -> tuple[Experiment | None, list[Problem]]:
    """The components that `definition` names, and every problem, sorted by place; None if one of them is an error.

    `data` (a data definition, a folder of set files, a table, a FASTA file) overrides the definition's own choice;
    `def_path` are further folders for relative paths; without `need_files` a missing file is a note; `runs` is the
    folder of all runs, for trained parts; without `judges_data` the data may be others than the model wants.
    Definitions and Python files are read as text; nothing runs and no framework is imported.
    """
    paths = Paths(definition.folder, tuple(def_path), need_files, runs)
    resolution = _Resolution(definition, paths, judges_data=judges_data)
    experiment = resolution.experiment(data)
    if resolution.setting.library is None:
        resolution = _under_any_library(definition, paths, data)
    problems = sorted(dict.fromkeys(resolution.problems))
    return (None if reader.errors(problems) else experiment), problems


def _under_any_library(definition: ModelDefinition, paths: Paths, data: Path | None) -> _Resolution:
    """A definition whose library is unknown, judged as if it were for the one that finds least wrong in it."""
    assumed = [_Resolution(definition, paths, library) for library in (PYTORCH, KERAS)]
    for resolution in assumed:
        resolution.experiment(data)
    return min(assumed, key=lambda resolution: len(set(resolution.problems)))


class _Resolution:
    """One definition on its way to an experiment: every part is read, also when others could not be."""

    def __init__(self, definition: ModelDefinition, paths: Paths, assumed: str | None = None, judges_data: bool = True):
        self.definition = definition
        self.judges_data = judges_data
        self.paths = paths
        self.problems: list[Problem] = []
        self.monitors: list[Asked] = []  # by schedules
        self.process: TrainingProcess | None = None
        self.channels: int | None = None
        self.source: Source | None = None
        self.compiled: dict[str, Section] = {}  # what a file of a whole model brings along, by name
        setting = read_general(definition.general, self.problems)
        self.setting = replace(setting, library=setting.library or assumed)
        self.task = cast("Task | None", self.setting.task)

    def experiment(self, data: Path | None) -> Experiment | None:
        definition, setting = self.definition, self.setting
        architecture = ArchitectureReader(definition, setting, self.paths, self.problems, self._other).read()
        self.compiled = self._compiled(architecture)
        process = self.process = self._process()
        loss, optimizers, schedules = self._loss(), self._optimizers(), self._schedules()
        metrics = self._metrics(process, architecture.reads if architecture is not None else ())
        chosen = DataReader(definition, setting, self.paths, self.problems).choose(data)
        architecture = self._windowed(architecture, chosen)
        length = self._length(architecture, chosen)
        self.channels, self.source = self._of_data(chosen, "channels"), chosen.source
        if loss is not None and architecture is not None:
            loss = loss.for_output(architecture.output_kind, len(setting.labels))
        self._agree(architecture, loss, chosen, length)
        self._judge_data(architecture, chosen)
        if not reader.errors(self.problems) and architecture is not None and loss is not None:
            self.problems += self._owners(architecture, loss, optimizers, length)
        if self.task is None or setting.alphabet is None or setting.library is None or architecture is None:
            return None
        return Experiment(
            definition=definition,
            library=setting.library,
            task=self.task,
            alphabet=setting.alphabet,
            labels=setting.labels,
            encoding=setting.encoding,
            seed=setting.seed,
            architecture=architecture,
            loss=loss,
            optimizers=optimizers,
            schedules=schedules,
            process=process,
            metrics=tuple(metric.for_loss(loss).for_task(self.task) for metric in metrics),
            source=chosen.source,
            data_definition=chosen.definition,
            unknown="zeros" if self.task.targets == "profiles" else _fed_unknown(chosen),
            length=length,
            heads=setting.heads,
            channels=self.channels,
        )

    def _other(self, definition: ModelDefinition) -> tuple[Experiment | None, list[Problem]]:
        """The experiment of another definition, that of a part; its data may have gone."""
        paths = self.paths
        return resolve(
            definition, def_path=paths.def_path, need_files=paths.need_files, runs=paths.runs, judges_data=False
        )

    @property
    def _trains(self) -> str | None:
        """The library, if it is known and trains."""
        return self.setting.library if self.setting.library != BAYES else None

    def _compiled(self, architecture: Architecture | None) -> dict[str, Section]:
        """Of a whole Keras model: the sections that it was compiled with, where the definition has none."""
        external = self.definition.architecture.external
        if external is None or architecture is None or external.format.casefold() not in OWN_SECTIONS:
            return {}
        from seqforge.architectures.keras_file import compiled_sections

        found = compiled_sections(Path(architecture.settings()["path"]))
        missing = {"loss": self.definition.loss, "optimizer": self.definition.optimizers}
        sections = {name: section for name, section in found._asdict().items() if section and not missing[name]}
        for name, section in sections.items():
            message = f"{name} comes from the file: {section.hyperparameters[0].value}"
            self.problems.append(Problem(external.path.place, "SF0417", message, severity="note"))
        return sections

    def _loss(self) -> Loss | None:
        section, library = self.definition.loss or self.compiled.get("loss"), self._trains
        if section is None or library is None:
            return None
        loss: Loss | None = read_loss(section, library, self.problems)
        place = _value_place(section, "loss")
        if loss is None:
            return None
        try:
            loss = translate(loss, library)
        except SeqForgeError as error:
            message, _, hint = str(error).partition("; ")
            self.problems.append(Problem(place, "SF0212", message, hint))
            return None
        if self.task is not None:
            self.problems += agreement.loss_and_task(loss, self.task, library, place)
        loss = loss.for_heads(self.setting.heads)
        return loss if self.task is None else loss.for_task(self.task)

    def _optimizers(self) -> tuple[OptimizerUse, ...]:
        own = (self.compiled["optimizer"],) if "optimizer" in self.compiled else ()
        sections, library = self.definition.optimizers or own, self._trains
        self.problems += agreement.optimizer_patterns(sections)
        if library is None:
            return ()
        for section in sections:
            self.problems += agreement.clips_in_both(section, self.definition.trainingprocess)
        read = [(section, read_optimizer(section, library, self.problems)) for section in sections]
        named = [(optimizer.name, section.place) for section, optimizer in read if optimizer is not None]
        self.problems += agreement.closures(named, self.process)
        return tuple(OptimizerUse(optimizer, _pattern(section)) for section, optimizer in read if optimizer is not None)

    def _schedules(self) -> tuple[ScheduleUse, ...]:
        sections, library = self.definition.schedules, self._trains
        if library is None:
            return ()
        self.problems += agreement.schedule_targets(sections, len(self.definition.optimizers))
        read = [(section, read_schedule(section, library, self.problems)) for section in sections]
        uses = [(section, schedule) for section, schedule in read if schedule is not None]
        self.monitors += [
            Asked(schedule.monitor, _value_place(section, "monitor"), by_schedule=True)
            for section, schedule in uses
            if hasattr(schedule, "monitor")
        ]
        self.problems += agreement.warm_ups(uses, self.process)
        self.problems += agreement.decays(uses, self.process)
        return tuple(ScheduleUse(schedule, _target(section)) for section, schedule in uses)

    def _process(self) -> TrainingProcess | None:
        section = self.definition.trainingprocess
        if section is None or self.setting.library == BAYES:
            return None
        process = read_process(section, self.problems)
        if process is not None:
            self.problems += agreement.process_keys(section, process, self.setting)
        return process

    def _metrics(self, process: TrainingProcess | None, reads: Sequence[str]) -> tuple[Metric, ...]:
        """Those of the task, those that are asked for, those that stopping and schedules watch."""
        if self.task is None:
            return ()
        section = self.definition.trainingprocess
        named = agreement.named_metrics(process.metrics, _value_place(section, "metrics")) if process else []
        watched = process.early_stopping_monitor if process else "validation_loss"
        stopping = Asked(watched, _value_place(section, "early_stopping_monitor"))
        return agreement.read_metrics(self.task, named, [stopping, *self.monitors], self.problems, reads)

    def _windowed(self, architecture: Architecture | None, chosen: Chosen) -> Architecture | None:
        """The architecture, told the lengths that the data options say."""
        asked = architecture is not None and architecture.reads_heads and not _refused(chosen.source)
        window = self._of_data(chosen, "windows") if asked else None
        return architecture.with_window(window) if architecture is not None and window else architecture

    def _judge_data(self, architecture: Architecture | None, chosen: Chosen) -> None:
        """What the data say of themselves against what the model wants, before an example is read."""
        source, place, wanted = chosen.source, chosen.place, self._wanted
        if not self.judges_data or architecture is None or source is None or place is None or wanted is None:
            return
        unread = len(self.setting.heads) < len(self.definition.general.heads)
        if unread or _refused(source) or any(problem.place == place for problem in reader.errors(self.problems)):
            return
        read, put_out = architecture.window() or (None, None)
        wanted = wanted._replace(
            heads=self.setting.heads,
            input_length=read,
            output_length=put_out,
            control_tracks=architecture.control_tracks,
            reads=architecture.reads,
            markers=getattr(architecture, "n_markers", None),
        )
        for option, sentence, hint in source.advice(wanted):
            where = key_place(self.definition.data, option) or place
            self.problems.append(Problem(where, "SF0338", sentence, hint, "warning"))
        try:
            source.judge(wanted)
        except DataError as error:
            found = error.problems or (Problem(NOWHERE, "SF0421", str(error)),)
            self.problems += [self._at_data(problem, place) for problem in found]

    def _at_data(self, problem: Problem, place: Place) -> Problem:
        """A problem of a data file at the definition's line that names it."""
        file = f"{shown(Path(problem.place.file))}: " if problem.place.file else ""
        severity = "note" if file and not self.paths.need_files else "error"
        return replace(problem, place=place, message=file + problem.message, severity=severity)

    @property
    def _wanted(self) -> Wanted | None:
        """What is wanted of data before the model is known; None where the definition does not say enough."""
        task, setting = self.task, self.setting
        if task is None or setting.alphabet is None:
            return None
        return Wanted(task, setting.alphabet, setting.labels, setting.seed, self.definition.folder)

    def _of_data(self, chosen: Chosen, what: str) -> Any:
        """What the data source says of lengths by its method `what`; None: nothing."""
        wanted = self._wanted
        if chosen.source is None or wanted is None:
            return None
        try:
            return getattr(chosen.source, what)(wanted)
        except SeqForgeError:
            return None  # its files are missing, or unreadable: reported where they are looked for

    def _length(self, architecture: Architecture | None, chosen: Chosen) -> int | None:
        """Of the input: what the data promises, else what the first embedded layer says."""
        window = architecture.window() if architecture is not None else None
        if window is not None:
            return window[0]
        length: int | None = self._of_data(chosen, "window")
        if length is not None:
            return length
        shape = getattr(architecture, "input_shape", None)
        return shape[-2] if shape and len(shape) >= 2 else None

    def _owners(
        self, architecture: Architecture, loss: Loss, optimizers: Sequence[OptimizerUse], length: int | None
    ) -> Iterator[Problem]:
        """Whether every parameter has an optimizer, where parameters are known without a framework."""
        known = type(architecture).shapes is not Architecture.shapes or loss.learned_parameters()
        if self.setting.library != PYTORCH or not optimizers or not known:
            return
        from seqforge.resolving.ownership import misfits

        patterns = [use.pattern for use in optimizers]
        yield from misfits(self.definition, architecture, loss, self._spec(length), patterns)

    def _spec(self, length: int | None) -> InputSpec:
        setting = self.setting
        letters = (len(setting.alphabet) if setting.alphabet is not None else 0) or self.channels or 0
        outputs = _outputs(setting.labels, setting.heads)
        return InputSpec(length, letters, outputs, setting.encoding, setting.seed, setting.heads)

    def _agree(self, architecture: Architecture | None, loss: Loss | None, chosen: Chosen, length: int | None) -> None:
        """Everything that compares parts with each other."""
        definition, setting = self.definition, self.setting
        self.problems += id_problems(definition, setting, length)
        self.problems += agreement.labels_and_task(setting, _labels_place(definition))
        self.problems += agreement.heads_and_task(definition, setting)
        if loss is not None or definition.loss is None:
            self.problems += agreement.loss_and_heads(definition, setting, loss, architecture)
        if setting.library is not None and (architecture is None or architecture.trainable):
            self.problems += agreement.required_sections(definition, setting.library, list(self.compiled))
        if chosen.source is not None:
            self.problems += arrays.source_and_task(chosen.source, setting, chosen.place or definition.tree.place)
        if chosen.definition is not None:
            place = chosen.place or definition.tree.place
            self.problems += agreement.data_and_model(chosen.definition, setting, definition.general, place)
        if architecture is not None:
            self._agree_architecture(architecture, loss, length)

    def _agree_architecture(self, architecture: Architecture, loss: Loss | None, length: int | None) -> None:
        definition, setting = self.definition, self.setting
        self.problems += agreement.unread_parts(definition, architecture)
        self.problems += arrays.arrays_and_task(definition, setting, architecture)
        if loss is not None and definition.loss is not None:
            self.problems += arrays.output_and_loss(definition.loss, architecture, loss)
            self.problems += agreement.loss_and_model(definition.loss, loss, architecture, setting.labels)
        self.problems += arrays.unit_input(architecture, self.source, definition)
        self.problems += arrays.peak_windows(architecture, self.source, definition)
        self.problems += arrays.part_scalings(architecture, self.source, definition)
        if not architecture.trainable:
            self.problems += arrays.nothing_to_train(definition, architecture)
        place = key_place(definition.loss, "pseudocount") or definition.architecture.place
        self.problems += agreement.pseudocounts(architecture, loss, place)
        operations = definition.architecture.operations
        activation = getattr(architecture, "final_activation", None)
        if operations and activation and loss is not None and self.task is not None:
            place = operations[-1].place
            self.problems += agreement.activation_and_loss(activation, loss, self.task, place)
        outputs = setting.heads if architecture.reads_heads else setting.labels
        unlabelled = self.task is not None and self.task.targets == "signal"
        if setting.alphabet is not None and (outputs or unlabelled):
            self.problems += check(architecture, self._spec(length), definition.architecture)


def _refused(source: Source | None) -> bool:
    """Whether the options of a data source do not go together; each is reported where it stands."""
    return bool(getattr(source, "problems", list)())


def _outputs(labels: Sequence[str], heads: Sequence[Head]) -> int:
    """How many columns a model puts out: of its heads the tracks."""
    return sum(head.width for head in heads) if heads else len(labels)


def _value_place(section: Section | None, key: str) -> Place:
    """Where a key stands, else its section."""
    return (key_place(section, key) or section.place) if section else NOWHERE


def _labels_place(definition: ModelDefinition) -> Place:
    general = definition.general
    return general.pattern.place if general.pattern else general.labels_place


def _pattern(section: Section) -> str | None:
    pattern = section.attributes.get("parameters")
    return None if pattern is None or pattern == "*" else str(pattern)


def _target(section: Section) -> int | None:
    number = agreement.target_of(section)
    return None if number is None else number - 1


def _fed_unknown(chosen: Chosen) -> str:
    unknown = getattr(chosen.source, "unknown", "uniform")
    return unknown if unknown in ("uniform", "zeros") else "uniform"
