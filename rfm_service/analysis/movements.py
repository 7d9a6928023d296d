"""Who moved since the last published report, why, and which documents show it.

A movement has one cause: the step of the chain (`analysis.chain`) that took the customer where it went. So causes are
exclusive and add up to all movements.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from rfm_service.analysis.chain import ABSENT, STEPS, Baseline, Classified, State, read_baseline, states_since
from rfm_service.analysis.shapes import SHAPES
from rfm_service.clock import Horizon
from rfm_service.engines import Engine
from rfm_service.engines.store_reader import StoreReader
from rfm_service.kinds import Kind
from rfm_service.records import Cause, Evidence, to_json
from rfm_service.segmentation.crossings import NOTHING, Crossing, find_crossing
from rfm_service.segmentation.fitted import FittedScheme
from rfm_service.store.published import Query, changed_documents, documents_between

MOST_EXPLAINED = 2000
"""Of the movements that are explained together, those with the most money come with their documents."""
MOST_DOCUMENTS = 10
"""Behind one movement; of more the latest are kept."""

AT_ONCE = 20_000
"""Movements that are explained together: after a change of the scheme everybody may have moved."""

SHAPE = pa.schema([field for field in SHAPES["movements"] if field.name not in {"buyer", "manager"}])

DIFFERENT = """
SELECT
    '{scheme}' AS scheme,
    COALESCE(published.customer_id, customers.customer_id) AS customer_id,
    COALESCE(published.segment, '') AS before,
    COALESCE(customers.{column}, '') AS after,
    COALESCE(customers.monetary, 0) AS monetary
