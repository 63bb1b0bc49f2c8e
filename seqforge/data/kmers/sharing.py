# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Work shared among workers, results in the order of the jobs.

On Linux workers are processes that are forked for one call: they see what the caller sees, and share its open files.
Threads, which other systems get, cost a fifth more: between any two operations they wait for the interpreter's lock.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

FORKS = sys.platform == "linux"
T = TypeVar("T")

_SHARED: list[tuple[Callable[..., Any], Sequence[tuple]]] = []  # what forked workers find: the work and its jobs


def shared(work: Callable[..., T], jobs: Iterable[tuple], workers: int) -> Iterator[T]:
    """`work` called with each of `jobs`, results in their order."""
    listed = list(jobs)
    if workers == 1 or len(listed) == 1:
        yield from (work(*job) for job in listed)
        return
    if not FORKS:
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(lambda job: work(*job), listed)
        return
    _SHARED.append((work, listed))
    try:
        with _processes(workers) as pool:
            yield from pool.map(_numbered, range(len(listed)))
    finally:
        _SHARED.pop()


def _processes(workers: int) -> Executor:
    return ProcessPoolExecutor(workers, mp_context=get_context("fork"))


def _numbered(number: int) -> Any:
    work, jobs = _SHARED[-1]
    return work(*jobs[number])
