# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Peak classifier and PeakNet on PyTorch: counts, numbers, places of peaks, none at all, frozen parts, refusals."""

from __future__ import annotations

import itertools
import re
from typing import Any

import epg_layers as reference
import numpy as np
import pytest
from numpy_layers import conv, dense, pool, relu

from seqforge.architectures.base import InputSpec
from seqforge.architectures.parts import RunPart
from seqforge.registry import find

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from seqforge.architectures.torch import peaknet  # noqa: E402
from seqforge.architectures.torch.autoencoders import (  # noqa: E402
    Conv1dAutoencoder,
    FourierAutoencoder,
    PerDyeConv1dAutoencoder,
    SharedWeightPerDyeConv1dAutoencoder,
)
from seqforge.architectures.torch.peak_classifier import PeakClassifier  # noqa: E402
from seqforge.architectures.torch.peaknet import CombinedClassifier, PeakNet, PeakOnlyClassifier  # noqa: E402
from seqforge.architectures.torch.unet import UNet2DAutoEncoder  # noqa: E402

DYES, LENGTH, WIDTH = 3, 64, 16
COMBINED = [("mlp", "shared"), ("film", "shared")] + [
    ("attention", encoding) for encoding in ("shared", "none", "sinusoidal", "learned")
]
BATCHES = ([1], [0], [3, 0, 4])


def random(*shape: int, seed: int = 0) -> Any:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def classifier(**settings: Any) -> Any:
    return PeakClassifier(**{"width": WIDTH, "n_markers": 6, "embedding_dim": 3, "hidden_channels": (4, 5)} | settings)


def autoencoder(cls: Any = PerDyeConv1dAutoencoder, **settings: Any) -> Any:
    sizes = {"in_channels": DYES, "hidden_channels": 3, "depth": 3, "input_length": LENGTH, "kernel_size": 3}
    return cls(**sizes | {"compression": 4} | settings)


def net(seed: int = 0, **settings: Any) -> Any:
    torch.manual_seed(seed)
    given = {"autoencoder": autoencoder(), "peak_classifier": classifier()} | settings
    return CombinedClassifier(**{"hidden_dims": (7, 6), "embed_dim": 8, "num_heads": 2} | given)


def batch(counts: list[int], width: int = WIDTH, channels: int = 1, seed: int = 5) -> tuple[Any, ...]:
    """Profiles, windows, markers, centres without repetition, counts."""
    draw = np.random.default_rng(seed)
    peaks = sum(counts)
    flat = [np.sort(draw.choice(DYES * LENGTH, count, replace=False)) for count in counts]
    centres = np.stack(np.divmod(np.concatenate([np.zeros(0, int), *flat]), LENGTH), axis=1)
    return (
        random(len(counts), DYES, LENGTH, seed=seed),
        random(peaks, channels, width, seed=seed + 1),
        torch.from_numpy(draw.integers(0, 6, peaks)),
        torch.from_numpy(centres),
        torch.tensor(counts),
    )


def arrays(model: Any) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


def counted(model: Any) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("settings", "parameters", "features"),
    [
        ({}, 130_146, 1_928),
        ({"pooling": "avg"}, 11_362, 72),
        ({"pooling": "attn"}, 11_427, 72),
        ({"kernel_size": 7}, 138_466, 1_928),
        ({"include_max_pool_dyes": True}, 130_242, 1_928),
        ({"embedding_dim": 0}, 129_410, 1_920),
        ({"use_embedding": False}, 129_410, 1_920),
    ],
)
def test_parameters_of_the_classifier(settings: dict[str, Any], parameters: int, features: int) -> None:
    with torch.device("meta"):
        model = PeakClassifier(**settings)
        windows = torch.zeros(4, 2 if "include_max_pool_dyes" in settings else 1, 120)
        markers = torch.zeros(4, dtype=torch.long)
        assert tuple(model(windows, markers).shape) == (4, 2)
        assert tuple(model.backbone(windows, markers).shape) == (4, features)
    assert counted(model) == parameters
    assert model.backbone_out_features == features


