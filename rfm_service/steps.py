"""The steps of a night: read, compute, write, count. Each runs in a worker process.

Imports stand inside the bodies, so that the parent, which only names the steps, stays light.
"""

import re
import shutil
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from math import ceil
from pathlib import Path

from rfm_service.clock import Horizon, SystemClock, stamp, today
from rfm_service.errors import ClockWrong, ReportDamaged, RfmError, StoreDamaged, TotalsDisagree
from rfm_service.home import Home
from rfm_service.jobs import Alarm, Backfill, Check, Delivery, Export, Extract, Import, Job, Post, Preview, Trial, Watch
from rfm_service.receipts import (
    BackupReceipt,
    CheckReceipt,
    ClassifyReceipt,
    ExportReceipt,
    ExtractReceipt,
    FilesReceipt,
    FrozenReceipt,
    GatherReceipt,
    HeardReceipt,
    HistoryReceipt,
    ImportReceipt,
    ListsReceipt,
    PreviewReceipt,
    Receipt,
    RecordReceipt,
    RetentionReceipt,
    SentReceipt,
    SoundReceipt,
    SpoolReceipt,
    SyncReceipt,
    TrialReceipt,
    VerifyReceipt,
)
from rfm_service.workers import Report

WORKBOOK, PAGE = "RFM.xlsx", "RFM.html"
DAYS_OF_A_YEAR = 365.25


def sync_sales(job: Job, report: Report) -> SyncReceipt:
    """ERP → store: every day of the horizon that is missing or due for another look, oldest first.

    A day that cannot be read is named in the receipt; without the newest one there is no night.
    """
    from rfm_service.store import ledger
    from rfm_service.store.connection import existing
    from rfm_service.sync.window import due_days

    night, horizon = job.home.settings.night, job.horizon
    with existing(job.home.database) as store:
        known = ledger.entries(store, horizon.first, horizon.last)
    days = due_days(known, horizon, night.recheck_days, night.deep_nights)
    return _sync(job.home, days, horizon.days, {horizon.last}, report)


def read_days(job: Backfill, report: Report) -> SyncReceipt:
    """ERP → store: the days named, every one of them."""
    whole = range(min(job.days), max(job.days) + 1)
    return _sync(job.home, job.days, whole, set(job.days), report)


def _sync(home: Home, days: Sequence[int], horizon: range, required: set[int], report: Report) -> SyncReceipt:
    from rfm_service.cleaning.verdicts import rules_of
    from rfm_service.sources.connecting import connect
    from rfm_service.store import ledger
    from rfm_service.store.catalog import CatalogTable
    from rfm_service.store.connection import existing
    from rfm_service.store.sales import customer_keys
    from rfm_service.sync import reading

    rules, clock = rules_of(home.settings.cleaning), SystemClock()
    believe_after = timedelta(hours=home.settings.night.believe_hours)
    with existing(home.database) as store:
        source = connect(home.settings.erp, CatalogTable(store, clock.now()))
        tally = reading.read_days(store, source, rules, days, clock, believe_after, report)
        for day in sorted(required & tally.unread.keys()):
            raise tally.unread[day]
        keys = customer_keys(store, horizon[0], horizon[-1])
        return SyncReceipt(
            tally.read,
            tally.changed,
            tally.lines,
            tally.malformed,
            days_judged_again=reading.judge_again(store, rules, clock),
            buyers=reading.refresh_buyers(store, source, horizon[0], horizon[-1], keys),
            held=sorted(tally.held),
            unread=sorted(tally.unread),
            unbalanced=ledger.unbalanced_days(store),
            corrected=tally.corrected,
        )


def gather_files(job: Import, report: Report) -> GatherReceipt:
    """Files → days, in a database of their own. What an import of other files has left is dropped."""
    from rfm_service.sources.files.rows import Rows
    from rfm_service.store.gathered import opened_gathering
    from rfm_service.sync.importing import gather

    for left in job.home.imports.glob("*"):
        if not left.name.startswith(job.gathered.name):
            left.unlink()
    zone = job.home.settings.erp.zone
    make_rows = partial(Rows, job.mapping, zone=zone, newest=today(SystemClock(), zone))
    with opened_gathering(job.gathered) as gathered:
        gather(gathered, job.files, job.mapping, make_rows, report)
        return GatherReceipt(len(gathered.days()))


