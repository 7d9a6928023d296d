"""Numbers, texts and days, one by one."""

import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings, strategies as st

from rfm_service.clock import date_of
from rfm_service.sources import values

from .builders import FRIDAY, MOSCOW


@pytest.mark.parametrize(
    ("written", "kopecks"),
    [
        (290, 29_000),
        (290.5, 29_050),
        (0.1 + 0.2, 30),
        (-45.75, -4_575),
        (0, 0),
        (-0.0, 0),
        (5e-324, 0),
        (9_999_999_999.99, 999_999_999_999),
        (10**10, 10**12),
        ("290.5", 29_050),
        ("1234,56", 123_456),
        ("1 234,56", 123_456),
        ("1\N{NO-BREAK SPACE}234,56", 123_456),
        ("1\N{NARROW NO-BREAK SPACE}234,56", 123_456),
        (" -45,75\r\n", -4_575),
        ("+7", 700),
        ("1e3", 100_000),
        ("0.005", 1),
        ("-0.005", -1),
        ("0.0049999", 0),
        ("1.2345678901234567890123456789012345678", 123),
        ("1e-999999999", 0),
        ("１２３", 12_300),
    ],
)
def test_money_in_kopecks(written: float | str, kopecks: int) -> None:
    assert values.scaled(written, 100) == kopecks


def test_a_quantity_in_thousandths() -> None:
    assert [values.scaled(written, 1000) for written in (2, 1.5, "0,125", "1 000")] == [2_000, 1_500, 125, 1_000_000]


@pytest.mark.parametrize("written", [None, ""])
def test_a_number_that_is_not_given(written: str | None) -> None:
    assert values.scaled(written, 100) is None


@pytest.mark.parametrize(
    "written",
    [
        "NaN", "sNaN", "Infinity", "-Infinity", "inf", "да", "true", " ", "-", "--1", "0x10", "1,234.56", "1.234,56",
        "12 руб.", "9" * 38, "-" + "9" * 38, "1E+20", "-1E+20", "1E1000000", "-1E1000000", "1e999999999999999999",
        10**10 + 1, -(10**10) - 1, 10**38, 10**400, 1e20, -1e20, 1e308, float("nan"), float("inf"), float("-inf"),
    ],
)  # fmt: skip
def test_what_is_no_amount(written: float | str) -> None:
    with pytest.raises(ValueError, match=r"^(not a number|too large)$"):
        values.scaled(written, 100)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("written", ["1E999990", "-1E999990"])
def test_a_number_of_a_million_digits_takes_no_time(written: str) -> None:
    with pytest.raises(ValueError, match="too large"):
        values.scaled(written, 100)


@settings(deadline=None, database=None)
@given(st.integers(-(10**12), 10**12), st.sampled_from([".", ","]), st.sampled_from(["", " ", "\N{NO-BREAK SPACE}"]))
def test_every_kopeck_survives_its_text(kopecks: int, comma: str, gap: str) -> None:
    roubles, rest = divmod(abs(kopecks), 100)
    written = f"{'-' if kopecks < 0 else ''}{roubles:_}{comma}{rest:02}".replace("_", gap)
    assert values.scaled(written, 100) == kopecks


@settings(deadline=None, database=None)
@given(st.integers(-(10**12), 10**12))
def test_every_kopeck_survives_json(kopecks: int) -> None:
    assert values.scaled(kopecks / 100, 100) == kopecks


