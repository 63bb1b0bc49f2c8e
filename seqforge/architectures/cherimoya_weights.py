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

WEIGHTS, CONFIG = "state_dict", "config"
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
    from seqforge.architectures.torch import archives

    state, around = archives.read(Path(path), (WEIGHTS,))
    config = dict(around[CONFIG]) if isinstance(around.get(CONFIG), Mapping) else {}
    weights = {_own_name(name): array for name, array in state.items()}
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
    from seqforge.architectures.torch.archives import loaded
    from seqforge.architectures.torch.cherimoya import Cherimoya

    found = read_weights(path)
    model = Cherimoya(
        **vars(found.sizes),
        residual_scale=float(found.setting("residual_scale", 0.15)),
        trimming=int(found.setting("trimming", default_trimming(found.sizes.n_layers))),
    )
    return loaded(model, found.weights)


def write_weights(
    path: str | Path,
    sizes: Sizes,
    weights: Mapping[str, np.ndarray],
    *,
    residual_scale: float = 0.15,
    trimming: int | None = None,
) -> None:
    """A file in the published layout; raises UsageError where `weights` are not those of a model of these `sizes`."""
    from seqforge.architectures.torch import archives

    wrong = sizes.differences({name: array.shape for name, array in weights.items()})
    state = archives.tensors(weights, sizes.shapes(), wrong)
    cut = default_trimming(sizes.n_layers) if trimming is None else trimming
    config = vars(sizes) | {"groups": list(sizes.groups), "residual_scale": residual_scale, "trimming": cut}
    config |= {"n_outputs": sizes.tracks, "single_count_output": len(sizes.groups) == 1}
    archives.write(Path(path), {CONFIG: config, WEIGHTS: state})


def _own_name(name: str) -> str:
    for theirs, own in OTHER_NAMES.items():
        if name.endswith(f".{theirs}"):
            return name.removesuffix(theirs) + own
    return name


def _groups(config: Mapping[str, Any]) -> list[int] | None:
    groups = config.get("groups")
    return [int(size) for size in groups] if isinstance(groups, (list, tuple)) and groups else None
