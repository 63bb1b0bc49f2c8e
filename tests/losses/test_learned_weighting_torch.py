# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Learned factors of any terms on PyTorch: totals and gradients equal to NumPy float64, sizes, freezing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from position_cases import masks, outputs

from seqforge.losses.weighted_loss import WeightedLoss
from seqforge.losses.weighting import reference_gradient, start_of
from seqforge.registry import find

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from seqforge.kernels.weighting import LearnedWeights  # noqa: E402

BINS = "sequence labeling"
LABELS = np.array([[1, 1, 0, 0, 0, 0, 1, 0], [0, 0, 1, 1, 0, -1, -1, -1], [0, -1, 1, 0, 0, 0, 0, 0]], np.int8)
VALID = np.array([True, True, False])


def sum_of(terms: str, task: str, outputs: int = 2, **options: Any) -> WeightedLoss:
    loss = WeightedLoss(terms=terms, weighting="learned", **options).for_task(find("tasks", task)())
    found = loss.for_output("logits", outputs)
    assert isinstance(found, WeightedLoss)
    return found


def case_of(name: str) -> tuple[WeightedLoss, Any, Any]:
    """A loss, an output and a target: means over scan points, over bins and a tuple, of one label each."""
    draw = np.random.default_rng(7)
    if name == "points":
        return sum_of("DiceLoss 0.7, FocalLoss 0.3", "segmentation"), outputs("logits"), {"mask": masks()}
    if name == "bins":
        z = draw.normal(0, 1, (*LABELS.shape, 1)), draw.normal(0, 1, (*LABELS.shape, 3))
        return sum_of("WeightedBCELoss 1, RangeLoss 0.1", BINS), z, {"labels": LABELS, "range_valid": VALID}
    loss = sum_of("CrossEntropyLoss, FocalLoss 0.5", "multi-class classification", 3)
    return loss, draw.normal(0, 1, (6, 3)), draw.integers(0, 3, 6)


def tensors(given: Any) -> Any:
    if isinstance(given, dict):
        return {name: tensors(one) for name, one in given.items()}
    return tuple(map(tensors, given)) if isinstance(given, tuple) else torch.from_numpy(given)


def mean(found: dict[str, Any], name: str = "loss") -> Any:
    """As the learner takes it: over elements, where the loss says their number."""
    sizes = found.get("sizes")
    return found[name].mean() if sizes is None else (found[name] * sizes).sum() / sizes.sum()


@pytest.mark.parametrize("name", ["points", "bins", "labels"])
def test_total_and_gradients_equal_the_reference(name: str) -> None:
    loss, output, target = case_of(name)
    learned = loss.torch().double()
    assert isinstance(learned, LearnedWeights)
    lw = {one: np.array([1.3 + number]) for number, one in enumerate(loss.starts)}
    for weights in (None, lw):
        if weights:
            learned.load_state_dict(tensors(weights))
        found, wanted = learned(tensors(output), tensors(target)), loss.reference(output, target, weights)
        for key, expected in wanted.items():
            np.testing.assert_allclose(found[key].detach().numpy(), expected, rtol=1e-6, atol=1e-7, err_msg=key)
        learned.zero_grad()
        mean(found).backward()
        for parameter, term in zip(loss.starts, loss.losses, strict=True):
            value = getattr(learned, parameter)
            slope = reference_gradient(value.detach().numpy(), np.array([mean(wanted, term.name)]))
            np.testing.assert_allclose(value.grad.numpy(), slope, rtol=1e-6, err_msg=parameter)
            np.testing.assert_allclose(found[f"{parameter}_gradient"].numpy(), slope[0], rtol=1e-6)


@pytest.mark.parametrize("name", ["points", "bins", "labels"])
def test_gradients_reach_the_output_by_the_factors(name: str) -> None:
    loss, output, target = case_of(name)
    learned, given = loss.torch().double(), tensors(output)
    leaves = [one.requires_grad_() for one in (given if isinstance(given, tuple) else (given,))]
    slopes = torch.autograd.grad(mean(learned(given, tensors(target))), leaves)
    expected = [torch.zeros_like(one) for one in leaves]
    for term, factor in zip(loss.losses, loss.factors, strict=True):
        part = mean(loss.torch().double()(given, tensors(target)), term.name)
        found = torch.autograd.grad(part, leaves, allow_unused=True)
        expected = [a if b is None else a + (factor or 1.0) * b for a, b in zip(expected, found, strict=True)]
    for slope, wanted in zip(slopes, expected, strict=True):
        torch.testing.assert_close(slope, wanted, rtol=1e-6, atol=1e-9)
        assert slope.any()


