# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge twin`: one definition on both backends, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seqforge.commands.options import KerasBackend
from seqforge.errors import UsageError
from seqforge.resources import definition as shipped

if TYPE_CHECKING:
    from seqforge.twins import Comparison


def command(
    definition: Annotated[Path, typer.Argument(parser=shipped, help="Its architecture must exist on both.")],
    steps: Annotated[int, typer.Option(min=1, help="Training steps.")] = 50,
    rtol: Annotated[float, typer.Option(help="The largest relative difference that counts as equal.")] = 1e-4,
    optimizer: Annotated[str | None, typer.Option(help="Another optimizer than the definition's, such as SGD.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value of the definition.")
    ] = None,
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Made-up sequences instead of the data.")] = False,
    keras_backend: KerasBackend = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train on PyTorch and on Keras with equal weights and batches; report the first layer and step where they part.

    Dropout is off. Exit status 1 when they part beyond --rtol.
    """
    from seqforge.backends.importing import choose_keras
    from seqforge.twins import compare

    choose_keras(keras_backend)
    if not rtol > 0:
        raise UsageError(f"--rtol: expected a number > 0, received {rtol}")
    found = compare(definition, steps, rtol=rtol, optimizer=optimizer, overrides=set_ or (), synthetic=synthetic)
    if json:
        _print_json(definition, found)
    else:
        _print(found)
    if not found.agree:
        raise typer.Exit(1)


def _print_json(definition: Path, found: Comparison) -> None:
    import json
    from dataclasses import asdict

    parting = found.parting._asdict() if found.parting else None
    record = {"definition": str(definition), "agree": found.agree, **asdict(found), "parting": parting}
    print(json.dumps(record, indent=2))


def _print(found: Comparison) -> None:
    print(f"PyTorch and Keras, {found.steps} steps of {found.optimizer} on {found.batches}, dropout off")
    print("largest relative differences:")
    print(f"  outputs of layers, first batch  {found.outputs:.1e}")
    print(f"  losses                          {found.losses:.1e}")
    print(f"  weights after each step         {found.weights:.1e}")
    parting = found.parting
    if parting is None:
        print(f"they agree within {found.rtol:g}")
        return
    when = "on the first batch, before any step" if parting.step == 0 else f"at step {parting.step}"
    print(f"they part {when}: {parting.what}, relative difference {parting.difference:.1e}, tolerance {found.rtol:g}")
    if found.optimizer.casefold() != "sgd" and parting.step:
        print(f"{found.optimizer} differs between the libraries by design; --optimizer SGD compares the models alone")
