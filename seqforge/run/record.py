# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A run read back from its folder alone: definition, weights, history, scores; moved folders included."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqforge.backends.importing import prefer_keras
from seqforge.data.dataset import Data
from seqforge.data.problems import MISSING
from seqforge.definitions.reader import errors
from seqforge.errors import DataError, DefinitionError, RunError
from seqforge.experiment import Experiment, read
from seqforge.resolving import recorded
from seqforge.run.directory import EFFECTIVE, MANIFEST, SCORES, WEIGHTS, RunDirectory, read_json
from seqforge.run.overheard import warned
from seqforge.training import checkpoints, history
from seqforge.training.monitor import WEIGHTS as WEIGHED

if TYPE_CHECKING:
    import numpy as np

    from seqforge.backends.base import Learner

# what every manifest says from its first writing
FACTS = ("state", "model", "run", "identity", "definition", "data_definition", "files", "overrides", "seed", "data")
# how data that were moved are found
MOVED = "if the data were moved, say where they lie now: seqforge evaluate and predict take --data FILE or FOLDER"
NOWHERE = "no such data; seqforge evaluate and predict take --data with where it lies now"
START = "--data is the folder at which the paths of the definition's data section start"
KIND_OF_DATA = "SF0422"  # a path that is no data definition, table or folder


def load(path: str | Path, data: Path | None = None) -> Run:
    """The run in the folder `path`, or the only run below it; raises RunError. `data`: as in `Run`."""
    found = folders(path)
    if len(found) > 1:
        raise RunError(f"{path}: {len(found)} runs are here; name one: {', '.join(map(str, found[:5]))}")
    return Run(found[0], data)


def _uncompiled(experiment: Experiment) -> Experiment:
    """As it is judged and applied: compiling would take longer than most predictions."""
    process = experiment.process
    return replace(experiment, process=replace(process, compile=False)) if process else experiment


def folders(path: str | Path) -> list[Path]:
    """The run folder `path` alone, or the run folders below it; raises RunError where there is none."""
    folder = Path(path)
    if (folder / MANIFEST).is_file():
        return [folder]
    below = sorted(folder.glob(f"*/{MANIFEST}")) + sorted(folder.glob(f"*/*/{MANIFEST}"))
    if not below:
        raise RunError(f"{path}: no run is here; expected a folder with {MANIFEST}, as 'seqforge train' makes it")
    return [file.parent for file in below]


