# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Published checkpoints of the centromere Transformer: read strictly and without running code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from seqforge.architectures.centromere_shapes import Sizes
from seqforge.architectures.centromere_weights import load_model, load_published, write_published
from seqforge.errors import RunError, UsageError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from seqforge.architectures.torch.centromere_transformer import CentromereTransformer  # noqa: E402

TINY = {"d_model": 32, "nhead": 4, "num_layers": 2, "dim_feedforward": 64, "conv_channels": 16}
MEAN, STD = np.linspace(0.1, 0.8, 8), np.linspace(1, 2, 8)


def published(folder: Path, **changes: Any) -> tuple[Path, Any]:
    """A file as it is published, and its model."""
    torch.manual_seed(0)
    model = CentromereTransformer(**TINY)
    content = {
        "epoch": 17,
        "model_state_dict": model.state_dict() | {"pos_encoder.pe": torch.zeros(1, 50, 32)},
        "feature_stats": {"mean": MEAN, "std": STD.astype(np.float32)},
        "config": TINY | {"max_seq_len": 50000, "dropout": 0.3, "best": np.float64(0.5)},
    }
    content = {key: value for key, value in (content | changes).items() if value is not None}
    torch.save(content, folder / "published.pth")
    return folder / "published.pth", model


def without(model: Any, *names: str) -> dict[str, Any]:
    return {name: tensor for name, tensor in model.state_dict().items() if name not in names}


def test_a_published_file_gives_weights_statistics_and_configuration(tmp_path: Path) -> None:
    path, model = published(tmp_path)
    state, statistics, configuration = load_published(path)
    assert list(state) == list(model.state_dict())
    assert all(np.array_equal(state[name], tensor.numpy()) for name, tensor in model.state_dict().items())
    assert statistics is not None
    assert {one.dtype for one in statistics.values()} == {np.dtype(np.float64)}
    np.testing.assert_array_equal(statistics["mean"], MEAN)
    np.testing.assert_allclose(statistics["std"], STD, rtol=1e-7)
    assert configuration["max_seq_len"] == 50000
    assert load_published(path).sizes == Sizes(**TINY)


def test_the_model_of_a_file_judges_as_before(tmp_path: Path) -> None:
    path, model = published(tmp_path)
    again, x = load_model(path, output="logits"), torch.randn(1, 30, 8)
    assert again.pos_encoder.dropout.p == 0.3
    assert torch.equal(again.eval()(x)[0], model.eval().logits(x))
    assert torch.equal(again(x)[1], model(x)[1])


def test_weights_come_back_bit_equal(tmp_path: Path) -> None:
    sizes, (_, model) = Sizes(**TINY), published(tmp_path)
    arrays = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    write_published(tmp_path / "own.pth", sizes, arrays, {"mean": MEAN, "std": STD}, {"dropout": 0.1})
    state, statistics, configuration = load_published(tmp_path / "own.pth", sizes)
    assert all(np.array_equal(state[name], array) for name, array in arrays.items())
    assert statistics is not None
    assert np.array_equal(statistics["std"], STD)
    assert configuration["dropout"] == 0.1
    with pytest.raises(UsageError, match=r"'position_head\.6\.bias' is missing"):
        write_published(tmp_path / "x.pth", sizes, {name: arrays[name] for name in list(arrays)[:-1]})


def test_a_file_of_weights_alone_and_one_without_range_head_are_read(tmp_path: Path) -> None:
    path, model = published(tmp_path)
    torch.save(model.state_dict(), path)
    assert load_published(path).feature_stats is None
    assert load_published(path).configuration == {}
    short = CentromereTransformer(**TINY, range_head=False)
    torch.save(short.state_dict(), path)
    assert load_published(path).sizes.range_head is False


def test_every_tensor_that_does_not_fit_is_listed(tmp_path: Path) -> None:
    _, model = published(tmp_path)
    state = without(model, "position_head.3.bias", "multi_scale_conv.convs.1.1.running_var")
    state |= {"extra.weight": torch.zeros(2), "range_head.6.bias": torch.zeros(4)}
    path, _ = published(tmp_path, model_state_dict=state)
    with pytest.raises(RunError) as refused:
        load_published(path)
    assert str(refused.value) == (
        f"{path}: the weights do not fit: 'position_head.3.bias' is missing; "
        "'multi_scale_conv.convs.1.1.running_var' is missing; 'extra.weight' is unknown; "
        "'range_head.6.bias' has shape (4,), expected (3,)"
    )


