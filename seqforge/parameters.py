# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What a hyper-parameter may be. One kind is its check, its JSON schema, its text in messages and its documentation.

A component declares its hyper-parameters as annotated dataclass fields:

    learning_rate: Positive = 0.001
    padding: Annotated[str, OneOf("valid", "same")] = "valid"
    max_eval: Count | None = None

`kind.parse(text)` reads what a definition file says; `kind.check(value)` judges a Python value. Both return the typed
value or raise `Unfit`, whose text says what was expected.
"""

from __future__ import annotations

import ast
import math
import types
import typing
from dataclasses import MISSING, dataclass, field, fields
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from seqforge.errors import nearest, one_of, quoted

TRUE = ("true", "1", "yes", "y", "t", "on")
FALSE = ("false", "0", "no", "n", "f", "off")


class Unfit(ValueError):
    """A value that a kind refuses: `expected` says what would have been right."""

    def __init__(self, expected: str, received: Any):
        self.expected = expected
        self.received = received
        super().__init__(f"expected {expected}, received {quoted(received)}")


class Kind:
    """The type of one hyper-parameter."""

    expected = "a value"
    words: tuple[str, ...] = ()  # of a closed list

    def parse(self, text: str) -> Any:
        """The typed value of `text` as written in a definition (already stripped)."""
        return self.check(text)

    def check(self, value: Any) -> Any:
        """`value` itself, or its typed form; raises `Unfit`."""
        return value

    def schema(self) -> dict[str, Any]:
        """The JSON schema of the value."""
        return {}

    def bad_values(self) -> list[str]:
        """Texts that must be refused, for tests that are made from the declaration."""
        return []

    def unfit(self, value: Any) -> Unfit:
        return Unfit(self.expected, value)

    def near_word(self, text: str) -> str:
        """The way out for a misspelt word of a closed list, "" for anything else."""
        guess = nearest(text, self.words)
        return f"did you mean '{guess}'?" if guess else ""


@dataclass(frozen=True)
class Number(Kind):
    """A finite number between bounds: `ge`/`le` inclusive, `gt`/`lt` exclusive."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    noun = "a number"

    @property
    def expected(self) -> str:  # type: ignore[override]
        low = f"≥ {_spelt(self.ge)}" if self.ge is not None else f"> {_spelt(self.gt)}" if self.gt is not None else ""
        high = f"≤ {_spelt(self.le)}" if self.le is not None else f"< {_spelt(self.lt)}" if self.lt is not None else ""
        return " ".join((self.noun, " and ".join(filter(None, (low, high))))).strip()

    def parse(self, text: str) -> Any:
        try:
            return self.check(float(text))
        except (ValueError, OverflowError):
            raise self.unfit(text) from None

    def check(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise self.unfit(value)
        inside = (
            (self.ge is None or value >= self.ge)
            and (self.gt is None or value > self.gt)
            and (self.le is None or value <= self.le)
            and (self.lt is None or value < self.lt)
        )
        if not inside:
            raise self.unfit(value)
        return float(value)

    def schema(self) -> dict[str, Any]:
        bounds = {"minimum": self.ge, "exclusiveMinimum": self.gt, "maximum": self.le, "exclusiveMaximum": self.lt}
        return {"type": "number"} | {key: bound for key, bound in bounds.items() if bound is not None}

    def bad_values(self) -> list[str]:
        low = [repr(self.ge - 1)] if self.ge is not None else [repr(self.gt)] if self.gt is not None else []
        high = [repr(self.le + 1)] if self.le is not None else [repr(self.lt)] if self.lt is not None else []
        return ["fast", "nan", "inf", *low, *high]


def _spelt(bound: float) -> str:
    """A bound as messages write it: whole numbers with all their digits."""
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


@dataclass(frozen=True)
class Integer(Number):
    """A whole number between bounds; `100.0` is accepted."""

    noun = "an integer"

    def parse(self, text: str) -> Any:
        try:
            return self.check(int(text))
        except ValueError:
            return super().parse(text)

    def check(self, value: Any) -> Any:
        if isinstance(value, float) and math.isfinite(value) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.unfit(value)
        super().check(value)
        return value

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"type": "integer"}

    def bad_values(self) -> list[str]:
        return [*super().bad_values(), "1.5"]


