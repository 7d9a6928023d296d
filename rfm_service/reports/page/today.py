"""What to do today: the customers most worth a call or, without such a list, those who moved most."""

from collections.abc import Iterator, Mapping
from typing import Any

from rfm_service.locales import Language
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.page.cards import Card, chip
from rfm_service.reports.page.moves import biggest, why
from rfm_service.reports.page.safe import html
from rfm_service.reports.tables import ReportTables

FIRST, MORE = 3, 7
NAME_LENGTH = 90


def today_card(tables: ReportTables, language: Language) -> Card:
    """The first three, large; a few more behind a fold."""
    tasks = list(_tasks(tables, language))
    if not tasks:
        return Card(
            language.gettext("Whom to call today"),
            body=f'<p class="later">{html(_nothing(language))}</p>',
        )
    title = language.ngettext("To do today: one call", "To do today: {n} calls", min(FIRST, len(tasks)))
    first = "".join(f"<li>{task}</li>" for task in tasks[:FIRST])
    more = "".join(f"<li>{task}</li>" for task in tasks[FIRST:])
    rest = html(language.ngettext("One more", "{n} more", len(tasks) - FIRST))
    fold = f'<details><summary>{rest}</summary><ol start="{FIRST + 1}" class="tasks">{more}</ol></details>'
    return Card(title, _note(tables, language), body=f'<ol class="tasks">{first}</ol>{fold if more else ""}')


def _tasks(tables: ReportTables, language: Language) -> Iterator[str]:
    styles = {style.key: style for style in tables.facts.segments}
    if len(tables.calls):
        for row in tables.calls.head(FIRST + MORE).to_dict("records"):
            sum_at_risk = language.gettext("at stake {sum}").format(sum=language.short_money(row["money_at_risk"]))
            yield _task(row, row["segment"], row["reason"], sum_at_risk, styles)
        return
    for row in biggest(tables.movements, FIRST + MORE).to_dict("records"):
        spent = language.gettext("spent {sum}").format(sum=language.short_money(row["monetary_before"]))
        yield _task(row, row["after"], why(row, tables.facts, language), spent, styles)


def _task(row: Mapping[Any, Any], segment: str, cause: str, money: str, styles: dict[str, SegmentStyle]) -> str:
    """A customer: the name, the segment, why, and how much it is about."""
    mark = chip(styles[segment]) if segment in styles else ""
    details = [money, row.get("manager"), row.get("email")]
    facts = "".join(f"<li><bdi>{html(detail, NAME_LENGTH)}</bdi></li>" for detail in details if detail)
    color = html(styles[segment].color) if segment in styles else "#9e9e9e"
    return (
        f'<article style="border-color:{color}"><h3><bdi>{html(row["buyer"], NAME_LENGTH) or "–"}</bdi></h3>{mark}'
        f"<p>{html(cause)}</p><ul>{facts}</ul></article>"
    )


def _note(tables: ReportTables, language: Language) -> str:
    if len(tables.calls):
        return language.gettext("Where a call is most worth it: money at stake and the chance to win it back")
    return language.gettext("The largest customers that moved since the last report")


def _nothing(language: Language) -> str:
    return language.gettext(
        "Nobody is due for a call, and nobody has changed the segment since the last report."
        " Names will stand here as soon as a customer is late with an order, or moves:"
        " the second report at the earliest."
    )
