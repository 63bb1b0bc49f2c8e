# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What this installation can do and what is wrong with it: for a training that does not start, and for bug reports."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from seqforge import environment, resources
from seqforge.backends.importing import ENGINES, VARIABLE
from seqforge.backends.probing import COMPONENTS, Probed, probe, probed
from seqforge.data import cache
from seqforge.environment import Requirement, version_of
from seqforge.errors import one_of

VARIABLES = (VARIABLE, "SEQFORGE_CACHE", "CUDA_VISIBLE_DEVICES", "TRITON_INTERPRET", "OMP_NUM_THREADS", "PYTHONPATH")
OF_FRAMEWORKS = ("torch", "keras", "keras-cpu", "triton")  # extras that the backends stand for
OF_DEVELOPERS = ("test", "docs")
GPU = Path("/dev/nvidiactl")  # where the driver of an NVIDIA GPU is loaded
COMPILERS = ("cc", "gcc", "clang")
LEAST_FREE = 1_000_000_000  # bytes of disk; prepared data of one definition take some of them
BOUND_TO_CPU = ("", "-1")


class Trouble(NamedTuple):
    """Something wrong; `fatal`: what is installed does not work, and not only less than there could be."""

    message: str
    way_out: str
    fatal: bool = False

    def __str__(self) -> str:
        return f"{'error' if self.fatal else 'warning'}: {self.message}; {self.way_out}"


@dataclass(frozen=True)
class Cache:
    """The folder of prepared data: bytes in it, bytes free on its disk, and why it cannot be written, or nothing."""

    path: str
    size: int
    free: int | None
    error: str


@dataclass(frozen=True)
class Diagnosis:
    """`packages`: extra ("": what SeqForge always needs) → package → version, or None where it is not installed."""

    versions: dict[str, str]
    paths: dict[str, str]
    machine: dict[str, Any]
    variables: dict[str, str]
    backends: list[Probed]
    packages: dict[str, dict[str, str | None]]
    components: dict[str, str]
    cache: Cache
    shipped: dict[str, int]
    problems: list[Trouble]

    @property
    def healthy(self) -> bool:
        return not any(one.fatal for one in self.problems)

    def row(self) -> dict[str, Any]:
        """The whole as plain JSON."""
        backends = [one.row() for one in self.backends]
        plain = {"backends": backends, "cache": asdict(self.cache), "problems": [p._asdict() for p in self.problems]}
        return {**vars(self), **plain, "healthy": self.healthy}


def diagnose(probes: Callable[[], list[Probed]] = probe) -> Diagnosis:
    """Everything looked at, frameworks with `probes`; this process imports none of them."""
    asked = environment.requirements()
    backends, found, store = probes(), _packages(asked), _cache()
    shipped, unreadable = _shipped()
    components, broken = _components()
    problems = [
        *_of_backends(backends),
        *_of_keras(backends),
        *_of_gpus(backends),
        *_of_versions(asked, found),
        *_of_cache(store),
        *unreadable,
        *broken,
    ]
    return Diagnosis(
        versions=environment.own_versions(),
        paths={"seqforge": str(Path(resources.__file__).parent), "python": sys.executable},
        machine=_machine(),
        variables={name: os.environ[name] for name in VARIABLES if name in os.environ},
        backends=backends,
        packages=found,
        components=components,
        cache=store,
        shipped=shipped,
        problems=sorted(problems, key=lambda one: not one.fatal),
    )


def _machine() -> dict[str, Any]:
    """Without the name of the host: this is shown to others."""
    known = {name: value for name, value in environment.machine().items() if name != "host"}
    memory = {"memory": environment.memory(), "free_memory": environment.free_memory()}
    return known | {"usable_cores": environment.usable_cores()} | memory


def _packages(asked: list[Requirement]) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for one in asked:
        if one.extra not in (*OF_FRAMEWORKS, *OF_DEVELOPERS):
            found.setdefault(one.extra, {})[one.package] = version_of(one.package)
    return found


# what is wrong


def _of_backends(backends: list[Probed]) -> Iterator[Trouble]:
    for one in backends:
        if one.error:
            yield Trouble(f"{one.name} does not start: {one.error}", f"install it anew: {one.install}", fatal=True)
        for device in one.devices:
            if device.error:
                way_out = "install a build that knows this device, or train with --device cpu"
                yield Trouble(f"{one.name} cannot compute on {device.name}: {device.error}", way_out, fatal=True)
    if not any(one.versions for one in backends if one.name != "Triton") and not any(one.error for one in backends):
        yield Trouble(
            "there is no backend to train on",
            "pip install 'seqforge[torch]' or 'seqforge[keras]'; without one definitions are validated and simulated",
        )