@pytest.mark.parametrize(
    ("combiner", "defaults", "published"),
    [("mlp", 1_407_549, 1_206_422), ("film", 10_627_405, 12_859_302), ("attention", 827_101, 1_078_326)],
)
def test_parameters_of_peaknet(combiner: str, defaults: int, published: int) -> None:
    with torch.device("meta"):
        model = CombinedClassifier(PerDyeConv1dAutoencoder(), PeakClassifier(), combiner=combiner)
        older = CombinedClassifier(
            PerDyeConv1dAutoencoder(in_channels=6, hidden_channels=64, depth=4, kernel_size=5),
            PeakClassifier(kernel_size=7),
            hidden_dims=(64, 32),
            combiner=combiner,
        )
        assert counted(PeakOnlyClassifier(PeakClassifier())) == 130_146
    assert (counted(model), counted(older)) == (defaults, published)
    assert sum(one.numel() for one in model.parameters() if one.requires_grad) == defaults - 95_065


@pytest.mark.parametrize(
    ("encoding", "parameters"),
    [("shared", 827_101), ("none", 827_069), ("sinusoidal", 827_069), ("learned", 831_165)],
)
def test_parameters_of_positional_encodings(encoding: str, parameters: int) -> None:
    with torch.device("meta"):
        parts = PerDyeConv1dAutoencoder(), PeakClassifier()
        model = CombinedClassifier(*parts, combiner="attention", positional_encoding=encoding)
        counts = torch.zeros(2, dtype=torch.long)
        windows, markers = torch.zeros(3, 1, 120), torch.zeros(3, dtype=torch.long)
        y = model(torch.zeros(2, 5, 4096), windows, markers, torch.zeros(3, 2, dtype=torch.long), counts)
    assert counted(model) == parameters
    assert tuple(y.shape) == (2, 2, 5, 4096)


def test_the_order_of_tensors() -> None:
    names = [name for name, _ in net(combiner="attention").named_parameters()]
    assert list(dict.fromkeys(name.split(".")[0] for name in names)) == ["autoencoder", "peak_classifier", "combiner"]
    inner = list(dict.fromkeys(name.split(".")[1] for name in names if name.startswith("combiner.")))
    assert inner == ["positional", "global_projection", "local_projection", "attention", "norm", "stack"]
    peak = list(dict.fromkeys(name.split(".")[0] for name, _ in classifier(pooling="attn").named_parameters()))
    assert peak == ["blocks", "pool", "embedding", "head"]


@pytest.mark.parametrize("pooling", ["flat", "avg", "attn"])
def test_the_classifier_equals_its_formulas(pooling: str) -> None:
    torch.manual_seed(0)
    model = classifier(pooling=pooling).double()
    _, windows, markers, *_ = batch([4])
    with torch.no_grad():
        logits = model(windows.double(), markers[:, None])
    state, x = arrays(model), windows.numpy().astype(float)
    for block in range(2):
        x = pool(relu(conv(x, state, f"blocks.{block}.0", padding=1)), 2)
    if pooling == "attn":
        weights = reference.softmax(np.einsum("ncl,oc->nl", x, state["pool.score.weight"]))
        x = np.einsum("ncl,nl->nc", x, weights)
    x = x.reshape(4, -1) if pooling == "flat" else x.mean(axis=2) if pooling == "avg" else x
    x = np.concatenate([x, state["embedding.weight"][markers]], axis=1)
    wanted = dense(relu(dense(x, state, "head.0")), state, "head.2")
    np.testing.assert_allclose(logits.numpy(), wanted, rtol=1e-9, atol=1e-12)


