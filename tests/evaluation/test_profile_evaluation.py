# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profile models judged on a set: floors, tasks, counts of what is undefined, tables, examples, and the report."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from seqforge.backends.base import Evaluated
from seqforge.data.dataset import Batch
from seqforge.data.profiles.dataset import ProfileSet
from seqforge.errors import DataError, UsageError
from seqforge.evaluation import profile_report, tables
from seqforge.evaluation.examples import CHOSEN, examples
from seqforge.evaluation.profiles import MEAN, PROFILE, UNIFORM, Judging, ProfileEvaluation, evaluate_profiles, summary
from seqforge.heads import Head
from seqforge.metrics import profiles as formulas

sys.path.insert(0, str(Path(__file__).parents[1] / "data" / "profiles"))
import profile_regions

N, LENGTHS = 30, profile_regions.LENGTHS
HEADS = (
    Head(name="one", tasks=("0",), counts_loss_weight=1.0),
    Head(name="two", tasks=("plus", "minus"), counts_loss_weight=1.0),
    Head(name="apart", tasks=("a", "b", "c"), counts_loss_weight=1.0, counts_per_task=True),
)
HISTORY = [
    {
        "epoch": epoch,
        **{f"{set_}{name}": 3.0 / epoch for set_ in ("", "validation_") for name in ("loss", "two_profile_nll", "mse")},
        "loss_weights": {"two_profile_nll": 1.0, "mse": 10.0 * epoch},
    }
    for epoch in (1, 2)
]


class Fake:
    """Predictions that are a function of the sequence alone."""

    def __init__(self, heads=HEADS, length: int = LENGTHS.output, broken: bool = False):
        self.loss_weights = {"two_profile_nll": 1.0, "two_counts_mse": 2.0}
        draw = np.random.default_rng(5)
        size = LENGTHS.input * 5
        self.profiles = [draw.normal(0, 0.3, (size, length, head.width)) for head in heads]
        self.broken = broken
        self.counts = [draw.normal(0, 0.1, (size, head.counts)) for head in heads]

    def eval_step(self, batch: Batch) -> Evaluated:
        x = np.eye(5)[batch.sequence].reshape(len(batch), -1)
        profiles = tuple(np.tensordot(x, weights, 1).astype(np.float32) for weights in self.profiles)
        counts = tuple((x @ weights + 3).astype(np.float32) for weights in self.counts)
        if self.broken:
            counts[0][0] = np.inf
        losses = {"loss": np.arange(len(batch)) + 1.0, "two_profile_nll": np.ones(len(batch), np.float32)}
        return Evaluated((*profiles, *counts), losses)


@pytest.fixture
def regions(tmp_path: Path) -> ProfileSet:
    """Regions with reads, the first two without any in head "two"."""
    codes, reads = profile_regions.regions(N, HEADS, LENGTHS)
    reads[1][:2] = 0
    coords = profile_regions.coordinates(N, LENGTHS)
    sizes = {"chr1": 5000, "chr2": 5000}
    store = profile_regions.stored(tmp_path / "store", codes, reads, HEADS, LENGTHS, coords=coords, chromosomes=sizes)
    return ProfileSet(store, np.arange(N), LENGTHS.input, LENGTHS.output, LENGTHS.jitter)


def judged(dataset: ProfileSet, batch_size: int = 7, **options) -> ProfileEvaluation:
    training = options.pop("training") if "training" in options else dataset.kept(np.arange(20))
    return evaluate_profiles(
        options.pop("learner", Fake()), dataset, HEADS, batch_size, training=training, judging=Judging(**options)
    )


def everything(dataset: ProfileSet) -> tuple[Batch, Evaluated]:
    batch = dataset.batch(np.arange(len(dataset)))
    return batch, Fake().eval_step(batch)


