"""What the admin reads. A function here is a message; none holds a customer's name, errors come as told sentences."""

from pathlib import Path

import msgspec

from rfm_service.errors import FOREIGN, RfmError
from rfm_service.locales import Language
from rfm_service.receipts import ClassifyReceipt, ListFigures, SyncReceipt
from rfm_service.records import Lane, Message

WARNINGS_SHOWN = 3


def night_done(
    language: Language, day: int, classify: ClassifyReceipt, sync: SyncReceipt, seconds: float, folders: list[str]
) -> Message:
    """The report is made: the figures of the night, and where it will be. A folder out of reach is told by itself."""
    blocks = [
        [
            language.gettext("✅ The report for {0} is made and on its way").format(language.day(day)),
            _sales_read(language, sync),
            *_corrected(language, sync),
            _customers(language, classify),
            *movements(language, classify),
            *_calls(language, classify),
        ],
        [f"{segment.title}: {language.number(segment.customers)}" for segment in classify.segments],
        _warnings(language, classify.warnings),
        [
            language.gettext("Took {0}").format(_duration(language, seconds)),
            language.gettext("Soon to be found in: {0}").format(", ".join(dict.fromkeys(folders))),
        ],
    ]
    return Message("\n\n".join("\n".join(lines) for lines in blocks if lines))


def managers_list(language: Language, day: int, manager: str, figures: ListFigures, file: Path) -> Message:
    """A manager's customers, in the file that goes with it. Of a manager only the newest list waits."""
    text = language.gettext(
        "Your customers on {0}\n\n"
        "To call today: {1}\n"
        "About to fall into a worse segment: {2}\n"
        "Overdue: {3}\n"
        "All customers: {4}\n\n"
        "Who they are, and why to call, is in the file {5}."
    )
    counts = (figures.calls, figures.falling, figures.overdue, figures.customers)
    told = text.format(language.day(day), *map(language.number, counts), file.name)
    return Message(told, attachment=str(file), topic=f"list: {manager}")


def night_failed(language: Language, day: int, step: str, error: str, retry_at: str, log_file: Path) -> Message:
    """The report is not ready: at which step, and why.

    retry_at: when the service tries again, local `HH:MM`; empty: it does not, the night was begun by hand.
    """
    again = language.gettext("The service will try again at {0}.").format(retry_at) if retry_at else _by_hand(language)
    text = language.gettext("❌ The report for {0} is not ready\n\nStep: {1}\nReason: {2}\n\n{3} The log is attached.")
    told = text.format(language.day(day), _step_title(language, step), error, again)
    return Message(told, attachment=str(log_file), lane=Lane.ALERT)


def night_parked(language: Language, day: int, step: str, error: str, log_file: Path) -> Message:
    """The report was given up: a step died too often."""
    text = language.gettext(
        "⛔ The report for {0} is given up\n\n"
        "Step: {1}\n"
        "Reason: {2}\n\n"
        "The step failed three times in this way, so it is not tried again by itself. /run, or `once` where no service"
        " runs, tries once more. The log is attached."
    )
    told = text.format(language.day(day), _step_title(language, step), error)
    return Message(told, attachment=str(log_file), lane=Lane.ALERT)


def trouble(language: Language, work: str, error: str) -> Message:
    """Something went wrong outside a night; the service goes on."""
    text = language.gettext("⚠️ Trouble with: {0}\n\nReason: {1}\n\nThe service goes on; the log has more.")
    reason = language.gettext(error) if error in FOREIGN else error
    return Message(text.format(_work_title(language, work), reason), lane=Lane.ALERT, topic=f"trouble: {work}")


def repeated(language: Language, message: Message, times: int) -> Message:
    """The message as it is sent when it was said so often since it was last sent."""
    if times == 1:
        return message
    told = language.ngettext("(said {n} time since the last message)", "(said {n} times since the last message)", times)
    return msgspec.structs.replace(message, text=f"{message.text}\n\n{told}")


