# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Losses of masks, peaks and signals on PyTorch: equal to NumPy float64, finite, judging their first batch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from position_cases import KINDS, bound, masks, outputs, peaks, real_mask, real_profile

from seqforge.errors import DataError, TrainingError
from seqforge.registry import find

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

# name, settings, numbers of classes of the output
CASES: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("DiceLoss", {}, (1, 2, 3)),
    ("DiceLoss", {"per_sample": True, "smooth": 0.0}, (1, 3)),
    ("DiceLoss", {"class_weights": (1.0, 2.0, 0.0)}, (3,)),
    ("FocalLoss", {}, (1, 2, 3)),
    ("FocalLoss", {"gamma": 0.5, "alpha": 0.7, "alpha_mode": "balanced"}, (1, 2)),
    ("FocalLoss", {"gamma": 0.0, "class_weights": (1.0, 2.0, 0.5), "alpha": (0.1, 0.2, 0.7)}, (3,)),
    ("CrossEntropyLoss", {"class_weights": (0.3, 4.0)}, (1, 2)),
    ("CrossEntropyLoss", {"label_smoothing": 0.1}, (1, 3)),
    ("BCELoss", {}, (1,)),
    ("BCEWithLogitsLoss", {}, (1,)),
    ("WeightedBCELoss", {"pos_weight": 7.0}, (1,)),
]
EACH = [
    pytest.param(name, settings, classes, kind, id=f"{name}-{number}-{classes}-{kind}")
    for number, (name, settings, counts) in enumerate(CASES)
    for classes in counts
    for kind in KINDS
    if (name, kind) != ("BCEWithLogitsLoss", "probabilities")
]


def told(name: str, kind: str, settings: dict[str, Any]) -> Any:
    return bound(name, **settings) if name == "BCEWithLogitsLoss" else bound(name, input=kind, **settings)


def tensors(target: dict[str, np.ndarray]) -> dict[str, Any]:
    return {key: torch.from_numpy(value) for key, value in target.items()}


def same(found: Any, wanted: Any, tolerance: float) -> None:
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        for key, expected in wanted.items():
            same(found[key], expected, tolerance)
        return
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=tolerance, atol=tolerance)


def total(found: Any) -> Any:
    """What a learner descends: the mean over all elements of a batch."""
    if not isinstance(found, dict):
        return found.mean()
    if "sizes" not in found:
        return found["loss"].mean()
    sizes = found["sizes"]
    return (found["loss"] * sizes).sum() / sizes.sum().clamp(min=1e-12)


@pytest.mark.parametrize(("name", "settings", "classes", "kind"), EACH)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-6), ("float32", 1e-5)])
@pytest.mark.parametrize("integers", ["int8", "int64"])
def test_equals_the_reference(
    name: str, settings: dict[str, Any], classes: int, kind: str, dtype: str, tolerance: float, integers: str
) -> None:
    loss, output = told(name, kind, settings), outputs(kind, classes).astype(dtype)
    target = {"mask": masks(max(2, classes)).astype(integers)}
    found = loss.torch()(torch.from_numpy(output), tensors(target))
    value = found["loss"] if isinstance(found, dict) else found
    assert value.shape == (len(output),)
    assert value.dtype == getattr(torch, dtype)
    same(found, loss.reference(output, target), tolerance)


@pytest.mark.parametrize(("name", "settings", "classes", "kind"), EACH)
def test_gradient_follows_the_reference(name: str, settings: dict[str, Any], classes: int, kind: str) -> None:
    loss, output = told(name, kind, settings), outputs(kind, classes)
    target = {"mask": masks(max(2, classes))}
    x = torch.tensor(output, requires_grad=True)
    total(loss.torch()(x, tensors(target))).backward()

    def value(moved: np.ndarray) -> float:
        found = loss.reference(moved, target)
        if not isinstance(found, dict):
            return float(found.mean())
        return float((found["loss"] * found["sizes"]).sum() / found["sizes"].sum())

    step, draw = 1e-6, np.random.default_rng(0)
    for _ in range(8):
        place = tuple(int(draw.integers(size)) for size in output.shape)
        up, down = output.copy(), output.copy()
        up[place] += step
        down[place] -= step
        assert float(x.grad[place]) == pytest.approx((value(up) - value(down)) / (2 * step), rel=1e-4, abs=1e-6)
    assert not x.grad[-1].any()  # the profile of which nothing is judged