FROM (SELECT customer_id, segment FROM published_segments WHERE scheme = '{scheme}') AS published
FULL OUTER JOIN customers ON published.customer_id = customers.customer_id
WHERE COALESCE(published.segment, '') <> COALESCE(customers.{column}, '')
"""
WITH_CARDS = """
SELECT {columns}
FROM moved
INNER JOIN customer ON moved.customer_id = customer.customer_id
ORDER BY moved.direction, moved.monetary_before + moved.monetary_after DESC, moved.customer_id, moved.scheme
"""

Movement = dict[str, Any]


def find_movements(
    engine: Engine, store: StoreReader, horizon: Horizon, columns: Mapping[str, FittedScheme]
) -> pa.Table:
    """One row per scheme and customer in another segment than in the last published report, as SHAPES["movements"].

    The worst come first, and of those the ones with the most money. columns: the schemes of the columns of segments in
    the engine's table `customers`.
    """
    baseline = read_baseline(engine, store, horizon.reference_day)
    if not baseline or not {one.scheme.name for one in columns.values()} & baseline.schemes.keys():
        return SHAPES["movements"].empty_table()
    once = {fitted.scheme.name: column for column, fitted in reversed(list(columns.items()))}
    moved = _moved(engine, {name: column for name, column in once.items() if name in baseline.schemes})
    fitted = {one.scheme.name: one for one in columns.values()}
    parts = [
        _explain(engine, store, baseline, horizon, fitted, moved.slice(start, AT_ONCE))
        for start in range(0, moved.num_rows, AT_ONCE)
    ]
    engine.make_table("moved", pa.concat_tables([SHAPE.empty_table(), *parts]))
    return _with_cards(engine)


def _moved(engine: Engine, columns: Mapping[str, str]) -> pa.Table:
    """Scheme, customer_id, before, after and monetary of everybody who moved. columns: by scheme."""
    each = (DIFFERENT.format(column=column, scheme=scheme) for scheme, column in columns.items())
    return engine.run(" UNION ALL ".join(each) + " ORDER BY customer_id, scheme")


def _explain(
    engine: Engine,
    store: StoreReader,
    baseline: Baseline,
    horizon: Horizon,
    fitted: Mapping[str, FittedScheme],
    part: pa.Table,
) -> pa.Table:
    """These movements with their causes and documents."""
    moved: list[Movement] = part.to_pylist()
    engine.make_table("movers", part.select(["customer_id"]))
    chain = states_since(engine, store, baseline, horizon, fitted)
    for movement in moved:
        old, new = baseline.schemes[movement["scheme"]], fitted[movement["scheme"]]
        movement.update(_cause_of(movement, chain, old, new))
    _attach_documents(store, moved, chain, baseline, horizon)
    return pa.Table.from_pylist(moved, schema=SHAPE)


def _cause_of(movement: Movement, chain: Sequence[State], old: FittedScheme, new: FittedScheme) -> Movement:
    """The cause of a movement, and what crossed which border."""
    states = [state[old.scheme.name].get(movement["customer_id"], ABSENT) for state in chain]
    segments = [movement["before"], *(state.segment for state in states[1:-1]), movement["after"]]
    ranks = [*(old.scheme.ranks[segment] for segment in segments[:-1]), new.scheme.ranks[segments[-1]]]
    direction = _sign(ranks[0] - ranks[-1])
    step = _decisive_step(segments, ranks, direction)
    fitted_after = new if STEPS[step] is Cause.BORDER else old
    crossing = _crossing(old, states[step], segments[step], fitted_after, states[step + 1])
    return {
        "direction": direction,
        "cause": STEPS[step].value,
        "measure": crossing.measure,
        "value_before": crossing.before,
        "value_after": crossing.after,
        "border": crossing.border,
        "monetary_before": states[0].monetary,
        "monetary_after": movement["monetary"],
    }


def _decisive_step(segments: Sequence[str], ranks: Sequence[int], direction: int) -> int:
    """The last step that changed the segment in the direction of the whole movement; or else the last that did."""
    steps = [step for step in range(len(STEPS)) if segments[step] != segments[step + 1]]
    along = [step for step in steps if _sign(ranks[step] - ranks[step + 1]) == direction]
    return (along or steps)[-1]


def _crossing(
    old: FittedScheme, before: Classified, segment_before: str, new: FittedScheme, after: Classified
) -> Crossing:
    if before.segment != segment_before:  # its measures as published are not known any more
        return NOTHING
    return find_crossing(old, before.values, new, after.values)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _attach_documents(
    store: StoreReader, moved: list[Movement], chain: Sequence[State], baseline: Baseline, horizon: Horizon
) -> None:
    """Put the documents behind the movements with the most money."""
    by_money = sorted(moved, key=lambda movement: -(movement["monetary_before"] + movement["monetary_after"]))
    explained = by_money[:MOST_EXPLAINED]
    wanted: defaultdict[Cause, set[int]] = defaultdict(set)
    for movement in explained:
        wanted[Cause(movement["cause"])].add(movement["customer_id"])
    last_days = {}
    if silent := wanted.pop(Cause.SILENT, None):
        last_days = _last_days(chain, silent, horizon)
    found: dict[tuple[Cause, int], list[Evidence]] = defaultdict(list)
    queries = [*_queries(wanted, baseline, horizon), *_queries_of_silent(last_days)]
    for cause, query in queries:
        for row in store.read(*query).to_pylist():
            customer = row.pop("customer_id")
            found[cause, customer].append(Evidence(**(row | {"kind": Kind(row["kind"])})))
    for movement in moved:
        documents = found.get((Cause(movement["cause"]), movement["customer_id"]), [])
        movement["documents"] = to_json(documents[-MOST_DOCUMENTS:])


def _queries(wanted: Mapping[Cause, set[int]], baseline: Baseline, horizon: Horizon) -> Iterator[tuple[Cause, Query]]:
    then, last = baseline.horizon, horizon.last
    for cause, some in wanted.items():
        customers = sorted(some)
        if cause is Cause.BOUGHT:
            yield cause, documents_between(Kind.SALE, then.reference_day, last, customers)
        elif cause is Cause.RETURNED:
            yield cause, documents_between(Kind.RETURN, then.reference_day, last, customers)
        elif cause is Cause.LEFT_HORIZON:
            yield cause, documents_between(Kind.SALE, then.first, horizon.first - 1, customers)
        elif cause is Cause.CORRECTED:
            yield cause, changed_documents(baseline.ended_at, then.reference_day, customers)


def _queries_of_silent(last_days: Mapping[int, list[int]]) -> Iterator[tuple[Cause, Query]]:
    for day, customers in last_days.items():
        yield Cause.SILENT, documents_between(Kind.SALE, day, day, customers)


def _last_days(chain: Sequence[State], customers: set[int], horizon: Horizon) -> dict[int, list[int]]:
    """These customers by the day of their last purchase."""
    days: defaultdict[int, list[int]] = defaultdict(list)
    (state, *_) = chain[-1].values()
    for customer in sorted(customers):
        values = state.get(customer, ABSENT).values
        if values:
            days[horizon.reference_day - values["recency"]].append(customer)
    return days


def _with_cards(engine: Engine) -> pa.Table:
    names = {"buyer": "customer.name AS buyer", "manager": "customer.manager"}
    columns = ", ".join(names.get(name, f"moved.{name}") for name in SHAPES["movements"].names)
    return engine.run(WITH_CARDS.format(columns=columns))
