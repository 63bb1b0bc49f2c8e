# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where an experiment meets its framework, and what is said when the framework is missing."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from seqforge import backends
from seqforge.errors import BackendError
from seqforge.registry import LIBRARIES


def test_every_library_has_a_backend() -> None:
    assert set(backends.BACKENDS) == set(LIBRARIES)


@pytest.mark.parametrize("act", [lambda one: backends.open_learner(one, 10), backends.prove])
def test_missing_framework_names_the_extra(act, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("seqforge.backends.torch")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(BackendError) as caught:
        act(SimpleNamespace(library="PyTorch"))
    assert str(caught.value) == (
        "library PyTorch needs the package 'torch', which is not installed; pip install 'seqforge[torch]'"
    )


def test_another_missing_module_is_not_mistaken_for_the_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ModuleNotFoundError("No module named 'other'", name="other")

    monkeypatch.setattr(backends, "import_module", fail)
    with pytest.raises(ModuleNotFoundError, match="other"):
        backends.open_learner(SimpleNamespace(library="BayesOptimalClassifier"), 10)  # type: ignore[arg-type]
