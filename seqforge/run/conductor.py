# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A run from a resolved experiment to its scores: found again, continued, or trained anew."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqforge import files
from seqforge.arrays import np
from seqforge.backends.importing import check_keras, prefer_keras
from seqforge.callbacks import Progress, standard
from seqforge.callbacks.interrupt import Interrupted
from seqforge.callbacks.progress import size
from seqforge.data.dataset import Data
from seqforge.data.problems import EMPTY, refuse
from seqforge.data.weights import with_class_weights
from seqforge.definitions.locate import shown
from seqforge.definitions.overrides import SETTING
from seqforge.environment import machine, own_versions
from seqforge.errors import DataError, DefinitionError, RunError
from seqforge.experiment import Experiment
from seqforge.registry import KERAS
from seqforge.run.copies import copy_definition, copy_parts, copy_references
from seqforge.run.directory import (
    DATA_DEFINITION,
    DEFINITION,
    EFFECTIVE,
    SCORES,
    WEIGHTS,
    RunDirectory,
    next_free,
)
from seqforge.run.exports import complete, exported
from seqforge.run.identity import Identity, effective, identify, policy
from seqforge.run.overheard import overheard, warned
from seqforge.run.record import Run
from seqforge.training import checkpoints
from seqforge.training.loop import train

if TYPE_CHECKING:
    from seqforge.backends.base import Learner
    from seqforge.definitions.model import ModelDefinition
    from seqforge.training.progress import Training

Report = Callable[[str], None]
MOST_NAMED = 4  # data files in a line
GPUS = ("cuda", "gpu")  # as names of devices begin


@dataclass(frozen=True)
class Options:
    """How a run is conducted; nothing here changes its numbers on one machine.

    `runs`: the folder of all runs. `again`: train anew beside an identical run. `resume`: an unfinished run must be
    there. `bar`: a live progress bar. `given`: the data path of the command line, `overrides` its "path=value" texts.
    """

    runs: Path = Path("runs")
    device: str = "auto"
    threads: int | None = None
    again: bool = False
    resume: bool = False
    strict: bool = False
    tensorboard: bool = False
    bar: bool = False
    given: Path | None = None
    overrides: Sequence[str] = ()
    def_path: Sequence[Path] = ()
    report: Report = field(default=lambda line: None)


def conduct(experiment: Experiment, options: Options | None = None) -> Run:
    """The finished run of `experiment`: an identical one found, an unfinished one continued, or a new one trained.

    Raises DefinitionError, Interrupted (saved, to be continued), TrainingError, DataError, BackendError, RunError.
    """
    options = options or Options()
    said: list[str] = []
    if experiment.library == KERAS:
        check_keras()  # before hours of reading
    heard = _both(said.append, options.report)
    data = open_data(experiment, replace(options, report=heard))
    identity = identify(experiment, data)
    with warned(heard):
        experiment = experiment.for_facts(data.facts)
    directory = RunDirectory(options.runs / experiment.definition.id / identity.id)
    if options.again:
        directory = RunDirectory(next_free(directory.path))
    elif directory.state == "finished":
        found = _found(Run(directory.path), options, "this run is finished already (--again trains it anew)")
        if not complete(experiment):
            exported(experiment, found.model() if experiment.library == KERAS else None, found.id, found.history)
        return found
    elif options.resume and not directory.exists:
        raise RunError(_nothing_to_resume(directory, options))
    _prove(experiment, data, options.threads)
    with directory.open():
        return Conductor(experiment, data, identity, directory, options).run(said)


def _prove(experiment: Experiment, data: Data, threads: int | None) -> None:
    """Refuse an architecture that does not fit the data before there is a run; raises DefinitionError."""
    for name, part in experiment.architecture.given.items():
        if not part.trained and not getattr(part, "fresh", False):
            raise RunError(f"part '{name}' is not trained yet; train it first: seqforge train {part.origin}")
    from seqforge.backends import prove
    from seqforge.definitions.reader import errors

    wrong = errors(prove(replace(experiment, length=data.length), threads))
    if wrong:
        raise DefinitionError(wrong)


def _found(run: Run, options: Options, line: str) -> Run:
    options.report(f"{line}: {run.path}")
    for name, scores in run.scores.items():
        options.report(f"{name}: {score_line(scores)}")
    return run


def _both(one: Report, other: Report) -> Report:
    def report(line: str) -> None:
        one(line)
        other(line)

    return report


def resume(run: Run, options: Options | None = None) -> Run:
    """The unfinished run in a folder, brought to its end with its own definition and data."""
    options = options or Options()
    if run.state == "finished":
        return _found(run, options, "this run is finished already")
    prefer_keras(run.keras_backend)
    experiment = run.experiment  # told the facts of its data, which are the same ones
    data = _weighted(experiment, run.data(options.report))
    with RunDirectory(run.path).open():
        return Conductor(experiment, data, identify(experiment, data), RunDirectory(run.path), options).run()


