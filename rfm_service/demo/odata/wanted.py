"""What part of a table a request can be about, so that the rest need not be made."""

from typing import NamedTuple

from rfm_service.demo.odata.filters import ALWAYS


class Wanted(NamedTuple):
    """Days, both included, and keys; None means any."""

    first: int = ALWAYS[0]
    last: int = ALWAYS[1]
    keys: frozenset[str] | None = None

    def day(self, day: int) -> bool:
        """Whether a day is wanted."""
        return self.first <= day <= self.last

    def key(self, key: str) -> bool:
        """Whether a key is wanted."""
        return self.keys is None or key in self.keys
