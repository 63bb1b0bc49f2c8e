# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Small data definitions of profiles that use every element."""

from __future__ import annotations

GENERAL = """<?xml version="1.0" encoding="UTF-8"?>
<seqgradata>
    <general id="nexus">
        <name>everything</name>
        <description/>
        <task>profile prediction</task>
        <sequencespace>DNA</sequencespace>
        <seed>1</seed>
    </general>
"""

PROFILES = f"""{GENERAL}    <profiles>
        <hyperparameter name="genome">genome/hg38.fa</hyperparameter>
        <hyperparameter name="regions">peaks.bed.gz</hyperparameter>
        <hyperparameter name="input_length">2114</hyperparameter>
        <hyperparameter name="output_length">1000</hyperparameter>
        <hyperparameter name="max_jitter">128</hyperparameter>
        <hyperparameter name="training">name:^(?!held)</hyperparameter>
        <hyperparameter name="validation">held-out.bed</hyperparameter>
        <hyperparameter name="test">chr8, chr9</hyperparameter>
        <hyperparameter name="revcomp_task_order">((1, 0), (0,))</hyperparameter>
        <head name="nexus" tasks="plus, minus">
            <track>plus.bw</track>
            <track>minus.bw</track>
        </head>
        <head name="atac" tasks="1">
            <track>/tracks/atac.bw</track>
        </head>
    </profiles>
</seqgradata>
"""

SIMULATION = f"""{GENERAL}    <profilesimulation>
        <hyperparameter name="training">40</hyperparameter>
        <motif name="A" consensus="TTGactCATG">
            <peak position="-12" sd="4" weight="2"/>
            <peak position="3.5" sd="1"/>
        </motif>
        <sample name="one" kappa="0.7" background="0.3" with_motifs="yes"/>
        <sample name="two"/>
    </profilesimulation>
</seqgradata>
"""

BARE = f"""{GENERAL}    <profilesimulation/>
</seqgradata>
"""
