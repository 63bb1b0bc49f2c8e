# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""How much memory a pass of the centromere Transformer takes, told before it is made; no framework is needed.

What a training keeps for its backward pass is counted, tensor by tensor. What it takes beside that while it runs was
measured at 1,000 to 4,000 bins on a CPU, for several sizes of models; it grows with the bins, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from seqforge import environment
from seqforge.architectures.centromere_shapes import POSITION, RANGE, Sizes
from seqforge.errors import BackendError

FLOAT = 4  # bytes
SCORES = 2**18  # of attention with dropout on a CPU at once: `blocked_attention.BLOCK`; at least 16 queries
QUERIES = 16
BUFFERS = 5  # of the size of these scores
HELD = 1.3  # what an allocator on a CPU takes for what is kept; there is less waste on a GPU
HELD_GPU = 1.1
AGAIN = 1.47  # of what a layer keeps: its gradients, where it is computed again for them
ALWAYS = 32 * 2**20  # workspaces of libraries


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What goes through a model at once: `chromosomes`, each padded to `bins`. `ranges`: whether they are scored.

    `window`: the bins of the window that longer chromosomes are cut to; None: they are not.
    """

    bins: int
    chromosomes: int = 1
    training: bool = False
    dropout: float = 0.2
    attention_dropout: float = 0.2
    checkpointing: bool = False
    device: str = "cpu"
    ranges: bool = True
    window: int | None = None

    @property
    def width(self) -> int:
        """The bins that attention sees at once."""
        return self.bins if self.window is None else min(self.bins, self.window)

    @property
    def in_blocks(self) -> bool:
        """Whether attention with dropout is computed in blocks."""
        return self.training and self.attention_dropout > 0 and not self.device.startswith("cuda")


def forecast(sizes: Sizes, one: Pass) -> int:
    """The bytes that a pass takes at its peak, beside the model and its inputs; with gradients and moments of Adam."""
    together = one.chromosomes if one.training else 1  # chromosomes are judged one by one
    numbers = _training(sizes, one) if one.training else _evaluation(sizes, one)
    put_out = one.chromosomes * one.width * (1 + RANGE[-1])
    updates = 3 * sizes.parameters if one.training else 0
    scores = max(SCORES, QUERIES * together * sizes.nhead * one.width) * BUFFERS if one.in_blocks else 0
    return round((numbers * together * one.width + put_out + updates + scores) * FLOAT) + ALWAYS


def kept(sizes: Sizes, one: Pass) -> int:
    """Numbers per bin that a forward pass keeps for the backward pass."""
    d, channels = sizes.d_model, len(sizes.conv_kernels) * sizes.conv_channels
    dropped = 3 if one.dropout else 1  # of a layer with dropout: what goes in, what is drawn, what comes out
    heads = sizes.input_features + 1 + dropped * sum(POSITION[:-1]) + (d if one.dropout else 0) + d
    if _with_ranges(sizes, one):
        heads += 3 * channels + dropped * sum(RANGE[:-1])
    if one.checkpointing:
        return heads + sizes.num_layers * d + _layer(sizes, one)
    return heads + sizes.num_layers * _layer(sizes, one)


def _layer(sizes: Sizes, one: Pass) -> int:
    """Numbers per bin that an encoder layer keeps: q, k, v, sums and norms; twice two statistics; the hidden layer."""
    per_channel = (10 if one.dropout else 8) + one.in_blocks
    hidden = (3 if one.dropout else 1) * sizes.dim_feedforward
    return per_channel * sizes.d_model + hidden + 4 + (0 if one.in_blocks else sizes.nhead)


def _training(sizes: Sizes, one: Pass) -> float:
    """Numbers per bin at the peak, when the backward pass begins."""
    held = HELD_GPU if one.device.startswith("cuda") else HELD
    branch = 13 * len(sizes.conv_kernels) * sizes.conv_channels + 4 * sizes.d_model
    again = AGAIN * _layer(sizes, one) if one.checkpointing else 0
    return held * kept(sizes, one) + max(again, branch if _with_ranges(sizes, one) else 0)


def _evaluation(sizes: Sizes, one: Pass) -> float:
    """Numbers per bin of whatever is widest: an encoder layer, or the range branch with its head."""
    layer = 1.6 * (2 * sizes.dim_feedforward + 4 * sizes.d_model)
    branch = 6 * sizes.d_model + 1.2 * len(sizes.conv_kernels) * sizes.conv_channels + 1250
    return max(layer, branch) if _with_ranges(sizes, one) else layer


def _with_ranges(sizes: Sizes, one: Pass) -> bool:
    return sizes.range_head and one.ranges


def free_memory(device: str = "cpu") -> int | None:
    """Bytes that a new pass can have on "cpu" or "cuda…"; None: that is not known."""
    if device.startswith("cuda"):
        import torch

        free, _ = torch.cuda.mem_get_info(torch.device(device))
        return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    return environment.free_memory() if device == "cpu" else None


def too_large(sizes: Sizes, one: Pass, longest: str, free: int | None) -> str | None:
    """The sentence that says why this pass does not fit into `free` bytes, with the ways out; None: it does.

    `longest`: the name of the longest chromosome, whose length is `one.bins`.
    """
    need = forecast(sizes, one)
    if free is None or need <= free:
        return None
    task = "trained on" if one.training else "predicted"
    fed = f"{longest} ({one.bins:,} bins)"
    fed += f" in windows of {one.width:,}" if one.width < one.bins else ""
    fed += f", {one.chromosomes} of this length at once," if one.chromosomes > 1 else ""
    ways = "; ".join(_ways_out(sizes, one, free)) or "use a smaller model, or a machine with more memory"
    return f"{fed} cannot be {task}: that takes about {_size(need)} on {one.device}, {_size(free)} are free; {ways}"


def refuse_too_large(sizes: Sizes, one: Pass, longest: str, free: int | None = None) -> None:
    """Raises BackendError if the pass does not fit into `free` bytes; None: whatever is free on its device now."""
    said = too_large(sizes, one, longest, free_memory(one.device) if free is None else free)
    if said is not None:
        raise BackendError(said)


def _ways_out(sizes: Sizes, one: Pass, free: int) -> list[str]:
    """What takes less, with how much less, and the largest window that fits."""
    changes = {
        "batch_size 1": replace(one, chromosomes=1),
        "gradient_checkpointing True": replace(one, checkpointing=True),
        "attention_dropout 0": replace(one, attention_dropout=0.0),
    }
    need = forecast(sizes, one)
    needs = {way: forecast(sizes, other) for way, other in changes.items() if one.training}
    ways = [f"{way} takes {_size(less)}" for way, less in needs.items() if less < need]
    window = _fitting(sizes, one, free)
    option = "train_window" if one.training else "seqforge predict --window"
    return [*ways, f"{option} {window} would fit"] if window else ways


def _fitting(sizes: Sizes, one: Pass, free: int) -> int:
    """The largest window that fits, to two digits at most; 0: none."""
    low, high = 0, one.width
    while low < high:
        middle = (low + high + 1) // 2
        fits = forecast(sizes, replace(one, window=middle)) <= free
        low, high = (middle, high) if fits else (low, middle - 1)
    step = 10 ** max(0, len(str(low)) - 2)
    return low // step * step


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 999.5e6 else f"{count / 1e6:.0f} MB"
