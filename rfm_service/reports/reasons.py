"""Why a customer moved from one segment to another, in words. Light: no pandas here.

A sentence says what crossed which border, and after a colon what brought it there: "Frequency fell from 9 to 8 orders,
the border is 9: an order of 14 Nov 2025 grew older than 365 days".
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from rfm_service.kinds import Kind
from rfm_service.locales import CURRENCY, Language
from rfm_service.records import Cause, Evidence
from rfm_service.reports.facts import Facts
from rfm_service.reports.texts import N_

CAUSE_TITLES = {
    Cause.BOUGHT: N_("Bought"),
    Cause.SILENT: N_("No orders for long"),
    Cause.LEFT_HORIZON: N_("An order grew too old"),
    Cause.RETURNED: N_("Returned goods"),
    Cause.CORRECTED: N_("Corrected in the ERP"),
    Cause.BORDER: N_("The border moved"),
}

DIRECTION_TITLES = {1: N_("↑ better"), -1: N_("↓ worse"), 0: N_("→ as good")}

KIND_TITLES = {
    Kind.SALE: N_("Sale"),
    Kind.RETURN: N_("Return"),
    Kind.CORRECTION: N_("Correction"),
    Kind.OTHER: N_("Document"),
}

ABSENT_TITLE = N_("No purchases")
"""The state of a customer without a purchase inside the horizon."""

MONEY = {"monetary", "two_month_sum"}
MOST_DOCUMENTS = 3


class Move(msgspec.Struct, frozen=True):
    """What a sentence needs of a row of `ReportTables.movements`; the words are explained there."""

    before: str
    after: str
    cause: Cause
    measure: str
    value_before: int
    value_after: int
    border: int
    documents: list[Evidence] = []

    @property
    def still(self) -> bool:
        """The measure is what it was: only time or the rules can have moved the customer."""
        return self.value_before == self.value_after

    def of_kind(self, *kinds: Kind) -> list[Evidence]:
        """The documents of these kinds that nobody changed."""
        return [document for document in self.documents if document.kind in kinds and document.amount_before is None]


def move_of(row: Mapping[Any, Any]) -> Move:
    """A row of the table as a value."""
    return Move(
        before=row["before"],
        after=row["after"],
        cause=Cause(row["cause"]),
        measure=row["measure"],
        value_before=int(row["value_before"]),
        value_after=int(row["value_after"]),
        border=int(row["border"]),
        documents=msgspec.json.decode(row["documents"] or "[]", type=list[Evidence]),
    )


def reason(move: Move, horizon_days: int, language: Language) -> str:
    """Why the customer moved: one sentence without a full stop."""
    if move.cause is Cause.BORDER:
        return _sentence(_rules_changed(move, language))
    crossed, because = _crossed(move, horizon_days, language), BECAUSE[move.cause](move, horizon_days, language)
    return _sentence(f"{crossed}: {because}" if crossed and because else crossed or because)


def documents_told(documents: Sequence[Evidence], language: Language) -> list[str]:
    """The documents one by one, in words; of many the first few and how many more there are."""
    told = [_document(document, language) for document in documents[:MOST_DOCUMENTS]]
    if more := len(documents) - len(told):
        told.append(language.ngettext("and {n} more", "and {n} more", more))
    return told


def segment_name(facts: Facts, key: str, language: Language) -> str:
    """What a segment is called; "" is the state of having no purchases. A key that is gone from the scheme stays."""
    names = {style.key: style.title for style in facts.segments}
    return names.get(key, key) if key else language.gettext(ABSENT_TITLE)


def _crossed(move: Move, horizon_days: int, language: Language) -> str:
    """What crossed which border; "" when nothing of the customer's own did."""
    if not move.before and move.cause is Cause.BOUGHT:
        return language.ngettext("first order within {n} day", "first order within {n} days", horizon_days)
    if not move.before:
        return language.ngettext("now with orders within {n} day", "now with orders within {n} days", horizon_days)
    if not move.after:
        return language.gettext("no orders are left")
    if move.measure not in CROSSED:
        return ""
    if move.still:
        return language.gettext("{state}, the border is {border}").format(
            state=_state(move, language), border=_values(move, language)[2]
        )
    return CROSSED[move.measure](move, language)