def import_days(job: Import, report: Report) -> ImportReceipt:
    """Days → store."""
    from rfm_service.cleaning.verdicts import rules_of
    from rfm_service.sources.files.rows import reader_of
    from rfm_service.store.connection import existing
    from rfm_service.store.gathered import opened_gathering
    from rfm_service.sync.importing import Importing

    settings = job.home.settings
    reader, rules = reader_of(job.mapping, settings.erp.operations, settings.erp.zone), rules_of(settings.cleaning)
    with existing(job.home.database) as store, opened_gathering(job.gathered) as gathered:
        importing = Importing(store, gathered, reader, rules, SystemClock(), job.origin, job.replace)
        receipt = importing.import_days(report)
    shutil.rmtree(job.home.imports)
    return receipt


def export_tables(job: Export, report: Report) -> ExportReceipt:
    """Store → files for other programs."""
    from rfm_service.analysis.exporting import export

    horizon = Horizon(job.reference_day, job.home.settings.night.horizon_days)
    return export(job.home, job.folder, horizon, job.days, job.form, report)


def check_store(job: Job | Check, report: Report) -> SoundReceipt:
    """The store is what was written, byte for byte: for a night, what its report is made of. Raises StoreDamaged.

    The rest is looked at when the night's backup is verified.
    """
    from rfm_service.store import ledger, verify
    from rfm_service.store.connection import existing
    from rfm_service.store.history import first_day_of_last_report

    with existing(job.home.database) as store:
        if isinstance(job, Job):
            first = min(job.horizon.at_end_of_month.first, first_day_of_last_report(store, job.reference_day))
            found = verify.troubles_since(store, first)
        else:
            found = verify.troubles(store)
        if found:
            raise StoreDamaged("{0} is damaged: {1}.", str(job.home.database), found[0])
        return SoundReceipt(ledger.known_days(store))


def verify_store(job: Check, report: Report) -> VerifyReceipt:
    """Recount what was sealed, derive again what is derived, and say what differs. A broken file is not looked into."""
    from rfm_service.cleaning.verdicts import rules_of
    from rfm_service.store import ledger, verify
    from rfm_service.store.connection import existing, transaction
    from rfm_service.store.orders import rebuild_orders

    rules = rules_of(job.home.settings.cleaning)
    with existing(job.home.database) as store:
        if damages := verify.damages(store):
            return VerifyReceipt(0, 0, damages, [], 0)
        if job.mend:
            with transaction(store):
                rebuild_orders(store, rules.gift_below)
        stale_days = len(ledger.days_under_other_rules(store, rules.fingerprint))
        return VerifyReceipt(
            days=ledger.known_days(store),
            stale_days=stale_days,
            damages=[],
            unbalanced_days=verify.unbalanced_days(store),
            wrong_orders=0 if stale_days else verify.wrong_orders(store, rules.gift_below),
        )


def classify_customers(job: Job, report: Report) -> ClassifyReceipt:
    """Store → a segment and a tier for every customer, and the tables of the report."""
    from rfm_service import analysis

    return analysis.classify(job.home, job.run_id, job.horizon, job.work)


def classify_as_of(job: Extract, report: Report) -> ExtractReceipt:
    """Store → a file with every customer of a day."""
    from rfm_service.analysis import as_of
    from rfm_service.segmentation.schemes import read_scheme

    return as_of.extract(job.home, job.horizon, read_scheme(job.scheme), job.output)


def preview_scheme(job: Preview, report: Report) -> PreviewReceipt:
    """Store → who would move under another scheme."""
    from rfm_service.analysis import as_of
    from rfm_service.segmentation.schemes import read_scheme

    return as_of.preview(job.home, job.horizon, read_scheme(job.current), read_scheme(job.proposed))


