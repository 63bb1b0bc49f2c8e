# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Weights of Cherimoya in published files: torch archives with a `config` and a `state_dict`.

They are read without running code (`weights_only`). Every size of the model follows from shapes; `config` says what
shapes cannot (trimming, residual scale), and the groups where there are several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqforge.architectures.cherimoya_shapes import Sizes, default_trimming
from seqforge.errors import RunError, UsageError

if TYPE_CHECKING:
    import numpy as np

    from seqforge.architectures.torch.cherimoya import Cherimoya

OTHER_NAMES = {"conv.conv_weight": "conv_weight"}  # of a block, in some releases


@dataclass(frozen=True)
class Published:
    """The content of a file: arrays by SeqForge's names, the sizes that they say, and what the file says itself."""

    sizes: Sizes
    weights: dict[str, np.ndarray]
    config: dict[str, Any] = field(default_factory=dict)

    def setting(self, name: str, otherwise: Any) -> Any:
        value = self.config.get(name)
        return otherwise if value is None else value


def read_weights(path: str | Path, wanted: Sizes | None = None) -> Published:
    """A published file; raises RunError where it cannot be read or has tensors missing, surplus or of other shapes.

    `wanted`: the sizes of a definition, with which those of the file must agree; its groups split the tracks.
    """
    config, state = _content(Path(path))
    weights = {_own_name(name): _array(tensor) for name, tensor in state.items()}
    shapes = {name: array.shape for name, array in weights.items()}
    try:
        sizes = Sizes.of(shapes, wanted.groups if wanted else _groups(config))
    except UsageError as error:
        raise RunError(f"{path}: {error}") from None
    wrong = [*sizes.differences(shapes), *(sizes.other(wanted) if wanted else ())]
    if wrong:
        raise RunError(f"{path}: the weights do not fit: {'; '.join(wrong)}")
    return Published(sizes, weights, config)


def load_model(path: str | Path) -> Cherimoya:
    """The nn.Module of a published file, with its weights; outputs are logits (n, track, position) and log counts."""
    import torch

    from seqforge.architectures.torch.cherimoya import Cherimoya

    found = read_weights(path)
    model = Cherimoya(
        **vars(found.sizes),
        residual_scale=float(found.setting("residual_scale", 0.15)),
        trimming=int(found.setting("trimming", default_trimming(found.sizes.n_layers))),
    )
    model.load_state_dict({name: torch.from_numpy(array) for name, array in found.weights.items()})
    return model


def write_weights(
    path: str | Path,
    sizes: Sizes,
    weights: Mapping[str, np.ndarray],
    *,
    residual_scale: float = 0.15,
    trimming: int | None = None,
) -> None:
    """A file in the published layout; raises UsageError where `weights` are not those of a model of these `sizes`."""
    import torch

    from seqforge import files

    wrong = sizes.differences({name: array.shape for name, array in weights.items()})
    if wrong:
        raise UsageError(f"the weights do not fit the model: {'; '.join(wrong)}")
    cut = default_trimming(sizes.n_layers) if trimming is None else trimming
    config = vars(sizes) | {"groups": list(sizes.groups), "residual_scale": residual_scale, "trimming": cut}
    config |= {"n_outputs": sizes.tracks, "single_count_output": len(sizes.groups) == 1}
    state = {name: torch.from_numpy(weights[name].copy()) for name in sizes.shapes()}
    with files.new_file(Path(path)) as unfinished:
        torch.save({"config": config, "state_dict": state}, unfinished)


def _content(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Config and state dict; a file that is a state dict alone has no config."""
    import pickle

    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise RunError(f"{path}: no torch file of weights alone ({reason})") from None
    if not isinstance(content, dict):
        raise RunError(f"{path}: expected 'config' and 'state_dict', received a {type(content).__name__}")
    state = content.get("state_dict", content)
    strange = [str(name) for name, value in state.items() if not isinstance(value, torch.Tensor)]
    if strange:
        raise RunError(f"{path}: expected tensors in 'state_dict', which has '{strange[0]}'")
    config = content.get("config")
    return (dict(config) if isinstance(config, Mapping) and "state_dict" in content else {}), dict(state)


def _own_name(name: str) -> str:
    for theirs, own in OTHER_NAMES.items():
        if name.endswith(f".{theirs}"):
            return name.removesuffix(theirs) + own
    return name


def _array(tensor: Any) -> np.ndarray:
    found: np.ndarray = tensor.detach().float().numpy()
    return found


def _groups(config: Mapping[str, Any]) -> list[int] | None:
    groups = config.get("groups")
    return [int(size) for size in groups] if isinstance(groups, (list, tuple)) and groups else None