class Run:
    """A run folder, opened for reading. Nothing is read before it is asked for.

    `moved`: where its data lie now, if not where they lay in training: the file or folder itself, or the folder at
    which the paths of the definition's data section start.
    """

    def __init__(self, path: Path, moved: Path | None = None):
        self.path, self.moved = path, moved
        self.manifest = RunDirectory(path).manifest
        missing = [key for key in FACTS if key not in self.manifest]
        if missing:
            raise RunError(f"{path / MANIFEST}: is damaged ({', '.join(missing)} missing)")

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.state})"

    @property
    def id(self) -> str:
        """`<model id>/<run id>`."""
        return f"{self.manifest['model']}/{self.manifest['run']}"

    @property
    def state(self) -> str:
        """running, finished, interrupted or failed."""
        return str(self.manifest["state"])

    @property
    def keras_backend(self) -> str | None:
        """What Keras ran on when the run was trained."""
        return self.manifest["identity"].get("policy_values", {}).get("keras_backend") or None

    @property
    def effective(self) -> dict[str, Any]:
        """The definition with every default that applied, as plain JSON."""
        return read_json(self.path / EFFECTIVE)

    @property
    def history(self) -> list[dict[str, Any]]:
        """One dict per finished epoch."""
        return history.read(self.path / history.NAME)

    @property
    def loss_weights(self) -> dict[str, float]:
        """The factors of the loss' parts in the epoch whose weights were kept; empty where the loss has none."""
        epochs = self.history
        best = (self.manifest.get("best") or {}).get("epoch", len(epochs))
        found: dict[str, float] = epochs[best - 1].get(WEIGHED, {}) if epochs else {}
        return found

    @property
    def scores(self) -> dict[str, Any]:
        """Set name → scores; empty before the run is finished."""
        return read_json(self.path / SCORES) if (self.path / SCORES).is_file() else {}

    @cached_property
    def experiment(self) -> Experiment:
        """The definition resolved again, with the files that the run keeps of its own."""
        tree = recorded.tree(self.path, self.manifest)
        if self.moved is not None and not self.moved.exists():
            raise RunError(f"{self.moved}: {NOWHERE}")
        try:
            experiment, _ = read(tree, data=self._data_path(), need_files=False)
        except DefinitionError as error:
            if self._is_one_of_several(error):
                raise RunError(
                    f"{self.moved}: the run's data section names its files itself; give the folder that they start at"
                ) from None
            raise DefinitionError(errors(error.problems) or error.problems) from None
        if experiment.architecture.fingerprint() != self.manifest["identity"]["external"]:
            raise RunError(f"{self.path}: the model's files were changed since the run was made")
        with warned(lambda line: None):  # the training has told them
            return experiment.for_facts(self.manifest["data"].get("facts", {}))

    def _is_one_of_several(self, error: DefinitionError) -> bool:
        """Whether `moved` is a file, but the definition names several, which are looked for in a folder."""
        own = self.manifest["data"]["declared"] and not self.manifest["data"]["given"]
        return bool(own) and self.moved is not None and any(one.id == KIND_OF_DATA for one in error.problems)

    @property
    def _rebased(self) -> bool:
        """Whether `moved` is where the paths of the definition's own section start."""
        facts = self.manifest["data"]
        own = facts["declared"] and not facts["given"] and not self.manifest["data_definition"]
        return own and self.moved is not None and self.moved.is_dir()

    def _data_path(self) -> Path | None:
        """The copy of a data definition, or what `--data` was; None: what the definition's own section says."""
        if self.moved is not None and not self._rebased:
            return self.moved
        copied, facts = self.manifest["data_definition"], self.manifest["data"]
        if copied:
            return self.path / copied if facts["given"] or not facts["declared"] else None
        return Path(facts["given"]) if facts["given"] else None

    def data(self, report: Callable[[str], None] = lambda line: None) -> Data:
        """The data of the run, opened again; raises RunError if it is no longer the same."""
        source, wanted, facts = self.experiment.source, self.experiment.wanted, self.manifest["data"]
        if source is None:
            raise RunError(f"{self.path}: the run names no data")
        if (path := self._data_path()) is not None and not path.exists():
            raise RunError(f"{path}: {NOWHERE}")
        wanted = wanted._replace(strict=facts["strict"])
        if not self.manifest["data_definition"]:
            wanted = wanted._replace(folder=Path(facts["folder"]))
        if self.moved is not None and self._rebased:
            wanted = wanted._replace(folder=self.moved)
            folder: dict[str, Any] = {"folder": str(self.moved.absolute())} if hasattr(source, "folder") else {}
            source = replace(source, **folder)
        try:
            data = source.open(wanted, report)
        except DataError as error:
            if any(problem.id == MISSING for problem in error.problems) and (self.moved is None or self._rebased):
                raise DataError(f"{error}\n{MOVED if self.moved is None else START}", error.problems) from None
            raise
        if data.fingerprint != self.manifest["identity"]["data"]:
            raise RunError(self._other_data())
        return data

    def _other_data(self) -> str:
        if self.moved is None:
            return f"{self.path}: the data is no longer the one that the run was trained on"
        way_out = "the sets of a run are those of its training; other data are the INPUT of seqforge predict"
        return f"{self.moved}: not the data that {self.path} was trained on; {way_out}"

    def weights(self) -> dict[str, np.ndarray]:
        """Name → array, of the best epoch."""
        if not (self.path / WEIGHTS).is_file():
            way_out = f"wait for its end, or continue it with: seqforge train {self.path} --resume"
            raise RunError(f"{self.path}: the run is {self.state} and has no weights yet; {way_out}")
        return checkpoints.load_weights(self.path / WEIGHTS)

    def learner(self, device: str = "auto", threads: int | None = None, length: int | None = None) -> Learner:
        """The trained model on its backend; `length`: of the inputs, if they differ from those in training."""
        from seqforge.backends import open_learner

        weights = self.weights()
        prefer_keras(self.keras_backend)
        options = {"device": device, "threads": threads}
        experiment = _uncompiled(self.experiment)
        learner = open_learner(experiment, length or self.manifest["data"]["length"], **options)
        learner.set_weights(weights)
        if factors := self.loss_weights:
            learner.loss_weights = factors
        return learner

    def model(self, part: str | None = None) -> Any:
        """The trained keras.Model, or a part of it: "residual", "bias", "solo" …; raises UsageError, RunError."""
        from seqforge.run.models import model

        return model(self, part)

    def predict(
        self,
        sequences: str | Path | Sequence[str] | np.ndarray | None = None,
        device: str = "auto",
        *,
        genome: str | Path | None = None,
        set_name: str | None = None,
        part: str | None = None,
        edges: str = "drop",
        independent_windows: bool = False,
        output: str | Path | None = None,
        data: str | Path | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Predictions for a file of sequences or a list of them: `Prediction` (ids, label, scores).

        Of a profile run `ProfilePrediction` (reads, logits, logcounts per head). It also takes codes (n, input_length),
        a BED file with its `genome` (FASTA), or nothing, for the set `set_name` of its own data, which lie at `data` if
        they were moved since the training; `part` as in `model`.
        `independent_windows`: sequences of any length are cut into windows of input_length, predicted one by one.
        Runs on electropherograms and genome bins take a table and write into the folder `output`; their `options` are
        those of the command line: {"threshold": 0.4, "min_bins": 5}.
        """
        from seqforge.run.predicting import predict

        named: dict[str, Any] = {"genome": genome, "set_name": set_name, "part": part, "edges": edges}
        place = None if output is None else Path(output)
        named |= {"independent_windows": independent_windows}
        run = Run(self.path, Path(data)) if data is not None else self
        return predict(run, sequences, device, place, options, **named)

    def evaluate(
        self,
        set_name: str = "test",
        *,
        report: bool = False,
        device: str = "auto",
        data: str | Path | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The scores on a set, written into the run folder with curves and, if asked for, the report.

        `data`: where the data lie now, if they were moved since the training. `options`: as of the command line, such
        as {"truth": "hull"} for genome bins.
        """
        from seqforge.run.judging import judge

        run = Run(self.path, Path(data)) if data is not None else self
        return judge(run, set_name, with_report=report, device=device, options=dict(options or {})).scores
