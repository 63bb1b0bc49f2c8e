# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Real FASTA files, where they lie beside the repository: multi-line and single-line, headers of every kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqforge.definitions.reader import read_model
from seqforge.experiment import resolve

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT.parent / "shared" / "data" / "promoters"
COUNTS = {
    "promoter-ecoli": (81, 839, 3000),
    "promoter-ecoli-keras": (81, 839, 3000),
    "promoter-bsubtilis": (81, 373, 1000),
    "promoter-arabidopsis": (251, 1497, 2879),
}


@pytest.mark.skipif(not DATA.is_dir(), reason="the promoter sequences do not lie beside the repository")
@pytest.mark.parametrize("name", COUNTS)
def test_the_sets_of_the_paper(name):
    definition, _ = read_model(ROOT / "model-defs" / f"{name}.xml", [f"data.folder={DATA}", "general.seed=4"])
    experiment, problems = resolve(definition)
    assert problems == []
    data = experiment.source.open(experiment.wanted)
    length, *counts = COUNTS[name]
    sets = [data.training, data.validation, data.test]
    assert data.length == experiment.length == length
    assert np.sum([np.bincount(one.targets) for one in sets], axis=0).tolist() == counts
    for one, share in zip(sets, (0.7, 0.1, 0.2), strict=True):
        assert np.bincount(one.targets) == pytest.approx(np.array(counts) * share, abs=1)
    assert sum("more than once" in note or "also in" in note for note in data.notes) == ("arabidopsis" in name)
