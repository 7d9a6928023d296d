"""Where the scores of a scheme begin, read off the customers it is to classify."""

from collections.abc import Iterable, Iterator

from rfm_service.engines import Engine
from rfm_service.locales import N_, Language
from rfm_service.segmentation.conditions import MEASURES
from rfm_service.segmentation.fitted import Border, FittedScheme
from rfm_service.segmentation.schemes import Scheme, Score

NAMES = {"recency": N_("recency"), "frequency": N_("frequency"), "monetary": N_("monetary value")}

PLACES = """
SELECT place, value, customer_id
FROM (
    SELECT
        {column} AS value,
        customer_id,
        CAST(ROW_NUMBER() OVER (ORDER BY {column} {direction}, key) AS BIGINT) AS place
    FROM {table}
) AS numbered
WHERE place IN ({places})
"""


def fit(engine: Engine, scheme: Scheme, table: str = "measured_customers") -> FittedScheme:
    """The scheme with its borders among the customers of a table of the engine (and `customer`, where keys are)."""
    unfitted = FittedScheme(scheme)
    (count,) = engine.run(f"SELECT COUNT(*) AS customers FROM {table}").column("customers").to_pylist()
    borders: dict[str, list[Border]] = {}
    for axis, score in scheme.scores.items():
        customers = _Ordered(engine, table, unfitted.column(axis), count)
        borders[axis] = list(_borders(customers, axis, score)) if count else []
    return FittedScheme(scheme, borders)


def missing_scores(engine: Engine, fitted: FittedScheme, language: Language) -> Iterator[str]:
    """What the report says where equal values leave fewer scores than were asked for."""
    for axis, score in fitted.scheme.scores.items():
        counted = engine.run(f"SELECT COUNT(DISTINCT {fitted.score_as_sql(axis)}) AS used FROM measured_customers")
        (used,) = counted.column("used").to_pylist()
        if score.method != "cuts" and used < score.bins:
            yield language.gettext("{scheme}: equal values leave {used} of {bins} scores of {measure}").format(
                scheme=fitted.scheme.title.told(language.code),
                used=used,
                bins=score.bins,
                measure=language.gettext(NAMES[axis]),
            )


class _Ordered:
    """The customers of a table in the order of one column, ties in the order of their keys."""

    def __init__(self, engine: Engine, table: str, column: str, count: int) -> None:
        self._engine = engine
        self._names = {"table": table, "column": column}
        self.count = count

    def at(self, places: Iterable[int], direction: str = "ASC") -> dict[int, tuple[int, int]]:
        """Value and customer at these places, from 1."""
        wanted = ", ".join(str(place) for place in sorted(set(places))) or "0"
        rows = self._engine.run(PLACES.format(places=wanted, direction=direction, **self._names)).to_pylist()
        return {row["place"]: (row["value"], row["customer_id"]) for row in rows}


def _borders(customers: _Ordered, axis: str, score: Score) -> Iterable[Border]:
    """From that of the second score on: recency falls with the score, the others rise."""
    falls = axis == "recency"
    if score.method == "cuts":
        cuts = [Border(round(cut * MEASURES[axis])) for cut in score.cuts]
        return reversed(cuts) if falls else cuts
    if score.method == "ntile":
        return _of_equal_groups(customers, score.bins, "DESC" if falls else "ASC")
    if score.method == "rank":
        return _of_ranks(customers, score.bins, falls)
    return _of_quantiles(customers, score, MEASURES[axis], falls)


def _of_equal_groups(customers: _Ordered, bins: int, direction: str) -> Iterable[Border]:
    """NTILE: the first groups are the larger ones."""
    size, larger = divmod(customers.count, bins)
    firsts = [group * size + min(group, larger) + 1 for group in range(1, bins)]
    found = customers.at(firsts, direction)
    return [Border(*found[first]) for first in firsts if first in found]


def _of_ranks(customers: _Ordered, bins: int, falls: bool) -> Iterable[Border]:
    """Quantiles (type 7) of the ranks 1 … n; a rank that is equal to one belongs below it."""
    below = [(customers.count - 1) * group // bins + 1 for group in range(1, bins)]
    if falls:
        found = customers.at(below)
        return [Border(*found[place], last=True) for place in reversed(below)]
    found = customers.at(place + 1 for place in below)
    return [Border(*found[place + 1]) for place in below if place + 1 in found]


def _of_quantiles(customers: _Ordered, score: Score, unit: int, falls: bool) -> Iterable[Border]:
    """Quantiles by linear interpolation ("type 7"), exactly: values are whole, so are the borders beside them."""
    bins = score.bins
    positions = [divmod((customers.count - 1) * group, bins) for group in range(1, bins)]
    found = customers.at(place + step for place, _ in positions for step in (1, 2))
    borders = []
    for place, rest in positions:
        low, _ = found[place + 1]
        high, _ = found.get(place + 2, (low, 0))
        quantile = low * bins + (high - low) * rest  # in units of 1 / bins
        next_begins = {
            "above": quantile // bins + 1,
            "from": -(-quantile // bins),
            "one_above": -(-quantile // bins) + unit,
        }[score.edge]
        borders.append(Border(next_begins - 1 if falls else next_begins))
    return reversed(borders) if falls else borders