OPTIONS = [
    dict(
        zip(
            ("pooling", "downsample", "use_batchnorm", "conv_dropout_p", "embedding_dim", "activation"),
            values,
            strict=True,
        )
    )
    for values in itertools.product(
        ("flat", "avg", "attn"), ("maxpool", "conv"), (False, True), (0, 0.5), (0, 3), ("gelu",)
    )
] + [{"activation": "tanh", "head_dropout_p": 0.5, "include_max_pool_dyes": True}]


@pytest.mark.parametrize("peaks", [0, 1, 3])
@pytest.mark.parametrize("settings", OPTIONS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_any_number_of_peaks_works(settings: dict[str, Any], peaks: int) -> None:
    model = classifier(**settings)
    windows = random(peaks, model.settings.window_channels, WIDTH).requires_grad_()
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    for mode in (True, False):
        model.train(mode)
        logits = model(windows, torch.zeros(peaks, dtype=torch.long))
        assert tuple(logits.shape) == (peaks, 2)
        logits.sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    untouched = all(torch.equal(buffer, before[name]) for name, buffer in model.named_buffers())
    assert untouched == (peaks == 0 or not settings.get("use_batchnorm"))


def test_the_narrowest_window_takes_one_peak_in_training() -> None:
    for downsample in ("maxpool", "conv"):
        model = classifier(width=4, use_batchnorm=True, downsample=downsample)
        assert model(random(1, 1, 4), torch.zeros(1, dtype=torch.long)).shape == (1, 2)


def test_markers_come_as_a_column_or_a_row() -> None:
    model = classifier().eval()
    windows, markers = random(1, 1, WIDTH), torch.tensor([4])
    assert torch.equal(model(windows, markers), model(windows, markers[:, None]))
    assert torch.equal(model(windows, markers.int()), model(windows, markers))
    plain = classifier(embedding_dim=0).eval()
    assert torch.equal(plain(windows), plain(windows, markers))


@pytest.mark.parametrize(
    ("windows", "markers", "message"),
    [
        ((2, 1, WIDTH), [0, 6], "expected markers 0..5 for n_markers=6, received 0 to 6"),
        ((2, 1, WIDTH), [-1, 2], "received -1 to 2"),
        ((2, 1, WIDTH), None, "expected markers for embedding_dim > 0, received none"),
        ((2, 1, WIDTH), [1], "expected markers (2,) or (2, 1) for 2 windows, received (1,)"),
        ((2, 1, WIDTH - 1), [0, 0], f"expected windows (peak, 1, {WIDTH}) for width={WIDTH}"),
        ((2, 2, WIDTH), [0, 0], "include_max_pool_dyes=False, received (2, 2, 16)"),
        ((2, WIDTH), [0, 0], "received (2, 16)"),
    ],
)
def test_other_inputs_of_the_classifier_are_refused(windows: Any, markers: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        classifier()(torch.zeros(windows), None if markers is None else torch.tensor(markers))


def test_marker_28_of_28_names_the_range() -> None:
    with pytest.raises(ValueError, match=re.escape("0..27")):
        PeakClassifier()(torch.zeros(1, 1, 120), torch.tensor([28]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pooling": "max"}, "pooling: expected one of flat, avg, attn, received 'max'"),
        ({"activation": "elu"}, "activation: expected one of relu, tanh, gelu, received 'elu'"),
        ({"downsample": "none"}, "downsample: expected one of maxpool, conv, received 'none'"),
        ({"kernel_size": 4}, "kernel_size: expected an odd integer ≥ 1, received 4"),
        ({"hidden_channels": ()}, "hidden_channels: expected at least one number"),
        ({"use_embedding": True, "embedding_dim": 0}, "embedding_dim: expected at least 1 with use_embedding=True"),
        ({"width": 3}, "width: expected at least 4"),
        ({"conv_dropout_p": 1.0}, "conv_dropout_p: expected a number ≥ 0 and < 1, received 1.0"),
        ({"num_classes": 0}, "num_classes"),
        ({"n_markers": 0}, "n_markers"),
    ],
)
def test_wrong_settings_of_the_classifier(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"PeakClassifier.{message}")):
        PeakClassifier(**settings)


@pytest.mark.parametrize("counts", BATCHES, ids=str)
@pytest.mark.parametrize(("combiner", "encoding"), COMBINED)
def test_a_training_step_whatever_the_peaks(combiner: str, encoding: str, counts: list[int]) -> None:
    model = net(combiner=combiner, positional_encoding=encoding)
    inputs = batch(counts)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3)
    y = model(*inputs)
    assert tuple(y.shape) == (len(counts), 2, DYES, LENGTH)
    loss = torch.nn.functional.cross_entropy(y, torch.ones(len(counts), DYES, LENGTH, dtype=torch.long))
    assert torch.isfinite(loss)
    loss.backward()
    optimizer.step()
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())
    model.eval()
    with torch.no_grad():
        y, logits = model(*inputs), model.peak_logits(*inputs)
    profile = np.repeat(np.arange(len(counts)), counts)
    centres = inputs[3].numpy()
    assert torch.equal(y[profile, :, centres[:, 0], centres[:, 1]], logits)
    touched = np.zeros((len(counts), DYES, LENGTH), bool)
    touched[profile, centres[:, 0], centres[:, 1]] = True
    background = y.numpy().transpose(0, 2, 3, 1)[~touched]
    assert (background == [8.0, 0.0]).all()


