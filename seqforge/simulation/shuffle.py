# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Shuffles that keep every k-mer count: uniform over all sequences with the same k-mers.

A sequence is an Euler path over its (k−1)-mers. A uniform one: a uniform arborescence of last edges towards the end of
the path, the other edges of every vertex in uniform order (Altschul & Erickson 1985, Mol Biol Evol 2:526–538). The
arborescence is drawn by cycle popping (Propp & Wilson 1998, doi 10.1006/jagm.1997.0917): every vertex draws an edge,
and those on cycles draw again; all sequences at once.
"""

from __future__ import annotations

import numpy as np

from seqforge.simulation import draws

ROWS = 2048  # shuffled at a time, to bound the memory


def shuffled(codes: np.ndarray, lengths: np.ndarray, k: int, letters: int, key: int, rows: np.ndarray) -> np.ndarray:
    """`codes` (n, length) uint8 shuffled row by row: (n, length), the padding after `lengths` (n,) in its place.

    `letters`: the size of the alphabet. Row i is drawn from the words of `rows[i]` in the streams that `key` names.
    For k ≥ 2 the first and last k − 1 letters stay; sequences shorter than k + 1 are unchanged.
    """
    shuffle = _permuted if k == 1 else _rewalked
    made = np.empty_like(codes)
    for start in range(0, len(codes), ROWS):
        at = slice(start, start + ROWS)
        made[at] = shuffle(codes[at], lengths[at], k, letters, key, rows[at])
    return made


def _permuted(codes: np.ndarray, lengths: np.ndarray, k: int, letters: int, key: int, rows: np.ndarray) -> np.ndarray:
    """Letters sorted by 56 random bits; the padding sorts last."""
    keys = draws.words(key, rows, codes.shape[1]) | np.uint64(0xFF)
    keys[np.arange(codes.shape[1]) >= lengths[:, None]] = draws.WORD
    keys ^= np.uint64(0xFF) ^ codes.astype(np.uint64)
    keys.sort(axis=1)
    return (keys & np.uint64(0xFF)).astype(np.uint8)


def _rewalked(codes: np.ndarray, lengths: np.ndarray, k: int, letters: int, key: int, rows: np.ndarray) -> np.ndarray:
    """The padding counts as one more letter: only it follows itself, so every walk ends in it as before."""
    if codes.shape[1] <= k:
        return codes
    vertices, size = _vertices(codes, k - 1, letters + 1)
    source, target = vertices[:, :-1], vertices[:, 1:]
    keys = draws.words(draws.stream(key, "edges"), rows, source.shape[1])
    first = _edge_offsets(source, size)
    order = np.argsort(source.astype(np.uint64) << np.uint64(44) | keys >> np.uint64(20), axis=1)
    last = _last_edges(np.take_along_axis(target, order, 1), first, vertices[:, -1], key, rows)
    order = _moved_last(order, first, last)
    return _walk(codes, k, vertices, order, first)


def _vertices(codes: np.ndarray, k: int, letters: int) -> tuple[np.ndarray, int]:
    """The number (n, length − k + 1) of the k-mer at every position, and how many numbers there can be."""
    numbers, size = codes.astype(np.int64), letters
    for more in range(1, k):
        numbers = numbers[:, :-1] * letters + codes[:, more:]
        size *= letters
        if size > codes.shape[1]:
            numbers, size = _ranked(numbers), numbers.shape[1]
    return numbers, size


def _ranked(numbers: np.ndarray) -> np.ndarray:
    """Each number's rank among the distinct numbers of its row."""
    order = np.argsort(numbers, axis=1, kind="stable")
    ascending = np.take_along_axis(numbers, order, 1)
    ranks = np.zeros_like(numbers)
    ranks[:, 1:] = np.cumsum(ascending[:, 1:] != ascending[:, :-1], axis=1)
    made = np.empty_like(numbers)
    np.put_along_axis(made, order, ranks, 1)
    return made


def _edge_offsets(source: np.ndarray, size: int) -> np.ndarray:
    """(n, size + 1): where the edges of each vertex begin when edges are sorted by vertex."""
    n = len(source)
    flat = (source + size * np.arange(n)[:, None]).reshape(-1)
    counts = np.bincount(flat, minlength=n * size).reshape(n, size)
    return np.concatenate([np.zeros((n, 1), dtype=np.int64), np.cumsum(counts, axis=1)], axis=1)


def _last_edges(target: np.ndarray, first: np.ndarray, root: np.ndarray, key: int, rows: np.ndarray) -> np.ndarray:
    """(n, vertex): the place of each vertex's last edge among the sorted edges, a uniform arborescence towards `root`.

    `target` (n, edge): where the sorted edges lead. Vertices without edges and the root hold −1.
    """
    n, size = len(first), first.shape[1] - 1
    counts = np.diff(first, axis=1)
    draw = counts > 0
    draw[np.arange(n), root] = False
    needed = draw.copy()
    last = np.full((n, size), -1)
    leads = np.broadcast_to(np.arange(size), (n, size)).copy()
    active, turn = np.arange(n), 0
    while len(active):
        numbers = (draws.words(draws.stream(key, "last", turn), rows[active], size) >> np.uint64(11)) * 2.0**-53
        again = draw[active]
        drawn = first[active, :-1] + (numbers * counts[active]).astype(np.int64)
        last[active] = np.where(again, drawn, last[active])
        ends = np.take_along_axis(target[active], np.maximum(last[active], 0), 1)
        leads[active] = np.where(needed[active], ends, leads[active])
        draw[active] = _on_cycles(leads[active], needed[active])
        active, turn = active[draw[active].any(axis=1)], turn + 1
    return last


def _on_cycles(leads: np.ndarray, needed: np.ndarray) -> np.ndarray:
    """(n, vertex) bool: whether following `leads` (n, vertex) comes back to the vertex; fixed ones do not count."""
    size = leads.shape[1]
    far, steps = leads, 1
    while steps < size:
        far, steps = np.take_along_axis(far, far, 1), 2 * steps
    reached = np.zeros(leads.shape, dtype=bool)
    np.put_along_axis(reached, far, True, 1)
    return reached & needed


def _moved_last(order: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """`order` (n, edge) with each vertex's last edge exchanged with the one at its end."""
    row, vertex = np.nonzero(last >= 0)
    chosen, end = last[row, vertex], first[row, vertex + 1] - 1
    order[row, chosen], order[row, end] = order[row, end], order[row, chosen]
    return order


def _walk(codes: np.ndarray, k: int, vertices: np.ndarray, order: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Use up the edges of every vertex in their order, from the first vertex on."""
    made = codes.copy()
    following = np.take_along_axis(vertices[:, 1:], order, 1)
    letter = np.take_along_axis(codes[:, k - 1 :], order, 1)
    every, now, unused = np.arange(len(codes)), vertices[:, 0], first.copy()
    for step in range(k - 1, codes.shape[1]):
        edge = unused[every, now]
        unused[every, now] = edge + 1
        made[:, step] = letter[every, edge]
        now = following[every, edge]
    return made
