# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What makes a run this run: the effective definition, the code and weights beside it, the data, the numeric policy.

Names, descriptions and paths do not count: a definition that is moved or described better finds its run again. Neither
does the device: the same run may continue on another machine. Library versions are recorded, not hashed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

from seqforge.architectures.base import Architecture
from seqforge.backends.importing import keras_backend
from seqforge.data.dataset import Data
from seqforge.experiment import Experiment
from seqforge.registry import KERAS, Component
from seqforge.training.process import TrainingProcess

# raised when the same definition and data would train to other numbers than with the releases before
NUMERICS = 1


@dataclass(frozen=True)
class Identity:
    """Hashes in hexadecimal; `id` is the name of the run's folder."""

    definition: str
    external: str
    data: str
    policy: str

    @property
    def id(self) -> str:
        return _hash(asdict(self))[:12]


def identify(experiment: Experiment, data: Data) -> Identity:
    return Identity(
        _hash(canonical(effective(experiment))),
        experiment.architecture.fingerprint(),
        data.fingerprint,
        _hash(policy(experiment)),
    )


def policy(experiment: Experiment) -> dict[str, Any]:
    """How numbers are computed, apart from the definition."""
    framework = keras_backend() if experiment.library == KERAS else ""
    return {"numerics": NUMERICS, "keras_backend": framework}


def effective(experiment: Experiment) -> dict[str, Any]:
    """The definition with every default that applies, as plain JSON."""
    general = experiment.definition.general
    return {
        "general": {
            "id": str(general.id),
            "name": str(general.name),
            "description": str(general.description),
            "task": experiment.task.name,
            "sequencespace": experiment.alphabet.name,
            "library": experiment.library,
            "inputencoding": experiment.encoding,
            "labels": list(experiment.labels),
            **({"heads": plain(experiment.heads)} if experiment.heads else {}),
            "seed": experiment.seed,
            "unknown": experiment.unknown,
        },
        "architecture": plain(experiment.architecture) | _parts(experiment.architecture),
        "loss": plain(experiment.loss),
        "optimizers": [plain(use.optimizer) | {"parameters": use.pattern} for use in experiment.optimizers],
        "schedules": [plain(use.schedule) | {"optimizer": use.optimizer} for use in experiment.schedules],
        "trainingprocess": experiment.process and experiment.process.settings(),
        "metrics": [plain(metric) for metric in experiment.metrics],
        "data": plain(experiment.source),
    }


def _parts(architecture: Architecture) -> dict[str, Any]:
    """The sub-models that it is built on; where they came from is recorded, what they hold decides."""
    kept = {
        name: {"from": part.origin, "sha256": part.fingerprint(), "freeze": architecture.frozen.get(name, True)}
        for name, part in architecture.given.items()
    }
    return {"parts": kept} if kept else {}


def plain(value: Any) -> Any:
    """A component and whatever its settings hold as plain JSON; a component gets its name first."""
    if isinstance(value, Component):
        return {"name": value.name} | {key: plain(setting) for key, setting in value.settings().items()}
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(held) for held in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def canonical(definition: dict[str, Any]) -> dict[str, Any]:
    """What of the effective definition decides numbers; data is told apart by its fingerprint."""
    general = {key: value for key, value in definition["general"].items() if key not in ("name", "description")}
    rest = {key: value for key, value in definition.items() if key not in ("general", "data")}
    process = rest["trainingprocess"]
    rest["trainingprocess"] = process and {key: process[key] for key in process if _decides(key, process[key])}
    return {"general": general, **{key: placeless(value) for key, value in rest.items()}}


def _decides(key: str, value: Any) -> bool:
    """Whether a key of the training process makes a run another one."""
    usual = key in TrainingProcess.LATER and value == getattr(TrainingProcess, key)
    return not usual and key not in TrainingProcess.SILENT


def placeless(value: Any) -> Any:
    """Absolute paths shortened to their file name; what they hold is in the fingerprint."""
    if isinstance(value, dict):
        return {key: placeless(held) for key, held in value.items() if key not in ("path", "from")}
    if isinstance(value, list):
        return [placeless(held) for held in value]
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
