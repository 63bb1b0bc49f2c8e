# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Cherimoya: dilated depthwise blocks with one normalisation over a whole example; profiles and log counts from DNA.

Source: the public architecture page of Cherimoya 0.1.0; what later releases changed are hyper-parameters. The weights
of published files are read and written by `seqforge.architectures.cherimoya_weights`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from seqforge.architectures.base import InputSpec
from seqforge.architectures.bpnet import Found, Profile
from seqforge.architectures.cherimoya_shapes import SCOPES, Sizes, default_trimming, trimmed, trimming_between
from seqforge.errors import UsageError
from seqforge.parameters import Count, Natural, Odd, OneOf, Real, setting
from seqforge.registry import PYTORCH, register

if TYPE_CHECKING:
    from typing import Self

IN_WINDOW = 2114  # bases that the published models read
FUSED = 1.1  # what a block of Triton saves for its derivative, in multiples of its input


@register("architectures", "Cherimoya")
@dataclass(frozen=True, kw_only=True)
class Cherimoya(Profile):
    """A stem convolution, `n_layers` residual blocks with dilations 1, 2, 4 …, and per head a profile and a log count.

    Every block normalises over all positions and channels of an example: each output depends on the whole sequence, and
    another window gives other numbers everywhere. The heads of the definition are the groups of tracks. The lengths of
    input and output are those that the data options say; `in_window`, and `out_window` or `trimming`, say them where
    the data do not: then the input is 2114 and the trimming 46 + 2^n_layers − 1 if nothing else is given.
    """

    libraries: ClassVar[tuple[str, ...]] = (PYTORCH,)
    reads_controls: ClassVar[bool] = True
    loss_parameters: ClassVar[tuple[str, ...]] = ("lw0", "lw1")
    remark: ClassVar[str] = (
        "every output depends on the whole sequence, for each block normalises over all of its positions: a longer "
        "window, a crop or padding changes all values"
    )

    n_filters: Count = setting(96, "channels of every block, C")
    n_layers: Count = setting(9, "blocks, with dilations 1, 2, 4 …")
    expansion: Count = setting(2, "width of the hidden layer of a block, in multiples of n_filters")
    residual_scale: Real = setting(0.15, "what the output of a block is multiplied by before its input is added")
    stem_kernel_size: Odd = setting(21, "width of the first convolution, in bases")
    profile_kernel_size: Odd = setting(1, "width of the convolution that puts out profiles, in bases; later models: 75")
    n_control_tracks: Natural = setting(0, "tracks that the model reads beside the sequence")
    trimming: Natural | None = setting(None, "bases that are cut from each end of the input; None: from the windows")
    weight_scope: Annotated[str, OneOf(*SCOPES)] = setting(
        "shared", "one pair of learned loss weights lw0, lw1, or one per head"
    )
    residual_dtype: Annotated[str, OneOf("auto", "float32")] = setting(
        "auto", "type of what flows between blocks; auto: that of the precision"
    )
    kernel: Annotated[str, OneOf("auto", "triton", "torch")] = setting(
        "auto", "how blocks are computed; auto: Triton on CUDA where it is installed, PyTorch elsewhere"
    )
    kernel_tuning: Annotated[str, OneOf("table", "autotune")] = setting(
        "table", "block sizes of the kernels: from the shipped table, or measured on this machine"
    )
    in_window: Count | None = setting(None, "bases that the model reads; None: as the data, else 2114", "input_length")
    out_window: Count | None = setting(None, "bases that it predicts; None: as the data, else trimmed", "output_length")
    of_data: tuple[int, int] | None = field(default=None, init=False, repr=False, compare=False)

    def with_window(self, window: tuple[int, int]) -> Self:
        bound = replace(self)
        object.__setattr__(bound, "of_data", window)
        return bound

    def window(self) -> tuple[int, int] | None:
        try:
            return self.lengths()
        except UsageError:
            return None

    def lengths(self) -> tuple[int, int]:
        """Of input and output; raises UsageError where what is said of them does not fit."""
        known = self.of_data or (None, None)
        _same("in_window", self.in_window, known[0])
        _same("out_window", self.out_window, known[1])
        read = self.in_window or known[0] or IN_WINDOW
        wanted = self.out_window or known[1]
        if wanted is None:
            cut = default_trimming(self.n_layers) if self.trimming is None else self.trimming
            return read, trimmed(read, cut)
        cut = trimming_between(read, wanted)
        if self.trimming not in (None, cut):
            raise UsageError(
                f"trimming: expected ({read} − {wanted})/2 for windows {read} → {wanted}, received {self.trimming}; "
                f"take {cut}"
            )
        return read, wanted

    def sizes(self, spec: InputSpec) -> Sizes:
        return Sizes(
            n_filters=self.n_filters,
            n_layers=self.n_layers,
            expansion=self.expansion,
            stem_kernel_size=self.stem_kernel_size,
            profile_kernel_size=self.profile_kernel_size,
            groups=tuple(head.width for head in spec.heads) or (1,),
            n_control_tracks=self.n_control_tracks,
            weight_scope=self.weight_scope,
        )

    def shapes(self, spec: InputSpec) -> dict[str, tuple[int, ...]]:
        return self.sizes(spec).shapes()

    def _unfit(self, spec: InputSpec) -> Iterator[Found]:
        try:
            self.lengths()
        except UsageError as error:
            message, _, hint = str(error).partition("; ")
            yield "SF0551", message, hint, "error"
        for head in spec.heads:
            for key in ("counts_per_task", "use_bias_counts"):
                if getattr(head, key):
                    message = f"head '{head.name}': {key} is not for {self.name}, whose heads have one count each"
                    yield "SF0552", message, "give every task a head of its own, or remove it", "error"

    def activation_bytes(self, batch_size: int, length: int, precision: str) -> int:
        """Of the blocks: their inputs and little more where they are fused, else what every module reads and puts out.

        PyTorch itself keeps more of unfused blocks: 1.2 times as much in fp32, 1.6 times in bf16, measured on a CPU.
        """
        from seqforge.kernels import cheri

        fused = self.kernel != "torch" and not cheri.NO_TRITON and self.n_filters <= cheri.WIDEST
        width = 4 if precision == "fp32" or self.residual_dtype == "float32" else 2
        kept = FUSED if fused else 2 + 2 * self.expansion  # x, its norm; before and after the GELU
        return round(self.n_layers * batch_size * length * self.n_filters * width * kept)

    def torch(self, spec: InputSpec) -> Any:
        from seqforge.architectures.torch.cherimoya import ProfileCherimoya

        sizes, (read, put_out) = self.sizes(spec), self.lengths()
        return ProfileCherimoya(
            n_filters=sizes.n_filters,
            n_layers=sizes.n_layers,
            expansion=sizes.expansion,
            residual_scale=self.residual_scale,
            stem_kernel_size=sizes.stem_kernel_size,
            profile_kernel_size=sizes.profile_kernel_size,
            groups=sizes.groups,
            n_control_tracks=sizes.n_control_tracks,
            trimming=(read - put_out) // 2,
            weight_scope=sizes.weight_scope,
            residual_dtype=self.residual_dtype,
            kernel=self.kernel,
            kernel_tuning=self.kernel_tuning,
            seed=spec.seed,
        )


def _same(name: str, own: int | None, data: int | None) -> None:
    if own is not None and data is not None and own != data:
        raise UsageError(f"{name}: expected the data's {data}, received {own}; take {data}, or leave it out")