@pytest.mark.parametrize(("name", "settings", "classes", "kind"), EACH)
@pytest.mark.filterwarnings("ignore:loss")  # edges within [0, 1]
def test_extremes_are_finite(name: str, settings: dict[str, Any], classes: int, kind: str) -> None:
    edges = {"logits": (-1e4, 1e4, 0.0, -88.0), "probabilities": (0.0, 1.0, 1e-9, 1 - 1e-7)}[kind]
    shape = outputs(kind, classes).shape
    for edge in (None, *edges):
        values = np.resize(edges, shape) if edge is None else np.full(shape, edge)
        x = torch.tensor(values, dtype=torch.float32, requires_grad=True)
        value = total(told(name, kind, settings).torch()(x, tensors({"mask": masks(max(2, classes))})))
        value.backward()
        assert torch.isfinite(value)
        assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("gamma", [0.0, 0.01, 0.5, 1.0, 5.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_focal_loss_is_finite_where_all_is_right(gamma: float, dtype: Any) -> None:
    for edge in (20.0, 100.0, 1e4):
        x = torch.tensor([[-edge, edge]], dtype=dtype, requires_grad=True)
        value = bound("FocalLoss", "peak classification", gamma=gamma).torch()(x, torch.tensor([1]))
        value.sum().backward()
        assert torch.isfinite(value).all()
        assert torch.isfinite(x.grad).all()
        assert float(value.detach()) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "FocalLoss"])
@pytest.mark.parametrize("counts", [(1, 0, 0), (0, 0, 0), (3, 0, 4)])
@pytest.mark.parametrize("classes", [1, 2, 3])
def test_scope_peaks(name: str, counts: tuple[int, ...], classes: int) -> None:
    loss, target = bound(name, scope="peaks"), peaks(counts, max(2, classes))
    x = torch.tensor(outputs("logits", classes), requires_grad=True)
    found = loss.torch()(x, tensors(target))
    same(found, loss.reference(x.detach().numpy(), target), 1e-9)
    total(found).backward()
    touched = (x.grad if classes == 1 else x.grad.abs().sum(1)) != 0
    assert int(touched.sum()) == sum(counts)


def test_every_profile_may_be_ignored() -> None:
    target = tensors({"mask": np.full(masks().shape, -100, np.int8)})
    for name in ("DiceLoss", "FocalLoss", "CrossEntropyLoss", "BCELoss", "WeightedBCELoss"):
        x = torch.tensor(outputs("probabilities"), requires_grad=True)
        value = total(bound(name, input="probabilities").torch()(x, target))
        value.backward()
        assert float(value.detach()) == 0
        assert not x.grad.any()


def test_dice_on_probabilities_is_dice_on_logits() -> None:
    target = tensors({"mask": masks()})
    x = torch.from_numpy(outputs("logits")).float()
    on_logits = bound("DiceLoss", input="logits").torch()(x, target)
    on_probabilities = bound("DiceLoss", input="probabilities").torch()(x.sigmoid(), target)
    torch.testing.assert_close(on_logits, on_probabilities, atol=1e-6, rtol=0)


def test_dice_of_a_real_mask() -> None:
    mask = torch.from_numpy(real_mask()[None])
    loss = bound("DiceLoss").torch()
    assert float(loss(torch.full(mask.shape, 0.5), {"mask": mask})[0]) == pytest.approx(0.9413, abs=5e-5)
    assert float(loss(mask.float(), {"mask": mask})[0]) == pytest.approx(0, abs=1e-6)
    twice = bound("DiceLoss").for_output("logits", 2).torch()
    with pytest.warns(UserWarning, match="expects logits"):
        assert float(twice(mask.float(), {"mask": mask})[0]) >= 0.915


def test_dice_is_a_score_of_the_batch() -> None:
    output, mask = torch.from_numpy(outputs("probabilities")), torch.from_numpy(masks(ignored=False))
    loss, each = bound("DiceLoss").torch(), bound("DiceLoss", per_sample=True).torch()
    alone = torch.cat([loss(output[[i]], {"mask": mask[[i]]}) for i in range(len(mask))])
    torch.testing.assert_close(each(output, {"mask": mask}), alone)
    assert not torch.allclose(loss(output, {"mask": mask}), alone.mean())


def test_focal_without_focus_is_cross_entropy_of_torch() -> None:
    draw = np.random.default_rng(7)
    x, y = torch.from_numpy(draw.normal(0, 3, (6, 4, 5))), torch.from_numpy(draw.integers(0, 4, (6, 5)))
    wanted = torch.nn.functional.cross_entropy(x, y, reduction="none").mean(1)
    plain = find("losses", "FocalLoss")(alpha=1.0, gamma=0.0).torch()(x, y)
    torch.testing.assert_close(plain, wanted, atol=1e-6, rtol=0)
    for weights in ((1.0, 2.0, 3.0, 4.0),):
        found = find("losses", "CrossEntropyLoss", "PyTorch")(class_weights=weights).torch()(x, y)
        mean = torch.nn.functional.cross_entropy(x, y, weight=torch.tensor(weights, dtype=torch.float64))
        assert float(total(found)) == pytest.approx(float(mean), rel=1e-12)


