# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The Bayes optimal classifier as a learner: nothing to train, scores from the grammar of a data definition."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.architectures.bayes import CORRECTED, BayesOptimal
from seqforge.backends.base import Evaluated, process_memory
from seqforge.data.dataset import Batch
from seqforge.data.encodings import alphabet
from seqforge.definitions.data import Condition, DataDefinition, Rule, SpacingConstraint
from seqforge.errors import BackendError, Problem, RunError
from seqforge.experiment import Experiment
from seqforge.simulation import motifs

NOTHING = -np.inf  # the score of a place where nothing fits


class Grammar:
    """Class scores of sequences by the conditions of a data definition whose ids are `labels`."""

    def __init__(self, definition: DataDefinition, labels: tuple[str, ...], scoring: str):
        space = alphabet(definition.sequencespace)
        self.corrected = scoring == CORRECTED
        self.labels = labels
        self.conditions = {str(condition.id): condition for condition in definition.conditions}
        self.weights = {str(one.id): motifs.weights(motifs.matrix(one, space)) for one in definition.elements}
        self.multi_class = definition.task.casefold() == "multi-class classification"

    def scores(self, codes: np.ndarray) -> np.ndarray:
        """Scores (n, label) float64 of `codes` (n, length); multi-class rows sum up to 1."""
        sheet = _Sheet(codes, self.weights)
        columns = [self._condition(self.conditions.get(label), sheet) for label in self.labels]
        scored = np.stack(columns, axis=1)
        return _shares(scored) if self.multi_class else scored

    def _condition(self, condition: Condition | None, sheet: _Sheet) -> np.ndarray:
        """Class scores (n,): added over rules and elements; constraints replace what came before, unless corrected."""
        total = np.zeros(len(sheet))
        for rule in condition.rules if condition else ():
            if rule.constraints and not self.corrected:
                total = self._pairs(rule, sheet)
                continue
            paired = {sid for one in rule.constraints for sid in (one.sid1, one.sid2)}
            for sid in dict.fromkeys(rule.elements):
                if sid not in paired:
                    total = total + sheet.best(sid, rule.position)
            if rule.constraints:
                total = total + self._pairs(rule, sheet)
        return total

    def _pairs(self, rule: Rule, sheet: _Sheet) -> np.ndarray:
        """(n,): the best pair of all constraints, 0 if none fits."""
        best = np.full(len(sheet), NOTHING)
        for one in rule.constraints:
            for first, second in _roles(one):
                best = np.maximum(best, sheet.pair(first, second, *self._distances(one, first)))
        return np.where(np.isneginf(best), 0.0, best)

    def _distances(self, one: SpacingConstraint, first: str) -> tuple[int, int]:
        """The start of the second element after that of the first: least, and least too great."""
        if self.corrected:
            after = len(self.weights[first])
            return after + one.mindistance, after + one.maxdistance + 1
        return one.mindistance, one.maxdistance


def _roles(one: SpacingConstraint) -> Iterator[tuple[str, str]]:
    yield one.sid1, one.sid2
    if one.order == "random":
        yield one.sid2, one.sid1


def _shares(scored: np.ndarray) -> np.ndarray:
    """Rows moved to be ≥ 0 and divided by their sum; a row of zeros is shared equally."""
    raised = scored - np.minimum(scored.min(axis=1, keepdims=True), 0)
    total = raised.sum(axis=1, keepdims=True)
    return np.where(total > 0, raised / np.where(total > 0, total, 1), 1 / scored.shape[1])


class _Sheet:
    """Scores of the elements along one batch of sequences, each computed once."""

    def __init__(self, codes: np.ndarray, weights: dict[str, np.ndarray]):
        self.codes = codes.astype(np.intp)
        self.weights = weights
        self._raw: dict[str, np.ndarray] = {}
        self._best: dict[tuple[str, str | int], np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.codes)

    def raw(self, sid: str) -> np.ndarray:
        if sid not in self._raw:
            self._raw[sid] = motifs.scores(self.codes, self.weights[sid])
        return self._raw[sid]

    def best(self, sid: str, position: str | int) -> np.ndarray:
        """The normalised best score (n,) at `position`; starts outside count as a raw score of 0."""
        if (sid, position) not in self._best:
            self._best[sid, position] = self._best_at(sid, position)
        return self._best[sid, position]

    def _best_at(self, sid: str, position: str | int) -> np.ndarray:
        raw = self.raw(sid)
        if not raw.shape[1]:
            return np.zeros(len(self))
        if position != "random":
            mask = np.zeros(raw.shape[1])
            mask[window(position, raw.shape[1], len(self.weights[sid]))] = 1
            raw = raw * mask
        return normalised(raw.max(axis=1), self.weights[sid])

    def pair(self, first: str, second: str, least: int, beyond: int) -> np.ndarray:
        """The best sum (n,) of normalised scores with `second` starting least … beyond − 1 after `first`."""
        ahead = _best_ahead(self.raw(second), least, beyond, self.raw(first).shape[1])
        if not ahead.shape[1]:
            return np.full(len(self), NOTHING)
        both = normalised(self.raw(first), self.weights[first]) + normalised(ahead, self.weights[second])
        return np.where(np.isneginf(ahead), NOTHING, both).max(axis=1)