class OddCount(Integer):
    """An odd whole number, the width of a window with a middle."""

    def __init__(self) -> None:
        super().__init__(ge=1)

    noun = "an odd integer"

    def check(self, value: Any) -> Any:
        value = super().check(value)
        if value % 2 == 0:
            raise self.unfit(value)
        return value

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"not": {"multipleOf": 2}}

    def bad_values(self) -> list[str]:
        return [*super().bad_values(), "20"]

    def near_word(self, text: str) -> str:
        return f"the nearest is {int(text) + 1}" if text.isdecimal() else ""


@dataclass(frozen=True)
class Flag(Kind):
    """A boolean: True/true/1/yes/on or False/false/0/no/off, any case."""

    expected = "True or False"

    def parse(self, text: str) -> Any:
        if text.casefold() in TRUE:
            return True
        if text.casefold() in FALSE:
            return False
        raise self.unfit(text)

    def check(self, value: Any) -> Any:
        if not isinstance(value, bool):
            raise self.unfit(value)
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def bad_values(self) -> list[str]:
        return ["perhaps", "2"]


@dataclass(frozen=True)
class String(Kind):
    """Any non-empty text."""

    expected = "a text"

    def check(self, value: Any) -> Any:
        if not isinstance(value, str) or not value:
            raise self.unfit(value)
        return str(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


class OneOf(Kind):
    """One of a closed list of words, compared without case."""

    def __init__(self, *words: str):
        self.words = words
        self.expected = one_of(words)

    def check(self, value: Any) -> Any:
        by_fold = {word.casefold(): word for word in self.words}
        if not isinstance(value, str) or value.casefold() not in by_fold:
            raise self.unfit(value)
        return by_fold[value.casefold()]

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}

    def bad_values(self) -> list[str]:
        return ["none-of-these"]


class Tuple(Kind):
    """A Python tuple or list literal, `(3, 5)` or bare `3, 5`, one kind per item; `length` None: any number of items.

    Where any number is possible, `3` is one item.
    """

    def __init__(self, item: Kind, length: int | None = None, ascending: bool = False):
        self.item = item
        self.length = length
        self.ascending = ascending
        count = "a tuple" if length is None else f"{length} values"
        self.expected = f"{count}, each {item.expected}" + (", in ascending order" if ascending else "")

    def parse(self, text: str) -> Any:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise self.unfit(text) from None
        alone = self.length is None and not isinstance(value, (tuple, list))
        return self.check((value,) if alone else value)

    def check(self, value: Any) -> Any:
        if not isinstance(value, (tuple, list)):
            raise self.unfit(value)
        if self.length is not None and len(value) != self.length:
            raise self.unfit(value)
        try:
            items = tuple(self.item.check(item) for item in value)
        except Unfit:
            raise self.unfit(value) from None
        if self.ascending and list(items) != sorted(set(items)):
            raise self.unfit(value)
        return items

    def schema(self) -> dict[str, Any]:
        array: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.length is not None:
            array |= {"minItems": self.length, "maxItems": self.length}
        return array

    def bad_values(self) -> list[str]:
        return ["(", "__import__('os')"]


