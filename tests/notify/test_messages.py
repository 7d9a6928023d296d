"""What the admin reads, to the letter."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from rfm_service.errors import FolderUnusable
from rfm_service.locales import Language
from rfm_service.locales.__main__ import translated
from rfm_service.notify import messages
from rfm_service.receipts import ClassifyReceipt, SegmentFigure, SyncReceipt
from rfm_service.records import Lane, Message

FRIDAY = 20777  # 20 November 2026
FOLDERS = [r"\\files\analysts", r"\\files\marketers"]


@dataclass
class Shop:
    """A night at a shop with three segments. The last one is called as its owner calls it: `{0}` is no placeholder."""

    lines: int = 12345
    days_changed: int = 3
    folders: tuple[str, ...] = tuple(FOLDERS)
    warnings: tuple[str, ...] = ()
    seconds: float = 252.4

    def done(self, code: str) -> str:
        sync = SyncReceipt(46, self.days_changed, self.lines, 0, 0, 1300)
        segments = [
            SegmentFigure("champions", "Champions", 120, 900_000_000),
            SegmentFigure("loyal", "Loyal", 1031, 300_000_000),
            SegmentFigure("odd", "{0}", 83, 34_567_800),
        ]
        classify = ClassifyReceipt(1234, 5671, 1_234_567_850, segments, [], [], list(self.warnings), "s", "f")
        return messages.night_done(Language(code), FRIDAY, classify, sync, self.seconds, list(self.folders)).text


def test_a_good_night() -> None:
    assert Shop().done("en") == (
        "✅ The report for 20 Nov 2026 is made and on its way\n"
        "Read: 12,345 lines; days new or changed: 3 of 46\n"
        "1,234 customers · 5,671 orders · 12,345,678\N{NO-BREAK SPACE}₽\n"
        "\n"
        "Champions: 120\n"
        "Loyal: 1,031\n"
        "{0}: 83\n"
        "\n"
        "Took 4 min 12 s\n"
        r"Soon to be found in: \\files\analysts, \\files\marketers"
    )


def test_a_good_night_in_russian() -> None:
    assert Shop().done("ru").replace("\N{NO-BREAK SPACE}", " ") == (
        "✅ Отчёт за 20.11.2026 готов и уже в пути\n"
        "Прочитано: 12 345 строк; новых и изменённых дней: 3 из 46\n"
        "1 234 клиента · 5 671 заказ · 12 345 678 ₽\n"
        "\n"
        "Champions: 120\n"
        "Loyal: 1 031\n"
        "{0}: 83\n"
        "\n"
        "Заняло 4 мин 12 с\n"
        r"Скоро появится в: \\files\analysts, \\files\marketers"
    )


def test_who_moved_is_told_in_numbers() -> None:
    sync = SyncReceipt(46, 3, 12345, 0, 0, 1300)
    classify = ClassifyReceipt(9, 9, 9, [], [], [], [], "s", "f", rose=64, fell=1038, causes={"bought": 1102})
    told = {code: messages.night_done(Language(code), FRIDAY, classify, sync, 1, FOLDERS).text for code in ("en", "ru")}
    assert "\nChanged their segment since the last report: 64 for the better, 1,038 for the worse\n" in told["en"]
    assert "\nСменили сегмент с прошлого отчёта: 64 к лучшему, 1\N{NO-BREAK SPACE}038 к худшему\n" in told["ru"]


def test_a_folder_that_takes_both_copies_is_named_once() -> None:
    assert Shop(folders=("/srv/r", "/srv/r")).done("en").endswith("\nSoon to be found in: /srv/r")


def test_a_quiet_day_does_not_read_like_a_failure() -> None:
    quiet = Shop(lines=0, days_changed=0)
    assert quiet.done("en").splitlines()[1] == "Nothing changed in 46 days"
    assert quiet.done("ru").splitlines()[1] == "За 46 дней ничего не изменилось"


def test_a_night_with_warnings_shows_three_and_counts_the_rest() -> None:
    shop = Shop(warnings=("No sales on 3 days.", "Two.", "Three.", "Four.", "Five."))

    assert ("\n\n⚠️ No sales on 3 days.\n⚠️ Two.\n⚠️ Three.\n⚠️ 2 more warnings in the log\n\nTook") in shop.done("en")


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "Прочитано: 1 строка;"),
        (3, "Прочитано: 3 строки;"),
        (11, "Прочитано: 11 строк;"),
        (21, "Прочитано: 21 строка;"),
    ],
)
def test_russian_counts_as_russians_do(count: int, told: str) -> None:
    assert told in Shop(lines=count).done("ru")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (90061, "25 h 1 min"),
    ],
)
def test_how_long_it_took(seconds: float, told: str) -> None:
    assert f"Took {told}\n" in Shop(seconds=seconds).done("en")


def failed(code: str, step: str) -> Message:
    return messages.night_failed(
        Language(code), FRIDAY, step, "The ERP answered {403}.", "02:30", Path("logs", "service.log")
    )


def test_a_bad_night() -> None:
    assert failed("en", "sync_sales") == Message(
        "❌ The report for 20 Nov 2026 is not ready\n"
        "\n"
        "Step: reading the sales from the ERP\n"
        "Reason: The ERP answered {403}.\n"
        "\n"
        "The service will try again at 02:30. The log is attached.",
        attachment=str(Path("logs", "service.log")),
        lane=Lane.ALERT,
    )


def test_a_bad_night_in_russian() -> None:
    assert failed("ru", "check_totals").text == (
        "❌ Отчёт за 20.11.2026 не готов\n"
        "\n"
        "Шаг: сверка итогов\n"
        "Причина: The ERP answered {403}.\n"
        "\n"
        "Служба попробует снова в 02:30. Журнал приложен."
    )


def test_a_bad_night_that_was_begun_by_hand_promises_nothing() -> None:
    by_hand = "It was begun by hand, and is not tried again by itself: run `once` again."
    language = Language("en")
    told = [
        messages.night_failed(language, FRIDAY, "sync_sales", "No.", "", Path("service.log")).text,
        messages.erp_closed(language, FRIDAY, "").text,
        messages.disk_full(language, FRIDAY, "/srv/rfm", by_hand=True).text,
    ]
    assert [text.splitlines()[-1] for text in told] == [
        f"{by_hand} The log is attached.",
        f"The report for 20 Nov 2026 waits for it. {by_hand}",
        f"The report for 20 Nov 2026 waits. Nothing is lost. {by_hand}",
    ]


def test_what_only_waits_is_looked_at_again_by_the_service() -> None:
    closed = messages.erp_closed(Language("ru"), FRIDAY, "02:30").text
    full = messages.disk_full(Language("ru"), FRIDAY, "/srv/rfm", by_hand=False).text
    assert closed.splitlines()[-1] == (
        "Отчёт за 20.11.2026 ждёт её. Служба проверит снова в 02:30, потом будет проверять каждые десять минут"
        " и сообщит, когда отчёт будет готов."
    )
    assert full.splitlines()[-1] == (
        "Отчёт за 20.11.2026 ждёт. Ничего не потеряно."
        " Служба смотрит снова каждую минуту и продолжит, как только появится место."
    )


@pytest.mark.parametrize(
    "step",
    [
        "sync_sales",
        "classify_customers",
        "draw_charts",
        "write_workbook",
        "check_totals",
        "spool_report",
        "publish_report",
    ],
)
def test_a_step_is_called_by_its_human_name(step: str) -> None:
    assert step not in failed("en", step).text


def test_a_step_without_a_human_name_still_has_a_name() -> None:
    assert "Step: brew_coffee\n" in failed("en", "brew_coffee").text


def test_a_folder_out_of_reach() -> None:
    assert messages.folder_waits(Language("en"), r"\\files\analysts", "The share does not answer.") == Message(
        "⚠️ The report is waiting for the folder \\\\files\\analysts\n"
        "\n"
        "Reason: The share does not answer.\n"
        "\n"
        "The service copies it as soon as the folder is back.",
        lane=Lane.ALERT,
        topic=r"folder: \\files\analysts",
    )


def test_a_folder_out_of_reach_in_russian() -> None:
    assert messages.folder_waits(Language("ru"), r"\\files\analysts", "Нет связи.").text == (
        "⚠️ Отчёт ждёт папку \\\\files\\analysts\n"
        "\n"
        "Причина: Нет связи.\n"
        "\n"
        "Служба скопирует его, как только папка станет доступна."
    )


def test_the_service_starts() -> None:
    english = Language("en")

    assert messages.service_started(english, "0.1.0", "20.11 05:00") == Message(
        "The RFM service 0.1.0 started at 20.11 05:00.", topic="started"
    )
    assert messages.alerts_only_in_log(english) == "Telegram is not set up: messages for the admin go to the log only."


def test_the_service_starts_in_russian() -> None:
    russian = Language("ru")

    assert messages.service_started(russian, "0.1.0", "20.11 05:00").text == "Служба RFM 0.1.0 запущена 20.11 05:00."
    assert messages.alerts_only_in_log(russian) == (
        "Telegram не настроен: сообщения администратору попадут только в журнал."
    )


def test_a_database_that_was_gone_was_not_damaged() -> None:
    assert messages.store_gone(Language("en"), "/srv/db/sales.db", "sales-2026-11-20.db").text == (
        "⚠️ The database was gone\n"
        "\n"
        "There was nothing in /srv/db/sales.db any more.\n"
        "In its place: the backup sales-2026-11-20.db. What was read since is read again."
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Permission denied", "Не удаётся писать в /mnt/r: нет прав доступа."),
        ("Host is down", "Не удаётся писать в /mnt/r: сервер выключен."),
        ("Some new sorrow", "Не удаётся писать в /mnt/r: Some new sorrow."),
    ],
)
def test_what_systems_say_is_translated_where_it_is_known(said: str, told: str) -> None:
    assert FolderUnusable("Cannot write into {0}: {1}.", "/mnt/r", said).told(Language("ru").gettext) == told


def test_a_folder_that_is_called_like_a_button_keeps_its_name() -> None:
    assert "Report" in FolderUnusable("There is no folder {0}.", "Report").told(Language("ru").gettext)


def test_a_kind_of_error_is_translated_in_a_trouble() -> None:
    told = messages.trouble(Language("ru"), "state", "FileNotFoundError").text
    assert "Причина: нет такого файла или папки\n" in told


def test_russian_has_one_word_for_each_thing() -> None:
    """«Служба» and «1С», whatever the English says; «HTTP-сервис» is 1C's own word."""
    texts = (
        "\n".join(str(one.string) for one in translated() if one.id).replace("HTTP-сервис", "").replace("1С:ERP", "")
    )
    assert re.findall(r"\bERP\b|\b[Сс]ервис(?:а|у|ом|е|ы|ов)?\b", texts) == []


def test_the_night_says_how_many_to_call_and_not_whom() -> None:
    classify = ClassifyReceipt(
        3, 9, 900_00, [], [], [], [], "", "", called=[7, 9], called_money=1_200_000_00, falling=12, falling_money=90_00
    )
    text = messages.night_done(Language("en"), FRIDAY, classify, SyncReceipt(1, 1, 1, 0, 0, 0), 1, []).text
    assert "To call today: 2, at risk 1.2M" in text
    assert "worse segment: 12, at risk 90" in text
    nobody = ClassifyReceipt(3, 9, 900_00, [], [], [], [], "", "")
    quiet = messages.night_done(Language("en"), FRIDAY, nobody, SyncReceipt(1, 1, 1, 0, 0, 0), 1, []).text
    assert "call" not in quiet