def window(position: str | int, starts: int, width: int) -> slice:
    """The starts, of `starts`, that count as `position` for an element of `width`."""
    if position == "start":
        return slice(0, width + 1)
    if position == "end":
        return slice(max(starts - width - 1, 0), starts)
    if position == "center":
        first = max(int(starts / 2 - width / 2 - 1), 0)
        return slice(first, first + width + 2)
    return slice(int(max(int(position) - width / 2 - 1, 0)), int(position) + width + 2)


def normalised(raw: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(raw − min) / (max − min), between the least and the greatest score; below 0 compressed to −|v|^¼ before."""
    low, high = weight.min(axis=1).sum(), weight.max(axis=1).sum()
    if np.isclose(low, high):
        return np.full(raw.shape, 0.5)
    low, raw = _compressed(np.array(low)), _compressed(raw)
    return (raw - low) / (high - low)


def _compressed(value: np.ndarray) -> np.ndarray:
    return np.where(value < 0, -(np.abs(value) ** 0.25), value)


def _best_ahead(raw: np.ndarray, least: int, beyond: int, starts: int) -> np.ndarray:
    """For every j < `starts`: the greatest of raw[:, j + least … j + beyond − 1], −∞ where there is none."""
    beyond = min(beyond, raw.shape[1])
    span = beyond - least
    if span < 1:
        return np.full((len(raw), starts), NOTHING)
    ahead = np.full((len(raw), starts + beyond), NOTHING)
    taken = raw[:, : ahead.shape[1]]
    ahead[:, : taken.shape[1]] = taken
    reach = 1
    while 2 * reach <= span:
        ahead = np.maximum(ahead[:, :-reach], ahead[:, reach:])
        reach *= 2
    return np.maximum(ahead[:, least : least + starts], ahead[:, beyond - reach : beyond - reach + starts])


class BayesLearner:
    """`Learner` without weights. `notes`: labels that the data definition has no condition for."""

    def __init__(self, grammar: Grammar):
        self.grammar = grammar
        self.learning_rates: list[float] = []
        self.loss_weights: dict[str, float] = {}
        missing = [label for label in grammar.labels if label not in grammar.conditions]
        self.notes = [f"no condition has the id '{label}': its score is always 0" for label in missing]

    def train_step(self, batch: Batch) -> None:
        """Nothing is learned."""

    def end_epoch(self) -> None:
        """Nothing is left over."""

    def eval_step(self, batch: Batch) -> Evaluated:
        """Scores (n, label); there is no loss."""
        if batch.sequence is None:
            raise BackendError("the Bayes optimal classifier scores sequences, and this data has none")
        return Evaluated(self.grammar.scores(batch.sequence).astype(np.float32), {})

    def take_logs(self) -> dict[str, float]:
        return {}

    def weights(self) -> dict[str, np.ndarray]:
        return {}

    def set_weights(self, weights: dict[str, np.ndarray]) -> None:
        if weights:
            raise RunError(f"the Bayes optimal classifier has no weights, received {', '.join(sorted(weights))}")

    def save(self, folder: Path) -> None:
        """Nothing to keep: the definition says it all."""

    def load(self, folder: Path) -> None:
        """Nothing was kept."""

    def peak_memory(self) -> int:
        return process_memory()

    def summary(self) -> dict[str, Any]:
        counts = {"parameters": 0, "trainable_parameters": 0, "buffers": 0}
        machine = {"device": "cpu", "device_name": "CPU", "precision": "fp64"}
        return counts | machine | {"layers": [], "versions": {"numpy": np.__version__}, "notes": self.notes}


def learner(experiment: Experiment, length: int | None, **options: Any) -> BayesLearner:
    """The classifier of a resolved experiment; `length` and the device do not matter."""
    architecture = experiment.architecture
    if not isinstance(architecture, BayesOptimal):
        raise BackendError(f"{experiment.library} cannot build {architecture.name}; name a data definition")
    definition = _data_definition(architecture, experiment)
    return BayesLearner(Grammar(definition, experiment.labels, architecture.scoring))


def _data_definition(architecture: BayesOptimal, experiment: Experiment) -> DataDefinition:
    from seqforge.definitions import reader
    from seqforge.definitions.locate import locate

    found = locate(architecture.definition, experiment.definition.folder, data=True)
    if found.path is None:
        raise BackendError(f"data definition '{architecture.definition}' not found; {found.hint}")
    definition = reader.load(found.path)
    if not isinstance(definition, DataDefinition):
        raise BackendError(f"{found.path} is a model definition; expected a data definition")
    return definition


def limit(threads: int) -> None:
    """NumPy works in one thread here."""


def prove(experiment: Experiment) -> list[Problem]:
    """Nothing can misfit that the architecture's own check does not see."""
    return []
