# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Keras is started late, on a backend that is supported, or not at all."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from seqforge.backends.keras import start
from seqforge.errors import BackendError


def test_other_backends_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(BackendError, match="KERAS_BACKEND 'jax' is not supported; expected one of tensorflow, torch"):
        start()


def test_importing_starts_nothing():
    code = (
        "import os, sys; import seqforge.backends.keras, seqforge.layers, seqforge.architectures; "
        "assert 'KERAS_BACKEND' not in os.environ; assert not {'keras', 'tensorflow', 'torch'} & set(sys.modules)"
    )
    clean = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    subprocess.run([sys.executable, "-c", code], check=True, env=clean)
