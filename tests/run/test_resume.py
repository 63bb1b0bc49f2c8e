# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A run on the NumPy learner that is killed outright at some steps continues to the same bytes."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import killing
import pytest


@pytest.mark.slow
def test_a_killed_run_continues_to_the_same_bytes(tmp_path: Path) -> None:
    """8 steps per epoch, 3 epochs, a checkpoint every 3 steps; killed at a step drawn from those behind the first."""
    step = random.Random(7).randrange(4, 24)
    kills = [(step, signal.SIGKILL, -signal.SIGKILL), (10, signal.SIGTERM, 128 + signal.SIGTERM)]
    killing.check_resume(tmp_path, "PyTorch", kills, fake=True)
