# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Frameworks tried out, each in a process of its own: PyTorch and TensorFlow never share one, and an import that ends
its process is told in a line. The child starts a framework the way a training does, and computes a sum on each device.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from itertools import count
from typing import Any

from seqforge.backends.importing import ENGINES, VARIABLE, start_keras, start_torch
from seqforge.environment import version_of
from seqforge.errors import BackendError, named_line
from seqforge.proofs import ending

PATIENCE = 180  # seconds; a first import from a network disk takes a minute
EXTRAS = {"torch": "torch", "keras": "keras", "tensorflow": "keras", "triton": "triton"}  # package → what brings it
CHILD = "import sys; sys.path[:] = {path!r}; from seqforge.backends.probing import main; main({name!r})"


@dataclass(frozen=True)
class Subject:
    """Something to try: the packages that it needs, what a child tries it with, and what its environment has."""

    name: str
    packages: tuple[str, ...]
    tried: Callable[[], dict[str, Any]]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(package for package in self.packages if find_spec(package) is None)


@dataclass(frozen=True)
class Device:
    """`name` in words; `memory` in bytes, if known; `error`: why it cannot compute, or nothing."""

    name: str
    memory: int | None = None
    error: str = ""


@dataclass(frozen=True)
class Probed:
    """What came of it: `missing` packages, or the `error` that starting ended in, or versions and devices."""

    name: str
    packages: tuple[str, ...]
    missing: tuple[str, ...] = ()
    error: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    devices: tuple[Device, ...] = ()
    said: tuple[str, ...] = ()  # warnings on the way

    @property
    def install(self) -> str:
        """The command that brings what is missing, or packages anew; SeqForge, perhaps a checkout, stays as it is."""
        if self.missing:
            extras = dict.fromkeys(EXTRAS[package] for package in self.missing)
            return f"pip install 'seqforge[{','.join(extras)}]'"
        return f"pip install --force-reinstall {' '.join(map(_distribution, self.packages))}"

    def row(self) -> dict[str, Any]:
        return asdict(self) | {"works": not (self.missing or self.error)}


def _distribution(package: str) -> str:
    """What pip calls a package: TensorFlow may be there in its build for CPUs."""
    only_cpu = f"{package}-cpu"
    return only_cpu if version_of(only_cpu) and not version_of(package) else package


def probe(patience: float = PATIENCE) -> list[Probed]:
    """Every subject, tried; children run side by side."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda subject: probed(subject, patience), SUBJECTS))


def probed(subject: Subject, patience: float = PATIENCE) -> Probed:
    if subject.missing:
        return Probed(subject.name, subject.packages, subject.missing)
    command = [sys.executable, "-c", CHILD.format(path=sys.path, name=subject.name)]
    environment = os.environ | subject.environment
    try:
        child = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=patience, check=False)
    except subprocess.TimeoutExpired:
        return Probed(subject.name, subject.packages, error=f"no answer within {patience:g} s")
    return _understood(subject, child)


def _understood(subject: Subject, child: subprocess.CompletedProcess[str]) -> Probed:
    lines = child.stdout.splitlines()
    if child.returncode or not lines:
        return Probed(subject.name, subject.packages, error=ending(child.returncode, child.stderr))
    answer = json.loads(lines[-1])
    devices = tuple(Device(**one) for one in answer["devices"])
    said = tuple(answer["said"])
    return Probed(subject.name, subject.packages, versions=answer["versions"], devices=devices, said=said)


# the child


def main(name: str) -> None:
    """Try the subject called `name`; the answer goes to the real standard output, everything else to standard error."""
    from warnings import catch_warnings, simplefilter

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    subject = next(one for one in (*SUBJECTS, COMPONENTS) if one.name == name)
    with catch_warnings(record=True) as caught:
        simplefilter("always", UserWarning)
        answer = subject.tried()
    said = [str(one.message).strip().split("\n", 1)[0] for one in caught if issubclass(one.category, UserWarning)]
    answers.write(json.dumps({"devices": [], "said": said} | answer) + "\n")
    answers.flush()


def _torch() -> dict[str, Any]:
    start_torch()
    import torch

    from seqforge.backends.torch_tensors import in_words

    names = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    names += ["mps"] if torch.backends.mps.is_available() else []
    devices = []
    for device in map(torch.device, names):
        memory = torch.cuda.get_device_properties(device).total_memory if device.type == "cuda" else None
        devices.append(asdict(Device(in_words(device), memory, _failing(_sum_on, torch, device))))
    versions = {"torch": torch.__version__, "cuda": torch.version.cuda}
    return {"versions": {name: version for name, version in versions.items() if version}, "devices": devices}


def _sum_on(torch: Any, device: Any) -> None:
    torch.ones(8, device=device).sum().item()


def _keras() -> dict[str, Any]:
    engine = start_keras()
    import keras

    error = _failing(lambda: keras.ops.convert_to_numpy(keras.ops.sum(keras.ops.ones(8))))
    names = ["cpu"]
    for number in count():
        try:
            names.append(engine.find_device(f"cuda:{number}"))
        except BackendError:
            break
    devices = [asdict(Device(engine.in_words(name))) for name in names]
    devices[-1]["error"] = error  # the sum is computed on a GPU, if there is one
    return {"versions": {"keras": keras.__version__, **engine.VERSIONS}, "devices": devices}


def _triton() -> dict[str, Any]:
    import triton

    return {"versions": {"triton": triton.__version__}}


def _components() -> dict[str, Any]:
    """What packages outside SeqForge register; `said`: those that fail."""
    from importlib.metadata import entry_points

    from seqforge.registry import GROUP

    tried = ((entry.name, _failing(entry.load)) for entry in entry_points(group=GROUP))
    return {"versions": {}, "said": [f"{name}: {error}" for name, error in tried if error]}


def _failing(act: Callable[..., Any], *given: Any) -> str:
    """What goes wrong in a line, or nothing."""
    try:
        act(*given)
    except Exception as error:
        return named_line(error)
    return ""


SUBJECTS = (
    Subject("PyTorch", ("torch",), _torch),
    *(Subject(f"Keras on {engine}", ("keras", engine), _keras, {VARIABLE: engine}) for engine in ENGINES),
    Subject("Triton", ("triton",), _triton),
)
COMPONENTS = Subject("components", (), _components)
