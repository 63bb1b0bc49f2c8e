# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where an experiment meets its framework, and what is said when the framework is missing."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import toy_runs

from seqforge import backends
from seqforge.backends.assignment import assign
from seqforge.errors import BackendError, DefinitionError
from seqforge.experiment import Experiment, read
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


@pytest.mark.parametrize("library", ["PyTorch", "Keras"])
@pytest.mark.parametrize(("patterns", "line"), [(("dense*", "stem*", None), 27), (("dense*",), 26)])
def test_optimizers_that_fit_no_parameter_have_their_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, patterns: tuple[str | None, ...], line: int
) -> None:
    """Also where no proof came before, as of an input whose length nobody says."""
    path = toy_runs.write_definition(tmp_path, library)
    text = path.read_text()
    start, end = text.index("    <optimizer>"), text.index("    <trainingprocess>")
    name = '<hyperparameter name="optimizer">SGD</hyperparameter>'
    given = ["" if pattern is None else f' parameters="{pattern}"' for pattern in patterns]
    sections = "".join(f"<optimizer{attribute}>{name}</optimizer>\n" for attribute in given)
    path.write_text(text[:start] + sections + text[end:])
    experiment, _ = read(path)

    def learner(experiment: Experiment, length: int | None) -> None:
        assign([use.pattern for use in experiment.optimizers], ["dense.kernel", "other.kernel"])

    monkeypatch.setattr(backends, "_backend", lambda library: SimpleNamespace(learner=learner))
    with pytest.raises(DefinitionError, match=rf"toy\.xml:{line}: SF0506: "):
        backends.open_learner(experiment, None)
