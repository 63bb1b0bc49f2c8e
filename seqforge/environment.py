# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What SeqForge runs on: its own version, Python, the machine, and the packages that it asks for, by version."""

from __future__ import annotations

import operator
import os
import platform
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from seqforge import __version__

DISTRIBUTION = "seqforge"
MEMINFO, CGROUPS, OWN_CGROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_BOUND = re.compile(r"(>=|<=|==|!=|>|<)\s*([\w.+]+)")
_EXTRA = re.compile(r"extra == ['\"]([\w-]+)['\"]")
_PLATFORM = re.compile(r"platform_system == ['\"](\w+)['\"]")
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


def own_versions() -> dict[str, str]:
    return {"seqforge": __version__, "python": platform.python_version()}


def machine() -> dict[str, Any]:
    return {
        "host": platform.node(),
        "platform": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
    }


def usable_cores() -> int:
    """Cores that this process may run on, which a scheduler or a container may have limited."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int | None:
    """Bytes of the machine's memory; None: that is not known."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def free_memory() -> int | None:
    """Bytes that this process can still have: what the machine and the limits of its groups leave; None: not known."""
    if not MEMINFO.is_file():
        return None
    lines = dict(line.split(":", 1) for line in MEMINFO.read_text().splitlines() if ":" in line)
    machine = int(lines["MemAvailable"].split()[0]) * 1024
    return min([machine, *_left_in_groups()])


def _left_in_groups() -> list[int]:
    """What the limits of this process' control groups leave, from its own group to the root (Linux, version 2)."""
    lines = OWN_CGROUP.read_text().splitlines() if OWN_CGROUP.is_file() else []
    own = next((CGROUPS / line[len("0::/") :] for line in lines if line.startswith("0::/")), CGROUPS)
    groups = [own, *own.parents]
    return [left for group in groups if group.is_relative_to(CGROUPS) and (left := _left(group)) is not None]


def _left(group: Path) -> int | None:
    try:
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
        files = (group / "memory.stat").read_text().splitlines()
    except OSError:
        return None
    cached = next((int(line.split()[1]) for line in files if line.startswith("inactive_file ")), 0)
    return None if limit == "max" else max(0, int(limit) - used + cached)


class Requirement(NamedTuple):
    """A package, the versions of it that are asked for (">=2.4"; "": any), and the extra that asks ("": all)."""

    package: str
    versions: str = ""
    extra: str = ""

    def admits(self, version: str) -> bool:
        """Whether a version such as 2.13.0+cpu is one of `versions`; builds and previews count as their release."""
        return all(_COMPARED[sign](_release(version), _release(bound)) for sign, bound in _BOUND.findall(self.versions))


def requirement(line: str) -> Requirement | None:
    """A line of a package's metadata, `triton>=3.3; platform_system == 'Linux'`; None: it is for other platforms."""
    asked, _, marker = line.partition(";")
    found = re.match(r"\s*([\w.-]+)\s*(?:\[[^]]*\])?\s*\(?([^)]*)\)?", asked)
    on, extra = _PLATFORM.search(marker), _EXTRA.search(marker)
    if found is None or (on is not None and on[1] != platform.system()):
        return None
    return Requirement(found[1].lower(), found[2].replace(" ", ""), extra[1] if extra else "")


def requirements() -> list[Requirement]:
    """What this installation asks for, by its metadata; empty where it was never installed as a package."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        lines = requires(DISTRIBUTION) or ()
    except PackageNotFoundError:
        return []
    return list(_of_others(lines))


def _of_others(lines: Any) -> Iterator[Requirement]:
    for one in map(requirement, lines):
        if one is not None and one.package != DISTRIBUTION:  # keras asks for seqforge[hdf5]
            yield one


def version_of(package: str) -> str | None:
    """The installed version of a package by its metadata, or None; nothing is imported."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _release(version: str) -> tuple[int, ...]:
    """2.13.0+cpu → (2, 13): the numbers before anything else, without zeros at the end."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(number) for number in found[0].split(".")] if found else [0]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
