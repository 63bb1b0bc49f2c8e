# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Genomes on disk: indexed FASTA, regions (BED, narrowPeak) and signal tracks (bigWig), read window by window."""