def test_what_is_logged() -> None:
    loss, output, target = case_of("points")
    learned = loss.torch()
    found = learned(tensors(output), tensors(target))
    own = [f"lw_{term}{what}" for term in ("DiceLoss", "FocalLoss") for what in ("", "_factor", "_gradient")]
    assert list(found) == ["loss", "DiceLoss", "FocalLoss", "sizes", *own]
    assert float(mean(found, "lw_DiceLoss_factor")) == pytest.approx(0.7)
    assert float(mean(found, "lw_FocalLoss")) == pytest.approx(start_of(0.3))
    assert list(learned.eval()(tensors(output), tensors(target))) == ["loss", "DiceLoss", "FocalLoss", "sizes"]


def test_freezes_once_the_gradient_of_the_first_is_small() -> None:
    loss, output, target = case_of("bins")
    first = float(loss.torch()(tensors(output), tensors(target))["lw_WeightedBCELoss_gradient"][0])
    for share, frozen in ((1.01, True), (0.99, False)):
        learned = WeightedLoss(**loss.settings() | {"freeze_below": abs(first) * share}).for_output("logits", 2)
        learned = learned.for_task(find("tasks", BINS)()).torch()
        learned(tensors(output), tensors(target))
        learned.end_epoch()
        assert learned.frozen is frozen
        assert all(parameter.requires_grad is not frozen for parameter in learned.parameters())
    learned = loss.torch()
    learned.freeze()
    found = learned(tensors(output), tensors(target))
    total = 1 * found["WeightedBCELoss"] + 0.1 * found["RangeLoss"]
    torch.testing.assert_close(found["loss"], total, rtol=1e-5, atol=1e-6)
    assert not found["loss"].requires_grad


def batch_learner(freeze_on: str, sizes: list[float]) -> Any:
    """Two batches of loss 5 and 0.5 with these sizes, learned from lw = 1."""
    values = iter(zip([5.0, 0.5], sizes, strict=True))

    def parts(output: Any, target: Any) -> dict[str, Any]:
        value, size = next(values)
        return {"p": torch.full((2,), value), "sizes": torch.full((2,), size)}

    return LearnedWeights(parts, {"lw_p": ["p"]}, freeze_on=freeze_on, freeze_below=1.0)


@pytest.mark.parametrize("freeze_on", ["last_batch", "epoch_mean"])
@pytest.mark.parametrize(("sizes", "judged"), [([4.0, 0.0], [5.0]), ([4.0, 2.0], [5.0, 0.5]), ([0.0, 0.0], [])])
def test_batches_without_elements_do_not_judge(freeze_on: str, sizes: list[float], judged: list[float]) -> None:
    learned = batch_learner(freeze_on, sizes)
    learned(None, None)
    state = learned.state()
    assert (type(state["batches"]), state["batches"]) == (int, 1 if sizes[0] else 0)
    learned.restore(state)
    learned(None, None)
    learned.end_epoch()
    value = judged[-1] if freeze_on == "last_batch" and judged else np.mean(judged or [np.inf])
    assert learned.frozen is bool(value < 1)


def test_weights_of_lw_names_of_a_model_are_not_touched() -> None:
    model = torch.nn.Module()
    model.lw0 = torch.nn.Parameter(torch.ones(1))
    assert sum_of("DiceLoss, FocalLoss", "segmentation").torch().adopt(model) == []


def test_a_small_training_finds_a_balance() -> None:
    """Terms that cannot fall come to rest where L = 2·lw²·ln lw."""
    losses = {"a": 70.0, "b": 3.0}
    learned = LearnedWeights(
        lambda output, target: {name: torch.full((2,), value) for name, value in losses.items()},
        {"lw_a": ["a"], "lw_b": ["b"]},
        start={"lw_a": start_of(0.05), "lw_b": start_of(0.2)},
    ).double()
    optimizer = torch.optim.SGD(learned.parameters(), lr=0.2)
    for _ in range(500):
        optimizer.zero_grad()
        learned(None, None)["loss"].mean().backward()
        optimizer.step()
    for name, parameter in zip(losses, learned.parameters(), strict=True):
        lw = float(parameter.detach())
        assert 2 * lw**2 * np.log(lw) == pytest.approx(losses[name], rel=1e-3)