def _of_keras(backends: list[Probed]) -> Iterator[Trouble]:
    """A choice of the environment that Keras cannot follow."""
    wanted = os.environ.get(VARIABLE)
    if wanted and wanted not in ENGINES and any(one.versions for one in backends if "keras" in one.packages):
        way_out = f"unset it, or set it to {one_of(list(ENGINES))}"
        yield Trouble(f"{VARIABLE} is '{wanted}', on which SeqForge does not run Keras", way_out, fatal=True)


def _of_gpus(backends: list[Probed]) -> Iterator[Trouble]:
    if not GPU.exists() or os.environ.get("CUDA_VISIBLE_DEVICES", "?") in BOUND_TO_CPU:
        return
    for one in backends:
        if one.devices and not any(device.name.startswith("cuda") for device in one.devices):
            said = f" ({one.said[0]})" if one.said else ""
            way_out = "install a build with CUDA that the driver (nvidia-smi) is new enough for"
            yield Trouble(f"there is an NVIDIA GPU, but {one.name} sees none{said}", way_out)
    if any(one.name == "Triton" and one.versions for one in backends) and not _compiler():
        way_out = "install gcc, or name one in CC; until then Cherimoya runs with kernel torch"
        yield Trouble("there is no C compiler, with which Triton starts its kernels", way_out)


def _compiler() -> bool:
    return any(shutil.which(name) for name in (os.environ.get("CC", ""), *COMPILERS) if name)


def _of_versions(asked: list[Requirement], found: dict[str, dict[str, str | None]]) -> Iterator[Trouble]:
    if not asked:
        way_out = "pip install seqforge, or pip install -e . in a checkout"
        yield Trouble("SeqForge is not installed as a package; what it needs cannot be compared", way_out)
    for package, version in found.get("", {}).items():
        if version is None:
            yield Trouble(f"{package} is not installed, which SeqForge always needs", "pip install seqforge", True)
    for one in dict.fromkeys(one._replace(extra="") for one in asked if one.extra not in OF_DEVELOPERS):
        version = version_of(one.package)
        if version is not None and not one.admits(version):
            way_out = f"pip install '{one.package}{one.versions}'"
            yield Trouble(f"{one.package} {version} is installed, SeqForge needs {one.versions}", way_out)


# folders


def _cache() -> Cache:
    root = cache.root()
    place = next(one for one in (root, *root.absolute().parents) if one.exists())
    error = _unwritable(place)
    try:
        free: int | None = shutil.disk_usage(place).free
    except OSError:
        free = None
    return Cache(str(root), _size(root), free, error)


def _size(folder: Path) -> int:
    """Bytes of the files below `folder`; what disappears or cannot be read meanwhile does not count."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_size
            except OSError:
                continue
    return total


def _unwritable(place: Path) -> str:
    """Why no file can be made in `place`, or nothing; the file is gone afterwards."""
    try:
        with tempfile.TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _of_cache(store: Cache) -> Iterator[Trouble]:
    if store.error:
        message = f"the cache {store.path} cannot be written ({store.error})"
        yield Trouble(message, "name a writable folder in SEQFORGE_CACHE", fatal=True)
    elif store.free is not None and store.free < LEAST_FREE:
        message = f"the disk of the cache {store.path} is nearly full"
        yield Trouble(message, "make room, or name a folder on another disk in SEQFORGE_CACHE")


def _shipped() -> tuple[dict[str, int], list[Trouble]]:
    """How many definitions and schemas come with this installation, and what of it cannot be found or read."""
    from seqforge.definitions.language import ROOTS
    from seqforge.definitions.xsd import schema

    counts, wrong = {}, []
    for room in resources.DEFINITIONS:
        counts[room] = sum(1 for _ in resources.folder(room).glob("*.xml"))
        if not counts[room]:
            wrong.append(Trouble(f"{resources.folder(room)}: no definitions are here", "install SeqForge anew", True))
    counts["schemas"] = sum(1 for file in resources.folder("schemas").glob("*.*") if file.is_file())
    for root in ROOTS:
        try:
            schema(root)
        except Exception as error:  # of lxml, OSError or its own, as the file is missing or damaged
            message = f"the schema of '{root}' cannot be read: {error}"
            wrong.append(Trouble(message, "install SeqForge anew", fatal=True))
    return counts, wrong


def _components() -> tuple[dict[str, str], list[Trouble]]:
    """The modules that packages outside SeqForge register, by entry point, and those that cannot be imported."""
    from importlib.metadata import entry_points

    from seqforge.registry import GROUP

    named = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    if not named:
        return {}, []
    tried = probed(COMPONENTS)
    failing = [tried.error] if tried.error else tried.said
    way_out = "mend or uninstall the package; until then every command that looks names up fails"
    return named, [Trouble(f"components from outside SeqForge do not import: {one}", way_out, True) for one in failing]
