# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Run every example, each folder here with a `run.py`, in a process of its own; or those that are named."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    scripts = sorted(HERE.glob("*/run.py"))
    known = [script.parent.name for script in scripts]
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no example {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    failed = []
    for script in scripts:
        if names and script.parent.name not in names:
            continue
        print(f"\n== example {script.parent.name}", flush=True)
        start = time.monotonic()
        status = subprocess.run([sys.executable, script, "--quick"], cwd=script.parent).returncode
        print(
            f"== {script.parent.name}: {'done' if status == 0 else 'FAILED'} in {time.monotonic() - start:.0f} s",
            flush=True,
        )
        failed += [script.parent.name] if status else []
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
