# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`seqforge doctor`: what this installation can do, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from seqforge.backends.probing import Probed
    from seqforge.diagnosis import Diagnosis


def command(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Tell what this installation can do, and what to do about what it cannot: versions, backends, devices, folders.

    Frameworks are started in processes of their own. The exit status is 1 where what is installed does not work.
    """
    from json import dumps

    from seqforge.diagnosis import diagnose

    found = diagnose()
    typer.echo(dumps(found.row(), indent=2) if json else "\n".join(_lines(found)))
    if not found.healthy:
        raise typer.Exit(1)


def _lines(found: Diagnosis) -> Iterator[str]:
    yield f"SeqForge {found.versions['seqforge']}, {found.paths['seqforge']}"
    yield f"Python {found.versions['python']}, {found.paths['python']}"
    yield _machine(found.machine)
    yield from (f"{name}={value}" for name, value in found.variables.items())
    for title, rows in (("backends", _backends(found)), ("packages", _packages(found)), ("folders", _folders(found))):
        yield f"\n{title}"
        width = max(len(name) for name, _ in rows)
        yield from (f"  {name:<{width}}  {said}" for name, said in rows)
    yield ""
    yield from map(str, found.problems)
    if not found.problems:
        yield "all well"


def _machine(facts: dict[str, Any]) -> str:
    cores = f"{facts['usable_cores']} of {facts['cores']} cores usable"
    memory = "" if facts["memory"] is None else f", {_size(facts['memory'])} of memory"
    free = "" if facts["free_memory"] is None else f", {_size(facts['free_memory'])} free"
    return f"{facts['platform']}, {cores}{memory}{free}"


def _backends(found: Diagnosis) -> list[tuple[str, str]]:
    return [(one.name, _backend(one)) for one in found.backends]


def _backend(one: Probed) -> str:
    if one.missing:
        return f"{', '.join(one.missing)} not installed: {one.install}"
    if one.error:
        return f"does not start: {one.error}"
    versions = ", ".join(f"{name} {version}" for name, version in one.versions.items())
    devices = [f"{device.name}, {_size(device.memory)}" if device.memory else device.name for device in one.devices]
    return f"{versions} on {' | '.join(devices)}" if devices else versions


def _packages(found: Diagnosis) -> list[tuple[str, str]]:
    rows = [(extra or "needed", _extra(extra, versions)) for extra, versions in found.packages.items()]
    return [*rows, *((name, f"components of {module}") for name, module in found.components.items())] or [("–", "–")]


def _extra(extra: str, versions: dict[str, str | None]) -> str:
    there = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    missing = ", ".join(name for name, version in versions.items() if not version)
    install = f"pip install 'seqforge[{extra}]'" if extra else "pip install seqforge"
    return "; ".join(filter(None, (there, missing and f"{missing} not installed: {install}")))


def _folders(found: Diagnosis) -> list[tuple[str, str]]:
    store, counts = found.cache, found.shipped
    free = "" if store.free is None else f", {_size(store.free)} free on its disk"
    said = f"{store.path}, {_size(store.size)} in it{free}, {store.error.lower() or 'can be written'}"
    return [("cache", said), ("shipped", ", ".join(f"{count} in {name}" for name, count in counts.items()))]


def _size(count: int) -> str:
    from seqforge.callbacks.progress import size

    return size(count)
