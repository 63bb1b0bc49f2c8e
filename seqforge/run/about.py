# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What a report says about the run that it is of."""

from __future__ import annotations

from typing import Any

from seqforge.losses.base import Loss
from seqforge.run.record import Run


def title(run: Run) -> str:
    definition = run.experiment.definition
    return str(definition.general.name or definition.id)


def definition(run: Run) -> str:
    return (run.path / run.manifest["definition"]).read_text(encoding="utf-8")


def loss(used: Loss | None) -> str | None:
    """What a reader of the loss' values should know, of its terms too; None: nothing."""
    each = [used, *getattr(used, "losses", ())]
    return ", ".join(filter(None, (getattr(one, "remark", "") for one in each))) or None


def record(run: Run) -> dict[str, Any]:
    manifest, experiment = run.manifest, run.experiment
    best = manifest.get("best") or {}
    versions = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    sizes = ", ".join(f"{size:,} {name}" for name, size in manifest["data"]["sizes"].items())
    return {
        "run": run.id,
        "task": experiment.task.name,
        "library": experiment.library,
        "architecture": experiment.architecture.name,
        "parameters": manifest.get("parameters", {}).get("parameters"),
        **({"latent": manifest["latent"]} if "latent" in manifest else {}),
        "data": sizes,
        "loss": loss(experiment.loss),
        "epochs": len(run.history),
        "best epoch": best.get("epoch"),
        "seed": manifest["seed"],
        "overrides": ", ".join(manifest["overrides"]) or None,
        "device": manifest.get("device"),
        "versions": versions,
        "started": manifest["started"],
        "ended": manifest.get("ended"),
    }
