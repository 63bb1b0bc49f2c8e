# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The centromere Transformer: per bin of a chromosome, whether it lies in a centromere, from k-mer statistics.

Source: the public architecture document of the centromere Transformer. Weights of published files are read by
`seqforge.architectures.centromere_weights`, the memory of a pass is forecast by `centromere_memory`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.architectures.centromere_memory import Pass, refuse_too_large
from seqforge.architectures.centromere_shapes import OUTPUTS, Sizes
from seqforge.arrays import np
from seqforge.errors import NOWHERE, Problem
from seqforge.parameters import Count, Fraction, OddCount, OneOf, Switch, Tuple, setting
from seqforge.registry import PYTORCH, register

if TYPE_CHECKING:
    from seqforge.losses.base import Loss

BINS = 10  # of an example of nothing; the fewest that a chromosome may have
LABELS = 2  # background, centromere
RANGE_BRANCH = ("multi_scale_conv.*", "range_head.*")


class Kernels(Tuple):
    """Odd widths, each once."""

    def __init__(self) -> None:
        super().__init__(OddCount())
        self.expected = "a tuple of different odd integers ≥ 1"

    def check(self, value: Any) -> Any:
        items = super().check(value)
        if not items or len(set(items)) < len(items):
            raise self.unfit(value)
        return items

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"minItems": 1, "uniqueItems": True}

    def bad_values(self) -> list[str]:
        return [*super().bad_values(), "()", "3, 3", "3, 4"]


@register("architectures", "CentromereTransformer")
@dataclass(frozen=True, kw_only=True)
class CentromereTransformer(Architecture):
    """Features (chromosome, bin, 8) → (chromosome, bin, 1), and three range scores per bin.

    An encoder with post-norm layers reads a whole chromosome; a head judges every bin. The range branch (convolutions
    of several widths, then a head) is trained by RangeLoss alone: without it, it is neither run nor changed.
    """

    libraries: ClassVar[tuple[str, ...]] = (PYTORCH,)
    reads: ClassVar[tuple[str, ...]] = ("features", "padding", "offset")
    task_names: ClassVar[tuple[str, ...]] = ("sequence labeling",)
    remark: ClassVar[str] = (
        "every bin looks at the whole chromosome: what is predicted in windows approximates what one pass predicts"
    )

    input_features: Count = setting(8, "numbers that are known of every bin")
    d_model: Count = setting(128, "channels of the encoder, D: even, and a multiple of nhead")
    nhead: Count = setting(8, "heads of every attention")
    num_layers: Count = setting(4, "encoder layers")
    dim_feedforward: Count = setting(512, "width of the hidden layer of every encoder layer")
    dropout: Fraction = setting(0.2, "share of values that are dropped in training, everywhere but in the convolutions")
    attention_dropout: Fraction | None = setting(
        None, "share of attention that is dropped; None: dropout; 0 is faster on a CPU"
    )
    conv_kernels: Annotated[tuple[int, ...], Kernels()] = setting(
        (3, 11, 25), "widths of the convolutions of the range branch, in bins"
    )
    conv_channels: Count = setting(64, "channels of each of these convolutions")
    range_head: Switch = setting(True, "whether there is a range branch: scores for start, end and confidence")
    output: Annotated[str, OneOf(*OUTPUTS)] = setting(
        "probabilities", "what is put out per bin; logits keep learning where probabilities round to 0 or 1"
    )
    max_seq_len: Count | None = setting(None, "of published configurations; it limits nothing")

    @property
    def output_kind(self) -> str:
        return self.output

    def sizes(self) -> Sizes:
        return Sizes(
            input_features=self.input_features,
            d_model=self.d_model,
            nhead=self.nhead,
            num_layers=self.num_layers,
            dim_feedforward=self.dim_feedforward,
            conv_kernels=self.conv_kernels,
            conv_channels=self.conv_channels,
            range_head=self.range_head,
        )

    def shapes(self, spec: InputSpec) -> dict[str, tuple[int, ...]]:
        return self.sizes().shapes()

    def example(self, spec: InputSpec) -> dict[str, np.ndarray]:
        return {"features": np.zeros((2, spec.length or BINS, self.input_features), np.float32)}

    def output_shape(self, spec: InputSpec) -> tuple[int, ...]:
        return (spec.length or BINS, 1)

    def unused_parameters(self, loss: Loss) -> tuple[str, ...]:
        """The range branch, unless the loss reads what it puts out."""
        return RANGE_BRANCH if self.range_head and not getattr(loss, "reads_range", False) else ()

    def refuse_too_large(self, longest: str, bins: int, **of_pass: Any) -> None:
        """Raises BackendError where the longest chromosome does not fit into memory; `of_pass` as in `Pass`."""
        rate = self.dropout if self.attention_dropout is None else self.attention_dropout
        one = Pass(bins=bins, dropout=self.dropout, attention_dropout=rate, **of_pass)
        refuse_too_large(self.sizes(), one, longest)

    def check(self, spec: InputSpec) -> list[Problem]:
        return [Problem(NOWHERE, id, message, hint) for id, message, hint in self._unfit(spec)]

    def _unfit(self, spec: InputSpec) -> Iterator[tuple[str, str, str]]:
        for message, hint in self.sizes().misfits():
            yield "SF0571", message, hint
        if spec.outputs != LABELS:
            rule = f"{self.name} tells {LABELS} labels apart, background and centromere"
            yield "SF0572", f"{rule}, received {spec.outputs}", "name these two in general/labels"
        if spec.channels not in (0, self.input_features):
            message = f"input_features is {self.input_features}, but the data have {spec.channels} features per bin"
            yield "SF0502", message, f"make it {spec.channels}"

    def torch(self, spec: InputSpec) -> Any:
        from seqforge.architectures.sized import seeded
        from seqforge.architectures.torch.centromere_transformer import CentromereTransformer as Module

        with seeded(spec.seed):
            return Module(**self.settings())
