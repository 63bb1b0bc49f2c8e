# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""BPNet (Avsec et al. 2021, doi 10.1038/s41588-021-00782-6): profiles and log counts from sequence, and bias models.

A solo model reads sequence. A transformation fits a frozen solo, trained on control reads, to experimental background.
A combined model adds the transformed bias to a residual solo, which so learns what the bias does not explain (Pampari
et al., doi 10.1101/2024.12.25.630221). `solo_model`, `transformation_model` and `combined_model` build them in Keras.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from seqforge.architectures import lengths
from seqforge.architectures.base import Architecture, InputSpec
from seqforge.architectures.bpnet_parts import (
    KINDS,
    TYPES,
    Interface,
    bias_excess,
    half_a_base,
    matched,
    read_specification,
    surplus,
)
from seqforge.architectures.lengths import LengthWarning, Trunk
from seqforge.errors import NOWHERE, Problem, UsageError, did_you_mean
from seqforge.parameters import REQUIRED, Count, Kind, Natural, OneOf, Unfit, setting
from seqforge.registry import KERAS, PYTORCH, register

if TYPE_CHECKING:
    from seqforge.architectures.parts import PartModel

__all__ = [
    "BPNet",
    "BPNetCombined",
    "BPNetTransformation",
    "LengthWarning",
    "combinedModel",
    "combined_model",
    "soloModel",
    "solo_model",
    "transformationModel",
    "transformation_model",
]

Found = tuple[str, str, str, str]  # id, message, hint, severity


@dataclass(frozen=True, kw_only=True)
class Profile(Architecture):
    """What the models of the family share: one-hot DNA in, logits and log counts of every head out."""

    reads_heads: ClassVar[bool] = True

    def check(self, spec: InputSpec) -> list[Problem]:
        found = [*_input(self, spec), *self._unfit(spec)]
        return [Problem(NOWHERE, id, message, hint, severity) for id, message, hint, severity in found]

    def _unfit(self, spec: InputSpec) -> Iterator[Found]:
        """(id, message, hint, severity) of what does not work or was probably not meant."""
        raise NotImplementedError


def _input(architecture: Profile, spec: InputSpec) -> Iterator[Found]:
    if spec.encoding != "1D":
        yield "SF0501", f"{architecture.name} takes the input encoding 1D, received {spec.encoding}", "", "error"
    if spec.channels != 4:
        yield "SF0501", f"{architecture.name} takes DNA (4 letters), received {spec.channels} letters", "", "error"
    if not spec.heads:
        way_out = 'add <heads><head name="…" tasks="…"/></heads> to general'
        yield "SF0541", f"{architecture.name} puts out profiles of heads, the definition has none", way_out, "error"
    window = architecture.window()
    if window and spec.length is not None and spec.length != window[0]:
        message = f"input_length is {window[0]}, but the data have {spec.length} positions"
        yield "SF0502", message, "", "error"


def _sentence(id: str, said: UsageError | str, severity: str = "error") -> Found:
    message, _, hint = str(said).partition("; ")
    return id, message, hint, severity


@dataclass(frozen=True, kw_only=True)
class Sizes(Profile):
    """The six sizes of a solo model."""

    input_length: Count = setting(REQUIRED, "bases that the model reads; more than it needs are cropped")
    output_length: Count = setting(REQUIRED, "bases that the model predicts")
    num_filters: Count = setting(REQUIRED, "filters of every convolution before the heads")
    num_layers: Natural = setting(REQUIRED, "dilated convolutions, with dilations 2, 4, 8 …")
    input_filter_width: Count = setting(REQUIRED, "width of the first convolution, in bases")
    output_filter_width: Count = setting(REQUIRED, "width of the convolution that puts out profiles, in bases")

    @property
    def trunk(self) -> Trunk:
        return Trunk(self.num_layers, self.input_filter_width, self.output_filter_width)

    @property
    def excess(self) -> int:
        """The bases of input that the model does not need; raises UsageError if it lacks some."""
        return lengths.excess(self.input_length, self.output_length, self.trunk)

    @property
    def warnings(self) -> list[str]:
        return lengths.warnings_about(self.input_length, self.output_length, self.trunk)

    @property
    def sizes(self) -> tuple[int, int, int, int, int, int]:
        """In the order in which the builders take them."""
        first, last = self.input_filter_width, self.output_filter_width
        return self.input_length, self.output_length, self.num_filters, self.num_layers, first, last

    def window(self) -> tuple[int, int]:
        return self.input_length, self.output_length

    def _unfit(self, spec: InputSpec) -> Iterator[Found]:
        try:
            cropped = self.excess > 0
        except UsageError as error:
            yield _sentence("SF0542", error)
            return
        for position, message in enumerate(self.warnings):
            yield _sentence("SF0543" if cropped and position == 0 else "SF0544", message, "warning")


