# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Block sizes, warps and stages of Cherimoya's kernels: from the shipped table, or measured on this machine.

"table" takes the entry of cheri_tuning.json that is nearest in channels, for the same kernel, dtype and architecture,
else `SAFE`. "autotune" measures the whole `space` once per kernel, size and number of rows (a power of two, so that a
new length does not stall), and keeps what it found in the user's cache. Both step down to smaller tiles where a choice
does not fit on the device. No kernel writes what it reads, so measuring changes no result.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from seqforge import files
from seqforge.data import cache

Settings = dict[str, int]
Run = Callable[[Settings], Any]

BLOCKS, WARPS, STAGES = (32, 64, 128, 256), (4, 8, 16), (2, 3, 4, 5)
TABLE = Path(__file__).with_suffix(".json")
SAFE: Settings = {"BLOCK": 64, "num_warps": 4, "num_stages": 2}
SMALLER: tuple[Settings, ...] = (  # where a choice does not fit: wider programs, then smaller tiles
    {"BLOCK": 32, "num_warps": 8, "num_stages": 2},
    {"BLOCK": 32, "num_warps": 8, "num_stages": 1},
    {"BLOCK": 16, "num_warps": 4, "num_stages": 1},
)
# tiles of `WIDTH` channels that a step of a kernel without products holds, all of them in flight at every stage but one
TILES = {"statistics": 3, "normalise": 3, "sums": 4, "gradients": 9}
WIDTH = 64
REGISTERS = 512  # values of these tiles for a thread, of 255 that it can hold: beyond, most of them spill
SHARED = {"sm_80": 166912, "sm_86": 101376, "sm_89": 101376, "sm_90": 232448, "sm_100": 232448}  # bytes of a program


log = logging.getLogger(__name__)


class Key(NamedTuple):
    """What a choice depends on; `channels` padded to 16, `rows` the bits of examples · positions."""

    kernel: str
    channels: int
    hidden: int
    dtype: str  # of x, and what products multiply: "float32/tf32"
    architecture: str
    rows: int


class Report(NamedTuple):
    """What became of every configuration of the space; tried ones with their milliseconds."""

    key: Key
    tried: list[tuple[Settings, float]]
    pruned: list[tuple[Settings, str]]
    failed: list[tuple[Settings, str]]
    best: Settings | None

    def __str__(self) -> str:
        counts = f"{len(self.tried)} tried, {len(self.pruned)} pruned, {len(self.failed)} failed"
        found = (
            "nothing ran" if self.best is None else f"best {_text(self.best)}, {min(ms for _, ms in self.tried):.4f} ms"
        )
        return f"{self.key.kernel} {self.key.channels} channels {self.key.dtype}: {counts}; {found}"


reports: list[Report] = []  # of this process, for the record of a run
_settled: dict[tuple[Key, str], Settings] = {}


def space() -> list[Any]:
    """The 48 configurations as Triton's; warps and stages are fields, since as arguments their defaults would win."""
    import triton

    return [
        triton.Config({"BLOCK": block}, num_warps=warps, num_stages=stages)
        for block, warps, stages in product(BLOCKS, WARPS, STAGES)
    ]


def merged(config: Any) -> Settings:
    """What a kernel really gets of one of Triton's configurations."""
    return {"BLOCK": config.kwargs["BLOCK"], "num_warps": config.num_warps, "num_stages": config.num_stages}


def launch(key: Key, tuning: str, run: Run) -> Settings:
    """Run a kernel with the settings that `tuning` ("table" or "autotune") chooses, and return them."""
    known = _settled.get((key, tuning))
    if known is not None:
        run(known)
        return known
    settings = _first_fitting(_steps(choose(key, tuning, run)), run)
    _settled[key, tuning] = settings
    return settings


def record() -> dict[str, Any]:
    """What ran in this process, as plain JSON for the record of a run: {} where no kernel did.

    `settings`: of each kernel, size and dtype, with the entry of the table, or the measurement, that they come from.
    """
    if not _settled:
        return {}
    used = [
        {**key._asdict(), "settings": settings, "from": _origin(key, tuning, settings)}
        for (key, tuning), settings in _settled.items()
    ]
    return {"table": _contents()["source"], "settings": used, "measured": [str(report) for report in reports]}


