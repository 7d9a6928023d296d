"""The search for leaks finds what is there, however it is written, and nothing else."""

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from urllib.parse import quote, quote_plus

import pytest

from rfm_service.demo.people import OWN_COMPANIES, make_customers
from tests import canaries

TOKEN = "123456:token-of-the-tests"
NAME = "ИП Воробьёв Рустам Тимурович"
WRITTEN: list[Callable[[str], str]] = [
    str,
    quote,
    quote_plus,
    json.dumps,
    lambda text: json.dumps({"said": json.dumps(text)}),
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: "Basic " + base64.b64encode(f"user:{text}!".encode()).decode(),
    repr,
    ascii,
]


@pytest.fixture(autouse=True)
def _as_if_nothing_was_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canaries, "heard", [])


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("said", [TOKEN, NAME])
def test_what_people_hear_is_understood(tmp_path: Path, said: str, written: Callable[[str], str]) -> None:
    canaries.overhear("Telegram", f"Good morning: {written(said)}, {'x' * 50}".encode())
    (leak,) = set(canaries.leaks(tmp_path))
    assert leak.startswith("Telegram, tests/house/test_canaries.py::test_what_people_hear_is_understood")


@pytest.mark.parametrize("written", WRITTEN)
def test_a_home_is_searched_for_whatever_marks_a_name_holds(tmp_path: Path, written: Callable[[str], str]) -> None:
    name = 'ООО "Ромашка\\Плюс", опт'
    (tmp_path / "service.log").write_text(f"Reading {written(name)}", encoding="utf-8")
    assert [leak.rpartition(": ")[2] for leak in canaries.found(tmp_path, {name})][:1] == [name]


@pytest.mark.parametrize("name", [f"home/logs/service.log{ending}" for ending in ("", ".1")] + ["home/service.log"])
def test_logs_are_read(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_text(f"Reading with {TOKEN}", encoding="utf-8")
    try:
        assert list(canaries.leaks(tmp_path)) == [f"{file}: token-of-the-tests"]
    finally:
        file.unlink()  # it is no leak


def test_every_customer_of_the_shop_is_known() -> None:
    customers = make_customers(2000, Random(7))
    assert [one.name for one in customers if not canaries.standing_in(one.name.encode(), canaries.CUSTOMER)] == []
    assert [name for name in OWN_COMPANIES if canaries.standing_in(name.encode(), canaries.CUSTOMER)] == []


def test_what_is_packed_is_unpacked() -> None:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", NAME)
    for packed in (gzip.compress(NAME.encode()), book.getvalue()):
        assert canaries.standing_in(canaries.unpacked(packed), canaries.CUSTOMER)


def test_a_command_may_show_customers_but_no_secrets(tmp_path: Path) -> None:
    canaries.overhear("console", NAME.encode())
    assert list(canaries.leaks(tmp_path)) == []
    canaries.overhear("console", TOKEN.encode())
    assert len(list(canaries.leaks(tmp_path))) == 1
