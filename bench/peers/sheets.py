"""A written workbook as everybody's figures: what stands in its cells."""

from pathlib import Path

import pyarrow as pa

from bench.data import cells_of


def cells_table(path: Path) -> pa.Table:
    """Each row of each sheet as one text; empty cells at its end do not count."""
    rows = [(title, number, str(row)) for title, found in cells_of(path).items() for number, row in enumerate(found)]
    return pa.table(dict(zip(("sheet", "row", "cells"), map(list, zip(*rows, strict=True)), strict=True)))
