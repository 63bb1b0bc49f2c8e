# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Published weights of the centromere Transformer: torch archives with weights, statistics of features, configuration.

They are pickles and may ask for any code. They are read by an unpickler that knows tensors, plain containers and NumPy
arrays; whatever asks for anything else is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seqforge.architectures.centromere_shapes import Sizes
from seqforge.arrays import np
from seqforge.errors import RunError, UsageError, WrongInput

if TYPE_CHECKING:
    from seqforge.architectures.torch.centromere_transformer import CentromereTransformer

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
    def sizes(self) -> Sizes:
        """Raises WrongInput where the shapes make no model."""
        shapes = {name: array.shape for name, array in self.state.items()}
        heads = next((int(self.configuration[key]) for key in HEADS if key in self.configuration), Sizes.nhead)
        return Sizes.of(shapes, heads)


def load_published(path: str | Path, wanted: Sizes | None = None) -> Published:
    """A published file, read without running code; its table of positions is left out.

    Raises RunError where it cannot be read, asks for code, or has tensors missing, surplus or of other shapes than its
    sizes say; with `wanted`, than these say. Every one of them is listed.
    """
    content = _content(Path(path))
    state, around = _parts(content, Path(path))
    found = Published(
        {name: _array(tensor) for name, tensor in state.items() if name not in DROPPED},
        _statistics(around.get(STATISTICS), Path(path)),
        _configuration(around),
    )
    try:
        sizes = wanted or found.sizes
    except WrongInput as error:
        raise RunError(f"{path}: {error}") from None
    wrong = sizes.differences({name: array.shape for name, array in found.state.items()})
    wrong += _unlike(found.feature_stats, sizes)
    if wrong:
        raise RunError(f"{path}: the weights do not fit: {'; '.join(wrong)}")
    return found


def load_model(path: str | Path, **settings: Any) -> CentromereTransformer:
    """The nn.Module of a published file, with its weights, its dropout and the `settings` given here."""
    import torch

    from seqforge.architectures.torch.centromere_transformer import CentromereTransformer

    found = load_published(path)
    said = {key: float(found.configuration[key]) for key in ("dropout",) if key in found.configuration}
    model = CentromereTransformer(**vars(found.sizes) | said | settings)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in found.state.items()})
    return model


def write_published(
    path: str | Path,
    sizes: Sizes,
    state: Mapping[str, np.ndarray],
    feature_stats: Mapping[str, np.ndarray] | None = None,
    configuration: Mapping[str, Any] | None = None,
) -> None:
    """A file in the published layout; raises UsageError where `state` is not that of a model of these `sizes`."""
    import torch

    from seqforge import files

    wrong = sizes.differences({name: array.shape for name, array in state.items()})
    if wrong:
        raise UsageError(f"the weights do not fit the model: {'; '.join(wrong)}")
    names = [*sizes.shapes(), *sizes.buffers()]
    content: dict[str, Any] = {WEIGHTS[0]: {name: torch.from_numpy(np.array(state[name])) for name in names}}
    content[CONFIGURATIONS[0]] = vars(sizes) | {"conv_kernels": list(sizes.conv_kernels)} | dict(configuration or {})
    if feature_stats is not None:
        content[STATISTICS] = {name: np.asarray(feature_stats[name], np.float64) for name in ("mean", "std")}
    with files.new_file(Path(path)) as unfinished:
        torch.save(content, unfinished)


def _content(path: Path) -> dict[str, Any]:
    import pickle

    import torch

    try:
        with torch.serialization.safe_globals(list(_numpy())):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        asked = re.search(r"GLOBAL ([\w.]+)", str(error)) if isinstance(error, pickle.UnpicklingError) else None
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        if asked:
            reason = f"it asks for '{asked[1]}', which is no tensor, container or NumPy array; nothing of it was run"
        raise RunError(f"{path}: no readable file of weights ({reason})") from None
    if not isinstance(content, dict):
        raise RunError(f"{path}: expected weights by name, received a {type(content).__name__}")
    return content


def _numpy() -> Iterator[Any]:
    """What the pickle of an array or a number of NumPy asks for, under the names of NumPy 1 and 2."""
    rebuilt = np.empty(0).__reduce__()[0]
    number = np.float64(0).__reduce__()[0]  # type: ignore[operator, misc]
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        yield rebuilt, f"{module}._reconstruct"
        yield number, f"{module}.scalar"
    yield from (np.ndarray, np.dtype)
    yield from {
        type(np.dtype(kind)) for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")
    }


def _parts(content: dict[str, Any], path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tensors by name, and what lies around them."""
    import torch

    key = next((key for key in WEIGHTS if isinstance(content.get(key), Mapping)), None)
    state = content if key is None else content[key]
    strange = [str(name) for name, value in state.items() if not isinstance(value, torch.Tensor)]
    if strange:
        where = f"'{key}', which has" if key else f"one of {', '.join(WEIGHTS)}, received"
        raise RunError(f"{path}: expected tensors in {where} '{strange[0]}'")
    return dict(state), {} if key is None else content


def _array(tensor: Any) -> np.ndarray:
    found: np.ndarray = (tensor.float() if tensor.is_floating_point() else tensor).detach().numpy()
    return found


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


def _unlike(statistics: Mapping[str, np.ndarray] | None, sizes: Sizes) -> list[str]:
    return [
        f"{STATISTICS} '{name}' has {len(one)} values, expected {sizes.input_features}"
        for name, one in (statistics or {}).items()
        if len(one) != sizes.input_features
    ]


def _configuration(around: Mapping[str, Any]) -> dict[str, Any]:
    return next((dict(around[key]) for key in CONFIGURATIONS if isinstance(around.get(key), Mapping)), {})