def _origin(key: Key, tuning: str, settings: Settings) -> str:
    if tuning == "autotune":
        own = any(report.key == key for report in reports)
        return "measured by this run" if own else f"measured before, kept in {_file()}"
    entry = nearest(key)
    if entry is None:
        return f"no entry for {key.architecture}, {key.dtype}: the safe choice"
    origin = f"entry for {entry['channels']} channels"
    return origin if settings == _of(entry) else f"{origin}, stepped down to what fits"


def choose(key: Key, tuning: str, run: Run) -> Settings:
    return _measured(key, run) if tuning == "autotune" else from_table(key)


def _steps(settings: Settings) -> Iterator[Settings]:
    yield settings
    yield from (smaller for smaller in SMALLER if smaller["BLOCK"] <= settings["BLOCK"])


def _first_fitting(candidates: Iterator[Settings], run: Run) -> Settings:
    """What does not fit is refused before it is launched: nothing has been written by then."""
    from triton.runtime.errors import OutOfResources, PTXASError

    refused: Exception | None = None
    for settings in candidates:
        try:
            run(settings)
            return settings
        except (OutOfResources, PTXASError) as error:
            refused = error
    assert refused is not None
    raise refused


# ------------------------------------------------------------------------------------------------------- table


ALIKE = ("kernel", "dtype", "architecture")


def from_table(key: Key) -> Settings:
    """The settings of the nearest entry, else SAFE."""
    entry = nearest(key)
    return SAFE if entry is None else _of(entry)


def nearest(key: Key) -> dict[str, Any] | None:
    """The entry of the same kernel, dtype and architecture whose channels are nearest, the larger of two."""
    alike = [entry for entry in table() if all(entry[name] == getattr(key, name) for name in ALIKE)]
    return min(alike, key=lambda entry: (abs(entry["channels"] - key.channels), -entry["channels"]), default=None)


def _of(entry: dict[str, Any]) -> Settings:
    return {"BLOCK": entry["block"], "num_warps": entry["warps"], "num_stages": entry["stages"]}


def table() -> list[dict[str, Any]]:
    return _contents()["entries"]


@functools.cache
def _contents() -> dict[str, Any]:
    return json.loads(TABLE.read_text(encoding="utf-8"))


# ---------------------------------------------------------------------------------------------------- autotune


def _measured(key: Key, run: Run) -> Settings:
    """From the user's cache, else measured now and written there."""
    kept = _read()
    name = "/".join(map(str, key))
    if name not in kept:
        report = tune(key, run)
        reports.append(report)
        log.info("%s", report)
        kept[name] = report.best or SAFE
        _file().parent.mkdir(parents=True, exist_ok=True)
        files.write_json(_file(), kept)
    return kept[name]


def _file() -> Path:
    return cache.root() / "kernels" / "cheri.json"


def _read() -> dict[str, Settings]:
    try:
        return json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def tune(key: Key, run: Run) -> Report:
    """Time every configuration that can fit; one that does not compile or launch is a failure, not an error."""
    report = Report(key, [], [], [], None)
    for settings in map(merged, space()):
        reason = too_large(key, settings)
        if reason:
            report.pruned.append((settings, reason))
            continue
        try:
            report.tried.append((settings, milliseconds(functools.partial(run, settings))))
        except Exception as error:  # whatever a compiler or driver says
            report.failed.append((settings, f"{type(error).__name__}: {error}"))
    best = min(report.tried, key=lambda pair: pair[1])[0] if report.tried else None
    return report._replace(best=best)


def milliseconds(call: Callable[[], Any]) -> float:
    """The median time of a call; it is repeated, which kernels that write only fresh buffers bear."""
    import triton

    return float(triton.testing.do_bench(call, return_mode="median"))


def too_large(key: Key, settings: Settings) -> str:
    """Why a configuration is not tried, or nothing; kernels with products are left to their compiler."""
    if key.kernel not in TILES:
        return ""
    values = settings["BLOCK"] * min(WIDTH, key.channels) * TILES[key.kernel]
    each = values // (32 * settings["num_warps"])
    if each > REGISTERS:
        return f"{each} values for a thread, of {REGISTERS}"
    size = 4 if key.dtype.startswith("float32") else 2
    shared, limit = values * size * (settings["num_stages"] - 1), SHARED.get(key.architecture)
    return f"{shared} bytes of shared memory, of {limit}" if limit and shared > limit else ""


def _text(settings: Settings) -> str:
    return ", ".join(f"{name.removeprefix('num_').lower()} {value}" for name, value in settings.items())
