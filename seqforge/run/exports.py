# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What a training writes beside its run folder where the definition names an output prefix: models and history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seqforge import files
from seqforge.errors import RunError
from seqforge.experiment import Experiment
from seqforge.registry import KERAS
from seqforge.run.models import PARTS, inside

# a combined model is written with what it is made of; every other one is written whole
SEVERAL = {"BPNetCombined": ("combined", "residual", "bias")}


def target(experiment: Experiment) -> Path | None:
    """The prefix of the files to write, from the definition's folder on; None: none are asked for."""
    prefix = experiment.process.output_prefix if experiment.process is not None else None
    return experiment.definition.folder / prefix if prefix else None


def complete(experiment: Experiment) -> bool:
    """Whether everything that the definition asks for lies there."""
    prefix = target(experiment)
    return prefix is None or all(path.is_file() for path in _paths(experiment, prefix).values())


def exported(experiment: Experiment, model: Any, origin: str, history: list[dict[str, Any]]) -> list[Path]:
    """Write `{prefix}.keras`, or one file for each model of a combined one, and `{prefix}.history.json`."""
    prefix = target(experiment)
    if prefix is None:
        return []
    try:
        prefix.parent.mkdir(parents=True, exist_ok=True)
        paths = _paths(experiment, prefix)
        for part, path in paths.items():
            if path.suffix == ".json":
                files.write(path, json.dumps(history, indent=1) + "\n")
            else:
                _save(experiment, model, part, path, origin)
    except OSError as error:
        raise RunError(f"output_prefix {prefix}: {error.strerror or error}") from None
    return list(paths.values())


def _paths(experiment: Experiment, prefix: Path) -> dict[str, Path]:
    """The file of every model by its part ("": the whole), and of the history."""
    parts = SEVERAL.get(experiment.architecture.name, ("",)) if experiment.library == KERAS else ()
    models = {part: prefix.with_name(f"{prefix.name}{'_' if part else ''}{part}.keras") for part in parts}
    return {**models, "history": prefix.with_name(f"{prefix.name}.history.json")}


def _save(experiment: Experiment, model: Any, part: str, path: Path, origin: str) -> None:
    from seqforge.architectures.keras.loading import save

    whole = part in ("", PARTS.get(experiment.architecture.name, ("",))[0])
    save(inside(model, "" if whole else part), path, {"run": origin, "part": part or model.name})