def test_numbers_of_regions_are_those_of_the_formulas(regions: ProfileSet) -> None:
    batch, whole = everything(regions)
    found = judged(regions)
    for number, head in enumerate(found.heads):
        logits, reads = whole.prediction[number], np.asarray(batch.target[number])
        scopes = [(head.joint, slice(None))]
        if head.head.width > 1:
            scopes += [(scope, [task]) for task, scope in enumerate(head.tasks.values())]
        for scope, task in scopes:
            seen = formulas.Profiles.of(reads[:, :, task])
            logs = formulas.log_softmax(logits[:, :, task].reshape(N, -1))
            for metric in PROFILE:
                assert np.array_equal(scope.values[metric, ""], seen.measure(metric, logs), equal_nan=True)
            assert np.array_equal(scope.reads, reads[:, :, task].sum(axis=(1, 2)))


def test_batches_change_nothing(regions: ProfileSet) -> None:
    one, other = (judged(regions, size).scores for size in (1, N))
    one.pop("loss"), other.pop("loss")  # the fake one depends on the place in a batch
    assert _near(one, other)


def _near(one, other) -> bool:
    if isinstance(one, dict):
        return set(one) == set(other) and all(_near(one[key], other[key]) for key in one)
    return one == other or (isinstance(one, float) and one == pytest.approx(other, rel=1e-6))


def test_regions_without_reads_are_undefined_and_counted(regions: ProfileSet) -> None:
    scores = judged(regions).scores
    for metric in PROFILE:
        found = scores["heads"]["two"]["joint"][metric]
        assert (found["n"], found["undefined"]) == (N - 2, 2)
        assert found["floors"][MEAN]["n"] == N - 2
        assert scores["heads"]["one"]["joint"][metric]["undefined"] == 0
    counts = scores["heads"]["two"]["joint"]["counts_mse"]
    assert (counts["n"], counts["undefined"]) == (N - 2, 2)
    assert scores["notes"] == ["head 'two': 2 of 30 regions have no reads, and so no profile"]
    taken = judged(regions, pseudocount=1.0).scores["heads"]["two"]["joint"]
    assert taken["counts_mse"]["undefined"] == 0
    assert taken["profile_mnll"]["undefined"] == 2


def test_floors(regions: ProfileSet) -> None:
    training = regions.kept(np.arange(20))
    found = judged(regions, training=training)
    batch, _ = everything(regions)
    for head, reads, total in zip(found.heads, batch.target, training.total_reads(), strict=True):
        assert np.allclose(total, np.asarray(reads[:20], dtype=float).sum(axis=0))
        for scope, share, seen in ((head.joint, total, reads), *_tasks(head, total, reads)):
            flat = np.asarray(seen, dtype=float).reshape(N, -1)
            shares = np.broadcast_to(share.reshape(1, -1) / share.sum(), flat.shape)
            uniform = np.full_like(flat, 1 / flat.shape[1])
            used = flat.sum(axis=1) > 0
            for name, p in ((MEAN, shares), (UNIFORM, uniform)):
                wanted = formulas.js_distance(p[used], flat[used])
                assert scope.values["profile_js_distance", name][used] == pytest.approx(wanted, abs=1e-12)
            assert np.isnan(scope.values["profile_pearson", UNIFORM]).all()
    scores = found.scores["heads"]["one"]["joint"]["profile_pearson"]["floors"]
    assert scores[UNIFORM] == {
        "n": 0, "undefined": N, "mean": None, "min": None, "q25": None, "median": None, "q75": None, "max": None
    }  # fmt: skip


def _tasks(head, total, reads):
    if head.head.width > 1:
        for task, scope in enumerate(head.tasks.values()):
            yield scope, total[:, [task]], reads[:, :, [task]]


def test_without_training_set_there_is_one_floor(regions: ProfileSet) -> None:
    found = judged(regions, training=None).scores["heads"]["two"]["tasks"]["plus"]["profile_mnll"]
    assert list(found["floors"]) == [UNIFORM]


