"""What the bot says to an admin's commands. None of it holds a customer's name, unless the settings send the report."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from rfm_service.clock import date_of, day_of, moment_of
from rfm_service.kinds import Verdict
from rfm_service.locales import N_, Language
from rfm_service.notify import messages
from rfm_service.receipts import ClassifyReceipt, SegmentFigure
from rfm_service.records import Button, Cause, Lane, Message
from rfm_service.reports.reasons import CAUSE_TITLES
from rfm_service.status import Status
from rfm_service.store.journal import Run
from rfm_service.store.quarantine import QuarantinedDay
from rfm_service.store.suspects import Suspect

DAYS_SHOWN = 10
RUNS_SHOWN = 3
LONGEST_REASON = 300

COMMANDS = {
    "status": (N_("Status"), N_("what the service does and what waits")),
    "run": (N_("Run"), N_("work on tonight's report now")),
    "report": (N_("Report"), N_("the last report")),
    "segments": (N_("Segments"), N_("customers by segment, and what changed")),
    "quarantine": (N_("Quarantine"), N_("sales lines that could not be read")),
    "accept": (N_("Accept"), N_("believe a day that shrank")),
    "mute": (N_("Mute"), N_("no alerts for 8 hours, or for as many as you say: /mute 2")),
    "log": (N_("Log"), N_("the log file")),
    "help": (N_("Help"), N_("this list")),
}
"""Name → what it is called on a button, and what it does."""


def command_of(word: str) -> str:
    """The name of the command that a word means, whichever language it is in; '' when none."""
    name = word.removeprefix("/").partition("@")[0].casefold()
    return _names().get(name, "")


def pressed(data: str) -> tuple[str, int]:
    """What a button says, and when it was made (Unix seconds; 0: nobody knows)."""
    said, _, moment = data.rpartition(" ")
    return (said, int(moment)) if moment.isdecimal() and len(moment) < 12 else (data, 0)


def menu(language: Language) -> list[list[str]]:
    """The rows of the keyboard."""
    titles = [language.gettext(title) for title, _ in COMMANDS.values()]
    return [titles[row : row + 3] for row in range(0, len(titles), 3)]


def help_told(language: Language) -> Message:
    """What can be asked."""
    rows = [f"/{name} — {language.gettext(purpose)}" for name, (_, purpose) in COMMANDS.items()]
    return _answer("\n".join(rows), menu=menu(language))


def too_late(language: Language) -> Message:
    """The command lay too long."""
    return _answer(language.gettext("That was asked too long ago, and was not done. Please ask again."))


def failed(language: Language) -> Message:
    """Something unforeseen happened while obeying."""
    return _answer(language.gettext("That did not work; the log says why."))


def status_told(language: Language, status: Status, zone: ZoneInfo) -> Message:
    """What the service did last, and what waits."""
    rows = [
        language.gettext("Sales are known up to {0}").format(_date(language, status.newest_day)),
        *(_run_told(language, run, zone) for run in status.runs[:RUNS_SHOWN]),
        "",
        language.gettext("Messages waiting: {0}; reports waiting: {1}").format(
            status.messages_waiting, len(status.reports_waiting)
        ),
        *sorted({f"⚠️ {parcel.folder}" for parcel in status.reports_waiting}),
        language.gettext("Sales lines set aside: {0}").format(status.quarantined),
    ]
    if status.held_days:
        held = ", ".join(_date(language, day) for day in status.held_days[:DAYS_SHOWN])
        rows.append(language.gettext("⚠️ Days that wait for /accept: {0}").format(held))
    if status.unsealed_days:
        rows.append(language.gettext("Days to be read again: {0}").format(len(status.unsealed_days)))
    return _answer("\n".join(rows), menu=menu(language))


def night_asked_for(language: Language, day: int) -> Message:
    """It will be begun at once."""
    return _answer(language.gettext("The report for {0} is begun.").format(language.day(day)))


def night_under_way(language: Language, day: int) -> Message:
    """It is being made already."""
    return _answer(language.gettext("The report for {0} is being made already.").format(language.day(day)))


def no_report(language: Language) -> Message:
    """Nothing was ever finished."""
    return _answer(language.gettext("There is no report yet. /run makes one."))


def report_place(language: Language, arrived: list[str], awaited: list[str]) -> Message:
    """Where the last report is, and where it is not yet, when its files are not sent."""
    heads = {
        language.gettext("The last report is in:"): arrived,
        language.gettext("⚠️ It has not arrived in:")
        if arrived
        else language.gettext("⚠️ It is on its way to:"): awaited,
    }
    blocks = ["\n".join([head, *places]) for head, places in heads.items() if places]
    why = language.gettext(
        "Its files are not sent, because they hold customers' names: telegram.send_report in the settings allows it."
    )
    return _answer("\n\n".join([*blocks, why]))


def file_sent(file: Path) -> Message:
    """A file, without a word."""
    return Message("", attachment=str(file), lane=Lane.ANSWER)


def segments_told(language: Language, day: int, now: ClassifyReceipt, before: Sequence[SegmentFigure] = ()) -> Message:
    """Customers by segment, how that differs from the report before, and what has moved them."""
    sizes = {figure.key: figure.customers for figure in before}
    rows = [
        f"{figure.title}: {language.number(figure.customers)}{_difference(figure.customers, sizes.get(figure.key))}"
        f" · {language.short_money(figure.amount)}"
        for figure in now.segments
    ]
    head = language.gettext("Customers by segment, {0}").format(language.day(day))
    feet = [language.gettext("In brackets: the change since the report before.")] if before else []
    return _answer("\n".join([head, "", *rows, "", *feet, *_moved(language, now)]).rstrip())


def quarantine_told(language: Language, days: Sequence[QuarantinedDay], fields: Mapping[str, str]) -> Message:
    """How many lines of which days could not be read, and why. `fields`: our names of fields → the ERP's."""
    if not days:
        return _answer(language.gettext("No sales line is set aside."))
    rows = [
        f"{language.day(one.day)}: {one.lines} · {language.money(one.amount)}"
        f" · {_reason(language, one.verdict).format(fields.get(one.field, one.field))}"
        for one in days[:DAYS_SHOWN]
    ]
    lines = sum(one.lines for one in days)
    head = language.gettext("Sales lines set aside: {0}").format(language.number(lines))
    foot = language.gettext("The lines themselves: quarantine show DAY, on the machine of the service.")
    return _answer("\n".join([head, "", *rows, "", foot]))


