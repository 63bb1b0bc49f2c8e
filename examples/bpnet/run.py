# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Take the bias of an enzyme out of predicted profiles, on simulated reads of which the truth is known.

python examples/bpnet/run.py [--quick] [--seed N] [--runs FOLDER]

Four trainings, each one command that is printed: the bias from control reads, its strength in the experiment, the
combined model of peaks on top of it, and for comparison a model of the peaks without correction. Then the residual part
of the combined model is compared with the truth. What is trained already is taken as it is. In the end the folder holds
the runs, truth.json, region.png and footprints.png; the exit status is 1 if the bias is not gone.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SMALL, LARGE = HERE / "nexus-small.xml", ROOT / "data-defs" / "nexus-sim.xml"
STAGES = {  # the shipped definition, and the stage whose model is its part
    "bias": ("keras-bpnet-solo-nexus", None),
    "transformation": ("keras-bpnet-transformation-nexus", "bias"),
    "combined": ("keras-bpnet-combined-nexus", "transformation"),
    "uncorrected": ("keras-bpnet-solo-nexus-peaks", None),
}
QUICK_EPOCHS = 15
# a weight that starts by rule of thumb, far too high, keeps Adam's steps small for some 1,000; here there are 240
QUICK = {"trainingprocess.epochs": QUICK_EPOCHS, "general.heads.head.counts_loss_weight": 50}


def main() -> int:
    options = arguments()
    folder = options.runs / f"{'quick-' if options.quick else ''}seed-{options.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    data = simulation(folder, options)
    trained: dict[str, Path] = {}
    for stage, (definition, part) in STAGES.items():
        on = {} if part is None else {"architecture.part.run": shown(trained[part])}
        trained[stage] = train(definition, folder, on | changes(data, options), options.quick)
    corrected, uncorrected, held = judge(folder, data, trained)
    return 0 if good(corrected, uncorrected, held, options.quick) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"1,000 regions and {QUICK_EPOCHS} epochs of each stage")
    parser.add_argument("--seed", type=int, default=1, help="of the simulated reads and of the models")
    parser.add_argument("--runs", type=Path, default=HERE / "runs", help="a folder for each seed is made in it")
    return parser.parse_args()


def simulation(folder: Path, options: argparse.Namespace) -> Path:
    """The data definition; with another seed than 1 a copy of it, which has another bias, too."""
    shipped = SMALL if options.quick else LARGE
    if options.seed == 1:
        return shipped
    copy = folder / "nexus.xml"
    text = shipped.read_text(encoding="utf-8")
    copy.write_text(re.sub(r"<seed>\d+</seed>", f"<seed>{options.seed}</seed>", text), encoding="utf-8")
    return copy


def changes(data: Path, options: argparse.Namespace) -> dict[str, Any]:
    """What differs from the shipped definitions."""
    changed: dict[str, Any] = {} if data == LARGE else {"data.definition": shown(data)}
    changed |= {} if options.seed == 1 else {"general.seed": options.seed}
    return changed | (QUICK if options.quick else {})