def _frequency(move: Move, language: Language) -> str:
    before, _, border = _values(move, language)
    if move.value_after > move.value_before:
        return language.ngettext(
            "frequency grew from {before} to {n} order, the border is {border}",
            "frequency grew from {before} to {n} orders, the border is {border}",
            move.value_after,
            before=before,
            border=border,
        )
    return language.ngettext(
        "frequency fell from {before} to {n} order, the border is {border}",
        "frequency fell from {before} to {n} orders, the border is {border}",
        move.value_after,
        before=before,
        border=border,
    )


def _recency(move: Move, language: Language) -> str:
    before, _, border = _values(move, language)
    if move.value_after > move.value_before:
        return language.ngettext(
            "no orders for {n} day, the border is {border}",
            "no orders for {n} days, the border is {border}",
            move.value_after,
            border=border,
        )
    return language.ngettext(
        "the last order was {n} day ago instead of {before}, the border is {border}",
        "the last order was {n} days ago instead of {before}, the border is {border}",
        move.value_after,
        before=before,
        border=border,
    )


def _order_interval(move: Move, language: Language) -> str:
    before, _, border = _values(move, language)
    if not move.value_after:
        text = language.gettext("no interval between orders any more, the border is {border}")
        return text.format(border=border)
    if not move.value_before:
        return language.ngettext(
            "orders come every {n} day now, the border is {border}",
            "orders come every {n} days now, the border is {border}",
            move.value_after,
            border=border,
        )
    return language.ngettext(
        "orders come every {n} day instead of {before}, the border is {border}",
        "orders come every {n} days instead of {before}, the border is {border}",
        move.value_after,
        before=before,
        border=border,
    )


def _monetary(move: Move, language: Language) -> str:
    text = (
        language.gettext("purchases grew from {before} to {after}, the border is {border}")
        if move.value_after > move.value_before
        else language.gettext("purchases fell from {before} to {after}, the border is {border}")
    )
    return _filled(text, move, language)


def _two_month_sum(move: Move, language: Language) -> str:
    text = (
        language.gettext("the mean sum of two months grew from {before} to {after}, the border is {border}")
        if move.value_after > move.value_before
        else language.gettext("the mean sum of two months fell from {before} to {after}, the border is {border}")
    )
    return _filled(text, move, language)


CROSSED: dict[str, Callable[[Move, Language], str]] = {
    "recency": _recency,
    "frequency": _frequency,
    "monetary": _monetary,
    "order_interval": _order_interval,
    "two_month_sum": _two_month_sum,
}


def _bought(move: Move, horizon_days: int, language: Language) -> str:
    sales = move.of_kind(Kind.SALE)
    if not sales:
        return language.gettext("there were new purchases")
    if len(sales) == 1:
        text = language.gettext("a purchase on {day} for {sum}")
        return text.format(day=language.day(sales[0].day), sum=language.money(sales[0].amount))
    return language.ngettext("{n} purchase for {sum}", "{n} purchases for {sum}", len(sales), sum=_sum(sales, language))


def _silent(move: Move, horizon_days: int, language: Language) -> str:
    sales = move.of_kind(Kind.SALE)
    if not sales:
        return "" if move.measure == "recency" and move.after else language.gettext("there were no new orders")
    last = max(sales, key=lambda sale: sale.day)
    text = language.gettext("the last one was on {day} for {sum}")
    if move.measure != "recency":
        text = language.gettext("the last order was on {day} for {sum}")
    return text.format(day=language.day(last.day), sum=language.money(last.amount))


def _left_horizon(move: Move, horizon_days: int, language: Language) -> str:
    sales, days = move.of_kind(Kind.SALE), language.number(horizon_days)
    if len(sales) == 1:
        text = language.gettext("an order of {day} grew older than {days} days")
        return text.format(day=language.day(sales[0].day), days=days)
    if sales:
        return language.ngettext(
            "{n} order grew older than {days} days", "{n} orders grew older than {days} days", len(sales), days=days
        )
    return language.gettext("former orders grew older than {days} days").format(days=days)


