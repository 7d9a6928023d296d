"""The names above the rows of a table."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rfm_service.errors import FileUnusable


def with_head(rows: Iterator[Sequence[Any]], header: int, path: Path) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """The names in row `header`, counted from 1, and the rows below.

    A column without a name is called by its place, and so are all without a row of names (0): 1, 2, …
    """
    head = next(islice(rows, max(header - 1, 0), None), ())
    if not any(head):
        raise FileUnusable(
            "{0} has no names of columns in row {1}: it is empty, or `header` in [file] of the mapping"
            " is another row. Nothing was imported.",
            path.name,
            header or 1,
        )
    if header:
        names = [" ".join(str("" if cell is None else cell).split()) for cell in head]
        while not names[-1]:
            names.pop()
        names = [name or _place_unless(place, names) for place, name in enumerate(names, 1)]
    else:
        names = [str(place) for place in range(1, len(head) + 1)]
        rows = chain([head], rows)
    return names, rows


def _place_unless(place: int, names: Sequence[str]) -> str:
    return "" if str(place) in names else str(place)
