# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""External Python files read as syntax trees: their classes and functions, and what those take. Nothing runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from seqforge.parameters import Flag, Integer, Kind, Number, String

LARGEST = 10_000_000  # bytes of a Python file; beyond it nobody wrote it by hand
_KINDS: dict[str, Kind] = {"int": Integer(), "float": Number(), "bool": Flag(), "str": String()}


class UnreadableModule(ValueError):
    """A file that is no Python: `line` is where, `str()` why."""

    def __init__(self, reason: str, line: int = 0):
        self.line = line
        super().__init__(reason)


@dataclass(frozen=True)
class Argument:
    """An argument of a constructor or builder. `kind`: of its annotation, else of its default; None: any literal."""

    name: str
    required: bool
    kind: Kind | None = None

    def parse(self, text: str) -> Any:
        """The value that `text` means; raises `Unfit`."""
        if text == "None":
            return None
        if self.kind is not None:
            return self.kind.parse(text)
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text


@dataclass(frozen=True)
class Signature:
    """`arguments` that may be given by name; `anything`: further ones are taken, too (**kwargs, or unknown)."""

    arguments: tuple[Argument, ...] = ()
    anything: bool = False

    @property
    def names(self) -> list[str]:
        return [argument.name for argument in self.arguments]


UNKNOWN = Signature(anything=True)


@dataclass(frozen=True)
class PythonClass:
    """`swaps_axes`: `forward` permutes axes 1 and 2 of its input before its first layer."""

    name: str
    line: int
    constructor: Signature = UNKNOWN
    swaps_axes: bool = False


@dataclass(frozen=True)
class PythonModule:
    """`imported`: names that come from elsewhere, of which nothing more is known."""

    path: Path
    classes: dict[str, PythonClass] = field(default_factory=dict)
    functions: dict[str, Signature] = field(default_factory=dict)
    imported: frozenset[str] = frozenset()


def read_module(path: Path) -> PythonModule:
    """What the file defines; raises `UnreadableModule`, OSError."""
    status = path.stat()
    if status.st_size > LARGEST:
        raise UnreadableModule(f"{status.st_size:,} bytes are too many for a Python file")
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _read(path: Path, changed: int, size: int) -> PythonModule:
    statements = list(_top_level(_parsed(path).body))
    definitions = {node.name: node for node in statements if isinstance(node, ast.ClassDef)}
    return PythonModule(
        path,
        {name: _class(node, definitions) for name, node in definitions.items()} | _aliases(statements, definitions),
        {node.name: _signature(node.args, 0) for node in statements if isinstance(node, ast.FunctionDef)},
        frozenset(_imported(statements)),
    )


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise UnreadableModule(error.msg, error.lineno or 0) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableModule(str(error) or type(error).__name__) from None