def erp_closed(language: Language, day: int, retry_at: str) -> Message:
    """The ERP is closed for maintenance: no fault, the night waits (`retry_at`: as in `night_failed`)."""
    text = language.gettext("🔧 The ERP is closed for maintenance\n\nThe report for {0} waits for it. {1}")
    again = language.gettext(
        "The service looks again at {0}, then every ten minutes, and says when the report is ready."
    )
    told = again.format(retry_at) if retry_at else _by_hand(language)
    return Message(text.format(language.day(day), told), lane=Lane.ALERT)


def setback(language: Language, day: int, step: str, error: str) -> Message:
    """The report is ready; something beside it did not succeed."""
    text = language.gettext(
        "⚠️ The report for {0} is ready, but one thing did not succeed\n\n"
        "Step: {1}\n"
        "Reason: {2}\n\n"
        "It is tried again with the next night."
    )
    return Message(text.format(language.day(day), _step_title(language, step), error), lane=Lane.ALERT)


def disk_full(language: Language, day: int, folder: str, *, by_hand: bool) -> Message:
    """There is no room on the disk: the night waits, and says so once."""
    text = language.gettext("⚠️ The disk with {0} is full\n\nThe report for {1} waits. Nothing is lost. {2}")
    again = language.gettext("The service looks again within a minute, and goes on as soon as there is room.")
    told = _by_hand(language) if by_hand else again
    return Message(text.format(folder, language.day(day), told), lane=Lane.ALERT)


def store_mended(language: Language, damage: RfmError, aside: str, backup: str) -> Message:
    """The database was damaged; what has taken its place (`backup`: a file's name, or empty)."""
    text = language.gettext("⚠️ The database was damaged\n\n{0}\n\nIt was set aside whole: {1}\n{2}")
    return Message(text.format(damage.told(language.gettext), aside, _in_its_place(language, backup)), lane=Lane.ALERT)


def store_gone(language: Language, database: str, backup: str) -> Message:
    """The database was not there any more; what has taken its place (`backup`: a file's name, or empty)."""
    text = language.gettext("⚠️ The database was gone\n\nThere was nothing in {0} any more.\n{1}")
    return Message(text.format(database, _in_its_place(language, backup)), lane=Lane.ALERT)


def folder_waits(language: Language, folder: str, error: str) -> Message:
    """The report is whole, but its folder is out of reach."""
    text = language.gettext(
        "⚠️ The report is waiting for the folder {0}\n\nReason: {1}\n\n"
        "The service copies it as soon as the folder is back."
    )
    return Message(text.format(folder, error), lane=Lane.ALERT, topic=f"folder: {folder}")


def folder_back(language: Language, folder: str, name: str) -> Message:
    """What had waited for a folder has arrived."""
    return Message(language.gettext("✅ The report {0} has arrived in the folder {1}").format(name, folder))


def report_lost(language: Language, name: str, error: str) -> Message:
    """A finished report cannot be handed over any more; what is in the folders stays."""
    text = language.gettext(
        "⚠️ The report {0} was damaged before it arrived everywhere\n\nReason: {1}\n\n"
        "What is in the folders was left alone. /run makes the newest report again, `once --date` an older one."
    )
    return Message(text.format(name, error), lane=Lane.ALERT, topic=f"report: {name}")


def store_unusable(language: Language, error: str) -> Message:
    """The database cannot be used at all; said past the outbox, which is in it."""
    text = language.gettext(
        "⚠️ The database cannot be used\n\nReason: {0}\n\n"
        "No report is made meanwhile. The service looks again three times a minute, and goes on as soon as it can."
    )
    return Message(text.format(error), lane=Lane.ALERT)


def store_usable(language: Language) -> Message:
    """The end of what `store_unusable` told."""
    return Message(language.gettext("✅ The database can be used again. The service goes on."))


def service_started(language: Language, version: str, moment: str) -> Message:
    """The service keeps its appointments again, since then: the message may wait for hours."""
    told = language.gettext("The RFM service {0} started at {1}.").format(version, moment)
    return Message(told, topic="started")


def movements(language: Language, classify: ClassifyReceipt) -> list[str]:
    """How many customers moved since the last report: one sentence, or none."""
    if not classify.causes:
        return []
    text = language.gettext("Changed their segment since the last report: {0} for the better, {1} for the worse")
    return [text.format(language.number(classify.rose), language.number(classify.fell))]


