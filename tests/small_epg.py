# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A small table of electropherograms with its panel, made of Gaussian peaks on bins; and the two real profiles."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqforge.data.epg.tables import ProfileTable

LENGTH, DYES = 256, 3
BASE_PAIRS = np.linspace(100, 151, LENGTH)  # 5 scan points per bp
REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "epg"
REAL_PANEL = REAL / "panel_PPF6C_SPOOR.xml.gz"

real_data = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real electropherograms in {REAL}")

LOCUS = """<Locus><MarkerTitle>{name}</MarkerTitle><DyeIndex>{dye}</DyeIndex><Enabled>1</Enabled>
<LowerBoundary>{lower}</LowerBoundary><UpperBoundary>{upper}</UpperBoundary>
{alleles}</Locus>"""
ALLELE = "<Allele Label='{}' Size='{}' Left_Binning='0.5' Right_Binning='0.5'></Allele>"
MARKERS = (
    ("M1", 1, 102, 122, {"8": 104.0, "9": 108.0, "9.3": 111.0, "10": 112.0}),
    ("M2", 1, 125, 150, {"X": 130.0, "Y": 136.0}),
    ("M3", 2, 105, 145, {"20": 110.0, "21": 114.0, "22": 118.0}),
)


def panel_text(markers: Any = MARKERS) -> str:
    loci = [
        LOCUS.format(
            name=name,
            dye=dye,
            lower=lower,
            upper=upper,
            alleles="\n".join(ALLELE.format(label, size) for label, size in alleles.items()),
        )
        for name, dye, lower, upper, alleles in markers
    ]
    body = "\n".join(loci)
    return f"<?xml version='1.0' encoding='UTF-8'?>\n<Panel><PanelName>small</PanelName><Loci>\n{body}\n</Loci></Panel>"


def write_panel(path: Path, text: str | None = None) -> Path:
    data = (panel_text() if text is None else text).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def profile(peaks: list[tuple[int, float, float]]) -> np.ndarray:
    """(dye, scan) int32 with Gaussian peaks (dye, base pair, height)."""
    found = np.zeros((DYES, LENGTH))
    for dye, base_pair, height in peaks:
        found[dye] += height * np.exp(-0.5 * ((BASE_PAIRS - base_pair) / 0.3) ** 2)
    return np.round(found).astype(np.int32)


ALLELES = [(0, 104.0, 900.0), (0, 112.0, 500.0), (0, 130.0, 700.0), (1, 110.0, 1500.0), (1, 118.0, 300.0)]
NOISE = [(2, 120.0, 60.0), (0, 140.0, 35.0)]


def table(count: int = 12, /, **changes: Any) -> ProfileTable:
    """Profiles of pairs of donors: profile i has mixture set i // 2 and donors of its own mixture set."""
    generator = np.random.default_rng(5)
    signal, masks = [], []
    for _ in range(count):
        scaled = [(dye, base_pair, height * generator.uniform(0.5, 2)) for dye, base_pair, height in ALLELES]
        signal.append(profile(scaled + NOISE))
        mask = np.zeros((DYES, LENGTH), dtype=np.int8)
        for dye, base_pair, _ in ALLELES:
            mask[dye, np.abs(BASE_PAIRS - base_pair) < 0.5] = 1
        masks.append(mask)
    sets = [row // 2 for row in range(count)]
    said: dict[str, Any] = {
        "profiles": np.stack(signal),
        "masks": np.stack(masks),
        "names": tuple(f"p{row}" for row in range(count)),
        "mixture_set": tuple(f"m{number}" for number in sets),
        "donors": tuple((f"d{number}a", f"d{number}b") for number in sets),
        "contributors": np.array([2 + number % 2 for number in sets]),
        "base_pairs": BASE_PAIRS,
        "dye_names": ("blue", "green", "yellow"),
        "kit": "small",
    }
    return ProfileTable(**(said | changes))