def open_data(experiment: Experiment, options: Options) -> Data:
    """The sets of an experiment, with their sizes and whatever is strange about them reported."""
    if experiment.source is None:
        raise DataError(
            f"{experiment.definition.id} names no data, and none lies beside it; give --data with a data definition, "
            "or a folder or file of sequences"
        )
    data = experiment.source.open(experiment.wanted._replace(strict=options.strict), options.report)
    sizes = ", ".join(f"{size:,} {name}" for name, size in _sizes(data).items())
    origin = _origin(experiment, options)
    if experiment.process is not None and not data.training:
        raise refuse(EMPTY, "the training set has no examples; nothing can be learned from it", file=origin)
    options.report(f"data: {sizes} {_in_words(experiment, data)}, from {origin}")
    for note in data.notes:
        options.report(f"note: {note}")
    return _weighted(experiment, data)


def _weighted(experiment: Experiment, data: Data) -> Data:
    return with_class_weights(data, experiment.process.class_weights) if experiment.process else data


def _sizes(data: Data) -> dict[str, int]:
    sets = {name: data.set(name) for name in ("training", "validation", "test")}
    return {name: len(dataset) for name, dataset in sets.items() if dataset is not None}


def _in_words(experiment: Experiment, data: Data) -> str:
    if experiment.architecture.reads:
        return experiment.task.examples
    return f"sequences of length {data.length}" if data.length else "sequences of several lengths"


def _origin(experiment: Experiment, options: Options) -> str:
    """Where the examples come from: what was simulated, else the path of the command line, else the files."""
    definition, source = experiment.data_definition, experiment.source
    if definition is not None:
        return f"data definition {definition.file or definition.id}"
    if options.given is not None or source is None:
        return str(options.given)
    names = [shown(path) for path in source.files(experiment.wanted.folder)] or [_without_files(experiment.definition)]
    return ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} files such as {names[0]}"


def _without_files(definition: ModelDefinition) -> str:
    """What says which data to draw: the definition, settings of the command line, or both."""
    section = definition.data
    items = [section.attributes["format"], *(item.value for item in section.hyperparameters)] if section else []
    where = dict.fromkeys(item.place.file for item in items)
    settings = [file.removeprefix(SETTING) for file in where if file.startswith(SETTING)]
    own = [str(definition.file)] if not settings or len(settings) < len(where) else []
    return " and ".join([*own, *([SETTING + ", ".join(settings)] if settings else [])])


def _nothing_to_resume(directory: RunDirectory, options: Options) -> str:
    model = directory.path.parent
    others = [path.parent for path in model.glob("*/manifest.json") if RunDirectory(path.parent).state != "finished"]
    here = f"; unfinished runs of other versions of it: {', '.join(map(str, others))}" if others else ""
    return f"there is no run of this definition on this data to resume in {options.runs}{here}"


