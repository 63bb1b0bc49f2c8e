# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A user's Python file as an architecture: `<external format="pytorch-module">`. It runs only when a model is built."""

from __future__ import annotations

import ast
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, ClassVar

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.definitions.locate import shown
from seqforge.errors import BackendError, SeqForgeError, did_you_mean
from seqforge.parameters import Kind, Name, OneOf, setting
from seqforge.registry import PYTORCH, register

_FACES = re.compile(r"\x1b\[[0-9;]*m")  # of a terminal
_PREAMBLES = ("Exception encountered when calling", "Could not automatically infer")


class Arguments(Kind):
    """Keyword arguments by name; their values are whatever the constructor takes."""

    expected = "arguments by name"

    def check(self, value: Any) -> Any:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise self.unfit(value)
        return dict(value)


@register("architectures", "pytorch-module")
@dataclass(frozen=True, kw_only=True)
class TorchModule(Architecture):
    """Class `classname` of the file `path`, built with `arguments`; it is fed axes in the order `order`.

    The file is executed under a private module name. While it runs and while the model is built, its folder can be
    imported from. Whatever goes wrong in it is a BackendError with the file and the line.
    """

    libraries: ClassVar[tuple[str, ...]] = (PYTORCH,)

    path: Name
    classname: Name
    order: Annotated[str, OneOf("NCL", "NLC")] = setting("NCL", "order of the axes that the module takes", "layout")
    arguments: Annotated[dict[str, Any], Arguments()] = field(default_factory=dict)

    def layout(self, library: str) -> str:
        return self.order

    def torch(self, spec: InputSpec) -> Any:
        from seqforge.architectures.sized import seeded

        with seeded(spec.seed), importable(Path(self.path).parent), self.guard():
            return self._class()(**self.arguments)

    def _class(self) -> Callable[..., Any]:
        """The class, as the file defines it now."""
        import torch

        module = run_file(Path(self.path))
        found = vars(module).get(self.classname)
        if isinstance(found, type) and issubclass(found, torch.nn.Module):
            return found
        if found is not None:
            raise BackendError(f"{shown(Path(self.path))}: '{self.classname}' is no torch.nn.Module")
        modules = [name for name, value in vars(module).items() if _is_own_class(value, module)]
        hint = did_you_mean(self.classname, modules) if modules else "it defines no class"
        raise BackendError(f"{shown(Path(self.path))}: no class '{self.classname}'; {hint}")

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Inside, an error that was raised in or below the file's folder becomes one line with file and line."""
        try:
            yield
        except (SeqForgeError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise BackendError(f"{_place(error, Path(self.path))}: {_reason(error)}") from error

    def fingerprint(self) -> str:
        """The hash of the file and of every file of its folder that it imports."""
        digest = sha256()
        for path in sources(Path(self.path)):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()


def run_file(path: Path) -> ModuleType:
    """The module that the file defines, executed anew under a name that no import statement can reach."""
    name = f"seqforge-external-{sha256(str(path.resolve()).encode()).hexdigest()[:16]}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BackendError(f"{path}: not a Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and typing look their module up
    spec.loader.exec_module(module)
    return module


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Inside, the files of `folder` can be imported; afterwards their names are free again for another folder's."""
    place, before = str(folder.resolve()), set(sys.modules)
    sys.path.insert(0, place)
    try:
        yield
    finally:
        sys.path.remove(place)
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(place) and not name.startswith("seqforge-external-"):
                del sys.modules[name]


def sources(path: Path) -> list[Path]:
    """`path` and the files of its folder that it imports, directly or through each other; nothing runs."""
    found, waiting = [], [path.resolve()]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.append(current)
            waiting += _neighbours(current, path.resolve().parent)
    return [found[0], *sorted(found[1:])]


def _neighbours(path: Path, folder: Path) -> list[Path]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return []
    names = [name for node in ast.walk(tree) for name in _imported(node)]
    places = [folder / Path(*name.split(".")) for name in names if name]
    return [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]


def _imported(node: ast.AST) -> list[str]:
    """Names of modules that an import statement may mean: `from a import b` may mean a and a.b."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        return [base, *(f"{base}.{alias.name}".lstrip(".") for alias in node.names)]
    return []


def _is_own_class(value: Any, module: ModuleType) -> bool:
    return isinstance(value, type) and value.__module__ == module.__name__


def _place(error: BaseException, path: Path) -> str:
    """The innermost line of the user's folder that the error passed, as file:line."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{shown(Path(error.filename))}:{error.lineno}"
    folder = path.resolve().parent
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(folder)
    ]
    return f"{shown(Path(frames[-1].filename))}:{frames[-1].lineno}" if frames else shown(path)


def _reason(error: BaseException) -> str:
    said = sentence(error.msg if isinstance(error, SyntaxError) else str(error))
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def sentence(text: str) -> str:
    """The first line of a framework's error that says what is wrong; Keras says first where, and in bold face."""
    lines = (line.strip() for line in _FACES.sub("", text).splitlines())
    return next((line for line in lines if line and not line.startswith(_PREAMBLES)), "")
