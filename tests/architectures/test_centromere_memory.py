# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What is said of memory before a pass: forecasts, free memory, the refusal and its ways out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seqforge import environment
from seqforge.architectures import centromere_memory as memory
from seqforge.architectures.centromere_memory import ALWAYS, Pass, forecast, free_memory, refuse_too_large, too_large
from seqforge.architectures.centromere_shapes import Sizes
from seqforge.architectures.centromere_transformer import CentromereTransformer
from seqforge.errors import BackendError

SIZES = Sizes()
GIB = 2**30


# kB per bin that were measured at 4,000 bins with the default sizes, at the peak of a process
@pytest.mark.parametrize(
    ("settings", "measured"),
    [
        ({}, 13.3),
        ({"training": True, "attention_dropout": 0.0}, 75.2),
        ({"training": True}, 79.1),
        ({"training": True, "attention_dropout": 0.0, "checkpointing": True}, 38.8),
        ({"training": True, "checkpointing": True}, 40.3),
    ],
)
def test_forecasts_are_not_below_what_was_measured_and_not_far_above(settings: dict[str, Any], measured: float) -> None:
    count = forecast(SIZES, Pass(bins=4000, **settings))
    assert measured * 4e6 <= count <= 1.3 * measured * 4e6 + ALWAYS


@pytest.mark.parametrize(("settings", "measured"), [({}, 55.4), ({"checkpointing": True}, 41.5)])
def test_forecasts_without_scores_of_ranges(settings: dict[str, Any], measured: float) -> None:
    one = Pass(bins=10_000, training=True, attention_dropout=0.0, ranges=False, **settings)
    assert measured * 1e7 <= forecast(SIZES, one) <= 1.3 * measured * 1e7 + ALWAYS


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("attention_dropout", [0.2, 0.0])
def test_memory_is_linear_in_the_bins(training: bool, attention_dropout: float) -> None:
    counts = [
        forecast(SIZES, Pass(bins=bins, training=training, attention_dropout=attention_dropout))
        for bins in (20_000, 40_000, 80_000)
    ]
    assert counts[2] - counts[1] == pytest.approx(2 * (counts[1] - counts[0]), rel=1e-6)


def test_20_000_bins_are_predicted_within_a_gigabyte() -> None:
    assert forecast(SIZES, Pass(bins=20_000)) < GIB / 2


def test_what_takes_less_and_what_takes_more() -> None:
    whole = Pass(bins=50_000, training=True, chromosomes=2)
    count = forecast(SIZES, whole)
    less = [{"chromosomes": 1}, {"checkpointing": True}, {"attention_dropout": 0.0}, {"training": False}]
    less += [{"window": 8192}, {"ranges": False}, {"dropout": 0.0}, {"bins": 49_000}]
    assert all(forecast(SIZES, replace(whole, **change)) < count for change in less)  # type: ignore[arg-type]
    assert forecast(replace(SIZES, num_layers=5), whole) > count
    judged = Pass(bins=50_000, chromosomes=4)
    assert forecast(SIZES, judged) < 1.1 * forecast(SIZES, replace(judged, chromosomes=1))


def test_a_training_that_does_not_fit_names_its_longest_chromosome_and_the_ways_out() -> None:
    said = too_large(SIZES, Pass(bins=83_000, training=True, chromosomes=2), "wheat chr3B", GIB)
    assert said is not None
    begin, *ways = said.split("; ")
    assert begin.startswith(
        "wheat chr3B (83,000 bins), 2 of this length at once, cannot be trained on: that takes about"
    )
    assert begin.endswith(" on cpu, 1.1 GB are free")
    assert [way.split(" takes")[0] for way in ways[:-1]] == [
        "batch_size 1",
        "gradient_checkpointing True",
        "attention_dropout 0",
    ]
    window = int(ways[-1].removeprefix("train_window ").removesuffix(" would fit"))
    assert window % 100 == 0
    fits, wider = (Pass(bins=83_000, training=True, chromosomes=2, window=width) for width in (window, window + 100))
    assert forecast(SIZES, fits) <= GIB < forecast(SIZES, wider)
    assert too_large(SIZES, fits, "wheat chr3B", GIB) is None


def test_a_prediction_that_does_not_fit_offers_a_window() -> None:
    said = too_large(SIZES, Pass(bins=83_000), "chr3B", 200_000_000)
    assert said is not None
    assert said.startswith("chr3B (83,000 bins) cannot be predicted: that takes about ")
    assert said.count("; ") == 1
    assert "--window " in said
    in_windows = too_large(SIZES, Pass(bins=83_000, window=50_000), "chr3B", 200_000_000)
    assert in_windows is not None
    assert "chr3B (83,000 bins) in windows of 50,000 cannot be predicted" in in_windows


def test_where_nothing_helps_that_is_said() -> None:
    said = too_large(SIZES, Pass(bins=1000), "chr1", 1000)
    assert said is not None
    assert said.endswith("use a smaller model, or a machine with more memory")


def test_what_fits_or_is_not_known_is_let_through() -> None:
    assert too_large(SIZES, Pass(bins=1000), "chr1", GIB) is None
    assert too_large(SIZES, Pass(bins=10**9), "chr1", None) is None
    refuse_too_large(SIZES, Pass(bins=1000), "chr1", GIB)
    with pytest.raises(BackendError, match=r"^chr1 \(9,000,000 bins\) cannot be predicted"):
        refuse_too_large(SIZES, Pass(bins=9_000_000), "chr1", GIB)


def test_the_architecture_asks_with_its_own_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda device: GIB)
    small = CentromereTransformer(d_model=16, nhead=2, num_layers=1, dim_feedforward=16, range_head=False)
    small.refuse_too_large("chr1", 20_000, training=True)
    with pytest.raises(BackendError, match="attention_dropout 0 takes"):
        CentromereTransformer().refuse_too_large("chr1", 20_000, training=True)
    with pytest.raises(BackendError) as refused:
        CentromereTransformer(attention_dropout=0.0).refuse_too_large("chr1", 20_000, training=True)
    assert "attention_dropout" not in str(refused.value)


def test_free_memory_is_known_of_processors_and_cuda_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "free_memory", lambda: GIB)
    assert free_memory() == GIB
    assert free_memory("mps") is None
