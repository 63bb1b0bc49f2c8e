# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The grammar of initializers and regularizers: `Name` or `Name(key=literal, …)`, never evaluated.

Quotes around the whole and the prefixes `tf.keras.initializers.`, `keras.regularizers.` … are accepted and dropped.
"""

from __future__ import annotations

import ast
import re
from typing import Any, NamedTuple

_PREFIX = re.compile(r"^(?:tf\.)?keras\.(?:initializers|regularizers)\.")


class Call(NamedTuple):
    """A name and its keyword arguments."""

    name: str
    arguments: dict[str, Any]


def read_call(text: str) -> Call:
    """What `text` names; raises ValueError for anything but the grammar above."""
    bare = text.strip()
    if len(bare) > 1 and bare[0] in "\"'" and bare[-1] == bare[0]:
        bare = bare[1:-1].strip()
    bare = _PREFIX.sub("", bare)
    try:
        tree = ast.parse(bare, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError(text) from None
    return _call(tree, text)


def _call(tree: ast.expr, text: str) -> Call:
    if isinstance(tree, ast.Name):
        return Call(tree.id, {})
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.args:
        return Call(tree.func.id, {str(word.arg): _literal(word, text) for word in tree.keywords})
    raise ValueError(text)


def _literal(word: ast.keyword, text: str) -> Any:
    if word.arg is None:
        raise ValueError(text)
    return ast.literal_eval(word.value)
