# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The promoter example runs on the real sequences, where they lie beside the repository."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT.parent / "shared" / "data" / "promoters"
SCRIPT = ROOT / "examples" / "promoters" / "run.py"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the promoter sets are not here")
def test_prints_the_table_beside_the_paper(tmp_path: Path) -> None:
    done = run("--quick", "--data", DATA, "--runs", tmp_path, "--only", "promoter-ecoli", "promoter-bsubtilis")
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^(promoter-\w+) +([\d.]+) ± 0\.000 \((0\.\d\d)\)", done.stdout, re.MULTILINE)
    assert [(name, paper) for name, _, paper in rows] == [("promoter-ecoli", "0.90"), ("promoter-bsubtilis", "0.91")]
    assert all(0 <= float(found) <= 1 for _, found, _ in rows)


def test_says_that_it_has_no_data() -> None:
    assert not (SCRIPT.parent / "promoters").exists(), "this checkout has the data; the test is about one without"
    done = run("--quick")
    assert done.returncode == 0
    assert "skipped: " in done.stdout
    assert "name their folder with --data" in done.stdout


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    done = run("--data", tmp_path / "nowhere")
    assert done.returncode == 2
    assert "no such folder" in done.stderr