def held_days(language: Language, held: Sequence[Suspect], moment: datetime) -> Message:
    """Which days shrank, with a button to believe each; the buttons remember when they were made."""
    shown = held[:DAYS_SHOWN]
    if not shown:
        return _answer(language.gettext("No day waits to be accepted."))
    told = language.gettext("{0}: now {1} lines, {2}")
    rows = [told.format(language.day(one.day), language.number(one.lines), language.money(one.amount)) for one in shown]
    head = language.gettext("In the ERP these days shrank a lot. If that is right, accept them:")
    buttons = [
        Button(
            language.gettext("Accept {0}").format(language.day(one.day)),
            f"accept {date_of(one.day).isoformat()} {int(moment.timestamp())}",
        )
        for one in shown
    ]
    return _answer("\n".join([head, "", *rows]), buttons=buttons)


def day_accepted(language: Language, day: int) -> Message:
    """It is believed."""
    text = language.gettext("{0} is accepted. The next night reads it; /run begins it now.")
    return _answer(text.format(language.day(day)))


def muted(language: Language, until: datetime) -> Message:
    """Silence until then (local time)."""
    text = language.gettext("No alerts before {0}. Answers come all the same; /mute 0 ends the silence.")
    return _answer(text.format(until.strftime("%d.%m %H:%M")))


def not_muted(language: Language) -> Message:
    """Silence is over."""
    return _answer(language.gettext("Alerts come again."))


def _answer(text: str, buttons: list[Button] | None = None, menu: list[list[str]] | None = None) -> Message:
    return Message(text, lane=Lane.ANSWER, buttons=buttons or [], menu=menu or [])


def _run_told(language: Language, run: Run, zone: ZoneInfo) -> str:
    states = {
        "running": language.gettext("🔄 {0}: being made since {1}"),
        "done": language.gettext("✅ {0}: ready since {1}"),
        "failed": language.gettext("❌ {0}: failed at {1}"),
        "parked": language.gettext("⛔ {0}: given up at {1}"),
    }
    moment = moment_of(run.ended_at or run.started_at).astimezone(zone)
    told = states[run.state].format(language.day(run.reference_day - 1), moment.strftime("%d.%m %H:%M"))
    if not run.error:
        return told
    return f"{told}\n    {language.gettext(run.error).partition(chr(10))[0][:LONGEST_REASON]}"


def _moved(language: Language, classify: ClassifyReceipt) -> list[str]:
    """How many customers have moved, and by which causes, the most frequent first."""
    causes = sorted(classify.causes.items(), key=lambda cause: -cause[1])
    told = [f"    {language.gettext(CAUSE_TITLES[Cause(name)])}: {language.number(moved)}" for name, moved in causes]
    return [*messages.movements(language, classify), *told]


def _reason(language: Language, verdict: int) -> str:
    if verdict == Verdict.INCOMPLETE:
        return language.gettext("without {0}")
    return language.gettext("cannot be read: {0}")


def _date(language: Language, iso: str) -> str:
    return language.day(day_of(date.fromisoformat(iso))) if iso else "-"


def _difference(now: int, before: int | None) -> str:
    return f" ({now - before:+d})" if before is not None and now != before else ""


@cache
def _names() -> dict[str, str]:
    titles = {
        Language(code).gettext(title).casefold(): name for name, (title, _) in COMMANDS.items() for code in ("en", "ru")
    }
    return titles | {name: name for name in COMMANDS}
