# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What every architecture has: the backends it exists on, the layout it wants, and a build from an input's shape."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from seqforge.architectures.parts import PartModel
from seqforge.registry import KERAS, LIBRARIES, PYTORCH, Component

if TYPE_CHECKING:
    from typing import Self

    import numpy as np

    from seqforge.errors import Problem
    from seqforge.heads import Head
    from seqforge.losses.base import Loss


class InputSpec(NamedTuple):
    """What a model is fed and must put out.

    length L (None: any) · channels C, letters, dyes or features (0: not known) · outputs K · encoding "1D" or "2D" ·
    seed of the initial weights · heads of a profile model (K is then the number of all their tasks) · controls: tracks
    that it reads beside the sequence.
    """

    length: int | None
    channels: int
    outputs: int
    encoding: str = "1D"
    seed: int = 0
    heads: tuple[Head, ...] = ()
    controls: int = 0

    def shape(self, layout: str) -> tuple[int | None, ...]:
        """One example's shape without the batch axis: (C, L) for "NCL", (L, C) for "NLC", a 1 put in for 2D.

        1D: NCL (C, L), NLC (L, C). 2D: NCL (C, 1, L), NLC (1, L, C).
        """
        length, channels = self.length, self.channels
        if layout == "NCL":
            return (channels, length) if self.encoding == "1D" else (channels, 1, length)
        return (length, channels) if self.encoding == "1D" else (1, length, channels)


@dataclass(frozen=True, kw_only=True)
class Architecture(Component):
    """Fields are constructor arguments; those that the input decides (classes, length) default to None.

    `given` holds the sub-models called `parts`, by name; it is empty where they are not known (yet). `frozen`: whether
    their weights stay as they are.
    """

    libraries: ClassVar[tuple[str, ...]] = LIBRARIES
    reads_heads: ClassVar[bool] = False  # puts out profiles and log counts per head, instead of a score per label
    reads_controls: ClassVar[bool] = False  # may read control tracks: `n_control_tracks` says how many
    loss_parameters: ClassVar[tuple[str, ...]] = ()  # that it keeps for a loss which learns them; else frozen
    remark: ClassVar[str] = ""  # said by `seqforge show`, and before windows that are padded or cropped are predicted
    parts: ClassVar[tuple[str, ...]] = ()  # the names of the sub-models that it is built on
    parts_optional: ClassVar[bool] = False  # a part that is not given is built with its defaults
    parts_trainable: ClassVar[bool] = False  # parts may be untrained, and may train along
    reads: ClassVar[tuple[str, ...]] = ()  # names of `Batch.arrays`, as `forward` takes them; empty: sequences
    task_names: ClassVar[tuple[str, ...]] = ()  # of models that read arrays: the tasks that they can have
    trainable: ClassVar[bool] = True  # False: it has no parameters; it can be evaluated and be a part
    given: Mapping[str, PartModel] = field(default_factory=dict, init=False, repr=False, compare=False)
    frozen: Mapping[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def with_parts(self, given: Mapping[str, PartModel], frozen: Mapping[str, bool] | None = None) -> Self:
        """The same architecture on these sub-models."""
        bound = replace(self)
        object.__setattr__(bound, "given", dict(given))
        object.__setattr__(bound, "frozen", dict(frozen or {}))
        return bound

    @property
    def output_kind(self) -> str | None:
        """What the model puts out: "probabilities", "logits" or "values"; None: it does not say."""
        return None

    @property
    def control_tracks(self) -> int:
        """How many control tracks it reads beside the sequence."""
        return int(getattr(self, "n_control_tracks", 0)) if self.reads_controls else 0

    def layout(self, library: str) -> str:
        """The axis order that the model of this backend wants: "NCL" or "NLC"."""
        return {PYTORCH: "NCL", KERAS: "NLC"}[library]

    def window(self) -> tuple[int, int] | None:
        """Profile models: the lengths of input and output, in bases; None where they are not known yet."""
        return None

    def with_window(self, window: tuple[int, int]) -> Self:
        """The same architecture for data that say these lengths of input and output; most have lengths of their own."""
        return self

    def shapes(self, spec: InputSpec) -> dict[str, tuple[int, ...]] | None:
        """Name → shape of every parameter on PyTorch, where that is known without a framework."""
        return None

    def example(self, spec: InputSpec) -> dict[str, np.ndarray]:
        """Two examples without content of the arrays that it `reads`, by name."""
        raise NotImplementedError(f"{self.name} reads sequences")

    def output_shape(self, spec: InputSpec) -> tuple[int, ...] | None:
        """Of one example's (first) output, as the definition asks for it; None: that is not judged."""
        return (spec.outputs,)

    def summary(self, spec: InputSpec) -> str:
        """What a user should know of the model for this input, in one sentence; "": nothing."""
        return self.remark

    def unused_parameters(self, loss: Loss) -> tuple[str, ...]:
        """Globs over the names of parameters that a training with `loss` does not reach; they stay as they are."""
        return ()

    def check(self, spec: InputSpec) -> list[Problem]:
        """What cannot work, found without a framework and without running code (shapes, files, classes)."""
        return []

    def torch(self, spec: InputSpec) -> Any:
        """A new torch.nn.Module with initial weights that follow from `spec.seed`, on the current default device.

        Under `torch.device("meta")` it must build, too: that is the shape proof.
        """
        raise NotImplementedError(f"{self.name} has no PyTorch form")

    def keras(self, spec: InputSpec) -> Any:
        """A new built keras.Model (or Sequential)."""
        raise NotImplementedError(f"{self.name} has no Keras form")

    def training_warnings(self, model: Any, x: Any) -> list[str]:
        """What is probably wrong with training `model` on the one-hot input `x` and others like it, a sentence each."""
        return []

    def activation_bytes(self, batch_size: int, length: int, precision: str) -> int | None:
        """How many bytes a training step on a GPU keeps at least for its backward pass; None: that is not known."""
        return None

    def fingerprint(self) -> str:
        """A hash of whatever code or weights lie outside the definition ("" if nothing does)."""
        hashes = "".join(f"{name} {part.fingerprint()} " for name, part in sorted(self.given.items()))
        return hashlib.sha256(hashes.encode()).hexdigest() if hashes else ""
