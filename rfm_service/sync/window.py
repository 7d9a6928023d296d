"""Which days to read tonight."""

from collections.abc import Mapping

from rfm_service.clock import Horizon, day_of, first_day_of_month, month_of
from rfm_service.store.ledger import Entry


def due_days(known: Mapping[int, Entry], horizon: Horizon, recheck_days: int, deep_nights: int) -> list[int]:
    """The days of the horizon to read tonight, oldest first.

    Those that are missing or not sealed; the last `recheck_days`, and at least everything since the first day of last
    month; and of the older ones those that were read longest ago, so many that all are read in `deep_nights` nights.
    Older days that were imported are not asked for: the ERP may never have known them.
    """
    last_month = day_of(first_day_of_month(month_of(horizon.last) - 1))
    window = min(horizon.reference_day - recheck_days, last_month)
    imported = {day for day, entry in known.items() if entry.origin and day < window}
    due = {day for day in horizon.days if day >= window or day not in known or not known[day].sealed} - imported
    older = sorted(set(horizon.days) - due - imported, key=lambda day: (known[day].fetched_at, day))
    share = -(-sum(day < window for day in horizon.days) // deep_nights)
    return sorted(due.union(older[:share]))
