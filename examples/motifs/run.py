# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Four motifs in simulated DNA: the same network on PyTorch and on Keras, beside the best that can be known.

python examples/motifs/run.py [--quick] [--runs FOLDER]

The Bayes-optimal classifier knows the matrices that the sequences were drawn with and learns nothing; it scores each
sequence by them. A network that comes close to it has found the motifs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MODELS = ("boc-mc4-dna100-s1", "torch-mc4-dna100-conv20-gmp-fc20-s1", "tf-mc4-dna100-conv20-gmp-fc20-s1")
EPOCHS = {True: 6, False: 20}
CHANCE = 0.25
FIGURES = ("accuracy", "matthews_correlation", "roc_auc")


def main() -> int:
    options = arguments()
    print(f"{'':38}" + "".join(f"{name.replace('_', ' '):>22}" for name in FIGURES))
    accuracies = []
    for model in MODELS:
        scores = train(model, options)
        print(f"{model:38}" + "".join(f"{scores[name]:22.3f}" for name in FIGURES), flush=True)
        accuracies.append(scores["accuracy"])
    return 0 if min(accuracies) > 2 * CHANCE else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few epochs")
    parser.add_argument("--runs", type=Path, default=HERE / "runs")
    return parser.parse_args()


def train(model: str, options: argparse.Namespace) -> dict[str, Any]:
    """The test scores of a shipped definition, trained as `seqforge train` does it."""
    command = [sys.executable, "-m", "seqforge", "train", model, "--json", "--quiet", "--runs", str(options.runs)]
    if not model.startswith("boc"):
        command += ["--set", f"trainingprocess.epochs={EPOCHS[options.quick]}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    return json.loads(done.stdout)["scores"]["test"]


if __name__ == "__main__":
    sys.exit(main())
