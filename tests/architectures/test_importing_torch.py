# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Published weights into our modules: order, shapes, aliases; ChromDragoNN against its published 2-d form."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from seqforge.architectures.torch.basset import Basset
from seqforge.architectures.torch.chromdragonn import ChromDragoNN
from seqforge.architectures.torch.importing import import_weights, read_weights
from seqforge.errors import RunError

pytestmark = pytest.mark.torch

LENGTH, OUTPUTS = 1000, 5


class Block(nn.Module):
    """A residual block of 2-d kernels (k, 1), its layers registered twice."""

    def __init__(self, channels: int, *kernels: int):
        super().__init__()
        chain: list[nn.Module] = []
        for number, kernel in enumerate(kernels, start=1):
            convolution = nn.Conv2d(channels, channels, (kernel, 1), padding=(kernel // 2, 0))
            self.add_module(f"conv{number}", convolution)
            self.add_module(f"bn{number}", nn.BatchNorm2d(channels))
            chain += [convolution, getattr(self, f"bn{number}"), nn.ReLU()]
        self.layer = nn.Sequential(*chain[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.relu(self.layer(x) + x)


class Published(nn.Module):
    """ChromDragoNN over (n, length, 4) with 2-d kernels; convolutions outside the blocks are registered twice, too."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(4, 48, (3, 1), padding=(1, 0)), nn.BatchNorm2d(48)
        self.conv2, self.bn2 = nn.Conv2d(48, 64, (3, 1), padding=(1, 0)), nn.BatchNorm2d(64)
        self.prelayer = nn.Sequential(self.conv1, self.bn1, nn.ReLU(), self.conv2, self.bn2, nn.ReLU())
        self.layer1 = nn.Sequential(Block(64, 3, 3), Block(64, 3, 3))
        self.layer2 = nn.Sequential(Block(128, 7, 7), Block(128, 7, 7))
        self.layer3 = nn.Sequential(Block(200, 7, 3, 3), Block(200, 7, 3, 3))
        self.layer4 = nn.Sequential(Block(200, 7, 7), Block(200, 7, 7))
        self.c2, self.b2 = nn.Conv2d(64, 128, (3, 1), padding=(1, 0)), nn.BatchNorm2d(128)
        self.to2 = nn.Sequential(self.c2, self.b2, nn.ReLU())
        self.c3, self.b3 = nn.Conv2d(128, 200, (1, 1), padding=(3, 0)), nn.BatchNorm2d(200)
        self.to3 = nn.Sequential(self.c3, self.b3, nn.ReLU())
        self.c5, self.b5 = nn.Conv2d(200, 200, (7, 1), padding=(4, 0)), nn.BatchNorm2d(200)
        self.to5 = nn.Sequential(self.c5, self.b5, nn.ReLU())
        self.fc1, self.bn4 = nn.Linear(4200, 1000), nn.BatchNorm1d(1000)
        self.fc2, self.bn5 = nn.Linear(1000, 1000), nn.BatchNorm1d(1000)
        self.fc3 = nn.Linear(1000, OUTPUTS)

    def forward(self, x: Tensor) -> Tensor:
        pool = nn.functional.max_pool2d
        x = x.permute(0, 2, 1).contiguous().view(-1, 4, LENGTH, 1)
        x = pool(self.layer2(self.to2(self.layer1(self.prelayer(x)))), (3, 1))
        x = self.layer4(pool(self.layer3(self.to3(x)), (4, 1)))
        x = pool(self.to5(x), (4, 1)).view(-1, 4200)
        x = nn.functional.relu(self.bn4(self.fc1(x)))
        x = nn.functional.relu(self.bn5(self.fc2(x)))
        return self.fc3(x)


@pytest.fixture(scope="module")
def published() -> Published:
    torch.manual_seed(5)
    net = Published()
    for part in net.modules():
        if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
            for tensor in (part.weight.data, part.bias.data, part.running_mean, part.running_var):
                tensor.uniform_(0.5, 1.5)
    return net.eval()


@pytest.mark.slow
def test_chromdragonn_equals_its_published_form_fed_the_other_way_round(published: Published) -> None:
    assert len(published.state_dict()) == 338
    ours = ChromDragoNN(OUTPUTS, LENGTH).eval()
    import_weights(ours, published.state_dict())
    x = torch.eye(4)[torch.randint(0, 4, (2, LENGTH), generator=torch.Generator().manual_seed(6))]
    with torch.no_grad():
        torch.testing.assert_close(ours(x.transpose(1, 2).contiguous()), published(x), atol=1e-6, rtol=1e-5)
    double, theirs = ours.double(), copy.deepcopy(published).double()  # in float32 a tie in a pool may go either way
    double(x.transpose(1, 2).double()).square().sum().backward()
    theirs(x.double()).square().sum().backward()
    for one, other in ((double.stem[0], theirs.conv1), (double.last[0], theirs.c5), (double.fc3, theirs.fc3)):
        scale = other.weight.grad.abs().max()
        torch.testing.assert_close(
            one.weight.grad.flatten() / scale, other.weight.grad.flatten() / scale, atol=1e-5, rtol=0
        )


def test_weights_without_shared_memory_are_recognised_by_value(published: Published, tmp_path: Path) -> None:
    state = {name: tensor.clone() for name, tensor in published.state_dict().items()}
    torch.save(state, tmp_path / "saved_model.pth")
    ours, again = ChromDragoNN(OUTPUTS, LENGTH), ChromDragoNN(OUTPUTS, LENGTH)
    import_weights(ours, published.state_dict())
    import_weights(again, read_weights(tmp_path / "saved_model.pth"))
    assert all(torch.equal(a, b) for a, b in zip(ours.state_dict().values(), again.state_dict().values(), strict=True))


def test_copies_of_one_layer_that_differ_are_refused(published: Published) -> None:
    state = {name: tensor.clone() for name, tensor in published.state_dict().items()}
    state["prelayer.0.weight"] += 1
    with pytest.raises(RunError, match=r"but 2 different ones are there: 'conv1\.weight', 'prelayer\.0\.weight'"):
        import_weights(ChromDragoNN(OUTPUTS, LENGTH), state)


def test_names_do_not_matter_but_order_does(tmp_path: Path) -> None:
    torch.manual_seed(1)
    source, ours = Basset(3, 200), Basset(3, 200)
    renamed = {f"x.{number}": tensor for number, tensor in enumerate(source.state_dict().values())}
    import_weights(ours, renamed)
    assert all(torch.equal(a, b) for a, b in zip(source.state_dict().values(), ours.state_dict().values(), strict=True))
    save_file({name: tensor.contiguous() for name, tensor in source.state_dict().items()}, tmp_path / "w.safetensors")
    assert set(read_weights(tmp_path / "w.safetensors")) == set(source.state_dict())


def test_what_is_missing_or_too_much_is_named() -> None:
    state = dict(Basset(3, 200).state_dict())
    del state["fc2.weight"], state["fc2.bias"]
    state["extra.weight"] = torch.zeros(2, 3)
    before = Basset(3, 200)
    kept = {name: tensor.clone() for name, tensor in before.state_dict().items()}
    with pytest.raises(RunError) as caught:
        import_weights(before, state)
    assert "no layer has the shapes [(2, 3)] of 'extra.weight'" in str(caught.value)
    assert "1 layers like 'fc2.weight'" in str(caught.value)
    assert all(torch.equal(tensor, kept[name]) for name, tensor in before.state_dict().items())


def test_files_that_are_no_weights(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(b"no weights")
    with pytest.raises(RunError, match="not a readable state dict"):
        read_weights(tmp_path / "a.pth")
    with pytest.raises(RunError, match="not a readable state dict"):
        read_weights(tmp_path / "none.safetensors")