def test_counts_of_tasks(regions: ProfileSet) -> None:
    batch, whole = everything(regions)
    one, two, apart = judged(regions).heads
    logits, logcounts = whole.prediction[1].astype(float), whole.prediction[4].astype(float)
    shares = np.exp(logits - np.log(np.exp(logits).sum(axis=(1, 2), keepdims=True))).sum(axis=1)
    assert two.tasks["minus"].predicted == pytest.approx(logcounts[:, 0] + np.log(shares[:, 1]))
    reads = np.asarray(batch.target[1], dtype=float)[2:]
    assert two.tasks["minus"].observed[2:] == pytest.approx(np.log(reads[:, :, 1].sum(axis=1)))
    assert np.isnan(two.joint.observed[:2]).all()
    own = whole.prediction[5].astype(float)
    assert apart.tasks["c"].predicted == pytest.approx(own[:, 2])
    assert apart.joint.predicted == pytest.approx(np.log(np.exp(own).sum(axis=1)))
    assert one.tasks["0"] is one.joint


def test_means_over_heads_and_losses_stand_first(regions: ProfileSet) -> None:
    scores = judged(regions).scores
    for metric, key in (("profile_pearson", "mean"), ("counts_mse", "value")):
        joint = [scores["heads"][head.name]["joint"][metric][key] for head in HEADS]
        assert scores[metric] == pytest.approx(np.mean(joint))
    assert scores["losses"] == {"two_profile_nll": 1}
    assert scores["loss_weights"] == Fake().loss_weights
    assert scores["loss"] == pytest.approx(np.mean([*np.tile(np.arange(7) + 1.0, 4), 1, 2]))
    json.dumps(scores, allow_nan=False)


def test_smoothing_is_named_and_lowers_the_distance(regions: ProfileSet) -> None:
    plain, smooth = judged(regions).scores, judged(regions, smoothing=2.0).scores
    assert smooth["judging"] == {"pseudocount": 0, "smoothing": 2}
    assert smooth["profile_js_distance"] < plain["profile_js_distance"]
    assert smooth["profile_pearson"] == plain["profile_pearson"]
    rows = tables.of_head(smooth["heads"]["two"], smooth["judging"])
    assert "profile js distance (smoothing 2)" in [row[0] for row in rows]


def of_published(predicted: np.ndarray, observed: np.ndarray) -> float:
    """A correlation of two (value,), 0 where one of them is constant."""
    constant = np.ptp(predicted) == 0 or np.ptp(observed) == 0
    return 0.0 if constant else float(np.corrcoef(predicted, observed)[0, 1])


def test_numbers_for_what_is_undefined_and_ordinal_ties(regions: ProfileSet) -> None:
    found = judged(regions, undefined_as=0.0, ties="ordinal")
    batch, whole = everything(regions)
    logits, reads = whole.prediction[1].astype(float), np.asarray(batch.target[1], dtype=float)
    shares = np.exp(formulas.log_softmax(logits.reshape(N, -1)))
    flat = reads.reshape(N, -1)
    scores = found.scores["heads"]["two"]["joint"]
    pearson = [of_published(*pair) for pair in zip(shares, flat, strict=True)]
    ranked = [np.argsort(np.argsort(rows, kind="stable", axis=1), kind="stable", axis=1) for rows in (shares, flat)]
    spearman = [of_published(*pair) if seen.any() else 0.0 for *pair, seen in zip(*ranked, flat, strict=True)]
    for metric, wanted in (("profile_pearson", pearson), ("profile_spearman", spearman)):
        assert scores[metric]["mean"] == pytest.approx(np.mean(wanted))
        assert (scores[metric]["n"], scores[metric]["undefined"], scores[metric]["replaced"]) == (N, 0, 2)
    assert scores["profile_pearson"]["floors"][UNIFORM]["mean"] == 0
    assert (scores["profile_jsd"]["n"], scores["profile_jsd"]["undefined"]) == (N - 2, 2)
    assert "replaced" not in scores["profile_jsd"]
    assert "replaced" not in found.scores["heads"]["one"]["joint"]["profile_pearson"]


