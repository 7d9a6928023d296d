"""Everything that a night needs, tried once, without a trace: what `doctor` does."""

import shutil
from collections.abc import Iterable, Iterator

from rfm_service import workers
from rfm_service.clock import Clock, today
from rfm_service.errors import ConfigurationError, DiskFull, FolderUnusable, NothingKnown, RfmError
from rfm_service.home import Home, exposed_secrets
from rfm_service.jobs import Trial
from rfm_service.notify import mail, telegram
from rfm_service.receipts import TrialReceipt
from rfm_service.safekeeping import known_store
from rfm_service.settings import Settings
from rfm_service.slots import require_plausible_clock
from rfm_service.sources.doctor import Finding, examine
from rfm_service.steps import try_folders
from rfm_service.store import ledger

ROOM_MIB = 512
FOLDER_LIMITS = workers.Limits(minutes=1)


def check_up(home: Home, clock: Clock) -> Iterator[Finding]:
    """This machine, the ERP, and the ways to people, as they are tried. The findings of the ERP name its parts."""
    yield from _machine(home, clock)
    asked_once = home.settings.erp.model_copy(update={"tries": 1})  # somebody sits there and waits
    yield from examine(asked_once, today(clock, home.settings.erp.zone) - 1)
    yield from _folders(home)
    yield from _half_set(home.settings)
    if home.settings.telegram.token.get_secret_value():
        yield from _as_findings(telegram.examine(home.settings.telegram))
    if home.settings.mail.host:
        yield from _as_findings(mail.examine(home.settings.mail))


def _half_set(settings: Settings) -> Iterator[Finding]:
    """Ways to people that lack an end: nobody would hear of a failure."""
    telegram, mail_settings = settings.telegram, settings.mail
    has_token = bool(telegram.token.get_secret_value())
    for subject, is_lacking, given, missing in (
        ("Telegram", has_token and not telegram.chat_ids, "telegram.token", "telegram.chat_ids"),
        ("Telegram", telegram.chat_ids and not has_token, "telegram.chat_ids", "telegram.token"),
        ("Mail", mail_settings.recipients and not mail_settings.host, "mail.recipients", "mail.host"),
    ):
        if is_lacking:
            error = ConfigurationError("{0} is set, {1} is not: nobody hears of failures this way.", given, missing)
            yield Finding(subject, error)


def _machine(home: Home, clock: Clock) -> Iterator[Finding]:
    yield Finding("Disk", _shortage(home))
    yield from _known(home, clock)
    for file in exposed_secrets(home):
        yield Finding(
            "Secrets", FolderUnusable("{0} holds a secret, and other users may read it: chmod 600.", str(file))
        )


def _shortage(home: Home) -> RfmError | None:
    free = shutil.disk_usage(home.path).free >> 20
    if free >= ROOM_MIB:
        return None
    return DiskFull("The disk with {0} has {1} MiB left. Make room: a night wants {2}.", str(home.path), free, ROOM_MIB)


def _known(home: Home, clock: Clock) -> Iterator[Finding]:
    """The database, if there is one, and the clock, judged by the sales in it."""
    newest = None
    try:
        with known_store(home) as store:
            newest = ledger.newest_day_with_sales(store)
    except NothingKnown:
        pass
    except RfmError as error:
        yield Finding("Database", error)
    yield Finding("Clock", _wrong_clock(home, clock, newest))


def _wrong_clock(home: Home, clock: Clock, newest: int | None) -> RfmError | None:
    try:
        require_plausible_clock(today(clock, home.settings.erp.zone), newest)
    except RfmError as error:
        return error
    return None


def _folders(home: Home) -> Iterator[Finding]:
    """In a process of its own: a share that has died would hold us for ever."""
    (outcome,) = workers.run([try_folders], Trial(home), FOLDER_LIMITS, lambda *_: None)
    if not isinstance(outcome.receipt, TrialReceipt):
        yield Finding("Folders", outcome.error)
        return
    for folder in dict.fromkeys(home.folders):
        trouble = outcome.receipt.troubles.get(folder)
        yield Finding(folder, FolderUnusable("{0}", trouble) if trouble else None)


def _as_findings(tried: Iterable[tuple[str, RfmError | None]]) -> Iterator[Finding]:
    return (Finding(subject, trouble) for subject, trouble in tried)