def test_declared_probabilities_are_held_against_the_first_batch() -> None:
    target = tensors({"mask": masks()})
    for name in ("DiceLoss", "CrossEntropyLoss", "FocalLoss", "BCELoss", "WeightedBCELoss"):
        loss = bound(name, input="probabilities").torch()
        with pytest.raises(ValueError, match=f"loss {name} expects probabilities, the model puts out values from -"):
            loss(torch.from_numpy(outputs("logits")), target)
    with pytest.raises(TrainingError, match="set the loss' input to logits, or end the model in a sigmoid"):
        bound("DiceLoss").torch()(torch.from_numpy(outputs("logits")), target)


def test_declared_logits_that_look_like_probabilities_are_warned_about_once() -> None:
    target, p = tensors({"mask": masks()}), torch.from_numpy(outputs("probabilities"))
    loss = bound("FocalLoss", input="logits").torch()
    with pytest.warns(UserWarning, match="expects logits, but every output of the first batch lies in"):
        loss(p, target)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss(p, target)
        bound("FocalLoss").torch()(p, target)  # nothing is declared


def test_only_the_first_batch_is_looked_at() -> None:
    loss, target = bound("DiceLoss", input="probabilities").torch(), tensors({"mask": masks()})
    loss(torch.from_numpy(outputs("probabilities"))[:0], {"mask": target["mask"][:0]})  # an empty one says nothing
    loss(torch.from_numpy(outputs("probabilities")), target)
    loss(torch.from_numpy(outputs("logits")), target)


@pytest.mark.parametrize("space", ["scaled", "rfu"])
def test_mse_of_signals(space: str) -> None:
    facts = {"normalisation": {"scale": "log1p", "max_rfu": 33000}}
    loss = bound("MSELoss", "reconstruction", space=space).for_facts(facts)
    draw = np.random.default_rng(3)
    output, target = draw.random((2, 3, 7)), draw.random((2, 3, 7))
    found = loss.torch()(torch.from_numpy(output), torch.from_numpy(target))
    np.testing.assert_allclose(found.numpy(), loss.reference(output, target), rtol=1e-10)
    for edge in (-1e4, 0.0, 1e4):
        x = torch.full((2, 3, 7), edge, requires_grad=True)
        value = loss.torch()(x, torch.from_numpy(target).float()).mean()
        value.backward()
        assert torch.isfinite(value)
        assert torch.isfinite(x.grad).all()


def test_mse_in_rfu_of_a_real_profile() -> None:
    """All zeros on raw RFU: the number of the specification, 784,398 RFU²."""
    from seqforge.data.epg.scaling import Scaling

    signal = torch.from_numpy(Scaling().scaled(real_profile()[None]))
    loss = bound("MSELoss", "reconstruction", space="rfu")
    loss = loss.for_facts({"normalisation": {"scale": "log1p", "max_rfu": 33000.0}})
    assert float(loss.torch()(torch.zeros_like(signal), signal)) == pytest.approx(784398, rel=1e-4)


def test_losses_of_whole_batches_keep_a_graph() -> None:
    """No examples, no peaks: still something that can be descended."""
    x = torch.zeros((0, 2, 4, 5), requires_grad=True)
    target = {"mask": torch.zeros((0, 4, 5), dtype=torch.int8)}
    for name in ("CrossEntropyLoss", "FocalLoss", "DiceLoss"):
        found = bound(name, input="logits").torch()(x, target)
        value = found["loss"] if isinstance(found, dict) else found
        assert value.shape == (0,)
        assert value.requires_grad


@pytest.mark.parametrize(
    ("name", "task", "settings"),
    [
        ("CrossEntropyLoss", "segmentation", {"class_weights": "balanced", "input": "logits"}),
        ("FocalLoss", "segmentation", {"class_weights": "balanced", "input": "logits"}),
        ("DiceLoss", "segmentation", {"class_weights": "balanced", "input": "logits"}),
        ("WeightedBCELoss", "segmentation", {"pos_weight": "balanced", "input": "logits"}),
        ("MSELoss", "reconstruction", {"space": "rfu"}),
    ],
)
def test_a_loss_is_built_before_the_data_are_known_but_not_computed(
    name: str, task: str, settings: dict[str, Any]
) -> None:
    """As a proof of shapes does, which reads no data."""
    loss = bound(name, task, **settings).torch()
    x = torch.rand(2, 4, 5)
    target = x if task == "reconstruction" else {"mask": (x > 0.5).long()}
    with pytest.raises(DataError, match="needs data that say how"):
        loss(x * 4 - 2, target)