def test_what_was_asked_for_is_shown(regions: ProfileSet) -> None:
    found = judged(regions, undefined_as=0.0, ties="ordinal", smoothing=2.0)
    scores = found.scores
    assert scores["judging"] == {"pseudocount": 0, "smoothing": 2, "undefined_as": 0, "ties": "ordinal"}
    assert "head 'two': 2 of 30 regions have no profile spearman, which counts as 0" in scores["notes"]
    names = {row[0] for row in tables.of_head(scores["heads"]["two"], scores["judging"])}
    assert {
        "profile pearson (undefined as 0)",
        "profile spearman (undefined as 0, ordinal ties)",
        "profile jsd (smoothing 2)",
        "profile js distance (smoothing 2)",
        "profile mnll",
    } <= names
    out = io.StringIO()
    tables.write_regions(found, regions, out)
    row = list(csv.DictReader(io.StringIO(out.getvalue()), delimiter="\t"))[1]
    assert (row["reads"], row["profile_pearson"], row["profile_spearman"], row["profile_jsd"]) == ("0", "0", "0", "")
    assert all(len(tables.of_head(head, scores["judging"])[0]) == 10 for head in scores["heads"].values())


def test_usual_judging_is_not_written(regions: ProfileSet) -> None:
    assert judged(regions, ties="average").scores["judging"] == {"pseudocount": 0, "smoothing": 0}
    assert Judging(both_strands=True).written() == {"pseudocount": 0, "smoothing": 0, "both_strands": True}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ties": "ordnal"}, r"ties: unknown 'ordnal'; did you mean 'ordinal'\?"),
        ({"undefined_as": float("nan")}, "undefined_as: expected a finite number; received nan"),
    ],
)
def test_judging_that_cannot_be(options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Judging(**options)


def test_the_distance_is_the_root_of_the_divergence(regions: ProfileSet) -> None:
    for head in judged(regions, smoothing=1.0).heads:
        for floor in ("", *head.joint.floors):
            root = np.sqrt(head.joint.values["profile_jsd", floor])
            assert np.array_equal(head.joint.values["profile_js_distance", floor], root, equal_nan=True)


def test_summary_of_fewer_than_two_is_undefined() -> None:
    found = summary(np.array([0.5, np.nan]))
    assert (found["n"], found["undefined"]) == (1, 1)
    assert np.isnan([found["mean"], found["median"]]).all()
    found = summary(np.arange(5.0))
    assert found == {"n": 5, "undefined": 0, "mean": 2, "min": 0, "q25": 1, "median": 2, "q75": 3, "max": 4}
    assert summary(np.array([1.0, np.inf]))["mean"] == np.inf


def test_a_floor_without_reads_where_there_are_some_is_noted(regions: ProfileSet) -> None:
    training = SimpleNamespace(total_reads=lambda: tuple(np.eye(8, head.width) for head in HEADS))
    scores = judged(regions, training=training).scores
    assert scores["heads"]["one"]["joint"]["profile_mnll"]["floors"][MEAN]["mean"] is None
    assert "head 'one': the mean training profile is 0 where test regions have reads" in scores["notes"]


def test_predictions_that_are_not_finite_are_refused(regions: ProfileSet) -> None:
    with pytest.raises(DataError, match="not finite; the weights are damaged or diverged"):
        judged(regions, learner=Fake(broken=True))


def test_two_judgements_give_equal_bytes(regions: ProfileSet) -> None:
    assert json.dumps(judged(regions).scores) == json.dumps(judged(regions).scores)


def test_profiles_are_not_kept(regions: ProfileSet) -> None:
    heads = (Head(name="wide", tasks=("0",), counts_loss_weight=1.0),)
    reads, learner = np.random.default_rng(0).poisson(1, (10, 4000, 1)), Fake(heads, 4000)

    class Long:
        def __len__(self) -> int:
            return 600

        def batch(self, indices, epoch=0):
            return Batch(indices, np.zeros((len(indices), LENGTHS.input), np.uint8), (reads,))

    tracemalloc.start()
    evaluate_profiles(learner, Long(), heads, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 600 * 4000 * 8 / 2


def test_table_of_regions(regions: ProfileSet) -> None:
    found, out = judged(regions), io.StringIO()
    tables.write_regions(found, regions, out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue()), delimiter="\t"))
    assert len(rows) == N * (1 + 3 + 4)
    assert [row["task"] for row in rows[:8]] == ["joint", "joint", "plus", "minus", "joint", "a", "b", "c"]
    at = regions.coordinates(3)
    row = rows[3 * 8 + 1]
    assert (row["region"], row["head"], row["chrom"], row["strand"]) == ("3", "two", at.chromosome, "-")
    assert (int(row["start"]), int(row["stop"])) == (at.start, at.stop)
    assert float(row["profile_pearson"]) == pytest.approx(found.heads[1].joint.values["profile_pearson", ""][3], 1e-5)
    empty = rows[1]
    assert (empty["reads"], empty["log_counts"], empty["profile_mnll"]) == ("0", "", "")