@pytest.mark.parametrize("settings", [{"default_class": 2, "background_logit": -3.5}])
def test_the_background_of_another_class(settings: dict[str, Any]) -> None:
    y = net(num_classes=3, **settings)(*batch([0, 0]))
    assert (y[:, 2] == -3.5).all()
    assert (y[:, :2] == 0).all()


@pytest.mark.parametrize(("combiner", "encoding"), COMBINED)
def test_the_combiners_equal_their_formulas(combiner: str, encoding: str) -> None:
    model, counts = net(combiner=combiner, positional_encoding=encoding).double().eval(), [2, 0, 3]
    inputs = batch(counts)
    profiles, windows, markers, centres, _ = (one.double() if one.is_floating_point() else one for one in inputs)
    with torch.no_grad():
        logits = model.peak_logits(profiles, windows, markers, centres, inputs[4]).numpy()
        latent = model.autoencoder.encode(profiles).numpy()
        local = model.peak_classifier.backbone(windows, markers).numpy()
    state, wanted = reference.below(arrays(model), "combiner."), []
    for peak, profile in enumerate(np.repeat(np.arange(3), counts)):
        z, features = latent[profile], local[peak]
        if combiner == "mlp":
            wanted.append(reference.stack(np.concatenate([z.ravel(), features]), state, 3))
        elif combiner == "film":
            wanted.append(reference.film(z.ravel(), features, state, 3))
        else:
            told = positions(encoding, state, z.shape[1], float(centres[peak, 1]) * z.shape[1] / LENGTH)
            wanted.append(reference.attention(z, features, state, 2, 3, *told))
    np.testing.assert_allclose(logits, np.stack(wanted), rtol=1e-9, atol=1e-9)


def positions(encoding: str, state: Any, count: int, coordinate: float) -> tuple[Any, Any]:
    """What is added to keys and query."""
    if encoding == "sinusoidal":
        return np.stack([reference.sinusoids(p, 8) for p in range(count)]), reference.sinusoids(coordinate, 8)
    if encoding == "learned":
        table = state["positional"]
        return table.T, reference.interpolated(table, coordinate)
    return (state["positional"] if encoding == "shared" else 0), 0