def freeze_scheme(job: Extract, report: Report) -> FrozenReceipt:
    """Store → a scheme file with the cuts of a day."""
    from rfm_service.analysis import as_of

    return as_of.freeze(job.home, job.horizon, job.scheme, job.output)


def look_back(job: Job, report: Report) -> HistoryReceipt:
    """Store → the tables of the closed months, beside the others; those of the last time, if nothing has changed."""
    from rfm_service.analysis import history

    return history.look_back(job.home, job.horizon, job.work)


def draw_charts(job: Job, report: Report) -> FilesReceipt:
    """Tables → pictures."""
    from rfm_service.reports.charts import draw_charts
    from rfm_service.reports.publish import flush_files
    from rfm_service.reports.tables import read_tables

    job.spool.mkdir(parents=True, exist_ok=True)
    totals = draw_charts(read_tables(job.work), job.spool)
    return FilesReceipt(flush_files(sorted(job.spool.glob("*.png"))), totals)


def write_workbook(job: Job, report: Report) -> FilesReceipt:
    """Tables → the workbook."""
    from rfm_service.reports.publish import flush_files
    from rfm_service.reports.tables import read_tables
    from rfm_service.reports.workbook import write_workbook

    job.spool.mkdir(parents=True, exist_ok=True)
    totals = write_workbook(read_tables(job.work), job.spool / WORKBOOK)
    return FilesReceipt(flush_files([job.spool / WORKBOOK]), totals)


def write_lists(job: Job, report: Report) -> ListsReceipt:
    """Tables → a workbook for each manager and each segment."""
    from rfm_service.reports.lists import write_lists
    from rfm_service.reports.publish import flush_files
    from rfm_service.reports.tables import read_tables

    job.spool.mkdir(parents=True, exist_ok=True)
    lists = write_lists(read_tables(job.work), job.spool)
    return ListsReceipt(flush_files(lists.files), lists.totals, lists.managers)


def write_page(job: Job, report: Report) -> FilesReceipt:
    """Tables → the page."""
    from rfm_service.reports.page import write_page
    from rfm_service.reports.publish import flush_files
    from rfm_service.reports.tables import read_tables

    job.spool.mkdir(parents=True, exist_ok=True)
    totals = write_page(read_tables(job.work), job.spool / PAGE)
    return FilesReceipt(flush_files([job.spool / PAGE]), totals)


def check_totals(job: Job, report: Report) -> CheckReceipt:
    """What the workbook and the pictures show is what SQL says, to the kopeck, or nothing goes out."""
    from rfm_service.locales import Language
    from rfm_service.reports.workbook import read_totals

    language = Language(job.home.settings.language)
    expected = job.receipts["classify_customers"]
    shown = {
        f"{step}: {total}": value
        for step, receipt in job.receipts.items()
        if isinstance(receipt, FilesReceipt)
        for total, value in receipt.totals.items()
    }
    shown |= {f"{WORKBOOK}: {total}": value for total, value in read_totals(job.spool / WORKBOOK, language).items()}
    for total, value in shown.items():
        said = getattr(expected, re.split("[ .]", total)[-1])
        if value != said:
            raise TotalsDisagree("{0} is {1}, the store says {2}. Nothing was published.", total, value, said)
    return CheckReceipt(len(shown))


def spool_report(job: Job, report: Report) -> SpoolReceipt:
    """Every file of the report is on the disk, and still what the steps before have written."""
    from rfm_service.reports.publish import flush_files

    written = digests_in(job.receipts)
    found = flush_files(sorted(job.spool.iterdir()))
    for name in sorted(written.items() ^ found.items()):
        raise ReportDamaged("{0} is not what was written: a power cut? The report is made anew.", name[0])
    return SpoolReceipt(sorted(found))


def digests_in(receipts: dict[str, Receipt]) -> dict[str, str]:
    """SHA-256 of the report's files as the steps have written them, by name."""
    files = [receipt.files for receipt in receipts.values() if isinstance(receipt, FilesReceipt)]
    return {name: digest for written in files for name, digest in written.items()}