def test_examples_are_the_regions_at_their_ranks(regions: ProfileSet) -> None:
    found = judged(regions)
    chosen = examples(found, Fake(), regions)
    batch, whole = everything(regions)
    assert [one.choice for one in chosen] == [*CHOSEN] * 3
    for head in found.heads:
        best, *_, low = [one for one in chosen if one.head is head.head]
        scores = head.joint.values["profile_pearson", ""]
        assert best.region == np.nanargmax(scores)
        assert low.score < np.nanmedian(scores) < best.score
    one = chosen[0]
    assert np.array_equal(one.observed, batch.target[0][one.region])
    assert one.predicted.sum() == pytest.approx(np.exp(whole.prediction[3][one.region, 0]), rel=1e-5)
    assert one.place == regions.coordinates(one.region)[:3]


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"undefined_as": 0.0, "ties": "ordinal"}])
def test_report(regions: ProfileSet, options: dict) -> None:
    found = judged(regions, **options)
    findings = profile_report.ProfileFindings(
        "a <model>", "test", found, examples(found, Fake(), regions), HISTORY, {"run": "m/1"}, "<seqgramodel/>"
    )
    html = profile_report.render(findings)
    assert html == profile_report.render(findings)
    assert "a &lt;model&gt;" in html
    titles = ["Training"] + [title for head in HEADS for title in (f"Head {head.name}", f"Regions of head {head.name}")]
    assert re.findall(r"<h2>(.*?)</h2>", html) == [*titles, "Notes", "Run", "Definition"]
    assert html.count("<figure>") == 4 + 3 * (4 + 4)
    assert "mean training profile" in html
    assert ("profile spearman (undefined as 0, ordinal ties)" in html) == bool(options)
    assert ("regions have no profile pearson, which counts as 0" in html) == bool(options)
    assert "factors of the counts by epoch" in html
    outside = re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)[^"']+""", re.sub(r"xmlns(:\w+)?=\"[^\"]+\"", "", html))
    assert outside == []


@pytest.mark.slow
def test_report_of_regions_without_reads(regions: ProfileSet) -> None:
    found = judged(regions.kept(np.arange(2)), training=regions)
    assert found.scores["heads"]["two"]["joint"]["profile_pearson"]["mean"] is None
    html = profile_report.render(
        profile_report.ProfileFindings("m", "test", found, examples(found, Fake(), regions.kept(np.arange(2))))
    )
    assert "<h2>Head two</h2>" in html
    assert "<h2>Regions of head two</h2>" not in html
