"""Sorting words in place: insertion for almost sorted values, Shell's sort for others."""

from __future__ import annotations

from simulate.kernels.leaf import leaf


@leaf
def insertion_sort(values, first, last):
    """Sort the almost sorted values[first:last] in place (insertion)."""
    for i in range(first + 1, last):
        value, j = values[i], i
        while j > first and values[j - 1] > value:
            values[j] = values[j - 1]
            j -= 1
        values[j] = value


@leaf
def shell_sort(values, n):
    """Sort the first n values in place (Shell 1959, doi:10.1145/368370.368387; gaps of Knuth)."""
    gap = 1
    while gap < n // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(gap, n):
            value, j = values[i], i
            while j >= gap and values[j - gap] > value:
                values[j] = values[j - gap]
                j -= gap
            values[j] = value
        gap //= 3


@leaf
def merge_back(values, n, others, m):
    """Merge m sorted others into n sorted values, in place; values : at least n + m long; returns n + m."""
    i, j, at = n - 1, m - 1, n + m - 1
    while j >= 0:
        if i >= 0 and values[i] > others[j]:
            values[at] = values[i]
            i -= 1
        else:
            values[at] = others[j]
            j -= 1
        at -= 1
    return n + m


@leaf
def turn_round(values, first, last):
    """Reverse values[first:last] in place."""
    i, j = first, last - 1
    while i < j:
        values[i], values[j] = values[j], values[i]
        i += 1
        j -= 1
