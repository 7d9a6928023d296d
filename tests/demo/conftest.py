"""A shop that the stories of this folder share. None of them may correct its book."""

from datetime import date

import pytest

from rfm_service.clock import day_of
from rfm_service.demo.book import Book
from rfm_service.demo.shop import make_shop

LAST_DAY = day_of(date(2026, 11, 19))


@pytest.fixture(scope="session")
def shop() -> Book:
    return make_shop(LAST_DAY)
