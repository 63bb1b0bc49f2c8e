# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Checkpoints on disk: sealed folders that hold a training whole, and the best weights that they refer to.

    checkpoints/epoch-0003-step-000017/     learner/ (everything the learner needs), training.json, checksums.json
    checkpoints/best-0002/                  weights.safetensors of the best epoch, written once per best epoch

A checkpoint appears under its name only when every byte is on the disk. Reading starts at the newest one; damaged ones
are passed over with a warning.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from seqforge import files
from seqforge.errors import RunError
from seqforge.training.progress import Training

NAME = "checkpoints"
WEIGHTS = "weights.safetensors"
_NAMED = re.compile(r"epoch-(\d+)-step-(\d+)$")


def save(training: Training, root: Path, keep: int = 2) -> Path:
    """The training as it stands, as a new checkpoint under `root`; older ones than the last `keep` go."""
    if training.best and training.best_weights is not None and not _best(root, training.best[0]).is_dir():
        with files.new_folder(_best(root, training.best[0])) as folder:
            save_weights(folder / WEIGHTS, training.best_weights)
    path = root / f"epoch-{training.epoch:04d}-step-{training.step:06d}"
    with files.new_folder(path) as folder:
        (folder / "learner").mkdir()
        training.learner.save(folder / "learner")
        (folder / "training.json").write_text(json.dumps(training.state(), indent=1))
    _prune(root, keep)
    return path


def newest(root: Path, warn: Callable[[str], None]) -> Path | None:
    """The newest intact checkpoint whose best weights are intact too, or None; `warn` hears of damaged ones.

    Those are set aside as damaged-…, with the best weights that only they name: the training goes on before them, and
    what it writes next shall neither count as older nor meet files of its name.
    """
    intact = None
    for path in reversed(_checkpoints(root)):
        trouble = files.damage(path) or _best_trouble(path)
        if not trouble:
            intact = path
            break
        aside = _set_aside(path)
        warn(f"warning: checkpoint {path} is damaged ({trouble}) and passed over; it is now called {aside.name}")
    for path in _unused(root):
        _set_aside(path)
    return intact


def _set_aside(path: Path) -> Path:
    aside = path.with_name(f"damaged-{path.name}")
    shutil.rmtree(aside, ignore_errors=True)  # one of the same name: a training that broke twice at this place
    return path.rename(aside)


def load(training: Training, path: Path) -> None:
    """Continue `training` where the checkpoint `path` stands."""
    state = _state(path)
    training.learner.load(path / "learner")
    training.best_weights = load_weights(_best(path.parent, state["best"][0]) / WEIGHTS) if state["best"] else None
    training.restore(state)


def save_weights(path: Path, weights: dict[str, np.ndarray]) -> None:
    """Named arrays as safetensors; equal weights give equal bytes."""
    from safetensors.numpy import save

    files.write(path, save({name: np.asarray(array, order="C") for name, array in weights.items()}))


def load_weights(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise RunError(f"{path}: the weights cannot be read ({error})") from None


def _best(root: Path, epoch: int) -> Path:
    return root / f"best-{epoch:04d}"


def _state(path: Path) -> dict[str, Any]:
    return json.loads((path / "training.json").read_text())


def _best_trouble(path: Path) -> str:
    best = _state(path)["best"]
    trouble = files.damage(_best(path.parent, best[0])) if best else ""
    return f"its best weights: {trouble}" if trouble else ""


def _checkpoints(root: Path) -> list[Path]:
    """Oldest first."""
    found = [(match, path) for path in root.glob("epoch-*") if (match := _NAMED.match(path.name)) and path.is_dir()]
    return [path for match, path in sorted(found, key=lambda pair: [int(number) for number in pair[0].groups()])]


def _prune(root: Path, keep: int) -> None:
    halves = set(root.glob(".best-*")) | set(root.glob(".epoch-*"))  # left behind by a process that was killed
    for path in [*_checkpoints(root)[:-keep], *halves]:
        shutil.rmtree(path, ignore_errors=True)
    for path in _unused(root):
        shutil.rmtree(path, ignore_errors=True)


def _unused(root: Path) -> set[Path]:
    """The best weights that no checkpoint names."""
    states = filter(None, map(_readable, _checkpoints(root)))
    return set(root.glob("best-*")) - {_best(root, state["best"][0]) for state in states if state["best"]}


def _readable(path: Path) -> dict[str, Any] | None:
    try:
        return _state(path)
    except (OSError, ValueError):
        return None
