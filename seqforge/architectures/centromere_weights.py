# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Published weights of the centromere Transformer: torch archives with weights, statistics of features, configuration.

They are read without running code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seqforge.architectures.centromere_shapes import Sizes
from seqforge.arrays import np
from seqforge.errors import RunError, WrongInput

if TYPE_CHECKING:
    from seqforge.architectures.torch.centromere_transformer import CentromereTransformer

HEADS_ASSUMED = f"the file does not say how many heads attention has: {Sizes.nhead} are assumed"
UNTRAINED = "the range head of published weights was never trained: its scores say nothing"
DROPPED = ("pos_encoder.pe",)  # tables that are computed
WEIGHTS = ("model_state_dict", "state_dict", "model")
STATISTICS = "feature_stats"
CONFIGURATIONS = ("config", "configuration", "model_config", "hyperparameters", "args")
HEADS = ("nhead", "n_heads", "num_heads")
LEAST = 1e-6  # of a standard deviation that features may be divided by


class Published(NamedTuple):
    """The content of a file: arrays by name, {"mean", "std"} (feature,) float64 or None, and what it says of itself."""

    state: dict[str, np.ndarray]
    feature_stats: dict[str, np.ndarray] | None
    configuration: dict[str, Any]

    @property
    def heads(self) -> Any:
        """What the configuration says of the number of heads, which no shape tells; None: nothing."""
        said = next((self.configuration[key] for key in HEADS if key in self.configuration), None)
        return int(said) if isinstance(said, np.integer) else said

    @property
    def sizes(self) -> Sizes:
        """With 8 heads where the file does not say how many; raises WrongInput where the shapes make no model."""
        shapes = {name: array.shape for name, array in self.state.items()}
        return Sizes.of(shapes, Sizes.nhead if self.heads is None else self.heads)


def load_published(path: str | Path, wanted: Sizes | None = None) -> Published:
    """A published file, read without running code; its table of positions is left out.

    Raises RunError where it cannot be read, asks for code, or has tensors missing, surplus or of other shapes than its
    sizes say; with `wanted`, than these say. Every one of them is listed.
    """
    from seqforge.architectures.torch import archives

    state, around = archives.read(Path(path), WEIGHTS)
    found = Published(
        {name: array for name, array in state.items() if name not in DROPPED},
        _statistics(around.get(STATISTICS), Path(path)),
        _configuration(around),
    )
    try:
        sizes = wanted or found.sizes
    except WrongInput as error:
        raise RunError(f"{path}: {error}") from None
    wrong = sizes.differences({name: array.shape for name, array in found.state.items()})
    wrong += _broken(found.state) + _unlike(found.feature_stats, sizes)
    if wrong:
        raise RunError(f"{path}: the weights do not fit: {'; '.join(wrong)}")
    return found


def load_model(path: str | Path, **settings: Any) -> CentromereTransformer:
    """The nn.Module of a published file, with its weights, its dropout and the `settings` given here."""
    from seqforge.architectures.torch.archives import loaded
    from seqforge.architectures.torch.centromere_transformer import CentromereTransformer

    found = load_published(path)
    said = {key: float(found.configuration[key]) for key in ("dropout",) if key in found.configuration}
    return loaded(CentromereTransformer(**vars(found.sizes) | said | settings), found.state)


def write_published(
    path: str | Path,
    sizes: Sizes,
    state: Mapping[str, np.ndarray],
    feature_stats: Mapping[str, np.ndarray] | None = None,
    configuration: Mapping[str, Any] | None = None,
) -> None:
    """A file in the published layout; raises UsageError where `state` is not that of a model of these `sizes`."""
    from seqforge.architectures.torch import archives

    wrong = sizes.differences({name: array.shape for name, array in state.items()})
    names = [*sizes.shapes(), *sizes.buffers()]
    content: dict[str, Any] = {WEIGHTS[0]: archives.tensors(state, names, wrong)}
    content[CONFIGURATIONS[0]] = vars(sizes) | {"conv_kernels": list(sizes.conv_kernels)} | dict(configuration or {})
    if feature_stats is not None:
        content[STATISTICS] = {name: np.asarray(feature_stats[name], np.float64) for name in ("mean", "std")}
    archives.write(Path(path), content)


def _statistics(given: Any, path: Path) -> dict[str, np.ndarray] | None:
    if given is None:
        return None
    pair = dict(zip(("mean", "std"), given, strict=False)) if isinstance(given, (tuple, list)) else given
    try:
        found = {name: np.asarray(pair[name], np.float64).reshape(-1) for name in ("mean", "std")}
    except (KeyError, TypeError, ValueError):
        raise RunError(f"{path}: {STATISTICS}: expected arrays 'mean' and 'std'") from None
    if not all(np.isfinite(one).all() for one in found.values()) or (found["std"] < LEAST).any():
        raise RunError(f"{path}: {STATISTICS}: expected finite means and deviations ≥ {LEAST:g}")
    return found


def _broken(state: Mapping[str, np.ndarray]) -> list[str]:
    return [f"'{name}' holds numbers that are not finite" for name, one in state.items() if not np.isfinite(one).all()]


def _unlike(statistics: Mapping[str, np.ndarray] | None, sizes: Sizes) -> list[str]:
    return [
        f"{STATISTICS} '{name}' has {len(one)} values, expected {sizes.input_features}"
        for name, one in (statistics or {}).items()
        if len(one) != sizes.input_features
    ]


def _configuration(around: Mapping[str, Any]) -> dict[str, Any]:
    return next((dict(around[key]) for key in CONFIGURATIONS if isinstance(around.get(key), Mapping)), {})
