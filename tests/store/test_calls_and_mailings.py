"""What is remembered of calls and of letters to managers."""

import sqlite3

import pytest

from rfm_service.store.connection import transaction
from rfm_service.store.mailings import due_managers, list_mailed

DAY = 20_777


@pytest.mark.parametrize(
    ("days_later", "due"), [(0, ["Boris"]), (6, ["Boris"]), (7, ["Anna", "Boris"]), (-300, ["Anna", "Boris"])]
)
def test_a_manager_gets_a_letter_every_seven_days(store: sqlite3.Connection, days_later: int, due: list[str]) -> None:
    with transaction(store):
        list_mailed(store, "Anna", DAY - 30)
        list_mailed(store, "Anna", DAY)
    assert due_managers(store, DAY + days_later, 7, ["Anna", "Boris"]) == due
