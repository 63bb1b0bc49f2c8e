# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Run the tests, each family in processes of its own, Keras once per backend; `--fast` leaves the slow ones out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
QUIET = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": ""}
ROUNDS = (
    ("plain", {}),
    ("torch", {}),
    ("triton", {"TRITON_INTERPRET": "1"}),
    ("triton", {"SEQFORGE_TEST_DEVICE": "cuda"}),  # where there is one
    ("keras", {"KERAS_BACKEND": "tensorflow"}),
    ("keras", {"KERAS_BACKEND": "torch"}),
)
GPU = Path("/dev/nvidiactl")
NO_TESTS = 5


def main() -> int:
    fast = "--fast" in sys.argv
    rounds = [pair for pair in ROUNDS if not (fast and pair[1].get("KERAS_BACKEND") == "torch")]
    rounds = [pair for pair in rounds if GPU.exists() or "SEQFORGE_TEST_DEVICE" not in pair[1]]
    failed = []
    for family, extra in rounds:
        title = " ".join((family, *extra.values()))
        print(f"\n== tests: {title}", flush=True)
        command = [sys.executable, "-m", "pytest", "tests", f"--family={family}", "-n", "2"]
        command += ["-m", "not slow"] if fast else []
        status = subprocess.run(command, cwd=ROOT, env=environment(extra)).returncode
        if status not in (0, NO_TESTS if fast else 0):
            failed.append(title)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall families of tests passed")
    return bool(failed)


def environment(extra: dict[str, str]) -> dict[str, str]:
    """Tests see a GPU only in the round that is for it.

    What Python compiles is kept, whatever the caller's environment says: without it every process that a test starts
    compiles SeqForge again, and every worker all tests.
    """
    everything = os.environ | QUIET | extra
    everything.pop("PYTHONDONTWRITEBYTECODE", None)
    if "SEQFORGE_TEST_DEVICE" in extra:
        everything["CUDA_VISIBLE_DEVICES"] = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
    return everything


if __name__ == "__main__":
    sys.exit(main())
