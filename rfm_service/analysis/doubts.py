"""What looks wrong in the data: sentences for managers and the admin, each with what to do. No customer's name in them.

The thresholds are explained in docs/formulas.md, "Warnings".
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from statistics import median, quantiles
from typing import Any

import pyarrow as pa

from rfm_service.clock import Horizon, date_of
from rfm_service.engines import Engine
from rfm_service.kinds import Kind, Link, Verdict
from rfm_service.locales import Language
from rfm_service.models import model

MANY_DOCUMENTS, MANY_SHARE, MANY_TIMES = 200, 0.1, 10
JUMP, JUMP_LINES, JUMP_DOCUMENTS, JUMP_WINDOW, JUMP_DAYS = 8, 20, 5, 28, 7
WEEKS, KNOWN_WEEKS = 4, 4
UNMATCHED_SHARE, INFERRED_SHARE = 0.2, 0.5
LEGAL_FORMS = {"ооо", "оао", "зао", "пао", "нао", "ао", "ип", "чп", "тд", "llc", "ltd", "inc", "gmbh"}

Rows = list[dict[str, Any]]


def warnings_of(engine: Engine, horizon: Horizon, language: Language) -> list[str]:
    """One sentence for each thing that looks wrong, the gravest first."""
    ledger = {row["day"]: row for row in engine.run("SELECT * FROM ledger").to_pylist()}
    return [
        *_unread(ledger, horizon, language),
        *_held(engine, language),
        *_unbalanced(engine, language),
        *_no_sales(engine, ledger, horizon, language),
        *_malformed(engine, language),
        *_jumps(engine, language),
        *_really_many(engine, language),
        *_alike(engine, language),
        *_returns(engine, horizon, language),
    ]


def look_alikes(engine: Engine) -> pa.Table:
    """Buyers whose names are one but for case, marks, ё, or a legal form's place. Columns: group (from 1), buyer."""
    rows = [(number, buyer) for number, buyers in enumerate(_look_alikes(engine), start=1) for buyer in buyers]
    columns = {"group": [number for number, _ in rows], "buyer": [buyer for _, buyer in rows]}
    return pa.table(columns, schema=pa.schema({"group": pa.int64(), "buyer": pa.string()}))


def _unread(ledger: Mapping[int, dict[str, Any]], horizon: Horizon, language: Language) -> Iterator[str]:
    missing = [day for day in horizon.days if day not in ledger]
    if missing:
        text = language.gettext("{0} days of the horizon were never read, the first is {1}.")
        yield text.format(language.number(len(missing)), language.day(missing[0]))
    unsealed = [day for day in horizon.days if day in ledger and ledger[day]["lines"] and not ledger[day]["sealed"]]
    if unsealed:
        text = language.gettext("Days that are not certain and will be read again: {0}, the first is {1}.")
        yield text.format(language.number(len(unsealed)), language.day(unsealed[0]))


def _held(engine: Engine, language: Language) -> Iterator[str]:
    held = engine.run("SELECT day FROM suspect ORDER BY day").column("day").to_pylist()
    if held:
        text = language.gettext(
            "Days that suddenly shrank in the ERP: {0}; the old data are kept. If the ERP is right: {1}"
        )
        yield text.format(language.number(len(held)), f"python run_service.py accept {date_of(held[0]).isoformat()}")


def _unbalanced(engine: Engine, language: Language) -> Iterator[str]:
    rows = engine.run(model("unbalanced_days")).column("day").to_pylist()
    if rows:
        text = language.gettext("Days whose lines do not add up to what was received: {0}. Run: {1}")
        yield text.format(language.number(len(rows)), "python run_service.py verify")


def _no_sales(
    engine: Engine, ledger: Mapping[int, dict[str, Any]], horizon: Horizon, language: Language
) -> Iterator[str]:
    (newest,) = engine.run("SELECT CAST(MAX(day) AS BIGINT) AS day FROM purchases").column("day").to_pylist()
    if newest < horizon.last:
        text = language.gettext("No sales on {0}; the last ones are of {1}.")
        yield text.format(language.day(horizon.last), language.day(newest))
    silent = [day for day in ledger if day < newest and _is_unusual(day, ledger)]
    if silent:
        text = language.gettext(
            "Days without sales where that weekday always has some: {0}, the first is {1}. Were they closed?"
        )
        yield text.format(language.number(len(silent)), language.day(min(silent)))


