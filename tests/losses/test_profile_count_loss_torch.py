# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ProfileCountLoss on PyTorch: numbers equal to NumPy float64, learned weights and the rule that freezes them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from seqforge.errors import BackendError, TrainingError
from seqforge.heads import Head
from seqforge.losses.profile_count_loss import ProfileCountLoss
from seqforge.losses.weighting import reference_gradient

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from seqforge.kernels.weighting import LearnedWeights  # noqa: E402

HEADS = (Head(name="a", tasks=("plus", "minus")), Head(name="b", tasks=("x",)))
ONE = (Head(name="a", tasks=("x",)),)
LOGITS, READS = [[0.0, 1.0, 2.0, 0.0]], [[1.0, 0.0, 3.0, 2.0]]


def bound(heads: Any = HEADS, **settings: Any) -> ProfileCountLoss:
    loss = ProfileCountLoss(**settings).for_heads(heads)
    assert isinstance(loss, ProfileCountLoss)
    return loss


def case(n: int = 5, seed: int = 2) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Outputs and reads of `n` regions of 30 positions; the last region of the second head has none."""
    draw = np.random.default_rng(seed)
    profiles = [draw.normal(0, 2, (n, 30, head.width)).astype(np.float32) for head in HEADS]
    counts = [draw.normal(3, 1, (n, 1)).astype(np.float32) for _ in HEADS]
    reads = [draw.poisson(0.4, (n, 30, head.width)).astype(np.float32) for head in HEADS]
    reads[1][-1] = 0
    return [*profiles, *counts], reads


def tensors(given: list[np.ndarray]) -> list[Any]:
    return [torch.from_numpy(array) for array in given]


def learner(*losses: float, groups: int = 1, **settings: Any) -> Any:
    """Learned weights over one part per group with these mean losses."""
    names = [f"p{number}" for number in range(len(losses))]

    def parts(output: Any, target: Any) -> dict[str, Any]:
        return {name: torch.full((2,), value) for name, value in zip(names, losses, strict=True)}

    return LearnedWeights(parts, {"lw0": names}, groups, **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"weights": "fixed"},
        {"weights": "fixed", "divide_by_depth": True},
        {"divide_by_depth": True},
        {"profile_labels": "peaks"},
    ],
)
def test_equals_the_reference(settings: dict[str, Any]) -> None:
    settings = {("weighting" if key == "weights" else key): value for key, value in settings.items()}
    loss, (output, reads) = bound(**settings), case()
    peaks = np.array([True, False, True, False, False]) if loss.profile_labels == "peaks" else None
    function = loss.torch()
    if isinstance(function, torch.nn.Module):
        function.eval()
    found = function(tensors(output), tensors(reads), *([torch.from_numpy(peaks)] if peaks is not None else []))
    wanted = loss.reference(output, reads, peaks=peaks)
    assert set(found) == set(wanted)
    for name, expected in wanted.items():
        np.testing.assert_allclose(found[name].detach().numpy(), expected, rtol=1e-5, atol=1e-5, err_msg=name)


def test_values_of_one_head() -> None:
    parts = bound(ONE, weighting="fixed").torch()(
        [torch.tensor(LOGITS)[:, :, None], torch.tensor([[1.5]])], [torch.tensor(READS)[:, :, None]]
    )
    assert float(parts["a_profile_nll"]) == pytest.approx(4.868526, abs=1e-6)
    assert float(parts["a_counts_mse"]) == pytest.approx(0.198836, abs=1e-6)


def test_value_and_gradient_of_a_learned_term() -> None:
    weights = learner(70.0)
    with torch.no_grad():
        weights.lw0.fill_(2.0)
    total = weights(None, None)
    assert total["loss"].tolist() == pytest.approx([9.230453] * 2, abs=1e-6)
    total["loss"].mean().backward()
    assert float(weights.lw0.grad) == pytest.approx(-8.056853, abs=1e-6)
    assert float(total["lw0_gradient"][0]) == pytest.approx(-8.056853, abs=1e-6)
    assert float(total["lw0_factor"][0]) == pytest.approx(0.125)
    assert reference_gradient(np.array([2.0]), np.array([70.0])) == pytest.approx([-8.056853])


@pytest.mark.parametrize(("loss", "rest"), [(70.0, 4.742013), (500.0, 10.344143)])
def test_a_learned_weight_comes_to_rest(loss: float, rest: float) -> None:
    assert 2 * rest**2 * math.log(rest) == pytest.approx(loss, rel=1e-5)
    assert reference_gradient(np.array([rest]), np.array([loss])) == pytest.approx([0], abs=1e-5)
    weights, slopes = learner(loss), []
    for share in (0.99, 1.01):
        with torch.no_grad():
            weights.lw0.fill_(share * rest)
        slopes.append(float(torch.autograd.grad(weights(None, None)["loss"].mean(), weights.lw0)[0]))
    assert slopes[0] < 0 < slopes[1]


def test_strands_share_a_softmax() -> None:
    loss, (output, reads) = bound(weighting="fixed").torch(), case()
    before = loss(tensors(output), tensors(reads))["a_profile_nll"]
    output[0][:, :, 0] += 1.5
    one = loss(tensors(output), tensors(reads))["a_profile_nll"]
    output[0][:, :, 1] += 1.5
    both = loss(tensors(output), tensors(reads))["a_profile_nll"]
    assert not torch.allclose(before, one, atol=1e-2)
    torch.testing.assert_close(before, both, rtol=1e-5, atol=1e-4)


def test_a_region_without_reads_has_no_profile_loss() -> None:
    output, reads = case()
    assert float(bound().torch()(tensors(output), tensors(reads))["b_profile_nll"][-1].detach()) == 0


def test_peaks_alone_train_profiles() -> None:
    loss, (output, reads) = bound(weighting="fixed", profile_labels="peaks").torch(), case()
    given = [torch.from_numpy(array).requires_grad_() for array in output]
    found = loss(given, tensors(reads), torch.zeros(5, dtype=torch.bool))
    assert found["a_profile_nll"].tolist() == [0] * 5
    found["a_profile_nll"].mean().backward()
    assert not given[0].grad.any()
    peaks = torch.tensor([True, False, True, False, False])
    every = bound(weighting="fixed").torch()(tensors(output), tensors(reads))["a_profile_nll"]
    some = loss(given, tensors(reads), peaks)["a_profile_nll"]
    assert float(some.detach().mean()) == pytest.approx(float(every[peaks].mean()), rel=1e-6)


def test_one_pair_of_weights_per_group() -> None:
    loss, (output, reads) = bound(weight_scope="group"), case()
    weights = loss.torch()
    assert weights.lw0.shape == weights.lw1.shape == (2,)
    lw = {"lw0": np.array([2.0, 0.5]), "lw1": np.array([1.5, 3.0])}
    with torch.no_grad():
        for name, values in lw.items():
            getattr(weights, name).copy_(torch.from_numpy(values))
    found = weights(tensors(output), tensors(reads))
    wanted = loss.reference(output, reads, lw)
    np.testing.assert_allclose(found["loss"].detach().numpy(), wanted["loss"], rtol=1e-5)
    found["loss"].mean().backward()
    means = [wanted[f"{head}_profile_nll"].mean() for head in "ab"]
    np.testing.assert_allclose(weights.lw0.grad.numpy(), reference_gradient(lw["lw0"], np.array(means)), rtol=1e-4)
    assert {"lw0_0", "lw0_1", "lw1_gradient_1"} <= set(found)


@pytest.mark.parametrize(("size", "frozen"), [(0.99, True), (1.01, False)])
def test_freezes_once_the_gradient_is_small(size: float, frozen: bool) -> None:
    weights = learner(size)  # lw = 1 has the gradient −L
    weights(None, None)
    weights.end_epoch()
    assert weights.frozen is frozen
    assert weights.lw0.requires_grad is not frozen


def test_the_last_batch_or_the_mean_decides() -> None:
    for freeze_on, frozen in (("last_batch", True), ("epoch_mean", False)):
        values = iter([5.0, 0.5])
        weights = LearnedWeights(
            lambda output, target, values=values: {"p": torch.full((2,), next(values))},
            {"lw0": ["p"]},
            freeze_on=freeze_on,
        )
        weights(None, None)
        weights(None, None)
        weights.end_epoch()
        assert weights.frozen is frozen


def test_frozen_weights_keep_their_value_and_lose_their_logarithms() -> None:
    weights = learner(0.5)
    optimizer = torch.optim.AdamW(weights.parameters(), lr=0.1, weight_decay=0.2)
    weights(None, None)["loss"].mean().backward()
    optimizer.step()
    weights.lw0.data.fill_(2.0)
    weights.freeze()
    before = weights.lw0.detach().clone()
    total = weights(None, None)["loss"]
    assert not total.requires_grad
    assert total.tolist() == pytest.approx([0.5 / 8] * 2)
    optimizer.step()
    assert torch.equal(weights.lw0.detach(), before)


def test_freezing_is_part_of_the_state() -> None:
    weights, again = learner(0.5), learner(0.5)
    weights(None, None)
    again.restore(weights.state())
    again.end_epoch()
    assert again.frozen
    other = learner(70.0)
    other.restore(again.state())
    other(None, None)
    other.end_epoch()
    assert other.frozen
    assert not other.lw0.requires_grad


def test_evaluation_changes_nothing() -> None:
    weights = learner(0.5).eval()
    assert set(weights(None, None)) == {"loss", "p0"}
    weights.end_epoch()
    assert not weights.frozen


def test_weights_of_the_model_are_adopted() -> None:
    model = torch.nn.Module()
    model.lw0 = torch.nn.Parameter(torch.full((1,), 3.0))
    weights = learner(70.0)
    assert weights.adopt(model) == ["lw0"]
    assert weights.lw0 is model.lw0
    assert float(weights(None, None)["loss"][0].detach()) == pytest.approx(70 / 18 + math.log(3) ** 2)
    assert learner(70.0).adopt(torch.nn.Module()) == []
    with pytest.raises(BackendError, match="give both the same weight_scope"):
        learner(70.0, 70.0, groups=2).adopt(model)


def test_a_weight_that_is_not_positive_stops_the_training() -> None:
    weights = learner(70.0)
    weights.judge()
    weights.lw0.data.fill_(-0.5)
    with pytest.raises(TrainingError, match=r"the learned weight 'lw0' became -0\.5"):
        weights.judge()
    weights.lw0.data.fill_(math.nan)
    with pytest.raises(TrainingError, match="became nan"):
        weights.judge()


def test_does_not_exist_on_keras() -> None:
    with pytest.raises(BackendError, match="does not exist on Keras"):
        bound().keras()


def test_fixed_weights_per_head() -> None:
    loss = bound(weighting="fixed", profile_weight=2, count_weight=(10.0, 0.5))
    assert loss.weights() == {"a_profile_nll": 2, "b_profile_nll": 2, "a_counts_mse": 10, "b_counts_mse": 0.5}
    assert loss.learned_parameters() == []
