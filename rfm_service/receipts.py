"""What steps leave in the journal, and how a step went. Money is integer kopecks, a day is days since 1970-01-01."""

from typing import NamedTuple

import msgspec

from rfm_service.records import Change


class WaterfallRow(msgspec.Struct, frozen=True):
    """One step from the gross total to the analysed total. `amount` is kopecks, negative where it is taken away."""

    key: str
    lines: int
    amount: int


class SegmentFigure(msgspec.Struct, frozen=True):
    """What the summary says of one segment or tier. `title` is in the language of the settings."""

    key: str
    title: str
    customers: int
    amount: int


class _Receipt(msgspec.Struct, frozen=True, tag=True):
    """What a step leaves in the journal: small figures, no tables. Data move through the store and files."""


class SyncReceipt(_Receipt, frozen=True):
    """`sync_sales`. `lines` and `malformed` are of the days that were new or had changed.

    `held`: days that shrank so much that the old data were kept; `unread`: days that could not be read; `unbalanced`:
    days whose accounts do not add up to what was received; `corrected`: known days that came to differ.
    """

    days_read: int
    days_changed: int
    lines: int
    malformed: int
    days_judged_again: int
    buyers: int
    held: list[int] = []
    unread: list[int] = []
    unbalanced: list[int] = []
    corrected: list[Change] = []


class ClassifyReceipt(_Receipt, frozen=True):
    """`classify_customers`. `monetary` is kopecks; the hashes name the schemes and the data that went in.

    rose and fell: customers in a better or worse segment than in the last report; causes: of all movements, by Cause.
    `called`: the keys of the customers to call today; `falling`: how many customers fall soon into a worse segment;
    `…_money`: kopecks at risk with them.
    """

    customers: int
    orders: int
    monetary: int
    segments: list[SegmentFigure]
    tiers: list[SegmentFigure]
    waterfall: list[WaterfallRow]
    warnings: list[str]
    scheme_hash: str
    fingerprint: str
    rose: int = 0
    fell: int = 0
    causes: dict[str, int] = {}
    called: list[int] = []
    called_money: int = 0
    falling: int = 0
    falling_money: int = 0


class SegmentSummary(msgspec.Struct, frozen=True):
    """The customers of a segment: their kopecks, and the medians of days, orders and kopecks."""

    segment: str
    title: str
    customers: int
    monetary: int
    median_recency: float
    median_frequency: float
    median_monetary: float


class ScoreStart(NamedTuple):
    """Where a score begins: with this value in its stored unit, of recency up to it.

    `shares_value`: among those with just this value it begins with one customer's key.
    """

    value: int
    shares_value: bool


class ExtractReceipt(_Receipt, frozen=True):
    """`classify_as_of`: what was written, by segment; where scores begin by axis, from the second on."""

    segments: list[SegmentSummary]
    starts: dict[str, list[ScoreStart]]
    warnings: list[str]


class Move(NamedTuple):
    """So many customers with so many kopecks are in one segment by one scheme and in another by another."""

    before: str
    after: str
    customers: int
    monetary: int


class PreviewReceipt(_Receipt, frozen=True):
    """`preview_scheme`: every pair of segments."""

    moves: list[Move]


class FrozenReceipt(_Receipt, frozen=True):
    """`freeze_scheme`: the cuts by axis, in units of the file."""

    cuts: dict[str, list[float]]


class HistoryReceipt(_Receipt, frozen=True):
    """`look_back`: how many closed months the tables are of, and how many of the last ones were computed anew."""

    months: int
    recomputed: int = 0


class FilesReceipt(_Receipt, frozen=True):
    """`draw_charts` and `write_workbook`: SHA-256 of the files, and the totals they show (key → kopecks or counts)."""

    files: dict[str, str]
    totals: dict[str, int]


class ListFigures(msgspec.Struct, frozen=True):
    """A list for a manager: the name of its file, and how many customers stand on its sheets."""

    file: str
    calls: int
    falling: int
    overdue: int
    customers: int


