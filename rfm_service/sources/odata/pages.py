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
    """Pages of one entity.

    probe, most: rows of the first page, of any page; target: MiB of a page. A page that was too heavy lowers the roof,
    every day raises it again: so what 1C can bear is found anew without trying its patience.
    """

    def __init__(self, service: Service, probe: int, most: int, target: float) -> None:
        self._service = service
        self._probe = min(probe, most)
        self._most = most
        self._target = target * (1 << 20)
        self._size, self._roof = self._probe, most

    def read(self, query: Query, identity: Callable[[Row], Hashable]) -> list[Row]:
        """Every row, in the order of the query, which must be a total one. Raises Torn."""
        self._roof = min(2 * self._roof, self._most)
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
                self._shrink(query, known, error)
            else:
                self._grow(answer)
                return answer.rows

    def _shrink(self, query: Query, known: int, error: AnswerTooHeavy) -> None:
        if self._size == 1:
            self._size, self._roof = self._probe, self._most
            raise BadAnswer(
                "The ERP cannot give row {0} of {1} ({2}): {3}", known + 1, query.entity, query.where, str(error)
            ) from None
        self._roof = max(1, self._size // 2)
        self._size = max(1, self._size // STEP)

    def _grow(self, answer: Answer) -> None:
        if answer.rows:
            fitting = int(self._target * len(answer.rows) / answer.size)
            self._size = max(1, min(fitting, self._size * STEP, self._roof))
