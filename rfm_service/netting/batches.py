"""Netting of Arrow batches, where an engine works: a worker needs Python, pyarrow and this package's own modules."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

from rfm_service.kinds import Kind, Link
from rfm_service.netting import GoodsLine, Match, match_returns

BATCH_ROWS = 1 << 14
KINDS, LINKS = {kind.value: kind for kind in Kind}, {link.value: link for link in Link}
"""Far quicker than Kind(1)."""


def match_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Rows of `goods_lines`, those of a customer's product together and in order, as rows of `return_match`."""
    matches = match_returns(_line_of(*row) for batch in batches for row in zip(*_columns(batch), strict=True))
    while some := list(islice(matches, BATCH_ROWS)):
        columns = [pa.array(column, pa.int64()) for column in zip(*some, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, names=list(Match._fields))


def _columns(batch: pa.RecordBatch) -> list[list[Any]]:
    return [column.to_pylist() for column in batch.select(GoodsLine._fields).columns]


def _line_of(*values: Any) -> GoodsLine:
    line = GoodsLine(*values)
    return line._replace(
        kind=KINDS[line.kind], base_link=LINKS[line.base_link], gift=bool(line.gift), order_id=line.order_id or None
    )
