# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What the models of electropherograms share: sizes that the data decide, latents, checks without a framework.

Source: the public documentation of DNANet (Netherlands Forensic Institute); bioRxiv 2025.06.02.656996. Axes: dye D,
scan point L, class K, peak P, window width W, latent position M. The nn.Modules judge their arguments with components
(`checked`), so that a definition and a constructor refuse the same values with the same words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from operator import index
from typing import TYPE_CHECKING, Any, ClassVar

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.architectures.sized import seeded
from seqforge.arrays import np
from seqforge.errors import NOWHERE, Problem, WrongInput, quoted
from seqforge.parameters import Maybe, parameters_of
from seqforge.registry import PYTORCH

if TYPE_CHECKING:
    from typing import Self

DYES, SCAN_POINTS = 5, 4096  # of a profile, where nothing says so
USUAL = InputSpec(SCAN_POINTS, DYES, 2)
EXAMPLES = 2  # of a shape proof
NOUNS = {"channels": "dyes", "length": "scan points", "outputs": "labels"}

Sentence = tuple[str, str]  # the hyper-parameter that it is about, what is wrong
Found = tuple[str, str, str, str]  # id, message, hint, severity


@dataclass(frozen=True, kw_only=True)
class EPGArchitecture(Architecture):
    """A model of electropherograms on PyTorch. Sizes that are None are those of the data."""

    libraries: ClassVar[tuple[str, ...]] = (PYTORCH,)
    of_data: ClassVar[Mapping[str, str]] = {}  # hyper-parameter → what of the input's spec decides it
    reads: ClassVar[tuple[str, ...]] = ("profiles",)

    def layout(self, library: str) -> str:
        """Axes are (profile, dye, scan)."""
        return "NCL"

    def from_data(self, spec: InputSpec) -> dict[str, int | None]:
        """What the input says of the hyper-parameters in `of_data`; None: nothing."""
        return {name: getattr(spec, said) or None for name, said in self.of_data.items()}

    def sized(self, spec: InputSpec) -> Self:
        """The same with every size: as the definition says, else the data, else as usual."""
        known, usual = self.from_data(spec), self.from_data(USUAL)
        open_ones = [name for name in self.of_data if getattr(self, name) is None]
        sizes: dict[str, Any] = {name: known[name] or usual[name] for name in open_ones}
        full = replace(self, **sizes)
        object.__setattr__(full, "given", self.given)
        object.__setattr__(full, "frozen", self.frozen)
        return full

    def problems(self) -> list[Sentence]:
        """(hyper-parameter, sentence) for each combination of values that cannot work; kinds judge single values."""
        return []

    def check(self, spec: InputSpec) -> list[Problem]:
        return [Problem(NOWHERE, *found) for found in self._unfit(spec)]

    def _unfit(self, spec: InputSpec) -> Iterator[Found]:
        if spec.encoding != "1D":
            yield "SF0501", f"{self.name} takes the input encoding 1D, received {spec.encoding}", "", "error"
        for name, said in self.from_data(spec).items():
            given = getattr(self, name)
            if None not in (given, said) and given != said:
                message = f"{name}: expected {said}, {self._reason(name)}, received {given}"
                yield "SF0561", message, f"leave {name} out", "error"
        for _, sentence in self.surprises(spec):
            yield "SF0562", sentence, "", "error"

    def _reason(self, name: str) -> str:
        return f"the number of {NOUNS[self.of_data[name]]}"

    def surprises(self, spec: InputSpec) -> list[Sentence]:
        """What is wrong only with the sizes of these data."""
        own = self.problems()
        return [found for found in self.sized(spec).problems() if found not in own]

    def torch(self, spec: InputSpec) -> Any:
        with seeded(spec.seed):
            return self.sized(spec).module()

    def module(self) -> Any:
        """The nn.Module of these sizes."""
        raise NotImplementedError

    def example(self, spec: InputSpec) -> dict[str, np.ndarray]:
        return {"profiles": no_profiles(spec)}


def no_profiles(spec: InputSpec) -> np.ndarray:
    """Two profiles without signal, (2, D, L) float32."""
    return np.zeros((EXAMPLES, spec.channels or DYES, spec.length or SCAN_POINTS), "float32")


