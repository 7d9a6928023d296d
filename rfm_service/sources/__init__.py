"""Where days of sales come from. A day arrives complete or not at all."""

from collections.abc import Collection, Mapping
from typing import Protocol

from rfm_service.records import Buyer, DayAnswer


class Source(Protocol):
    """What the night asks of an ERP. The methods raise ErpRefused, ErpUnavailable or BadAnswer."""

    def fetch_day(self, day: int) -> DayAnswer:
        """Every line of a day."""

    def control_total(self, day: int) -> int | None:
        """The ERP's own total of a day, signed kopecks of all its lines; None where it keeps none."""

    def fetch_buyers(self, first: int, last: int, keys: Collection[str]) -> list[Buyer]:
        """The cards of the buyers between two days, both included; `keys` are those that are known to have bought."""


class Catalog(Protocol):
    """What is remembered of the ERP's catalogs between nights: entity, key → fields as JSON."""

    def known(self, entity: str, keys: Collection[str]) -> dict[str, str]:
        """Of these keys, those that are remembered and not too old."""

    def remember(self, entity: str, fields: Mapping[str, str]) -> None:
        """Keep these."""
