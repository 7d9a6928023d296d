"""A long answer page by page, so that nothing is lost, doubled or mixed up on the way.

1C has no server-side paging and no stable cursor: `$skip` counts anew every time, over data that somebody may be
writing, and a `$count` cannot be relied on. So each page begins with the last row of the one before, which must be the
same, and the end is where that row stands alone.
"""

from collections.abc import Callable, Hashable

from rfm_service.errors import AnswerTooHeavy, BadAnswer
from rfm_service.sources.odata.queries import Query
from rfm_service.sources.odata.service import Answer, Service
from rfm_service.sources.odata.wire import Row

STEP = 4


class Torn(Exception):
    """Somebody was writing between two questions: what came does not fit together."""


class Pager:
    """Pages of one entity. The size of a page is kept from day to day.

    probe, most: rows of the first page, of any page; target: MiB of a page.
    """

    def __init__(self, service: Service, probe: int, most: int, target: float) -> None:
        self._service = service
        self._size = min(probe, most)
        self._most = most
        self._target = target * (1 << 20)

    def read(self, query: Query, identity: Callable[[Row], Hashable]) -> list[Row]:
        """Every row, in the order of the query, which must be a total one. Raises Torn."""
        rows = self._page(query, 0)
        while rows:
            page = self._page(query, len(rows))
            if page[:1] != rows[-1:]:
                raise Torn
            if len(page) == 1:
                break
            rows += page[1:]
        if len(set(map(identity, rows))) < len(rows):
            raise Torn
        return rows

    def _page(self, query: Query, known: int) -> list[Row]:
        """The rows after those known, with the last of these before them."""
        overlap = min(known, 1)
        while True:
            try:
                answer = self._service.get(query._replace(skip=known - overlap, top=self._size + overlap))
            except AnswerTooHeavy as error:
                if self._size == 1:
                    raise BadAnswer(
                        "The ERP cannot give row {0} of {1}: {2}", known + 1, query.entity, str(error)
                    ) from None
                self._size = max(1, self._size // STEP)
            else:
                if answer.rows:
                    self._size = self._next_size(answer)
                return answer.rows

    def _next_size(self, answer: Answer) -> int:
        fitting = self._target * len(answer.rows) / answer.size
        return int(max(1, min(fitting, self._size * STEP, self._most)))