@register("architectures", "BPNet")
@dataclass(frozen=True, kw_only=True)
class BPNet(Sizes):
    """The solo model: a convolution, dilated convolutions with residual connections, and per head two outputs."""

    libraries: ClassVar[tuple[str, ...]] = (KERAS, PYTORCH)

    def _unfit(self, spec: InputSpec) -> Iterator[Found]:
        yield from super()._unfit(spec)
        yield from _no_bias_counts(self, spec)

    def keras(self, spec: InputSpec) -> Any:
        from seqforge.architectures.keras.bpnet import build_solo

        return build_solo(self, spec.heads, "solo", spec.seed)

    def torch(self, spec: InputSpec) -> Any:
        from seqforge.architectures.torch.bpnet import BPNet as Module

        return Module(*self.sizes, heads=spec.heads, seed=spec.seed)


def _no_bias_counts(architecture: Profile, spec: InputSpec) -> Iterator[Found]:
    for head in spec.heads:
        if head.use_bias_counts is not None:
            message = f"head '{head.name}': use_bias_counts is for BPNetCombined only, not for {architecture.name}"
            yield "SF0545", message, "remove it", "error"


@dataclass(frozen=True, kw_only=True)
class Built(Profile):
    """A model built on a trained and frozen one."""

    libraries: ClassVar[tuple[str, ...]] = (KERAS,)

    @property
    def part(self) -> PartModel | None:
        """The sub-model; None where it is not known (yet)."""
        return self.given.get(self.parts[0])

    def interface(self) -> Interface | None:
        """What is known of the part without building it."""
        part = self.part
        return Interface.of(part.heads, part.window) if part is not None and part.heads and part.window else None

    def built(self) -> Any:
        """The part as a keras.Model that knows its heads, if the part does."""
        name, part = self.parts[0], self.part
        if part is None:
            way_out = f'add <part name="{name}" run="…"/> to architecture'
            raise UsageError(f"{self.name} needs the part '{name}'; {way_out}")
        model = part.keras()
        if part.heads:
            model.heads = tuple(part.heads)
        return model


