"""Pages that fit together, and those that do not."""

from collections.abc import Callable
from typing import Any

import pytest

from rfm_service.errors import AnswerTooHeavy, BadAnswer
from rfm_service.sources.odata.pages import Pager, Torn
from rfm_service.sources.odata.queries import Query
from rfm_service.sources.odata.service import Answer
from rfm_service.sources.odata.wire import Row

Rows = list[dict[str, Any]]

QUESTION = Query("Rows", ("n",), "Period eq 1", "n")


class Table:
    """A table behind the interface. `before(number, query)` is called before each answer; `asked` is (skip, top)."""

    def __init__(self, count: int, before: Callable[[int, Query], None] = lambda *_: None, width: int = 10) -> None:
        self.rows: Rows = [{"n": n} for n in range(count)]
        self.asked: list[tuple[int, int]] = []
        self._before = before
        self._width = width

    def get(self, query: Query) -> Answer:
        """A page."""
        self.asked.append((query.skip, query.top))
        self._before(len(self.asked), query)
        rows: list[Row] = [dict(row) for row in self.rows[query.skip : query.skip + query.top]]
        return Answer(rows, self._width * len(rows) + 30)

    def read(self, size: int, target: float = 8) -> list[int]:
        """All rows by pages."""
        pager = Pager(self, size, size, target)  # type: ignore[arg-type]
        return [row["n"] for row in pager.read(QUESTION, lambda row: row["n"])]


def edited(change: Callable[[Rows], object]) -> Table:
    """A table of 25 rows that is changed before the second answer."""

    def before(number: int, _: Query) -> None:
        if number == 2:
            change(table.rows)

    table = Table(25, before)
    return table


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 19, 20, 21, 100])
@pytest.mark.parametrize("size", [1, 2, 10, 1000])
def test_every_row_once_and_in_order(count: int, size: int) -> None:
    assert Table(count).read(size) == list(range(count))


def test_each_page_begins_with_the_last_row_of_the_one_before() -> None:
    table = Table(25)
    table.read(10)
    assert table.asked == [(0, 10), (9, 11), (19, 11), (24, 11)]


def test_the_last_row_must_stand_alone() -> None:
    table = Table(3)
    table.read(10)
    assert table.asked == [(0, 10), (2, 11)]


def test_a_short_page_is_not_the_end() -> None:
    """A page of fewer rows than asked for, in the middle: the rest is asked for."""

    class Stingy(Table):
        def get(self, query: Query) -> Answer:
            answer = super().get(query)
            return answer._replace(rows=answer.rows[:4]) if len(self.asked) == 1 else answer

    assert Stingy(25).read(10) == list(range(25))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda rows: rows.insert(0, {"n": -1}), id="a row is written before"),
        pytest.param(lambda rows: rows.pop(0), id="a row vanishes before"),
        pytest.param(lambda rows: rows.pop(9), id="the last row vanishes"),
        pytest.param(lambda rows: rows[9].update(n=99), id="the last row changes"),
        pytest.param(lambda rows: rows.reverse(), id="another order"),
        pytest.param(lambda rows: rows.clear(), id="everything vanishes"),
        pytest.param(lambda rows: rows.append(rows[3]), id="a row comes twice"),
    ],
)
def test_somebody_is_writing_between_two_pages(change: Callable[[Rows], object]) -> None:
    with pytest.raises(Torn):
        edited(change).read(10)


def test_rows_written_behind_are_read_too() -> None:
    assert edited(lambda rows: rows.append({"n": 25})).read(10) == list(range(26))


def heavy(most: int) -> Callable[[int, Query], None]:
    """1C chokes on pages over so many rows."""

    def choke(_: int, query: Query) -> None:
        if query.top > most:
            raise AnswerTooHeavy("No memory.")

    return choke


def test_a_page_that_is_too_heavy_is_asked_for_in_smaller_ones() -> None:
    table = Table(100, heavy(30))
    assert table.read(64) == list(range(100))
    assert table.asked == [
        (0, 64),
        (0, 16),
        (15, 33),
        (15, 9),
        (23, 17),
        (39, 17),
        (55, 17),
        (71, 17),
        (87, 17),
        (99, 17),
    ]


def test_one_row_is_the_least() -> None:
    assert Table(10, heavy(2)).read(1000) == list(range(10))


def test_a_row_that_cannot_be_given_is_named() -> None:
    def poison(_: int, query: Query) -> None:
        if query.skip <= 17 < query.skip + query.top:
            raise AnswerTooHeavy("It is broken.")

    with pytest.raises(BadAnswer) as caught:
        Table(25, poison).read(10)
    assert str(caught.value) == "The ERP cannot give row 18 of Rows (Period eq 1): It is broken."


def test_pages_are_cut_to_a_size_in_bytes() -> None:
    table = Table(200, width=1 << 18)
    pager = Pager(table, 2, 1000, 4)  # type: ignore[arg-type]
    assert len(pager.read(QUESTION, lambda row: row["n"])) == 200
    assert {top for _, top in table.asked} == {2, 9, 16}


def test_what_was_too_heavy_is_tried_again_once_a_day() -> None:
    table = Table(100, heavy(30))
    pager = Pager(table, 64, 64, 8)  # type: ignore[arg-type]
    for _ in range(2):
        table.asked.clear()
        pager.read(QUESTION, lambda row: row["n"])
    assert [top for _, top in table.asked] == [16, 33, 9, 17, 17, 17, 17, 17, 17]


def test_a_broken_row_does_not_make_the_next_day_slow() -> None:
    broken = True

    def poison(_: int, query: Query) -> None:
        if broken and query.skip <= 17 < query.skip + query.top:
            raise AnswerTooHeavy("It is broken.")

    table = Table(25, poison)
    pager = Pager(table, 10, 10, 8)  # type: ignore[arg-type]
    with pytest.raises(BadAnswer):
        pager.read(QUESTION, lambda row: row["n"])
    broken = False
    table.asked.clear()
    pager.read(QUESTION, lambda row: row["n"])
    assert [top for _, top in table.asked] == [10, 11, 11, 11]