def shown(path: Path) -> str:
    """From the working directory, where that is shorter."""
    whole, here = path.resolve(), Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def train(definition: str, folder: Path, settings: dict[str, Any], quietly: bool) -> Path:
    """The run of one stage, by the command that a user would type."""
    arguments = ["train", definition, "--runs", shown(folder)]
    for path, value in settings.items():
        arguments += ["--set", f"{path}={value}"]
    print(f"\n$ {shlex.join(['seqforge', *arguments])}", flush=True)
    start = time.monotonic()
    command = [sys.executable, "-m", "seqforge", *arguments, "--json", *(["--quiet"] if quietly else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    run = Path(json.loads(done.stdout)["run"])
    print(f"{shown(run)}: {time.monotonic() - start:.0f} s", flush=True)
    return run


def judge(
    folder: Path, data: Path, trained: dict[str, Path]
) -> tuple[dict[str, float], dict[str, float], dict[str, bool]]:
    """The known truth against the combined model and against the uncorrected one; pictures and truth.json."""
    import pictures
    import truth

    import seqforge

    runs = {stage: seqforge.load(path) for stage, path in trained.items()}
    control, background, peaks = (test_set(runs[stage]) for stage in ("bias", "transformation", "combined"))
    motifs = motifs_of(data)
    asked = truth.questions(peaks, background, motifs)
    residual, uncorrected = (ask(runs["combined"], asked, "residual"), ask(runs["uncorrected"], asked))
    whole = ask(runs["combined"], {"peaks": peaks.codes})["peaks"]
    corrected = bias_model(runs, control) | truth.answers(residual, whole, peaks, background, motifs)
    without = truth.answers(uncorrected, uncorrected["peaks"], peaks, background, motifs)
    held = truth.orderings(corrected, without)
    report = {"corrected": corrected, "uncorrected": without, "orderings": held}
    (folder / "truth.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    row = int(peaks.reads.sum(axis=(1, 2)).argmax())
    pictures.region(folder / "region.png", peaks, row, residual["peaks"], uncorrected["peaks"])
    models = {"residual model": residual, "without bias correction": uncorrected}
    pictures.footprints(folder / "footprints.png", motifs, models)
    print(f"\n{shown(folder)}: truth.json, region.png, footprints.png")
    return corrected, without, held


def test_set(run: Any) -> Any:
    """The test regions of a run's sample, with their truth."""
    from truth import Regions

    chosen = run.data().test.plain()
    known = (chosen.store.truth(name)[chosen.rows] for name in ("bias", "signal", "rate"))
    return Regions(chosen.store.codes[chosen.rows], chosen.store.reads[0][chosen.rows], *known)


def motifs_of(data: Path) -> Any:
    from seqforge.definitions.reader import read_simulation

    definition, _ = read_simulation(data)
    return definition.motifs if definition else ()


def ask(run: Any, asked: dict[str, np.ndarray], part: str | None = None) -> dict[str, Any]:
    """What a run, or a part of its model, predicts for sequences (n, position_in), by question."""
    from truth import Predicted

    length = int(run.manifest["data"]["length"])
    sizes = {name: len(codes) for name, codes in asked.items()}
    found = run.predict(np.concatenate([centre(codes, length) for codes in asked.values()]), part=part)
    (head,) = found.logits
    return Predicted(found.logits[head], found.logcounts[head][:, 0]).split(sizes)


def centre(codes: np.ndarray, length: int) -> np.ndarray:
    """The middle `length` bases of (n, position_in)."""
    start = (codes.shape[1] - length) // 2
    return codes[:, start : start + length]


def bias_model(runs: dict[str, Any], control: Any) -> dict[str, float]:
    """How well the bias is known, and how strong it is found to be in the experiment."""
    from truth import correlation

    logits = ask(runs["bias"], {"control": control.codes})["control"].logits
    weights = runs["transformation"].weights()
    (slope,) = (values for name, values in weights.items() if "_profile_" in name and name.endswith("_linear/slope"))
    return {"bias": correlation(logits, control.bias), "slope": float(slope[0])}


def good(corrected: dict[str, float], uncorrected: dict[str, float], held: dict[str, bool], quick: bool) -> bool:
    """Print what was found; whether it is enough: after a short training the order of the two models is."""
    import truth

    print(f"\n{truth.table(corrected, uncorrected)}\n")
    for sentence, holds in held.items():
        print(f"{'yes' if holds else 'NO '}  {sentence}")
    reached = all(quantity.reached(corrected) for quantity in truth.QUANTITIES)
    if quick:
        print("the column 'must reach' is for all regions and epochs: leave out --quick")
    return all(held.values()) and (quick or reached)


if __name__ == "__main__":
    sys.exit(main())