@pytest.mark.parametrize(
    ("encoding", "matters"), [("shared", False), ("none", False), ("sinusoidal", True), ("learned", True)]
)
def test_only_some_encodings_tell_positions(encoding: str, matters: bool) -> None:
    model = net(combiner="attention", positional_encoding=encoding).eval()
    _, windows, markers, centres, counts = batch([2, 3])
    found = peaknet.places(centres, counts, 5, (2, DYES, LENGTH), "PeakNet")
    with torch.no_grad():
        latent, local = random(2, 6, 8), model.peak_classifier.backbone(windows, markers)
        logits = model.combiner(latent, local, found, LENGTH)
        moved = model.combiner(latent[:, :, torch.randperm(8)], local, found, LENGTH)
    assert ((logits - moved).abs().max() > 1e-5) == matters
    assert torch.allclose(logits, moved, atol=1e-6) != matters


def test_keys_are_projected_once_per_profile() -> None:
    model, seen = net(combiner="attention").eval(), {}
    model.combiner.global_projection.register_forward_hook(lambda module, given, y: seen.update(projected=y.shape))
    model.combiner.attention.register_forward_pre_hook(
        lambda module, given: seen.update(query=given[0].shape, keys=given[1].shape, values=given[2].shape)
    )
    model(*batch([5, 1, 7]))
    assert seen == {"projected": (3, 8, 8), "query": (3, 7, 8), "keys": (3, 8, 8), "values": (3, 8, 8)}


@pytest.mark.parametrize(("combiner", "encoding"), COMBINED)
def test_profiles_do_not_see_each_other(combiner: str, encoding: str) -> None:
    model = net(combiner=combiner, positional_encoding=encoding).double().eval()
    inputs = [one.double() if one.is_floating_point() else one for one in batch([3, 0, 4])]
    with torch.no_grad():
        together = model(*inputs)
        ends = [0, 3, 3, 7]
        for number, (start, end) in enumerate(itertools.pairwise(ends)):
            one = (inputs[0][number : number + 1], *(x[start:end] for x in inputs[1:4]), inputs[4][number : number + 1])
            torch.testing.assert_close(model(*one)[0], together[number], rtol=0, atol=1e-12)


def test_profiles_come_in_every_form() -> None:
    model, inputs = net().eval(), batch([2, 1])
    y = model(*inputs)
    assert torch.equal(model(inputs[0][:, None], *inputs[1:]), y)
    assert torch.equal(model(inputs[0][..., None], *inputs[1:]), y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"centres": [[0, 5], [0, 5], [1, 2]]}, "every centre once per profile, received [0, 5] twice in profile 0"),
        ({"centres": [[0, 5], [DYES, 5], [1, 2]]}, "expected [0..2, 0..63], received [3, 5] for peak 1"),
        ({"centres": [[0, LENGTH], [1, 5], [1, 2]]}, "received [0, 64] for peak 0"),
        ({"centres": [[0, 5], [1, 5], [1, -1]]}, "received [1, -1] for peak 2"),
        (
            {"centres": [[0, 5], [1, 5]]},
            "peak_centers: expected shape (3, 2) for 3 windows of 2 profiles, received (2, 2)",
        ),
        ({"counts": [2, 2]}, "sum up to the 3 windows, received a sum of 4"),
        ({"counts": [4, -1]}, "received a sum of 3, the smallest -1"),
        ({"counts": [3]}, "peak_counts: expected shape (2,) for 3 windows of 2 profiles, received (1,)"),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_peaks_in_wrong_places_are_refused(change: dict[str, Any], message: str, whole: bool) -> None:
    model = net() if whole else PeakOnlyClassifier(classifier())
    profiles, windows, markers, _, _ = batch([2, 1])
    given = {"centres": [[0, 5], [1, 5], [1, 2]], "counts": [2, 1]} | change
    with pytest.raises(ValueError, match=re.escape(message)):
        model(profiles, windows, markers, torch.tensor(given["centres"]), torch.tensor(given["counts"]))


