# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Tests come in families, because torch and TensorFlow must not share a process: files test_*_torch.py,
test_*_keras.py, test_*_triton.py, and the rest, which import no framework. A plain `pytest` runs the rest, `--family`
chooses another; a file that is named is always run.

Kernels run in Triton's interpreter, in processes of their own because it is chosen when triton is imported; with
SEQFORGE_TEST_DEVICE=cuda they run on that GPU.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FAMILIES = ("plain", "torch", "keras", "triton")


def family_of(path: Path) -> str:
    last = path.stem.rsplit("_", 1)[-1]
    return last if last in FAMILIES else "plain"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--family", choices=FAMILIES, default="plain", help="which family of tests folders stand for")


def pytest_configure(config: pytest.Config) -> None:
    named = {family_of(Path(argument.split("::")[0])) for argument in config.args}
    if "triton" in named | {config.getoption("--family")} and os.environ.get("SEQFORGE_TEST_DEVICE") != "cuda":
        os.environ["TRITON_INTERPRET"] = "1"  # before anything imports triton


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path.is_dir() or collection_path.suffix != ".py":
        return None
    named = {Path(argument.split("::")[0]).resolve() for argument in config.args}
    if collection_path.resolve() in named or not collection_path.name.startswith("test_"):
        return None
    return True if family_of(collection_path) != config.getoption("--family") else None


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory):
    """No test reads or fills the cache of the person who runs it."""
    before = os.environ.get("SEQFORGE_CACHE")
    os.environ["SEQFORGE_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["SEQFORGE_CACHE"]
    else:
        os.environ["SEQFORGE_CACHE"] = before
