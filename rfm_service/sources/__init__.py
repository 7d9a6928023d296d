"""Where days of sales come from. A day arrives complete or not at all."""

from typing import Protocol

from rfm_service.records import Buyer, DayAnswer


class Source(Protocol):
    """What the night asks of an ERP. Both methods raise ErpRefused, ErpUnavailable or BadAnswer."""

    def fetch_day(self, day: int) -> DayAnswer:
        """Every line of a day."""

    def fetch_buyers(self, first: int, last: int) -> list[Buyer]:
        """The cards of the buyers between two days, both included."""