def test_the_same_centre_in_two_profiles_is_no_repetition() -> None:
    profiles, windows, markers, _, _ = batch([1, 1])
    y = net()(profiles, windows, markers, torch.tensor([[0, 5], [0, 5]]), torch.tensor([1, 1]))
    assert ((y[:, :, 0, 5] - torch.tensor([8.0, 0.0])).abs().sum(dim=1) > 0).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"combiner": "gru"}, "PeakNet.combiner: expected one of mlp, film, attention, received 'gru'"),
        ({"default_class": 2}, "PeakNet.default_class: expected 0..1 for 2 classes, received 2"),
        ({"default_class": -1}, "PeakNet.default_class: expected an integer ≥ 0, received -1"),
        ({"embed_dim": 9}, "PeakNet.num_heads: expected a divisor of embed_dim 9, received 2"),
        ({"positional_encoding": "rotary"}, "PeakNet.positional_encoding: expected one of shared, none, sinusoidal"),
        (
            {"autoencoder_out_shape": (6, 9)},
            "PeakNet.autoencoder_out_shape: expected (6, 8), as the part has, received (6",
        ),
        ({"peak_classifier_out_features": 7}, "PeakNet.peak_classifier_out_features: expected 23, as the part has"),
    ],
)
def test_wrong_settings_of_peaknet(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        net(**settings)


def test_stated_shapes_that_agree() -> None:
    net(autoencoder_out_shape=(6, 8), peak_classifier_out_features=23)
    net(autoencoder_out_shape=[6, 8])
    with pytest.raises(ValueError, match=r"num_classes: expected 2, as the peak classifier has, received 3"):
        PeakOnlyClassifier(classifier(), num_classes=3)
    _, *peaks = batch([2])
    with pytest.raises(ValueError, match="input_length: expected profiles of 64 scan points, received 128"):
        net()(random(1, DYES, 2 * LENGTH), *peaks)


@pytest.mark.parametrize(("combiner", "encoding"), COMBINED)
@pytest.mark.parametrize("freeze", [True, False])
def test_gradients_reach_what_is_used(combiner: str, encoding: str, freeze: bool) -> None:
    model = net(combiner=combiner, positional_encoding=encoding, freeze_autoencoder=freeze)
    inputs = batch([3, 2])
    inputs[0].requires_grad_(not freeze)
    inputs[1].requires_grad_()
    torch.nn.functional.cross_entropy(model(*inputs), torch.ones(2, DYES, LENGTH, dtype=torch.long)).backward()
    unused = {name for name, parameter in model.named_parameters() if parameter.grad is None}
    expected = {name for name in dict(model.named_parameters()) if "decoder" in name or "classifier.head" in name}
    frozen = {name for name in dict(model.named_parameters()) if name.startswith("autoencoder.")}
    assert unused == (expected | frozen if freeze else expected)
    assert inputs[1].grad.abs().max() > 0
    assert freeze or inputs[0].grad.abs().max() > 0


def test_a_frozen_autoencoder_stays_as_it_is() -> None:
    model = net(autoencoder=autoencoder(use_batchnorm=True))
    before = {name: tensor.clone() for name, tensor in model.autoencoder.state_dict().items()}
    optimizer = torch.optim.SGD([one for one in model.parameters() if one.requires_grad], lr=0.1)
    for step in range(10):
        model.train()
        assert not model.autoencoder.training
        assert model.peak_classifier.training
        model(*batch([2, 1], seed=step)).square().mean().backward()
        optimizer.step()
    after = model.autoencoder.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert not any(parameter.requires_grad for parameter in model.autoencoder.parameters())


def test_an_autoencoder_that_trains_along_respects_the_caller() -> None:
    model = net(autoencoder=autoencoder(use_batchnorm=True), freeze_autoencoder=False)
    before = {name: tensor.clone() for name, tensor in model.autoencoder.named_buffers()}
    model(*batch([2, 1]))
    assert not all(torch.equal(tensor, before[name]) for name, tensor in model.autoencoder.named_buffers())
    assert model.eval().autoencoder.training is False
    with torch.no_grad():
        assert not model(*batch([2, 1])).requires_grad
    assert model(*batch([2, 1])).requires_grad


def test_a_frozen_classifier() -> None:
    frozen = classifier(use_batchnorm=True, conv_dropout_p=0.5)
    for model in (
        net(peak_classifier=frozen, freeze_peak_classifier=True),
        PeakOnlyClassifier(frozen, freeze_peak_classifier=True),
    ):
        model.train()
        before = {name: tensor.clone() for name, tensor in frozen.state_dict().items()}
        model(*batch([2, 1]))
        assert all(torch.equal(tensor, before[name]) for name, tensor in frozen.state_dict().items())
        assert not any(parameter.requires_grad for parameter in frozen.parameters())


@pytest.mark.parametrize("counts", BATCHES, ids=str)
def test_peaks_alone(counts: list[int]) -> None:
    model, inputs = PeakOnlyClassifier(classifier(), background_logit=4.0), batch(counts)
    y, logits = model(*inputs), model.peak_logits(*inputs)
    assert torch.equal(logits, model.peak_classifier(inputs[1], inputs[2]))
    profile = np.repeat(np.arange(len(counts)), counts)
    assert torch.equal(y[profile, :, inputs[3][:, 0], inputs[3][:, 1]], logits)
    y.sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("combiner", ["mlp", "film", "attention"])
@pytest.mark.parametrize("kind", range(5))
def test_every_autoencoder_is_a_part(combiner: str, kind: int) -> None:
    part = [
        lambda: autoencoder(),
        lambda: autoencoder(Conv1dAutoencoder),
        lambda: autoencoder(SharedWeightPerDyeConv1dAutoencoder),
        lambda: FourierAutoencoder(DYES, LENGTH, 8),
        lambda: UNet2DAutoEncoder(2, (3, 3), 2, DYES, LENGTH),
    ][kind]()
    y = net(autoencoder=part, combiner=combiner, freeze_autoencoder=False)(*batch([2, 1]))
    assert tuple(y.shape) == (2, 2, DYES, LENGTH)
    y.sum().backward()


def test_film_starts_close_to_the_peak_itself() -> None:
    torch.manual_seed(0)
    generator = CombinedClassifier(PerDyeConv1dAutoencoder(), PeakClassifier(), combiner="film").combiner.generator
    assert abs(generator.weight.std().item() - 0.02) < 1e-4
    assert (generator.bias[:1928] == 1).all()
    assert (generator.bias[1928:] == 0).all()


def test_two_names_for_one_model() -> None:
    assert PeakNet is CombinedClassifier


def test_the_components_build_their_parts() -> None:
    spec = InputSpec(LENGTH, DYES, 2, seed=4)
    coder = find("architectures", "PerDyeConv1dAutoencoder")(depth=3, hidden_channels=2)
    peak = find("architectures", "PeakClassifier")(width=WIDTH, embedding_dim=0)
    given = {
        "autoencoder": RunPart("a.xml", coder, spec, None),
        "peak_classifier": RunPart("b.xml", peak, spec, None),
    }
    component = find("architectures", "PeakNet")(combiner="attention", hidden_dims=(5,))
    component = component.with_parts(given, {"autoencoder": True, "peak_classifier": False})
    model, again = component.torch(spec), component.torch(spec)
    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), again.parameters(), strict=True))
    example = component.example(spec)
    fed = [torch.from_numpy(example[name]) if name in example else None for name in component.reads]
    assert tuple(model(*fed).shape[1:]) == component.output_shape(spec) == (2, DYES, LENGTH)
    assert model.freeze_autoencoder
    assert not model.autoencoder.training
    assert model.autoencoder.encoded_shape == (3, 8)
    alone = find("architectures", "PeakOnlyClassifier")().with_parts(given, {"peak_classifier": True})
    assert alone.torch(spec).freeze_peak_classifier