def _top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those below `if`, `try` and `with` included."""
    for node in body:
        yield node
        for block in ("body", "orelse", "finalbody"):
            if isinstance(node, (ast.If, ast.Try, ast.With)):
                yield from _top_level(getattr(node, block, []))


def _imported(statements: Sequence[ast.stmt]) -> Iterator[str]:
    for node in statements:
        if isinstance(node, (ast.ImportFrom, ast.Import)):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)


def _aliases(statements: Sequence[ast.stmt], definitions: dict[str, ast.ClassDef]) -> dict[str, PythonClass]:
    """`TorchModel = Net`: another name of a class."""
    return {
        target.id: _class(definitions[node.value.id], definitions)
        for node in statements
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in definitions
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _class(node: ast.ClassDef, definitions: dict[str, ast.ClassDef]) -> PythonClass:
    forward = _method(node, "forward", definitions)
    swaps = forward is not None and swaps_axes(forward)
    return PythonClass(node.name, node.lineno, _constructor(node, definitions), swaps)


def _constructor(node: ast.ClassDef, definitions: dict[str, ast.ClassDef]) -> Signature:
    if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
        return UNKNOWN
    init = _method(node, "__init__", definitions)
    if init is not None:
        return _signature(init.args, 1)
    return Signature() if all(_is_plain(base) for base in _foreign_bases(node, definitions)) else UNKNOWN


def _lineage(node: ast.ClassDef, definitions: dict[str, ast.ClassDef]) -> list[ast.ClassDef]:
    """The class and those of its bases that the file defines, nearest first."""
    found, waiting = [], [node]
    while waiting:
        current = waiting.pop(0)
        if current not in found:
            found.append(current)
            waiting += [definitions[name] for base in current.bases if (name := getattr(base, "id", "")) in definitions]
    return found


def _method(node: ast.ClassDef, name: str, definitions: dict[str, ast.ClassDef]) -> ast.FunctionDef | None:
    return next(
        (
            item
            for owner in _lineage(node, definitions)
            for item in owner.body
            if isinstance(item, ast.FunctionDef) and item.name == name
        ),
        None,
    )


def _foreign_bases(node: ast.ClassDef, definitions: dict[str, ast.ClassDef]) -> list[ast.expr]:
    owners = _lineage(node, definitions)
    return [base for owner in owners for base in owner.bases if getattr(base, "id", None) not in definitions]


def _is_plain(base: ast.expr) -> bool:
    """A base class whose constructor takes nothing: nn.Module, object."""
    return ast.unparse(base).split(".")[-1] in ("Module", "object")


def _signature(arguments: ast.arguments, skip: int) -> Signature:
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [*[None] * (len(positional) - len(arguments.defaults)), *arguments.defaults]
    by_name = [*zip(positional, defaults, strict=True)][skip:]
    by_name += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return Signature(tuple(_argument(node, default) for node, default in by_name), arguments.kwarg is not None)


def _argument(node: ast.arg, default: ast.expr | None) -> Argument:
    annotated = _KINDS.get(ast.unparse(node.annotation).strip("'\"")) if node.annotation else None
    constant = default.value if isinstance(default, ast.Constant) else None
    return Argument(node.arg, default is None, annotated or _KINDS.get(type(constant).__name__))


def swaps_axes(forward: ast.FunctionDef) -> bool:
    """Whether the input's axes 1 and 2 are exchanged before the first layer sees it."""
    names = [argument.arg for argument in forward.args.args]
    if len(names) < 2:
        return False
    me, inputs = names[0], {names[1]}
    for statement in _in_order(forward.body):
        for call in _calls(statement):
            if _is_swap(call) and _uses(call, inputs):
                return True
            if _is_layer(call, me) and _uses(call, inputs):
                return False
        inputs |= _renamed(statement, inputs)
    return False


def _in_order(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        inner = [child for block in ("body", "orelse") for child in getattr(node, block, [])]
        if inner and isinstance(node, (ast.If, ast.With, ast.For)):
            yield from _in_order(inner)
        else:
            yield node


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """The calls of a statement as they are evaluated: inner ones first."""
    for child in ast.iter_child_nodes(node):
        yield from _calls(child)
    if isinstance(node, ast.Call):
        yield node


def _uses(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


def _renamed(statement: ast.stmt, inputs: set[str]) -> set[str]:
    if not isinstance(statement, ast.Assign) or not _uses(statement.value, inputs):
        return set()
    return {target.id for target in statement.targets if isinstance(target, ast.Name)}


def _is_layer(call: ast.Call, me: str) -> bool:
    """`self.conv1(…)`, `self.blocks[0](…)`, `F.conv1d(…)`: something that computes."""
    function = ast.unparse(call.func)
    return function.startswith(f"{me}.") or "conv" in function or "linear" in function


_SWAPS = {
    "permute": lambda axes: len(axes) >= 3 and axes[0] == 0 and axes[1] not in (1, -len(axes) + 1),
    "transpose": lambda axes: axes[:2] in ([1, 2], [2, 1], [1, -1], [-1, 1], [-1, -2], [-2, -1], [-2, 2], [2, -2]),
}
_SWAPS |= {"swapaxes": _SWAPS["transpose"], "swapdims": _SWAPS["transpose"]}


def _is_swap(call: ast.Call) -> bool:
    function = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return function in _SWAPS and _SWAPS[function](_axes(call))


def _axes(call: ast.Call) -> list[int]:
    """The integers a call is given, in order, those of a tuple included."""
    numbers: list[Any] = []
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        try:
            value = ast.literal_eval(argument)
        except ValueError:
            continue
        numbers += value if isinstance(value, (tuple, list)) else [value]
    return [number for number in numbers if isinstance(number, int)]
