# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""SeqForge from Python: `load` a definition or a run, then validate, train, evaluate, predict.

model = seqforge.load("model-defs/torch-mc2-dna150-conv10-gmp-fc5-s1.xml")
run = model.train(set={"trainingprocess.epochs": 3})
run.predict(["ACGT…", "TTGA…"]).label
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seqforge import resources
from seqforge.definitions.model import ModelDefinition
from seqforge.definitions.reader import errors, read_model
from seqforge.errors import DefinitionError, Problem
from seqforge.experiment import Experiment, read
from seqforge.run import Options, Run, conduct
from seqforge.run import load as load_run
from seqforge.validation import validate


def load(path: str | Path) -> Model | Run:
    """The model of a definition file (XML or JSON), or the run of a run folder.

    Raises DefinitionError if the file cannot be read as a definition at all; its other problems wait for `validate`.
    """
    return load_run(path) if Path(path).is_dir() else Model(path)


def load_keras(path: str | Path) -> Any:
    """The keras.Model of a `.keras` file, not compiled, on the backend that KERAS_BACKEND names (else tensorflow).

    It has `weight_names`, and `heads` if SeqForge wrote it. Files with layers that are neither Keras' nor SeqForge's
    are refused with a BackendError, and so are Lambda layers.
    """
    from seqforge.backends.importing import start_keras

    start_keras()
    from seqforge.architectures.keras.loading import load as load_file

    return load_file(path)


def load_published(
    path: str | Path, runs: str | Path = "runs", report: Callable[[str], None] = lambda line: None
) -> Run:
    """Published weights of a centromere Transformer as a run in the folder `runs`; no code of the file is run.

    Raises RunError where it cannot be read so, or where tensors or statistics of features are missing.
    """
    from seqforge.run.published_bins import load_published as imported

    return imported(path, runs, report)


class Model:
    """A model definition, ready to be validated and trained."""

    def __init__(self, path: str | Path):
        self.path = resources.definition(path)
        definition, problems = read_model(self.path)
        if definition is None:
            raise DefinitionError(errors(problems))
        self.definition: ModelDefinition = definition

    def __repr__(self) -> str:
        return f"Model({str(self.path)!r})"

    def validate(self, *, build: bool = False) -> list[Problem]:
        """Every problem of the definition; `build`: also push an input through the architecture."""
        return validate(self.path, build=build)

    def experiment(
        self,
        *,
        data: str | Path | None = None,
        set: Mapping[str, Any] | None = None,
    ) -> Experiment:
        """The definition's typed components; `set`: path → value; raises DefinitionError with every problem."""
        return read(self.path, _overrides(set), data=_path(data))[0]

    def train(
        self,
        *,
        data: str | Path | None = None,
        set: Mapping[str, Any] | None = None,
        runs: str | Path = "runs",
        device: str = "auto",
        threads: int | None = None,
        again: bool = False,
        report: Callable[[str], None] = lambda line: None,
    ) -> Run:
        """The finished run: trained now, continued, or found again if the same was trained before.

        `data`: a data definition, a folder of sets, a table or FASTA instead of the definition's own data.
        `set`: values of the definition to change, such as {"trainingprocess.epochs": 3}. `report` hears lines.
        """
        given, overrides = _path(data), _overrides(set)
        experiment, _ = read(self.path, overrides, data=given, runs=Path(runs))
        options = Options(
            runs=Path(runs),
            device=device,
            threads=threads,
            again=again,
            given=given,
            overrides=overrides,
            report=report,
        )
        return conduct(experiment, options)


def _overrides(values: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(f"{path}={value}" for path, value in (values or {}).items())


def _path(data: str | Path | None) -> Path | None:
    return resources.definition(data) if data else None
