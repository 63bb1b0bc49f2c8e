# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge lengths`: how many bases of input a profile needs, and how many of profile an input gives."""

from __future__ import annotations

from typing import Annotated

import typer

from seqforge.errors import UsageError

MOST_LAYERS = 40  # 4 tera bases of input


def command(
    layers: Annotated[int, typer.Option(min=0, max=MOST_LAYERS, help="Dilated layers: dilations 2, 4, 8 …")],
    input_filter_width: Annotated[int, typer.Option(min=1, help="Bases under the first convolution.")],
    output_filter_width: Annotated[int, typer.Option(min=1, help="Positions under the profile's convolution.")],
    output_length: Annotated[int | None, typer.Option(min=1, help="Bases of profile: what input do they need?")] = None,
    input_length: Annotated[int | None, typer.Option(min=1, help="Bases of input: what profile do they give?")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell the length of a profile model's input from that of its output, or the other way round.

    The receptive field is what one base of the profile sees of the input.
    """
    from seqforge.architectures.lengths import Trunk, even_widths, needed_input, output_for, overhang, too_short

    if (output_length is None) == (input_length is None):
        raise UsageError("expected either --output-length or --input-length, one of them")
    trunk = Trunk(layers, input_filter_width, output_filter_width)
    if output_length is not None:
        lengths = (needed_input(output_length, *trunk), output_length)
        said = f"output_length {output_length} needs input_length {lengths[0]}"
    else:
        assert input_length is not None
        lengths = (input_length, output_for(input_length, *trunk))
        said = f"input_length {input_length} gives output_length {lengths[1]}"
        if lengths[1] < 1:
            raise UsageError(too_short(input_length, 1, trunk))
    for warning in even_widths(trunk):
        typer.echo(f"warning: {warning}", err=True)
    lost = overhang(*trunk)
    if json:
        _print_json(trunk._asdict(), lengths, lost)
    else:
        typer.echo(f"{said} ({trunk})\nreceptive field: {lost + 1} bases (overhang {lost} + 1)")


def _print_json(trunk: dict[str, int], lengths: tuple[int, int], overhang: int) -> None:
    from json import dumps

    both = dict(zip(("input_length", "output_length"), lengths, strict=True))
    typer.echo(dumps(trunk | both | {"overhang": overhang, "receptive_field": overhang + 1}, indent=2))
