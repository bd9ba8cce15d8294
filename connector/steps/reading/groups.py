"""Rows in groups: each transaction waits for the disk, and each call has its most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")


def in_groups(rows: Iterable[_T], size: int) -> Iterator[Sequence[_T]]:
    """`rows`, read no further ahead than one group, in runs of `size`; the last one may be shorter."""
    rest = iter(rows)
    while group := list(islice(rest, size)):
        yield group
