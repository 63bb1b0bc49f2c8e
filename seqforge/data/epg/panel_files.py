# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Panels as files in GeneMarker's form, plain or gzip, as `seqforge.data.epg.panels.read_panel` reads them."""

from __future__ import annotations

import gzip
from pathlib import Path

from seqforge import files
from seqforge.data.epg.panels import ROWS, Marker, Panel

DYE_INDEX = {row: index for index, row in ROWS.items()}


def write_panel(panel: Panel, path: Path) -> None:
    """`panel` as XML, compressed where the name ends in .gz; the file appears whole or not at all."""
    content = panel_xml(panel).encode()
    files.write(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def panel_xml(panel: Panel) -> str:
    from xml.etree import ElementTree

    root = ElementTree.Element("Panel")
    ElementTree.SubElement(root, "PanelName").text = panel.name
    loci = ElementTree.SubElement(root, "Loci")
    for marker in panel.markers:
        _add(loci, marker)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add(loci, marker: Marker) -> None:  # type: ignore[no-untyped-def]
    from xml.etree import ElementTree

    locus = ElementTree.SubElement(loci, "Locus")
    said = {
        "MarkerTitle": marker.name,
        "DyeIndex": DYE_INDEX[marker.dye],
        "LowerBoundary": _spelt(marker.lower),
        "UpperBoundary": _spelt(marker.upper),
    }
    for tag, text in said.items():
        ElementTree.SubElement(locus, tag).text = text
    for one in marker.bins:
        sizes = {"Size": one.size, "Left_Binning": one.size - one.lower, "Right_Binning": one.upper - one.size}
        ElementTree.SubElement(locus, "Allele", {"Label": one.label} | {key: _spelt(v) for key, v in sizes.items()})


def _spelt(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
