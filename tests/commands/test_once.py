"""`once` from outside: what it leaves, what it says, and what it does after anything."""

import os
import re
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import load_workbook

from rfm_service.demo.book import Book
from rfm_service.demo.faults import FAULTS, always
from rfm_service.demo.people import OWN_COMPANIES
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.home import Home
from tests.commands.program import REFERENCE_DATE, once, report, run, start
from tests.conftest import REFERENCE_DAY, TOKEN
from tests.fakes.bot_api import BotApi

BOT_TOKEN = "123456:canary-of-the-bot"
ADMIN = 1001


def customers(home: Home) -> list[tuple[object, ...]]:
    """The rows of the customers' sheet."""
    workbook = load_workbook(report(home) / "RFM.xlsx", read_only=True)
    rows: list[tuple[object, ...]] = list(workbook["Клиенты"].iter_rows(values_only=True))
    workbook.close()
    return rows


def received(home: Home) -> dict[int, int]:
    """Kopecks received by day, as the store has them."""
    with closing(sqlite3.connect(home.database)) as store:
        return dict(store.execute("SELECT day, amount FROM ledger WHERE lines > 0"))


def booked(book: Book) -> dict[int, int]:
    """Kopecks by day of the horizon, as the shop's own book has them."""
    return {
        day: sum(line.amount or 0 for document in book.of_day(day) for line in document.lines)
        for day in book.days
        if REFERENCE_DAY - 365 <= day < REFERENCE_DAY
    }


def test_a_night_leaves_a_report_in_both_folders(home: Home, shop: Book) -> None:
    code, output, errors = once(home)

    assert (code, errors) == (0, "")
    assert "Night 2026-11-20-1: sales up to 19.11.2026" in output
    for folder in ("analysts", "marketers"):
        files = {file.name for file in report(home, folder).iterdir()}
        lists = {name for name in files if name.startswith(("Менеджер ", "Сегмент "))}
        assert {"Менеджер Ёлкина Мария.xlsx", "Сегмент Лояльные.xlsx"} <= lists
        assert sorted(files - lists) == [
            "01_segments.png",
            "02_tiers.png",
            "03_segment_tiers.png",
            "04_months.png",
            "05_order_sums.png",
            "06_order_items.png",
            "07_top_buyers.png",
            "08_top_products.png",
            "09_movements.png",
            "10_flows.png",
            "11_segment_shares.png",
            "12_cohorts.png",
            "13_revenue_at_risk.png",
            "RFM.html",
            "RFM.xlsx",
        ]
    assert received(home) == booked(shop)
    assert run(home, "verify")[:2][0] == 0


def test_a_second_night_of_the_same_day_changes_nothing(home: Home) -> None:
    once(home)
    first = customers(home)

    code, output, _ = once(home)

    assert code == 0
    assert re.search(r"\b0 lines pulled \(0 of \d\d days new or changed\)", output)
    assert customers(home) == first
    assert [path.name for path in (home.path / "reports" / "analysts").iterdir()] == [REFERENCE_DATE]


@pytest.mark.parametrize("moment", [0.7, 3, 7])
def test_a_night_killed_at_any_moment_is_finished_by_the_next(home: Home, shop: Book, moment: float) -> None:
    process = start(home, "once", "--date", REFERENCE_DATE)
    time.sleep(moment)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)  # ends when the last worker has closed its side: no orphans

    code, _, errors = once(home)

    assert (code, errors) == (0, "")
    assert received(home) == booked(shop)
    assert run(home, "verify")[0] == 0
    assert len(customers(home)) > 100


def test_finished_steps_are_not_repeated(home: Home, erp: ErpServer) -> None:
    process = start(home, "once", "--date", REFERENCE_DATE)
    while not (home.path / "db" / "work" / "2026-11-20-1" / "facts.json").exists():
        time.sleep(0.05)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    asked = len(erp.requests)

    code, output, _ = once(home)

    assert code == 0
    assert "Night 2026-11-20-1" in output
    assert len(erp.requests) == asked


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("html_page", "2025-11-20 was not read. The ERP answered a web page instead of data: Вход в систему"),
        ("missing_column", "2025-11-20 was not read. The ERP's lines have no field"),
        ("server_error", "The ERP answered 500; trying again later."),
        ("maintenance", "The ERP is closed for maintenance (403, sessions are forbidden)."),
        ("refuse", "No connection to the ERP at 127.0.0.1:"),
        ("truncated", "The ERP's answer broke off."),
        ("no_rows", "There is no purchase from 2025-11-20 to 2026-11-19: nothing to report."),
    ],
)
def test_a_bad_answer_is_one_sentence(home: Home, shop: Book, fault: str, sentence: str) -> None:
    with ErpServer(shop, TOKEN, plan=always(FAULTS[fault])) as broken:
        code, _, errors = once(home, RFM_ERP__URL=broken.url, RFM_ERP__TRIES="2")

    assert code == 1
    assert errors.startswith(sentence)
    assert errors.count("\n") == 1
    assert received(home) == {}


def test_a_wrong_token(home: Home) -> None:
    code, _, errors = once(home, RFM_ERP__TOKEN="wrong")
    assert (code, errors) == (1, "The ERP refused our token (401). Check erp.token (RFM_ERP__TOKEN) and erp.auth.\n")