@settings(deadline=None, database=None)
@given(st.none() | st.text(max_size=40) | st.integers() | st.floats() | st.decimals().map(str))
@example("1E1000000")
def test_any_number_is_read_or_refused(written: float | str | None) -> None:
    try:
        scaled = values.scaled(written, 100)
    except ValueError:
        return
    assert scaled is None or abs(scaled) <= 10**12
    if scaled is not None and not isinstance(written, str):
        assert abs(Decimal(scaled) - Decimal(written or 0) * 100) <= 1


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (None, ""),
        ("", ""),
        (" \t\r\n\N{NO-BREAK SPACE}", ""),
        ('  ООО\N{NO-BREAK SPACE} "Ёлки"\n', 'ООО "Ёлки"'),
        ("е\u0308лки и\u0306", "ёлки й"),
        ("a\x00b\x1b[31mc\x07", "a b [31mc"),
        ("\u202eгаз\u202c\u2066ета\u2069", "газета"),
        ("\ufeffЁлки\u200b", "Ёлки"),
        ("a\ud800b", "ab"),
        ("строка\u2028строка\u2029строка\x85", "строка строка строка"),
        ("👩\u200d👩\u200d👧", "👩👩👧"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("{0} %s <b>", "{0} %s <b>"),
        (7, "7"),
        (7.0, "7"),
        (-0.0, "0"),
        (7.5, "7.5"),
        (100_008, "100008"),
        ("007", "007"),
        (10**38, "1" + "0" * 38),
    ],
)
def test_a_text(written: str | float | None, text: str) -> None:
    assert values.text(written) == text


def test_a_long_text_is_cut() -> None:
    assert values.text("я" * 512) == "я" * 512
    assert values.text("я" * 513) == "я" * 512
    assert values.text("я" * 511 + " ещё") == "я" * 511


@pytest.mark.timeout(10)
@pytest.mark.parametrize("sign", ["я", "\x00", "е\u0308", " ", "\u202e", "a "])
def test_ten_megabytes_of_text(sign: str) -> None:
    assert len(values.text(sign * (10_000_000 // len(sign.encode())))) <= 512


def test_joiners_do_not_keep_a_letter_from_its_accent() -> None:
    assert values.text("е\u200d\u0308лки") == "ёлки"


@settings(deadline=None, database=None)
@given(st.text(st.characters()))
@example("e\u200d\u0301")
@example("\u2066" * 600 + "a")
def test_a_text_is_clean_and_stays_so(written: str) -> None:
    text = values.text(written)
    assert len(text) <= 512
    assert text.isprintable()
    assert text == text.strip()
    assert unicodedata.is_normalized("NFC", text)
    assert values.text(text) == text


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00+00:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+03:00",
        "0000-12-31T21:29:43Z",
        "0000-00-00T00:00:00",
        "0001-01-01",
    ],
)
def test_the_empty_date(written: str | None) -> None:
    assert values.day(written, MOSCOW) == values.NOT_GIVEN


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-20T10:05:07", FRIDAY),
        ("2026-11-20T00:00:00", FRIDAY),
        ("2026-11-20T23:59:59", FRIDAY),
        ("2026-11-20", FRIDAY),
        ("2026-11-20T23:59:59+03:00", FRIDAY),
        ("2026-11-20T20:59:59Z", FRIDAY),
        ("2026-11-20T21:00:00Z", FRIDAY + 1),
        ("2026-11-20T02:59:59+06:00", FRIDAY - 1),
        ("2026-11-20T23:00:00.123", FRIDAY),
        ("2000-01-01T00:00:00", 10_957),
        ("2024-02-29T00:00:00", 19_782),
    ],
)
def test_a_day(written: str, day: int) -> None:
    assert values.day(written, MOSCOW) == day


@pytest.mark.parametrize(
    "written",
    [
        "0209-11-20T10:05:07", "1899-12-30T00:00:00", "1970-01-01T00:00:00", "1989-12-31T23:59:59",
        "2024-02-30T00:00:00", "1900-02-29T00:00:00", "2026-13-01T00:00:00", "2026-11-20T25:00:00",
        "31.02.2026 25:00", "20.11.2026 10:05:07", "завтра", " ", "1763600000000", "+002026-11-20T10:05:07",
    ],
)  # fmt: skip
def test_what_is_no_day(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        values.day(written, MOSCOW)


@settings(deadline=None, database=None)
@given(st.dates(date(2000, 1, 1), date(9999, 12, 30)), st.times())
def test_a_local_time_never_changes_the_day(given_day: date, time: object) -> None:
    assert date_of(values.day(f"{given_day}T{time}", MOSCOW)) == given_day
