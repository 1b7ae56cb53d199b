"""Hide counts about too few people, and enough others that nobody can work them out again.

A table publishes its counts with row and column totals. Each total is an equation; a hidden count that is the
only unknown of some combination of equations is as good as printed. Seen as a graph (rows and columns are the
nodes, cells the edges, totals cells like any other), a hidden cell can be worked out exactly when its edge is a
bridge among the hidden edges. So: hide the small counts, then close a cycle through every bridge, at the least
cost in hidden information.

Covers one table with one level of totals. Two tables that share a margin must be protected together (pass the
joint table). Bounds may still narrow a count to a range.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import count

THRESHOLD = 5  # domain custom: cells under five persons are not shown

Node = Hashable
Edge = tuple[Node, Node]
Grid = Sequence[Sequence[int]]

OUTSIDE = "outside"  # where an equation is missing: one-way tables have no column totals


def hidden_cells(
    grid: Grid, *, threshold: int = THRESHOLD, also: Iterable[tuple[int, int]] = ()
) -> frozenset[tuple[int, int]]:
    """Which cells of a grid of counts to hide when it is printed with all its totals.

    ``grid`` holds the inner counts. In the answer, ``len(grid)`` as row and ``len(grid[0])`` as column stand
    for the totals. A grid of one row is a one-way table: its column totals are not printed. ``also`` names cells
    that must be hidden whatever they count: few persons behind many uses, or a total hidden in another table.
    """
    rows, columns = len(grid), len(grid[0]) if grid else 0
    values = {(i, j): grid[i][j] for i in range(rows) for j in range(columns)}
    values |= {(i, columns): sum(grid[i]) for i in range(rows)}
    if rows > 1:
        values |= {(rows, j): sum(row[j] for row in grid) for j in range(columns)}
        values[rows, columns] = sum(map(sum, grid))
    edges = {(i, j): (("row", i), ("column", j) if rows > 1 else OUTSIDE) for i, j in values}
    return protect(values, edges, threshold=threshold, also=also)


def agreeing(grids: Sequence[Grid], also: Sequence[Iterable[tuple[int, int]]]) -> list[frozenset[tuple[int, int]]]:
    """Which cells of each grid to hide when all divide the same uses: no total that one hides is printed by another.

    Columns mean the same in all ``grids``. A grid of one row is its own total; one without rows hides nothing.
    """
    totals: set[int] = set()
    while True:
        found = []
        for grid, few in zip(grids, also, strict=True):
            end = len(grid) if len(grid) > 1 else 0
            found.append(hidden_cells(grid, also={*few, *((end, j) for j in totals)}) if grid else frozenset())
        ends = [len(grid) if len(grid) > 1 else 0 for grid in grids]
        now = totals | {j for cells, end in zip(found, ends, strict=True) for i, j in cells if i == end}
        if now == totals:
            return found
        totals = now


def protect(
    values: Mapping[tuple[int, int], int],
    edges: Mapping[tuple[int, int], Edge],
    *,
    threshold: int = THRESHOLD,
    also: Iterable[tuple[int, int]] = (),
) -> frozenset[tuple[int, int]]:
    """The small cells (1 to ``threshold`` - 1), those of ``also``, and the fewest others that keep them unknown."""
    hidden = {cell for cell, value in values.items() if 0 < value < threshold} | set(also)
    dear = sum(values.values()) + 1  # a known zero protects little: taken last
    while exposed := next(iter(sorted(_bridges({cell: edges[cell] for cell in hidden}))), None):
        cost = {cell: 0 if cell in hidden else values[cell] or dear for cell in values}
        path = _cheapest_path(edges, cost, *edges[exposed], without=exposed)
        if path is None:
            return frozenset(values)  # nothing can hide it: print no figure at all
        hidden.update(path)
    return frozenset(hidden)


def _bridges(edges: Mapping[tuple[int, int], Edge]) -> set[tuple[int, int]]:
    """Edges whose removal separates what they join. Parallel edges are never bridges."""
    return {cell for cell, (start, end) in edges.items() if not _joined(edges, start, end, without=cell)}


def _joined(edges: Mapping[tuple[int, int], Edge], start: Node, end: Node, *, without: tuple[int, int]) -> bool:
    return _cheapest_path(edges, dict.fromkeys(edges, 0), start, end, without=without) is not None


def _cheapest_path(
    edges: Mapping[tuple[int, int], Edge],
    cost: Mapping[tuple[int, int], int],
    start: Node,
    end: Node,
    *,
    without: tuple[int, int],
) -> list[tuple[int, int]] | None:
    """The cells of the cheapest way from ``start`` to ``end``; ``None`` when there is no way (Dijkstra)."""
    neighbours: dict[Node, list[tuple[Node, tuple[int, int]]]] = {}
    for cell, (a, b) in edges.items():
        if cell != without:
            neighbours.setdefault(a, []).append((b, cell))
            neighbours.setdefault(b, []).append((a, cell))
    order = count()
    queue: list[tuple[int, int, Node, list[tuple[int, int]]]] = [(0, next(order), start, [])]
    seen: set[Node] = set()
    while queue:
        spent, _, node, way = heapq.heappop(queue)
        if node == end:
            return way
        if node in seen:
            continue
        seen.add(node)
        for other, cell in neighbours.get(node, ()):
            if other not in seen:
                heapq.heappush(queue, (spent + cost[cell], next(order), other, [*way, cell]))
    return None
