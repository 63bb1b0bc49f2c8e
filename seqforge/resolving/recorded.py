# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The definition that a run folder keeps, as it was trained: overrides put in, paths turned to the run's own copies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqforge.definitions import reader
from seqforge.definitions.tree import Node, Text
from seqforge.errors import RunError

MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"


def read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise RunError(f"{path}: is damaged ({error})") from None
    if not isinstance(found, dict):
        raise RunError(f"{path}: is damaged (expected a JSON object)")
    return found


def tree(folder: Path, manifest: Mapping[str, Any]) -> Node:
    """The tree of the definition that the run in `folder` was trained with."""
    found = reader.read_tree(folder / manifest["definition"])
    if manifest["overrides"]:
        from seqforge.definitions.overrides import override

        found, _ = override(found, manifest["overrides"])
    redirect(found, manifest["files"], folder, manifest["data_definition"])
    return found


def redirect(tree: Node, copies: Mapping[str, str], folder: Path, data_definition: str | None = None) -> None:
    """The tree of a definition, changed to name the copies in `folder`."""

    def copied(written: Text) -> Text:
        return Text(str((folder / copies[written]).resolve()), written.place) if written in copies else written

    for section in tree.all("data"):
        for node in section.children:
            if node.attributes.get("name") == "definition":
                own = None if data_definition is None else Text(str((folder / data_definition).resolve()))
                node.text = copied(node.text) if own is None else Text(own, node.text.place)
    for node in tree.walk():
        if node.tag == "external":
            node.text = copied(node.text)
        for name in ("weights_file", "run", *(["definition"] if node.tag == "part" else [])):
            if name in node.attributes:
                node.attributes[name] = copied(node.attributes[name])