class OneOrMore(Kind):
    """A number ≥ 0 for all of something, or a tuple with one for each, with commas between.

    Subclasses say what is `expected`, and which `brackets` may stand around.
    """

    one = Number(ge=0)
    brackets = ""

    def parse(self, text: str) -> Any:
        try:
            return self.check([float(part) for part in text.strip(self.brackets).split(",")])
        except ValueError:
            raise self.unfit(text) from None

    def check(self, value: Any) -> Any:
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        try:
            checked = tuple(self.one.check(part) for part in values)
        except ValueError:
            raise self.unfit(value) from None
        if not checked:
            raise self.unfit(value)
        return checked[0] if len(checked) == 1 else checked

    def schema(self) -> dict[str, Any]:
        one = self.one.schema()
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}, {"type": "string", "minLength": 1}]}

    def bad_values(self) -> list[str]:
        return ["heavy", "1,,2", "-1"]


class Maybe(Kind):
    """Another kind, or None."""

    def __init__(self, kind: Kind):
        self.kind = kind
        self.expected = f"{kind.expected}, or None"

    def parse(self, text: str) -> Any:
        if text == "None":
            return None
        try:
            return self.kind.parse(text)
        except Unfit as unfit:
            raise self.unfit(unfit.received) from None

    def check(self, value: Any) -> Any:
        if value is None:
            return None
        try:
            return self.kind.check(value)
        except Unfit as unfit:
            raise self.unfit(unfit.received) from None

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.kind.schema(), {"type": "null"}]}

    def bad_values(self) -> list[str]:
        return self.kind.bad_values()

    def near_word(self, text: str) -> str:
        return self.kind.near_word(text)


Positive = Annotated[float, Number(gt=0)]
NonNegative = Annotated[float, Number(ge=0)]
Real = Annotated[float, Number()]
Fraction = Annotated[float, Number(ge=0, lt=1)]  # [0, 1)
Share = Annotated[float, Number(ge=0, le=1)]  # [0, 1]
Count = Annotated[int, Integer(ge=1)]
Natural = Annotated[int, Integer(ge=0)]
Odd = Annotated[int, OddCount()]
Switch = Annotated[bool, Flag()]
Name = Annotated[str, String()]

_PLAIN: dict[type, Kind] = {float: Number(), int: Integer(), bool: Flag(), str: String()}


@dataclass(frozen=True)
class Parameter:
    """One hyper-parameter of a component: its name, kind, default (`REQUIRED` if there is none) and other spellings."""

    name: str
    kind: Kind
    default: Any
    aliases: tuple[str, ...] = ()
    doc: str = ""

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


REQUIRED: Any = MISSING


def setting(default: Any, doc: str, *aliases: str) -> Any:
    """A hyper-parameter's field: its default, one line that explains it, and its other accepted spellings."""
    return field(default=default, metadata={"doc": doc, "aliases": aliases})


def kind_of(annotation: Any) -> Kind:
    """The kind that an annotation names: `Annotated[…, Kind]`, `X | None`, or a plain float, int, bool, str."""
    if get_origin(annotation) is Annotated:
        kinds = [extra for extra in get_args(annotation)[1:] if isinstance(extra, Kind)]
        if kinds:
            return kinds[-1]
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (typing.Union, types.UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        return Maybe(kind_of(inner[0]))
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    raise TypeError(f"no kind for {annotation!r}: annotate it with one of seqforge.parameters")


def parameters_of(cls: type) -> dict[str, Parameter]:
    """The hyper-parameters of a component class by name, in the order of declaration.

    Field metadata may hold `aliases` (other accepted spellings) and `doc` (one line).
    """
    cached = cls.__dict__.get("_parameters")
    if cached is not None:
        return typing.cast(dict[str, Parameter], cached)
    hints = get_type_hints(cls, include_extras=True)
    found = {
        field.name: Parameter(
            field.name,
            kind_of(hints[field.name]),
            field.default if field.default_factory is MISSING else field.default_factory(),
            tuple(field.metadata.get("aliases", ())),
            field.metadata.get("doc", ""),
        )
        for field in fields(cls)
        if field.init
    }
    cls._parameters = found  # type: ignore[attr-defined]
    return found


def folded(name: str) -> str:
    """A name as hyper-parameters and components compare it: without case and underscores."""
    return name.casefold().replace("_", "")