def record_report(job: Job, report: Report) -> RecordReceipt:
    """What the report says → the store's history: segments as periods, and who moved."""
    from rfm_service.analysis.record import read_record
    from rfm_service.store import history
    from rfm_service.store.connection import existing

    record = read_record(job.work, job.reference_day, job.run_id, job.horizon.length)
    with existing(job.home.database) as store:
        history.record_report(store, record)
    return RecordReceipt(len(record.movements))


def drop_old_days(job: Job, report: Report) -> RetentionReceipt:
    """Delete the sales that are older than the settings allow: never inside the horizon, never by a doubtful clock."""
    from rfm_service.cleaning.verdicts import rules_of
    from rfm_service.store.connection import existing
    from rfm_service.store.retention import drop_days_before, is_plausible

    settings = job.home.settings
    if not settings.privacy.keep_years:
        return RetentionReceipt(0)
    first_kept = min(job.reference_day - ceil(settings.privacy.keep_years * DAYS_OF_A_YEAR), job.horizon.first)
    with existing(job.home.database) as store:
        if not is_plausible(store, now := SystemClock().now()):
            raise ClockWrong("The clock says {0}: nothing was deleted for its age. Set it right.", stamp(now))
        return RetentionReceipt(drop_days_before(store, first_kept, rules_of(settings.cleaning).gift_below))


def back_up(job: Job | Check, report: Report) -> BackupReceipt:
    """Store → a verified copy in the backups' folder; the oldest surplus ones go."""
    from rfm_service.store.backup import make_backup

    home = job.home
    made = make_backup(home.database, home.backups, SystemClock().now(), home.settings.backup.keep)
    return BackupReceipt(str(made.path), made.bytes)


def send_messages(job: Post, report: Report) -> SentReceipt:
    """Outbox → people."""
    from rfm_service.post.sending import send_due
    from rfm_service.store.connection import existing

    with existing(job.home.database) as store:
        return send_due(store, job.home.settings, job.channel, job.moment)


def sound_alarm(job: Alarm, report: Report) -> SentReceipt:
    """One message → people, when the store cannot be used."""
    from rfm_service.post.sending import send_past_outbox

    return send_past_outbox(job.home.settings, job.message)


def hear_admins(job: Watch, report: Report) -> HeardReceipt:
    """People → inbox, for a while."""
    from rfm_service.post.hearing import hear
    from rfm_service.store.connection import existing

    with existing(job.home.database) as store:
        return hear(store, job.home.settings.telegram, SystemClock(), job.seconds)


def publish_report(job: Delivery, report: Report) -> SpoolReceipt:
    """Spool → a folder that people look into. Raises ReportDamaged when the spool is not what was written."""
    from rfm_service.reports.places import place_of
    from rfm_service.reports.publish import Mark, publish_folder, written_files

    files = written_files(job.home.spool(job.run_id), job.digests)
    mark = Mark.REQUIRED if job.reached else Mark.LEFT
    if _make_own(job.home, job.folder):
        mark = Mark.NONE
    publish_folder(place_of(job.folder, job.home.settings.report), files, job.name, job.folder, mark)
    return SpoolReceipt([file.name for file in files])


def try_folders(job: Trial, report: Report) -> TrialReceipt:
    """Write into every folder of reports, and leave no trace."""
    from rfm_service.reports.places import place_of
    from rfm_service.reports.publish import try_folder

    troubles = {}
    for folder in job.home.folders:
        made = [path for path in (Path(folder), *Path(folder).parents) if not path.exists()]
        own = _make_own(job.home, folder)
        try:
            try_folder(place_of(folder, job.home.settings.report), folder)
        except RfmError as error:
            troubles[folder] = str(error)
        for path in made if own else []:
            path.rmdir()
    return TrialReceipt(troubles)


def _make_own(home: Home, folder: str) -> bool:
    """Make a folder that is the home's own. Whether it is."""
    from rfm_service.disk import make_like

    own = Path(folder).is_relative_to(home.path)
    if own:
        make_like(Path(folder), home.path)
    return own