def test_weights_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    path, model = published(tmp_path)
    broken = model.state_dict() | {"position_head.3.bias": torch.full((32,), torch.nan)}
    path, _ = published(tmp_path, model_state_dict=broken)
    with pytest.raises(RunError, match=r"'position_head\.3\.bias' holds numbers that are not finite$"):
        load_published(path)


def test_a_file_of_another_model_is_refused(tmp_path: Path) -> None:
    path, model = published(tmp_path)
    with pytest.raises(RunError, match=r"'input_projection\.weight' has shape \(32, 8\), expected \(128, 8\)"):
        load_published(path, Sizes())
    path, _ = published(tmp_path, model_state_dict=without(model, "input_projection.weight"))
    with pytest.raises(RunError, match=r"no weights of CentromereTransformer: 'input_projection\.weight' needs 2 axes"):
        load_published(path)


@pytest.mark.parametrize(
    ("statistics", "message"),
    [
        ({"mean": MEAN}, "feature_stats: expected arrays 'mean' and 'std'"),
        ({"mean": MEAN[:7], "std": STD}, "feature_stats 'mean' has 7 values, expected 8"),
        ({"mean": MEAN, "std": STD * 0}, "feature_stats: expected finite means and deviations ≥ 1e-06"),
        ({"mean": MEAN * np.nan, "std": STD}, "feature_stats: expected finite means and deviations ≥ 1e-06"),
    ],
)
def test_statistics_that_make_no_normalisation_are_refused(
    tmp_path: Path, statistics: dict[str, Any], message: str
) -> None:
    path, _ = published(tmp_path, feature_stats=statistics)
    with pytest.raises(RunError) as refused:
        load_published(path)
    assert message in str(refused.value)


def test_statistics_may_be_a_pair_or_tensors(tmp_path: Path) -> None:
    for given in ((MEAN, STD), {"mean": torch.from_numpy(MEAN), "std": list(STD)}):
        path, _ = published(tmp_path, feature_stats=given)
        found = load_published(path).feature_stats
        assert found is not None
        assert np.array_equal(found["mean"], MEAN)
        assert np.array_equal(found["std"], STD)


def test_arrays_of_an_older_numpy_are_read(tmp_path: Path) -> None:
    path, _ = published(tmp_path)
    older = tmp_path / "older.pth"
    with ZipFile(path) as new, ZipFile(older, "w") as old:
        for name in new.namelist():
            content = new.read(name)
            if name.endswith("data.pkl"):
                assert b"numpy._core.multiarray" in content
                content = content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
            old.writestr(name, content)
    found = load_published(older).feature_stats
    assert found is not None
    assert np.array_equal(found["mean"], MEAN)


class Harmful:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_code_in_a_file_is_refused_and_not_run(tmp_path: Path) -> None:
    made = tmp_path / "made"
    path, _ = published(tmp_path, epoch=Harmful(made))
    with pytest.raises(RunError) as refused:
        load_published(path)
    assert str(refused.value).startswith(f"{path}: no readable file of weights (it asks for '")
    assert "mkdir" in str(refused.value)
    assert "nothing of it was run" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not made.exists()


def test_what_is_no_checkpoint_is_one_line(tmp_path: Path) -> None:
    path, whole = tmp_path / "x.pth", published(tmp_path)[0].read_bytes()
    for content in (b"", b"12,start\n", b"PK\x03\x04broken", whole[: len(whole) // 2]):
        path.write_bytes(content)
        said = r"x\.pth: no readable file of weights \(it is no archive of torch\.save, or was cut off\)$"
        with pytest.raises(RunError, match=said):
            load_published(path)
    torch.save([1, 2], path)
    with pytest.raises(RunError, match="expected weights by name, received a list"):
        load_published(path)
    torch.save({"epoch": 3}, path)
    with pytest.raises(RunError, match="expected tensors in one of model_state_dict"):
        load_published(path)
    with pytest.raises(RunError, match=r"no readable file of weights \(No such file or directory\)"):
        load_published(tmp_path / "none.pth")
