# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A run on PyTorch that is killed within an epoch continues to the same bytes."""

from __future__ import annotations

import signal
from pathlib import Path

import killing
import pytest


@pytest.mark.torch
@pytest.mark.slow
def test_a_killed_run_continues_to_the_same_bytes(tmp_path: Path) -> None:
    """8 steps per epoch: killed outright within the second epoch, asked to end within the third."""
    kills = [(13, signal.SIGKILL, -signal.SIGKILL), (18, signal.SIGTERM, 128 + signal.SIGTERM)]
    killing.check_resume(tmp_path, "PyTorch", kills)
