# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Trained models as parts of another one: what they are built from, and where their weights lie."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from seqforge.architectures import keras_zip
from seqforge.errors import RunError

if TYPE_CHECKING:
    from seqforge.architectures.base import Architecture, InputSpec
    from seqforge.heads import Head


class PartModel(Protocol):
    """A sub-model that is trained already. `origin` names it in messages and records."""

    @property
    def origin(self) -> str: ...

    @property
    def trained(self) -> bool: ...

    @property
    def heads(self) -> tuple[Head, ...]:
        """Its heads by name; empty: it does not know their names, they are matched by position."""

    @property
    def window(self) -> tuple[int, int] | None:
        """Lengths of its input and output, in bases."""

    @property
    def pseudocount(self) -> float | None:
        """The pseudocount that it was trained with; None: not known."""

    def keras(self) -> Any:
        """A built keras.Model that holds the trained weights."""

    def fingerprint(self) -> str:
        """A hash of architecture and weights."""


@dataclass(frozen=True)
class RunPart:
    """The model of a run in `folder`; `weights`: its named arrays, None before it is trained (shapes can be proven)."""

    origin: str
    architecture: Architecture
    spec: InputSpec
    weights: Path | None
    pseudocount: float | None = None
    folder: Path | None = None
    fresh: bool = False  # it begins untrained, as a definition says
    scalings: Mapping[str, Any] = field(default_factory=dict)  # of the arrays that it is trained on, by name

    @property
    def trained(self) -> bool:
        return self.weights is not None

    @property
    def heads(self) -> tuple[Head, ...]:
        return self.spec.heads

    @property
    def window(self) -> tuple[int, int] | None:
        return self.architecture.window()

    def keras(self) -> Any:
        model = self.architecture.keras(self.spec)
        if self.weights is not None:
            assign(model, self.arrays, self.origin)
        return model

    @cached_property
    def arrays(self) -> dict[str, Any]:
        """Name → array."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        assert self.weights is not None
        try:
            return dict(load_file(self.weights))
        except (OSError, SafetensorError) as error:
            raise RunError(f"{self.weights}: the weights cannot be read ({error})") from None

    def within(self, spec: InputSpec) -> RunPart:
        """The part for a whole model of `spec`: one that begins untrained takes sizes that its own data do not say."""
        if not self.fresh:
            return self
        own = self.spec
        sized = own._replace(length=own.length or spec.length, channels=own.channels or spec.channels)
        return replace(self, spec=sized)

    def torch(self) -> Any:
        """The torch.nn.Module, with the trained weights if there are any."""
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.spec.seed)
            model = self.architecture.torch(self.spec)
        meta = any(tensor.is_meta for tensor in model.state_dict().values())
        if self.weights is not None and not meta:
            fill(model, self.arrays, self.origin)
        return model

    def fingerprint(self) -> str:
        """Of the weights and whatever code they need; of a part that begins untrained, of what it is built from.

        Sizes of its data are left out: the whole model's data have them, and the part's own need not be there.
        """
        weights = self.weights.read_bytes() if self.weights is not None else b""
        if self.fresh:
            weights = repr((self.architecture, self.spec._replace(length=None, channels=0))).encode()
        return hashlib.sha256(weights + self.architecture.fingerprint().encode()).hexdigest()


@dataclass(frozen=True)
class FilePart:
    """A model in Keras' own format (`.keras`); its layers must be standard ones or SeqForge's."""

    path: Path
    trained: bool = True
    pseudocount: float | None = None

    @property
    def origin(self) -> str:
        return str(self.path)

    @cached_property
    def _note(self) -> dict[str, Any]:
        """What SeqForge wrote into the file; empty in files of other tools."""
        return keras_zip.contents(self.path)[1]

    @property
    def heads(self) -> tuple[Head, ...]:
        return keras_zip.heads(self._note, self.path)

    @property
    def window(self) -> tuple[int, int] | None:
        """Of files of other tools it is not known before Keras has read them."""
        return keras_zip.window(self._note)

    def keras(self) -> Any:
        from seqforge.architectures.keras.loading import load

        return load(self.path)

    def fingerprint(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def assign(model: Any, arrays: Mapping[str, Any], origin: str) -> None:
    """Put named arrays into a Keras model that says its `weight_names`; RunError lists whatever does not fit."""
    variables = dict(zip(model.weight_names, model.weights, strict=True))
    wrong = misfits({name: tuple(variable.shape) for name, variable in variables.items()}, arrays)
    if wrong:
        raise RunError(f"{origin}: the weights do not fit the model: {', '.join(wrong)}")
    for name, variable in variables.items():
        variable.assign(arrays[name])


def fill(module: Any, arrays: Mapping[str, Any], origin: str) -> None:
    """Put named arrays into a torch.nn.Module; RunError lists whatever does not fit. What a loss learned is no part."""
    import torch

    tensors = module.state_dict()
    own = {name: array for name, array in arrays.items() if name in tensors or not name.startswith("loss.")}
    wrong = misfits({name: tuple(tensor.shape) for name, tensor in tensors.items()}, own)
    if wrong:
        raise RunError(f"{origin}: the weights do not fit the model: {', '.join(wrong)}")
    for name, tensor in tensors.items():
        tensor.copy_(torch.from_numpy(arrays[name]))


def misfits(wanted: Mapping[str, tuple[int, ...]], given: Mapping[str, Any]) -> list[str]:
    """What of the arrays `given` does not fit the shapes `wanted`, name by name."""
    wrong = [f"'{name}' is missing" for name in wanted if name not in given]
    wrong += [f"'{name}' is unknown" for name in given if name not in wanted]
    return wrong + [
        f"'{name}' has shape {tuple(given[name].shape)}, expected {shape}"
        for name, shape in wanted.items()
        if name in given and tuple(given[name].shape) != tuple(shape)
    ]