class Types(Kind):
    """Types of a transformation, one or more with commas between: `linear, sigmoid, sigmoid`."""

    words = TYPES
    expected = f"one or more of {', '.join(TYPES)}, with commas between"

    def parse(self, text: str) -> Any:
        return self.check([part.strip() for part in text.split(",")] if text.strip() else [])

    def check(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.parse(value)
        if not isinstance(value, (list, tuple)) or not value or any(one not in TYPES for one in value):
            raise Unfit(self.expected, value if isinstance(value, str) else ", ".join(map(str, value or ())))
        return tuple(value)

    def schema(self) -> dict[str, Any]:
        one = {"enum": list(TYPES)}
        return {"anyOf": [{"type": "array", "items": one, "minItems": 1}, {"type": "string", "minLength": 1}]}

    def bad_values(self) -> list[str]:
        return ["none-of-these", "linear, cubic"]


TypeList = Annotated[tuple[str, ...], Types()]


@register("architectures", "BPNetTransformation")
@dataclass(frozen=True, kw_only=True)
class BPNetTransformation(Built):
    """A frozen solo model (part `solo`) and, per head, scalar functions of its logits and log counts."""

    parts: ClassVar[tuple[str, ...]] = ("solo",)

    profile_architecture: Annotated[str, OneOf(*KINDS)] = setting("simple", "what is fitted to the profiles")
    profile_types: TypeList | None = setting(None, "functions whose sum is fitted to the profiles' logits")
    counts_architecture: Annotated[str, OneOf(*KINDS)] = setting("simple", "what is fitted to the log counts")
    counts_types: TypeList | None = setting(None, "functions whose sum is fitted to the log counts")
    input_length: Count | None = setting(None, "bases that the solo model reads, where a definition repeats it")
    output_length: Count | None = setting(None, "bases that the solo model predicts, where a definition repeats it")

    def window(self) -> tuple[int, int] | None:
        known = self.part.window if self.part is not None else None
        if known is None and self.input_length is not None and self.output_length is not None:
            return self.input_length, self.output_length
        return known

    def compare(self, window: tuple[int, int]) -> None:
        """Refuse lengths that are not the solo model's."""
        for name, solo in zip(("input_length", "output_length"), window, strict=True):
            given = getattr(self, name)
            if given not in (None, solo):
                raise UsageError(f"{name} is {given}, that of the solo model is {solo}; they must be equal")

    def specifications(self) -> dict[str, dict[str, Any]]:
        """The two specifications as `transformation_model` takes them."""
        found: dict[str, dict[str, Any]] = {}
        for what in ("profile", "counts"):
            types = getattr(self, f"{what}_types")
            specification = {"name": getattr(self, f"{what}_architecture")} | ({"types": types} if types else {})
            found[f"{what}_architecture"] = specification
        return found

    def _unfit(self, spec: InputSpec) -> Iterator[Found]:
        yield from _no_bias_counts(self, spec)
        try:
            types = {what: read_specification(given, what) for what, given in self.specifications().items()}
            if self.part is not None and self.part.window:
                self.compare(self.part.window)
            known = self.interface()
            if known and spec.heads:
                matched(spec.heads, known, "the solo model")
        except UsageError as error:
            yield _sentence("SF0546", error)
            return
        if not any(types.values()):
            way_out = "use the solo model as the bias part directly"
            yield "SF0547", "both outputs are handed on unchanged: nothing to train", way_out, "error"
        for what, listed in types.items():
            for message in surplus(listed, what):
                yield _sentence("SF0548", message, "warning")

    def training_warnings(self, model: Any, x: Any) -> list[str]:
        """Terms that no gradient reaches."""
        from seqforge.architectures.keras.bpnet import idle_terms

        return idle_terms(model, x)

    def keras(self, spec: InputSpec) -> Any:
        from seqforge.architectures.keras.bpnet import build_transformation

        types = [read_specification(given, what) for what, given in self.specifications().items()]
        solo = self.built()
        self.compare((int(solo.input_shape[1]), int(solo.outputs[0].shape[1])))
        return build_transformation(solo, types[0], types[1], spec.heads, "transformation")


@register("architectures", "BPNetCombined")
@dataclass(frozen=True, kw_only=True)
class BPNetCombined(Built, Sizes):
    """A residual solo model and a frozen bias model (part `bias_model`): logits are added, and reads where asked."""

    parts: ClassVar[tuple[str, ...]] = ("bias_model",)

    def _unfit(self, spec: InputSpec) -> Iterator[Found]:
        yield from Sizes._unfit(self, spec)
        for head in spec.heads:
            if head.use_bias_counts is None:
                message = f"head '{head.name}': use_bias_counts is missing"
                yield "SF0545", message, "say True or False: whether the reads of the bias are added", "error"
        known = self.interface()
        if known is None or not spec.heads:
            return
        try:
            matched(spec.heads, known, "the bias model")
            for message in half_a_base(bias_excess(self.window(), known)):
                yield _sentence("SF0543", message, "warning")
        except UsageError as error:
            yield _sentence("SF0549", error)

    def keras(self, spec: InputSpec) -> Any:
        return self.models(spec)[0]

    def models(self, spec: InputSpec) -> tuple[Any, Any, Any]:
        """The combined model, and its residual and bias, which share its weights."""
        from seqforge.architectures.keras.bpnet import build_combined

        return build_combined(self, spec.heads, self.built(), "combined", spec.seed)


def sized(*sizes: Any) -> BPNet:
    """The six sizes in the builders' order, checked; raises UsageError."""
    names = ("input_length", "output_length", "num_filters", "num_layers", "input_filter_width", "output_filter_width")
    try:
        values = {name: _whole(size) for name, size in zip(names, sizes, strict=True)}
        return BPNet(**values)
    except ValueError as error:
        raise UsageError(str(error).removeprefix("BPNet.")) from None


def _whole(size: Any) -> Any:
    """An int of any integer type; anything else as it is."""
    try:
        return index(size) if not isinstance(size, bool) else size
    except TypeError:
        return size


# builders, by the names and keywords of SeqForge and by those that users of other tools know

SPELLINGS = {
    "inputLength": "input_length",
    "outputLength": "output_length",
    "numFilters": "num_filters",
    "numLayers": "num_layers",
    "inputFilterWidth": "input_filter_width",
    "outputFilterWidth": "output_filter_width",
    "headList": "heads",
    "modelName": "name",
    "soloModelIn": "solo",
    "profileArchitectureSpecification": "profile_architecture",
    "countsArchitectureSpecification": "counts_architecture",
    "biasModel": "bias_model",
}
SIX = ("input_length", "output_length", "num_filters", "num_layers", "input_filter_width", "output_filter_width")
ARGUMENTS = {
    "solo_model": (*SIX, "heads", "name", "seed"),
    "transformation_model": ("solo", "profile_architecture", "counts_architecture", "heads", "name"),
    "combined_model": (*SIX, "heads", "bias_model", "name", "seed"),
}


def solo_model(*arguments: Any, **named: Any) -> Any:
    """`solo_model(input_length, output_length, num_filters, num_layers, input_filter_width, output_filter_width, heads,
    name="solo", seed=0)` → keras.Model: one-hot DNA (n, input_length, 4) → [logits (n, output_length, task) of every
    head, log counts (n, 1) of every head]. `heads`: `Head`s or dicts; warns with LengthWarning, raises UsageError.
    """
    return _build("solo_model", arguments, named)


def transformation_model(*arguments: Any, **named: Any) -> Any:
    """`transformation_model(solo, profile_architecture, counts_architecture, heads, name="transformation")` →
    keras.Model with the inputs and outputs of `solo`, which is frozen: `solo.trainable` becomes False.
    """
    return _build("transformation_model", arguments, named)


def combined_model(*arguments: Any, **named: Any) -> Any:
    """`combined_model(input_length, output_length, num_filters, num_layers, input_filter_width, output_filter_width,
    heads, bias_model, name="combined", seed=0)` → three keras.Models that share weights: combined, residual and bias.
    """
    return _build("combined_model", arguments, named)


soloModel, transformationModel, combinedModel = solo_model, transformation_model, combined_model  # noqa: N816


def _build(builder: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    values = _values(builder, arguments, named)
    from seqforge.backends.importing import start_keras

    start_keras()
    from seqforge.architectures.keras import bpnet

    return getattr(bpnet, builder)(**values)


def _values(builder: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by SeqForge's names; raises UsageError for those that are unknown, missing or given twice."""
    known = ARGUMENTS[builder]
    if len(arguments) > len(known):
        raise UsageError(f"{builder} takes {len(known)} arguments ({', '.join(known)}), received {len(arguments)}")
    values = dict(zip(known, arguments, strict=False))
    for key, value in named.items():
        name = SPELLINGS.get(key, key)
        if name not in known:
            raise UsageError(f"{builder} has no argument '{key}'; {did_you_mean(key, known)}")
        if name in values:
            raise UsageError(f"{builder}: {name} is given twice")
        values[name] = value
    missing = [name for name in known if name not in values and name not in ("name", "seed")]
    if missing:
        raise UsageError(f"{builder} needs {', '.join(missing)}")
    return values
