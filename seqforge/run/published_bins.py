# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A published file of a centromere Transformer as a run: its weights predict like those that were trained here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqforge import __version__, files
from seqforge.architectures.centromere_transformer import CentromereTransformer
from seqforge.data.bins.normalising import Normalisation
from seqforge.data.bins.tables import FEATURES
from seqforge.errors import RunError
from seqforge.experiment import Experiment, read
from seqforge.run.directory import DEFINITION, EFFECTIVE, WEIGHTS, RunDirectory
from seqforge.run.identity import Identity, effective, policy
from seqforge.run.record import Run
from seqforge.training import checkpoints

if TYPE_CHECKING:
    from seqforge.architectures.centromere_weights import Published

MODEL = "published-centromere"
SAID = ("dropout", "attention_dropout", "max_seq_len")  # settings that a configuration tells and shapes do not
THRESHOLD = "the file names no threshold: regions are called at 0.5 unless --threshold says otherwise; published: 0.3"

DEFINITION_TEXT = """<?xml version="1.0" encoding="UTF-8"?>
<seqgramodel>
  <general id="{id}">
    <name>Centromere Transformer, published</name>
    <description>weights of {file}, SHA-256 {digest}</description>
    <task>sequence labeling</task>
    <sequencespace>features</sequencespace>
    <library>PyTorch</library>
    <labels><label>background</label><label>centromere</label></labels>
    <seed>42</seed>
  </general>
  <architecture>
    <external format="seqforge" classname="CentromereTransformer"/>
    <hyperparameters>
{settings}
    </hyperparameters>
  </architecture>
  <loss>
    <hyperparameter name="loss">WeightedBCELoss</hyperparameter>
  </loss>
  <optimizer>
    <hyperparameter name="optimizer">AdamW</hyperparameter>
    <hyperparameter name="learning_rate">0.0005</hyperparameter>
    <hyperparameter name="weight_decay">0.00001</hyperparameter>
  </optimizer>
  <trainingprocess>
    <hyperparameter name="batch_size">1</hyperparameter>
    <hyperparameter name="epochs">100</hyperparameter>
  </trainingprocess>
</seqgramodel>
"""


def load_published(
    path: str | Path, runs: str | Path = "runs", report: Callable[[str], None] = lambda line: None
) -> Run:
    """The run that holds the weights of a published file, made in the folder `runs`, or found there.

    Its statistics of features normalise what is predicted. The file is read without running code; raises RunError where
    it cannot be, where tensors are missing, surplus or misshaped, and where it has no statistics.
    """
    from seqforge.architectures.centromere_weights import HEADS_ASSUMED, UNTRAINED
    from seqforge.architectures.centromere_weights import load_published as read_published

    path = Path(path)
    found = read_published(path)
    if found.feature_stats is None:
        raise RunError(f"{path}: has no feature_stats; without means and deviations features cannot be normalised")
    if (features := found.sizes.input_features) != len(FEATURES):
        raise RunError(f"{path}: reads {features} features per bin, tables of bins have {len(FEATURES)}")
    _refuse_unfit(found, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    directory = RunDirectory(Path(runs) / MODEL / digest[:12])
    notes = [*([UNTRAINED] if found.sizes.range_head else []), *([HEADS_ASSUMED] if found.heads is None else [])]
    notes.append(THRESHOLD)
    with directory.open():
        if directory.state != "finished":
            _write(directory, found, path, digest, notes)
    for note in notes:
        report(f"note: {note}")
    return Run(directory.path)


def _write(directory: RunDirectory, found: Published, path: Path, digest: str, notes: list[str]) -> None:
    name = f"{DEFINITION}.xml"
    files.write(directory.path / name, _definition(found, path, digest))
    experiment, _ = read(directory.path / name)
    directory.write_json(EFFECTIVE, effective(experiment))
    checkpoints.save_weights(directory.path / WEIGHTS, found.state)
    directory.begin(_manifest(directory, experiment, found, {"file": path.name, "sha256": digest}, notes))
    directory.end("finished")


def _definition(found: Published, path: Path, digest: str) -> str:
    from xml.sax.saxutils import escape

    line = '      <hyperparameter name="{}">{}</hyperparameter>'
    settings = "\n".join(line.format(key, escape(_written(value))) for key, value in _settings(found).items())
    return DEFINITION_TEXT.format(id=MODEL, file=escape(path.name), digest=digest, settings=settings)


def _settings(found: Published) -> dict[str, Any]:
    said = {key: found.configuration[key] for key in SAID if found.configuration.get(key) is not None}
    return vars(found.sizes) | said


def _refuse_unfit(found: Published, path: Path) -> None:
    """Raise RunError for a configuration that no model can have, before anything is written."""
    try:
        CentromereTransformer(**_settings(found))
    except ValueError as error:
        raise RunError(f"{path}: {error}") from None


def _written(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)


def _manifest(
    directory: RunDirectory, experiment: Experiment, found: Published, origin: dict[str, str], notes: list[str]
) -> dict[str, Any]:
    assert found.feature_stats is not None
    normalisation = Normalisation(found.feature_stats["mean"], found.feature_stats["std"])
    identity = Identity(origin["sha256"], experiment.architecture.fingerprint(), "", "")
    return {
        "model": MODEL,
        "run": directory.path.name,
        "identity": asdict(identity) | {"policy_values": policy(experiment)},
        "definition": f"{DEFINITION}.xml",
        "data_definition": None,
        "files": {},
        "overrides": [],
        "seed": experiment.seed,
        "published": origin,
        "data": {
            "format": None,
            "given": None,
            "declared": False,
            "strict": False,
            "folder": str(directory.path.resolve()),
            "sizes": {},
            "length": None,
            "notes": notes,
            "facts": {"normalisation": normalisation.facts, "channels": len(FEATURES)},
        },
        "versions": {"seqforge": __version__},
    }