class Conductor:
    """One run being written."""

    def __init__(
        self, experiment: Experiment, data: Data, identity: Identity, directory: RunDirectory, options: Options
    ):
        self.experiment, self.data, self.identity = experiment, data, identity
        self.directory, self.options = directory, options

    def report(self, line: str) -> None:
        self.options.report(line)
        self.directory.log(line)

    def run(self, said: Sequence[str] = ()) -> Run:
        """Train, judge, and record how it ended; `said` are lines that the log has not heard yet."""
        if self.directory.state == "finished":  # by the process whose lock this one has waited for
            return Run(self.directory.path)
        resume = self._begin(said)
        try:
            with overheard(self.report):
                learner = self._learner()
                if self.experiment.process is not None:
                    self._train(learner, resume)
                self._write_weights(learner)
                self._score(learner)
                self._kernels(learner)
                self._export(learner)
        except Interrupted as stop:
            self._stopped(str(stop))
            raise Interrupted(
                f"{stop}; continue with: seqforge train {self.directory.path} --resume", stop.number
            ) from None
        except KeyboardInterrupt:
            self._stopped("interrupted outside an epoch")
            raise
        except OSError as error:
            self._failed(error)
            way_out = f"mend it, then continue with: seqforge train {self.directory.path} --resume"
            raise RunError(f"{self.directory.path}: {error.strerror or error}; {way_out}") from error
        except BaseException as error:
            self._failed(error)
            raise
        self.directory.end("finished")
        return Run(self.directory.path)

    def _kernels(self, learner: Learner) -> None:
        """What kernels ran with, where the learner has any that can be set."""
        if found := getattr(learner, "kernels", None):
            self.directory.update(kernels=found)

    def _export(self, learner: Learner) -> None:
        """Models and history beside the run folder, where the definition asks for them."""
        found = Run(self.directory.path)
        for path in exported(self.experiment, getattr(learner, "model", None), found.id, found.history):
            self.report(f"exported: {path}")

    def _failed(self, error: BaseException) -> None:
        with suppress(OSError):  # the disk may be what failed
            self.directory.end("failed", error=f"{type(error).__name__}: {error}")
            self.directory.log(f"failed: {error}")

    def _stopped(self, line: str) -> None:
        self.directory.end("interrupted")
        self.directory.log(line)

    def _begin(self, said: Sequence[str]) -> Path | None:
        """The checkpoint to continue from, or None after the folder of a new run is furnished."""
        path = self.directory.path
        if not self.directory.exists:
            self._furnish()
            for line in said:
                self.directory.log(line)
            self.report(f"run: {path}")
            return None
        checkpoint = checkpoints.newest(path / checkpoints.NAME, self.report)
        before = self.directory.state
        again = [
            *self.directory.manifest.get("continued", []),
            {"state": before, "from": checkpoint and checkpoint.name},
        ]
        self.directory.update(state="running", continued=again)
        where = f"from {checkpoint.name}" if checkpoint else "from the start: it has no intact checkpoint"
        self.report(f"run: {path} was {before}, continued {where}")
        return checkpoint

    def _furnish(self) -> None:
        experiment, path = self.experiment, self.directory.path
        definition, data_definition = experiment.definition, experiment.data_definition
        if definition.file is None:
            raise RunError("a definition without a file cannot be recorded; write it to one first")
        copied = None
        if data_definition is not None and data_definition.file is not None:
            copied = copy_definition(data_definition.file, path, DATA_DEFINITION)
        self.directory.write_json(EFFECTIVE, effective(experiment))
        self.directory.begin(
            {
                "model": definition.id,
                "run": path.name,
                "identity": asdict(self.identity) | {"policy_values": policy(experiment)},
                "definition": copy_definition(definition.file, path, DEFINITION),
                "definition_file": str(definition.file.resolve()),
                "data_definition": copied,
                "files": copy_references(definition, path, self.options.def_path)
                | copy_parts(definition, experiment.architecture, path),
                "overrides": list(self.options.overrides),
                "seed": experiment.seed,
                "data": self._data_facts(),
                "machine": machine(),
                "versions": own_versions(),
                "command": sys.argv,
            }
        )

    def _data_facts(self) -> dict[str, Any]:
        given, source = self.options.given, self.experiment.source
        return {
            "format": source.name if source else None,
            "given": str(given.resolve()) if given else None,
            "declared": self.experiment.definition.data is not None,
            "strict": self.options.strict,
            "folder": str(self.experiment.wanted.folder.resolve()),
            "sizes": _sizes(self.data),
            "length": self.data.length,
            "notes": list(self.data.notes),
            "facts": dict(self.data.facts),
        }

    def _learner(self) -> Learner:
        from seqforge.backends import open_learner

        options = self.options
        learner = open_learner(self.experiment, self.data.length, device=options.device, threads=options.threads)
        summary = learner.summary()
        before = self.directory.manifest["versions"]
        versions = before | summary.get("versions", {}) | own_versions()
        for name in sorted(name for name in before if before[name] != versions[name]):
            self.report(
                f"warning: begun with {name} {before[name]}, continued with {versions[name]}: numbers may differ"
            )
        counts = {key: summary.get(key) for key in ("parameters", "trainable_parameters", "buffers")}
        self.directory.update(
            versions=versions, parameters=counts, device=str(summary.get("device")), threads=options.threads
        )
        architecture, parameters = self.experiment.architecture.name, summary.get("parameters", 0)
        self.report(
            f"model: {architecture}, {parameters:,} parameters, {self.experiment.library} on "
            f"{summary.get('device_name', summary.get('device'))}, {summary.get('precision', 'fp32')}"
        )
        if latent := self._latent():
            self.directory.update(latent=latent)
            self.report(latent)
        if unused := summary.get("unused"):
            self.directory.update(unused=list(unused))
            self.report(f"note: {len(unused)} tensors are not trained, the loss does not reach them: {_some(unused)}")
        self._activations(str(summary.get("device")))
        self._refuse_too_large(str(summary.get("device")))
        self._owners(summary.get("optimizers", ()))
        return learner

    def _latent(self) -> str:
        """Of an autoencoder: how much its latent compresses these data."""
        architecture = self.experiment.architecture
        spec = self.experiment.spec(self.data.length)
        return str(architecture.latent_summary(spec)) if hasattr(architecture, "latent_summary") else ""

    def _activations(self, device: str) -> None:
        """What a step will keep in the memory of a GPU, where the architecture knows."""
        process, length = self.experiment.process, self.data.length
        if process is None or process.gradient_checkpointing or not length or not device.startswith(GPUS):
            return
        count = self.experiment.architecture.activation_bytes(process.batch_size, length, process.precision)
        if count is not None:
            self.report(f"memory: a step keeps at least {size(count)} of activations on the GPU for its backward pass")

    def _refuse_too_large(self, device: str) -> None:
        """Raise BackendError where the memory does not suffice, as far as the family of the task can tell."""
        from seqforge.run.judging import family

        refuse = getattr(family(self.experiment.task), "refuse_too_large", None)
        if refuse is not None:
            refuse(self.experiment, self.data, device)

    def _owners(self, owned: Sequence[Sequence[str]]) -> None:
        """Which optimizer steps which parameters; all names are recorded where there is more than one."""
        uses = self.experiment.optimizers
        if len(uses) < 2 or not owned:
            return
        for use, names in zip(uses, owned, strict=True):
            self.report(f"{use.optimizer.name} ({use.pattern or '*'}): {len(names)} tensors: {_some(names)}")
        pairs = zip(uses, owned, strict=True)
        self.directory.update(
            optimizers=[{"optimizer": use.optimizer.name, "parameters": list(names)} for use, names in pairs]
        )

    def _train(self, learner: Learner, resume: Path | None) -> None:
        experiment, process = self.experiment, self.experiment.process
        assert process is not None
        if resume is None:
            self._warn(learner)
        schedules = [(use.schedule, use.optimizer) for use in experiment.schedules]
        callbacks = standard(
            process,
            schedules,
            experiment.loss.adapted() if experiment.loss else (),
            progress=Progress(bar=self.options.bar),
            tensorboard=self.options.tensorboard,
        )
        training = train(
            learner,
            self.data,
            process,
            experiment.metrics,
            callbacks,
            seed=experiment.seed,
            folder=self.directory.path,
            resume=resume,
            report=self.report,
        )
        self._told(training)

    def _warn(self, learner: Learner) -> None:
        """What the architecture finds wrong with the first batch of the training set."""
        dataset, warnings = self.data.training, getattr(learner, "training_warnings", None)
        if dataset is not None and warnings is not None:
            for line in warnings(dataset.batch(np.arange(min(len(dataset), self.experiment.batch_size)))):
                self.report(f"warning: {line}")

    def _told(self, training: Training) -> None:
        if training.stop:
            self.report(f"stopped after epoch {training.epoch}: {training.stop}")
        if training.best:
            epoch, value = training.best
            self.directory.update(best={"epoch": epoch, "monitor": training.monitor, "value": value})
            self.report(
                f"best epoch: {epoch} of {training.epoch} ({training.monitor} {value:.4g}); its weights are kept"
            )

    def _write_weights(self, learner: Learner) -> None:
        """Of the best epoch; of a Keras model the whole, too, as Keras itself reads it."""
        checkpoints.save_weights(self.directory.path / WEIGHTS, learner.weights())
        if self.experiment.library == KERAS:
            with files.new_file(self.directory.path / "model.keras") as path:
                learner.model.save(path)  # type: ignore[attr-defined]

    def _score(self, learner: Learner) -> None:
        """The test set, else the validation set; without either there are no scores."""
        from seqforge.run.judging import judged

        name = next((name for name in ("test", "validation") if _sizes(self.data).get(name)), None)
        if name is None:
            self.report("note: there is neither a test nor a validation set; nothing is scored")
            return
        if factors := Run(self.directory.path).loss_weights:
            learner.loss_weights = factors
        found = judged(self.experiment, learner, self.data, name)
        self.directory.write_json(SCORES, {name: found.scores})
        self.report(f"{name}: {score_line(found.scores)}")


# scores that a line leaves out: they lie in scores.json
_MINOR = (
    "precision", "recall", "sensitivity", "specificity", "roc_auc_micro", "pr_auc_micro",
    "profile_spearman", "profile_mnll", "profile_mnll_per_read", "counts_spearman", "counts_mse",
    "top_3_hits", "top_5_hits",
)  # fmt: skip


def score_line(scores: dict[str, Any]) -> str:
    """The number of examples and the chief single scores."""
    chief = {name: value for name, value in scores.items() if isinstance(value, float) and name not in _MINOR}
    return ", ".join([f"{scores.get('n', 0):,} examples", *(f"{name} {value:.4g}" for name, value in chief.items())])


def _some(names: Sequence[str], most: int = 3) -> str:
    others = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{others}"