def checked(cls: Any, **values: Any) -> Any:
    """The component with these arguments of a constructor; raises WrongInput: argument, what is accepted, what came."""
    values = {name: _plain(value) for name, value in values.items()}
    for name in cls.of_data:
        if name in values and values[name] is None:
            kind = parameters_of(cls)[name].kind
            expected = kind.kind.expected if isinstance(kind, Maybe) else kind.expected
            raise WrongInput(f"{cls.name}.{name}: expected {expected}, received {quoted(None)}")
    try:
        component = cls(**values)
    except ValueError as error:
        raise WrongInput(str(error)) from None
    refuse(cls.name, component.problems())
    return component


def refuse(name: str, problems: list[Sentence]) -> None:
    """Raise WrongInput with these sentences, if there are any."""
    if problems:
        raise WrongInput("; ".join(f"{name}.{sentence}" for _, sentence in problems))


def _plain(value: Any) -> Any:
    """A Python int of any integer type, a tuple of any sequence of them; anything else as it is."""
    if isinstance(value, (tuple, list)):
        return tuple(map(_plain, value))
    if isinstance(value, (bool, float)) or not hasattr(value, "__index__"):
        return value
    return index(value)


def indivisible(name: str, length: int, depth: int) -> list[Sentence]:
    """What is wrong with a `length`, called `name`, that is to be halved `depth` times."""
    step = 2**depth
    if length >= step and length % step == 0:
        return []
    below = max(length // step, 1) * step
    rule = f"expected a multiple of 2^depth = {step} for depth {depth}, received {length}"
    return [(name, f"{name}: {rule}; the nearest are {below} and {below + step}")]


def spelt(shape: tuple[int, ...]) -> str:
    """A shape as texts write it: 4 × 128."""
    return " × ".join(map(str, shape))


@dataclass(frozen=True, kw_only=True)
class Autoencoder(EPGArchitecture):
    """A model that encodes profiles into a latent of few values and decodes them again."""

    task_names: ClassVar[tuple[str, ...]] = ("reconstruction",)
    decoder_names: ClassVar[tuple[str, ...]] = ()  # globs over the parameters that `encode` does not read
    dyes_name: ClassVar[str] = "in_channels"
    length_name: ClassVar[str] = "input_length"

    @property
    def output_kind(self) -> str | None:
        return "values"

    @property
    def needs_unit_input(self) -> bool:
        """Whether its output lies between 0 and 1, so that the profiles must, too."""
        return bool(getattr(self, "use_sigmoid", False))

    @property
    def dyes(self) -> int | None:
        value: int | None = getattr(self, self.dyes_name)
        return value

    @property
    def scan_points(self) -> int | None:
        value: int | None = getattr(self, self.length_name)
        return value

    def encoded_shape(self, spec: InputSpec) -> tuple[int, ...]:
        """The latent's shape without the axis of profiles, for this input."""
        return self.sized(spec).latent

    @property
    def latent(self) -> tuple[int, ...]:
        """The latent's shape where every size is known."""
        raise NotImplementedError

    def output_shape(self, spec: InputSpec) -> tuple[int, ...]:
        full = self.sized(spec)
        return full.dyes or DYES, full.scan_points or SCAN_POINTS

    def latent_summary(self, spec: InputSpec) -> str:
        """How much the latent compresses, in one sentence."""
        full = self.sized(spec)
        if full.problems():
            return ""
        dyes, points = self.output_shape(spec)
        ratio = prod(full.latent) / (dyes * points)
        how = f"{1 / ratio:g} times fewer than" if ratio < 1 else f"{ratio:g} times as many as"
        values = f"{spelt(full.latent)} = {prod(full.latent):,} values"
        return f"latent {values}, {how} the {dyes} × {points} of a profile{self._more()}"

    def _more(self) -> str:
        return ""

    @property
    def remark(self) -> str:  # type: ignore[override]
        return self.latent_summary(USUAL)

    def summary(self, spec: InputSpec) -> str:
        return self.latent_summary(spec)

    def _unfit(self, spec: InputSpec) -> Iterator[Found]:
        yield from super()._unfit(spec)
        full, (dyes, points) = self.sized(spec), self.output_shape(spec)
        if not full.problems() and prod(full.latent) >= dyes * points:
            values, whole = prod(full.latent), dyes * points
            message = f"the latent has {values} values ({spelt(full.latent)}), its input {whole}"
            yield "SF0563", message, self._smaller(), "warning"

    def _smaller(self) -> str:
        return "choose a smaller latent"