def alerts_only_in_log(language: Language) -> str:
    """A sentence for the log when no bot or no chat is set."""
    return language.gettext("Telegram is not set up: messages for the admin go to the log only.")


def _by_hand(language: Language) -> str:
    return language.gettext("It was begun by hand, and is not tried again by itself: run `once` again.")


def _in_its_place(language: Language, backup: str) -> str:
    if backup:
        return language.gettext("In its place: the backup {0}. What was read since is read again.").format(backup)
    return language.gettext("There was no sound backup: all sales are read anew.")


def _sales_read(language: Language, sync: SyncReceipt) -> str:
    if not sync.days_changed:
        return language.ngettext("Nothing changed in {n} day", "Nothing changed in {n} days", sync.days_read)
    lines = language.ngettext("{n} line", "{n} lines", sync.lines)
    told = language.gettext("Read: {0}; days new or changed: {1} of {2}")
    return told.format(lines, language.number(sync.days_changed), language.number(sync.days_read))


def _corrected(language: Language, sync: SyncReceipt) -> list[str]:
    documents = sum(change.added + change.changed + change.removed for change in sync.corrected)
    if not documents:
        return []
    told = language.ngettext("{n} document", "{n} documents", documents)
    days = language.ngettext("on {n} day", "on {n} days", len(sync.corrected))
    return [language.gettext("Corrected in the ERP: {0} {1}").format(told, days)]


def _customers(language: Language, classify: ClassifyReceipt) -> str:
    customers = language.ngettext("{n} customer", "{n} customers", classify.customers)
    orders = language.ngettext("{n} order", "{n} orders", classify.orders)
    return f"{customers} · {orders} · {language.money(classify.monetary)}"


def _calls(language: Language, classify: ClassifyReceipt) -> list[str]:
    """How many to call and how many fall soon; whom stands in the workbook."""
    lines = []
    if classify.called:
        told = language.gettext("📞 To call today: {0}, at risk {1}")
        money = language.short_money(classify.called_money)
        lines.append(told.format(language.number(len(classify.called)), money))
    if classify.falling:
        told = language.gettext("📉 About to fall into a worse segment: {0}, at risk {1}")
        lines.append(told.format(language.number(classify.falling), language.short_money(classify.falling_money)))
    return lines


def _warnings(language: Language, warnings: list[str]) -> list[str]:
    told = warnings[:WARNINGS_SHOWN]
    if more := len(warnings[WARNINGS_SHOWN:]):
        told.append(language.ngettext("{n} more warning in the log", "{n} more warnings in the log", more))
    return [f"⚠️ {warning}" for warning in told]


def _duration(language: Language, seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return language.gettext("{0} s").format(rest)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return language.gettext("{0} min {1} s").format(minutes, rest)
    return language.gettext("{0} h {1} min").format(hours, minutes)


def _work_title(language: Language, work: str) -> str:
    titles = {
        "night": language.gettext("the night's work"),
        "reports": language.gettext("copying the report into the folders"),
        "messages": language.gettext("sending messages"),
        "hearing": language.gettext("hearing commands"),
        "commands": language.gettext("obeying commands"),
        "state": language.gettext("writing the state of the service"),
    }
    return titles.get(work, work)


def _step_title(language: Language, step: str) -> str:
    titles = {
        "run_night": language.gettext("the night's work"),
        "sync_sales": language.gettext("reading the sales from the ERP"),
        "classify_customers": language.gettext("sorting the customers into segments"),
        "look_back": language.gettext("looking back at the closed months"),
        "draw_charts": language.gettext("drawing the charts"),
        "write_workbook": language.gettext("writing the workbook"),
        "write_lists": language.gettext("writing the lists for managers"),
        "write_page": language.gettext("writing the page"),
        "check_totals": language.gettext("comparing the totals"),
        "check_store": language.gettext("checking the database"),
        "drop_old_days": language.gettext("deleting sales that are too old"),
        "back_up": language.gettext("making a backup"),
        "spool_report": language.gettext("packing the report"),
        "record_report": language.gettext("recording who moved"),
        "publish_report": language.gettext("copying the report into the folders"),
    }
    return titles.get(step, step)