class ListsReceipt(FilesReceipt, frozen=True):
    """`write_lists`. `managers`: what each manager's list holds, by the name that the cards have."""

    managers: dict[str, ListFigures]


class CheckReceipt(_Receipt, frozen=True):
    """`check_totals`: how many pairs of numbers were compared."""

    compared: int


class SpoolReceipt(_Receipt, frozen=True):
    """`spool_report` and `publish_report`: the files of the report."""

    files: list[str]


class GatherReceipt(_Receipt, frozen=True):
    """`gather_files`: days that the files have lines of."""

    days: int


class ImportReceipt(_Receipt, frozen=True):
    """`import_days`. `left_out`: lines for which `only` of the mapping does not hold; `days_replaced`: of
    those written, the ones of which other lines were known; `days_kept`: the ERP's.

    `verdicts` are of the lines in the days that were written.
    """

    lines: int
    left_out: int
    first_day: int
    last_day: int
    days_written: int
    days_same: int
    days_kept: list[int]
    verdicts: dict[str, int]
    days_replaced: int = 0


class ExportReceipt(_Receipt, frozen=True):
    """`export_tables`: rows by table."""

    rows: dict[str, int]


class LakeReceipt(_Receipt, frozen=True):
    """`analysis.lake`: lines that lack something needed, the day that recency counts to, rows by table."""

    left_out: int
    reference_day: int
    rows: dict[str, int]


class TrialReceipt(_Receipt, frozen=True):
    """`try_folders`: what is wrong, by folder."""

    troubles: dict[str, str]


class SentReceipt(_Receipt, frozen=True):
    """`send_messages`: how many arrived, were refused, and wait on."""

    sent: int
    refused: int
    postponed: int


class HeardReceipt(_Receipt, frozen=True):
    """`hear_admins`: how many messages came from the admins, and from strangers."""

    commands: int
    strangers: int


class VerifyReceipt(_Receipt, frozen=True):
    """`verify_store`: days checked, what is broken in the file, days that do not add up, rows of orders that differ.

    `stale_days` were cleaned under other rules: with them orders cannot be compared.
    """

    days: int
    stale_days: int
    damages: list[str]
    unbalanced_days: list[int]
    wrong_orders: int

    @property
    def sound(self) -> bool:
        """Nothing was found."""
        return not (self.damages or self.unbalanced_days or self.wrong_orders)


class SoundReceipt(_Receipt, frozen=True):
    """`check_store`: how many days were found as they were written."""

    days: int


class RecordReceipt(_Receipt, frozen=True):
    """`record_report`: how many movements it holds, of all schemes."""

    movements: int


class BackupReceipt(_Receipt, frozen=True):
    """`back_up`: the verified copy, and its size."""

    path: str
    bytes: int


class RetentionReceipt(_Receipt, frozen=True):
    """`drop_old_days`: how many days of sales were deleted because of their age."""

    days: int


Receipt = (
    SyncReceipt
    | SoundReceipt
    | ClassifyReceipt
    | HistoryReceipt
    | FilesReceipt
    | ListsReceipt
    | CheckReceipt
    | SpoolReceipt
    | RecordReceipt
    | RetentionReceipt
    | BackupReceipt
    | SentReceipt
    | HeardReceipt
    | TrialReceipt
    | GatherReceipt
    | ImportReceipt
    | ExportReceipt
    | VerifyReceipt
    | ExtractReceipt
    | PreviewReceipt
    | FrozenReceipt
)


class StepReport(msgspec.Struct, frozen=True):
    """How one step went. `seconds` is wall time, `peak_mib` the worker's peak memory (0 where unknown)."""

    step: str
    seconds: float
    peak_mib: int


def figures_of(receipt: Receipt) -> str:
    """What a receipt counts, for eyes: numbers, and how long its lists are."""
    values = msgspec.structs.asdict(receipt)
    counts = {name: len(value) if isinstance(value, list | dict) else value for name, value in values.items()}
    told = [f"{name.replace('_', ' ')} {count}" for name, count in counts.items() if isinstance(count, int) and count]
    return ", ".join(told) or "nothing to count"