def _returned(move: Move, horizon_days: int, language: Language) -> str:
    returns = move.of_kind(Kind.RETURN)
    if not returns:
        return language.gettext("goods were returned")
    if len(returns) == 1:
        text = language.gettext("a return on {day} of {sum}")
        return text.format(day=language.day(returns[0].day), sum=language.money(abs(returns[0].amount)))
    return language.ngettext("{n} return of {sum}", "{n} returns of {sum}", len(returns), sum=_sum(returns, language))


def _corrected(move: Move, horizon_days: int, language: Language) -> str:
    documents = [
        document
        for document in move.documents
        if document.amount_before is not None or document.kind is Kind.CORRECTION
    ]
    if not documents:
        return language.gettext("the past was corrected in the ERP")
    if len(documents) > 1:
        return language.ngettext(
            "{n} document was corrected in the ERP", "{n} documents were corrected in the ERP", len(documents)
        )
    day, amount, before = documents[0].day, documents[0].amount, documents[0].amount_before
    if before is None:
        text = language.gettext("a correction on {day} by {sum}")
    elif not before:
        text = language.gettext("a document of {day} for {sum} was added in the ERP")
    elif not amount:
        text = language.gettext("a document of {day} for {before} was removed in the ERP")
    else:
        text = language.gettext("a document of {day} was changed in the ERP from {before} to {sum}")
    return text.format(day=language.day(day), sum=language.money(amount), before=language.money(before or 0))


BECAUSE: dict[Cause, Callable[[Move, int, Language], str]] = {
    Cause.BOUGHT: _bought,
    Cause.SILENT: _silent,
    Cause.LEFT_HORIZON: _left_horizon,
    Cause.RETURNED: _returned,
    Cause.CORRECTED: _corrected,
}


def _rules_changed(move: Move, language: Language) -> str:
    if move.measure not in CROSSED:
        return language.gettext("the rules of the segments changed, the customer did nothing")
    border = _values(move, language)[2]
    if move.measure == "frequency":
        border = language.ngettext("{n} order", "{n} orders", move.border)
    elif move.measure not in MONEY:
        border = language.ngettext("{n} day", "{n} days", move.border)
    return language.gettext("the border is {border} now, the customer did nothing: {state}").format(
        border=border, state=_state(move, language)
    )


def _state(move: Move, language: Language) -> str:
    """Where the customer stands, in the measure's unit."""
    value = move.value_after
    if move.measure == "frequency":
        return language.ngettext("the customer has {n} order", "the customer has {n} orders", value)
    if move.measure == "recency":
        return language.ngettext("the last order was {n} day ago", "the last order was {n} days ago", value)
    if move.measure == "order_interval":
        return language.ngettext("orders come every {n} day", "orders come every {n} days", value)
    text = (
        language.gettext("the customer bought for {sum}")
        if move.measure == "monetary"
        else language.gettext("the customer buys for {sum} in two months")
    )
    return text.format(sum=_values(move, language)[1])


def _document(document: Evidence, language: Language) -> str:
    text = (
        language.gettext("{kind} {number} of {day}: {sum}")
        if document.number
        else language.gettext("{kind} of {day}: {sum}")
    )
    amount = language.money(document.amount)
    if document.amount_before is not None:
        amount = language.gettext("{after} instead of {before}").format(
            after=amount, before=language.money(document.amount_before)
        )
    kind = language.gettext(KIND_TITLES[document.kind])
    return text.format(kind=kind, number=document.number, day=language.day(document.day), sum=amount)


def _filled(text: str, move: Move, language: Language) -> str:
    before, after, border = _values(move, language)
    return text.format(before=before, after=after, border=border)


def _values(move: Move, language: Language) -> tuple[str, str, str]:
    """Before, after and border as people write them: roubles with kopecks only where they would look equal without."""
    values = (move.value_before, move.value_after, move.border)
    if move.measure not in MONEY:
        before, after, border = (language.number(value) for value in values)
        return before, after, border
    before, after, border = (language.money(value) for value in values)
    if len({before, after, border}) < len(set(values)):
        before, after, border = (language.number(value / 100, 2) + CURRENCY for value in values)
    return before, after, border


def _sum(documents: Sequence[Evidence], language: Language) -> str:
    return language.money(abs(sum(document.amount for document in documents)))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