def test_one_bad_date_is_set_aside_and_told(home: Home, shop: Book) -> None:
    with ErpServer(shop, TOKEN, plan=lambda number, _: FAULTS["bad_date"] if number == 300 else None) as odd:
        code, output, _ = once(home, RFM_ERP__URL=odd.url, RFM_LANGUAGE="en")

    assert code == 0
    assert "! Lines that could not be read and were set aside: 1." in output
    with closing(sqlite3.connect(home.database)) as store:
        assert store.execute("SELECT count(*), min(field) FROM quarantine WHERE verdict = 11").fetchone() == (1, "date")


def test_one_customer(home: Home) -> None:
    with ErpServer(make_shop(REFERENCE_DAY - 1, customers=1), TOKEN) as small:
        assert once(home, RFM_ERP__URL=small.url)[0] == 0
    assert len(customers(home)) == 2


def test_no_sales_on_the_last_day(home: Home) -> None:
    with ErpServer(make_shop(REFERENCE_DAY - 3, customers=20), TOKEN) as quiet:
        code, output, _ = once(home, RFM_ERP__URL=quiet.url, RFM_LANGUAGE="en")
    assert code == 0
    assert "! No sales on 19 Nov 2026; the last ones are of 17 Nov 2026." in output


def test_a_folder_that_is_away_gets_its_report_later(home: Home, tmp_path: Path) -> None:
    code, _, errors = once(home, RFM_REPORT__ANALYSTS_FOLDER=str(tmp_path.parent / "away"))

    assert code == 1
    away = tmp_path.parent / "away"
    assert errors == (
        f"The report waits for {away}. The folder {away} does not exist. Create or mount it; the report waits.\n"
    )
    assert (report(home, "marketers") / "RFM.xlsx").is_file()
    assert f"waits for {tmp_path.parent / 'away'}" in run(home, "status")[1]


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"RFM_NIGHT__AT": "25:00"}, 'night.at: must be a time of day like "02:00"'),
        ({"RFM_ERP__TOKN": "x"}, "erp.tokn: unknown key; did you mean token?"),
        ({"RFM_SEGMENTATION__TIERS": "nowhere"}, "There is no scheme file"),
    ],
)
def test_a_wrong_configuration(home: Home, environment: dict[str, str], sentence: str) -> None:
    code, _, errors = once(home, **environment)
    assert code == 78
    assert sentence in errors
    assert "Traceback" not in errors
    assert not home.database.exists()


def test_a_wrong_date_is_wrong_usage(home: Home) -> None:
    assert run(home, "once", "--date", "yesterday")[0] == 2
    assert run(home, "backfill", "--from", "2026-11-20", "--to", "2026-11-01")[0] == 2
    assert run(home, "backfill", "--from", "2026-11-20", "--to", "2126-11-20")[0] == 2


def test_backfill_reads_days_outside_the_horizon(home: Home, erp: ErpServer) -> None:
    code, output, _ = run(home, "backfill", "--from", "2025-11-01", "--to", "2025-11-10")
    assert code == 0
    assert output.splitlines()[-1].startswith("Days read: 10, new or changed: 10, lines in them: ")


def test_telegram_hears_of_a_good_night_and_of_a_bad_one(home: Home, shop: Book) -> None:
    with BotApi(BOT_TOKEN, chats={ADMIN}) as api:
        telegram = {
            "RFM_TELEGRAM__API_URL": api.url,
            "RFM_TELEGRAM__TOKEN": BOT_TOKEN,
            "RFM_TELEGRAM__CHAT_IDS": f"[{ADMIN}]",
        }
        assert once(home, **telegram)[0] == 0
        for _ in range(2):  # the second failure is like the first, and not told again
            assert once(home, RFM_ERP__TOKEN="wrong", RFM_LANGUAGE="ru", **telegram)[0] == 1

    (_, good), (_, bad) = api.messages
    assert good.startswith("✅ Отчёт за 19.11.2026 готов и уже в пути\nПрочитано: ")
    assert "Шаг: чтение продаж из 1С\nПричина: 1С не приняла наш токен (401)." in bad
    assert bad.endswith("сама не повторится: выполните `once` ещё раз. Журнал приложен.")
    ((_, name, log),) = api.documents
    assert name == "service.log"
    assert b"2026-11-20-2" in log
    written = good + bad + log.decode() + run(home, "status", "--json")[1]
    assert BOT_TOKEN not in written
    assert TOKEN not in written
    assert not [buyer.name for buyer in shop.buyers if buyer.name not in OWN_COMPANIES and buyer.name in written]


def test_telegram_away_keeps_the_message(home: Home) -> None:
    with BotApi(BOT_TOKEN, chats={ADMIN}) as api:
        pass
    telegram = {"RFM_TELEGRAM__TOKEN": BOT_TOKEN, "RFM_TELEGRAM__CHAT_IDS": f"[{ADMIN}]"}

    code, *_ = once(home, RFM_TELEGRAM__API_URL=api.url, **telegram)

    assert code == 0
    assert '"messages_waiting": 1' in run(home, "status", "--json")[1]


def test_a_night_of_the_future_is_refused(home: Home) -> None:
    code, _, errors = run(home, "once", "--date", "2099-01-01")
    assert code == 2
    assert "today is" in errors
    assert not home.database.exists()
