# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
# `make train` and `make test` need Python ≥ 3.11, git and make; everything else goes into .venv.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
DEFINITION ?= model-defs/torch-mc50-dna1000-basset-s1.xml
# a shortened schedule, so that the first run ends in minutes on a laptop; `seqforge train DEFINITION` runs the whole one
SHORT ?= --set trainingprocess.epochs=1 --set trainingprocess.batch_size=50 --set optimizer.learning_rate=0.0005

.PHONY: train test check lint types walls validate examples clean

train: .venv/.train
	$(BIN)/seqforge train $(DEFINITION) $(SHORT)

test: .venv/.test
	$(BIN)/python tests/run.py

check: .venv/.test
	$(BIN)/python tests/run.py --fast

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/reuse lint --quiet

types: .venv/.test
	$(BIN)/mypy

walls: .venv/.test
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/walls

validate: .venv/.test
	$(BIN)/seqforge validate model-defs data-defs
	$(BIN)/seqforge validate --build model-defs

examples: .venv/.test
	$(BIN)/python examples/run.py

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "SeqForge needs Python 3.11 or newer; name one: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	touch $@

.venv/.train: .venv/.python pyproject.toml constraints.txt
	$(PIP) -e ".[torch,report]"
	touch $@

.venv/.test: .venv/.python pyproject.toml constraints.txt
	$(PIP) -e ".[torch,keras-cpu,triton,genome,report,tracking,validation,test]"
	touch $@ .venv/.train

clean:
	rm -rf .venv build dist
