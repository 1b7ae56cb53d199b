from __future__ import annotations

import random
from fractions import Fraction

import pytest

from tables.suppression import hidden_cells


def known_anyway(grid, hidden) -> set[tuple[int, int]]:
    """The hidden cells that the printed ones and the totals determine: exact elimination, by brute force."""
    rows, columns = len(grid), len(grid[0])
    unknown = sorted(hidden)
    equations = [[(i, j) for j in range(columns + 1)] for i in range(rows + (rows > 1))]
    if rows > 1:
        equations += [[(i, j) for i in range(rows + 1)] for j in range(columns + 1)]
    matrix = [
        [Fraction(0 if cell not in equation else -1 if _is_margin(cell, equation) else 1) for cell in unknown]
        for equation in equations
    ]
    rank = _rank(matrix)
    determined = set()
    for place, cell in enumerate(unknown):
        one = [Fraction(int(place == other)) for other in range(len(unknown))]
        if _rank([*matrix, one]) == rank:
            determined.add(cell)
    return determined


def _is_margin(cell, equation) -> bool:
    return cell == equation[-1]


def _rank(matrix) -> int:
    rows = [list(row) for row in matrix]
    rank = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(len(rows)):
            if i != rank and rows[i][column]:
                factor = rows[i][column] / rows[rank][column]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


def test_nothing_is_hidden_where_nobody_is_alone():
    assert hidden_cells([[5, 0], [12, 7]]) == frozenset()


@pytest.mark.parametrize(("value", "is_hidden"), [(0, False), (1, True), (4, True), (5, False)])
def test_one_to_four_persons_are_hidden_and_none_or_five_are_not(value, is_hidden):
    assert ((0, 0) in hidden_cells([[value, 30, 20], [15, 9, 8], [11, 12, 13]])) is is_hidden


def test_hiding_only_the_small_cell_would_give_it_away():
    """The control: without complementary suppression, subtraction finds the cell."""
    grid = [[3, 10], [20, 30]]

    assert known_anyway(grid, {(0, 0)}) == {(0, 0)}
    assert known_anyway(grid, hidden_cells(grid)) == set()


def test_a_single_row_hides_a_second_count():
    hidden = hidden_cells([[2, 9, 14]])

    assert hidden == {(0, 0), (0, 1)}


def test_of_two_ways_to_protect_a_cell_the_cheaper_one_is_taken():
    assert hidden_cells([[2, 50, 6], [40, 60, 7]]) == {(0, 0), (0, 2), (1, 0), (1, 2)}


@pytest.mark.parametrize("seed", range(60))
def test_no_hidden_count_of_a_random_table_can_be_worked_out(seed):
    rng = random.Random(seed)  # noqa: S311 -- a repeatable test
    rows, columns = rng.randint(1, 6), rng.randint(2, 6)
    grid = [[rng.choice((0, 0, 1, 2, 4, 5, 8, 13, 40)) for _ in range(columns)] for _ in range(rows)]

    hidden = hidden_cells(grid)

    inner_small = {(i, j) for i in range(rows) for j in range(columns) if 0 < grid[i][j] < 5}
    assert inner_small <= hidden
    everything = len(hidden) == (rows + (rows > 1)) * (columns + 1)
    assert everything or known_anyway(grid, hidden) == set()