def _is_unusual(day: int, ledger: Mapping[int, dict[str, Any]]) -> bool:
    weeks = [day + 7 * week for week in range(-WEEKS, WEEKS + 1) if week]
    known = [ledger[other]["lines"] for other in weeks if other in ledger]
    return not ledger[day]["lines"] and len(known) >= KNOWN_WEEKS and all(known)


def _malformed(engine: Engine, language: Language) -> Iterator[str]:
    query = f"SELECT CAST(SUM(lines) AS BIGINT) AS lines FROM day_account WHERE verdict = {Verdict.MALFORMED:d}"
    (lines,) = engine.run(query).column("lines").to_pylist()
    if lines:
        text = language.gettext("Lines that could not be read and were set aside: {0}.")
        yield text.format(language.number(lines))


def _jumps(engine: Engine, language: Language) -> Iterator[str]:
    days = engine.run(model("day_sizes")).to_pylist()
    odd = [day["day"] for day in days if _jumps_out(day, days)]
    if odd:
        text = language.gettext(
            "Days whose lines are many times larger or smaller than usual: {0}, the first is {1}."
            " Did a unit or a currency change in the ERP?"
        )
        yield text.format(language.number(len(odd)), language.day(odd[0]))


def _jumps_out(day: dict[str, Any], days: Rows) -> bool:
    around = [
        other
        for other in days
        if other is not day and abs(other["day"] - day["day"]) <= JUMP_WINDOW and _is_busy(other)
    ]
    if not _is_busy(day) or len(around) < JUMP_DAYS:
        return False
    usual = {name: median(other[name] for other in around) for name in ("amount", "quantity")}
    return any(usual[name] and not usual[name] / JUMP <= day[name] <= usual[name] * JUMP for name in usual)


def _is_busy(day: dict[str, Any]) -> bool:
    return bool(day["lines"] >= JUMP_LINES and day["documents"] >= JUMP_DOCUMENTS)


def _really_many(engine: Engine, language: Language) -> Iterator[str]:
    documents = engine.run(model("buyers")).column("documents").to_pylist()
    many = [count for count in documents if _is_many(count, documents)]
    if many:
        text = language.gettext(
            "Buyers with so many documents that they are hardly one customer: {0}."
            " Sort the sheet of customers by orders; anonymous ones belong into cleaning.anonymous_buyers."
        )
        yield text.format(language.number(len(many)))


def _is_many(count: int, documents: Sequence[int]) -> bool:
    if count < MANY_DOCUMENTS or count < MANY_SHARE * sum(documents) or len(documents) < 2:
        return False
    return count > MANY_TIMES * quantiles(documents, n=100, method="inclusive")[-2]


def _alike(engine: Engine, language: Language) -> Iterator[str]:
    groups = _look_alikes(engine)
    if groups:
        text = language.gettext(
            "Groups of buyers whose names look alike: {0}. If they are one customer, merge them in the ERP;"
            " the workbook names them."
        )
        yield text.format(language.number(len(groups)))


def _look_alikes(engine: Engine) -> list[list[str]]:
    """Groups of names of one bare name and one legal form; a name without a form is alike to all of its bare name."""
    by_name: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in engine.run(model("buyers")).to_pylist():
        words = re.findall(r"\w+", row["buyer"].casefold().replace("ё", "е"))
        bare, forms = ("".join(word for word in words if (word in LEGAL_FORMS) is legal) for legal in (False, True))
        by_name[bare][forms].append(row["buyer"])
    groups = [
        group
        for _, by_form in sorted(by_name.items())
        for group in ([sorted(chain.from_iterable(by_form.values()))] if "" in by_form else by_form.values())
    ]
    return [group for group in groups if len(group) > 1]


def _returns(engine: Engine, horizon: Horizon, language: Language) -> Iterator[str]:
    query = (
        "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS amount FROM day_account"
        f" WHERE kind = {Kind.RETURN:d} AND verdict = {Verdict.ACCEPTED:d}"
    )
    (returned,) = engine.run(query).column("amount").to_pylist()
    window = {"first_day": horizon.first, "reference_day": horizon.reference_day}
    found = {row["link"]: row["amount"] for row in engine.run(model("return_links"), window).to_pylist()}
    if returned and 1 - sum(found.values()) / returned > UNMATCHED_SHARE:
        text = language.gettext("{0} of the returned money found no sale and was not taken off.")
        yield text.format(language.share(1 - sum(found.values()) / returned))
    if returned and found.get(Link.INFERRED, 0) / returned > INFERRED_SHARE:
        text = language.gettext("For {0} of the returned money the sale was only inferred: the returns name none.")
        yield text.format(language.share(found[Link.INFERRED] / returned))
