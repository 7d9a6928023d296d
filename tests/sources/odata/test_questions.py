"""Questions as URLs, and values as OData writes them."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from rfm_service.settings import OData
from rfm_service.sources.odata.queries import LONGEST_URL, Query, batches, during, moment, one_of, selected
from rfm_service.sources.odata.wire import EMPTY_KEY, NO_REF, Ref, is_zero, ref
from tests.sources.builders import FRIDAY

ROOT = "http://1c.example/base/odata/standard.odata/"
KEY = "5fb7ec9c-10d7-5e46-9efb-37871afde001"


def test_a_question_to_the_letter() -> None:
    query = Query("Catalog_Партнеры", ("Ref_Key", "Description"), one_of([KEY]), "Ref_Key", 20, 10)
    url = query.url(ROOT, "json")
    assert url.isascii()
    assert unquote(url) == (
        "http://1c.example/base/odata/standard.odata/Catalog_Партнеры?$format=json&$select=Ref_Key,Description"
        f"&$filter=Ref_Key eq guid'{KEY}'&$orderby=Ref_Key&$top=10&$skip=20"
    )


def test_what_is_not_asked_is_not_said() -> None:
    assert list(parse_qs(urlsplit(Query("X", ("A",)).url(ROOT, "json")).query)) == ["$format", "$select"]


def test_a_day_is_half_open() -> None:
    assert during("Period", FRIDAY) == (
        "Period ge datetime'2026-11-20T00:00:00' and Period lt datetime'2026-11-21T00:00:00'"
    )
    assert moment(FRIDAY, "23:59:59") == "datetime'2026-11-20T23:59:59'"


@pytest.mark.parametrize("count", [1, 19, 20, 21, 57])
def test_every_key_is_asked_for_once(count: int) -> None:
    keys = [f"{number:08}-0000-0000-0000-000000000000" for number in range(count)]
    found = list(batches(keys[::-1], 1_500))
    assert [key for batch in found for key in batch] == keys
    assert max(map(len, found)) <= 20


def test_no_question_is_longer_than_a_web_server_takes() -> None:
    register = OData().catalogs
    keys = [f"{number:08}-0000-0000-0000-000000000000" for number in range(50)]
    fields = ("Партнер_Key", "Контрагент", "Контрагент_Type", "ОченьДлинноеНазваниеРеквизитаКарточкиПартнера")
    question = Query(register.partner_analytics, fields)
    room = LONGEST_URL - len(question.url(ROOT, OData().format))
    urls = [question._replace(where=one_of(batch)).url(ROOT, OData().format) for batch in batches(keys, room)]
    assert max(map(len, urls)) <= LONGEST_URL
    assert len(urls) < 5


def test_references_of_several_types_come_with_their_type() -> None:
    assert [selected(name) for name in ("Партнер_Key", "ЗаказКлиента", "")] == [
        ("Партнер_Key",), ("ЗаказКлиента", "ЗаказКлиента_Type"), (),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"X": KEY, "X_Type": "StandardODATA.Document_ЗаказКлиента"}, Ref("Document_ЗаказКлиента", KEY)),
        ({"X": "", "X_Type": "StandardODATA.Undefined"}, NO_REF),
        ({"X": EMPTY_KEY, "X_Type": "StandardODATA.Document_ЗаказКлиента"}, NO_REF),
        ({"X": KEY, "X_Type": "UnavailableEntities.UnavailableEntity_d2b8"}, Ref("", KEY)),
        ({"X": KEY, "X_Type": "StandardODATA.Undefined"}, NO_REF),
        ({"X": "текст", "X_Type": "Edm.String"}, NO_REF),
        ({"X": None, "X_Type": None}, NO_REF),
        ({}, NO_REF),
    ],
)
def test_a_reference_of_several_types(row: dict[str, object], expected: Ref) -> None:
    assert ref(row, "X") == expected


@pytest.mark.parametrize(("value", "expected"), [(KEY, Ref("Catalog_X", KEY)), (EMPTY_KEY, NO_REF), (None, NO_REF)])
def test_a_reference_of_one_type(value: object, expected: Ref) -> None:
    assert ref({"X_Key": value}, "X_Key", "Catalog_X") == expected


@pytest.mark.parametrize(
    ("value", "zero"), [(0, True), (0.0, True), ("0", True), (None, True), ("", True), (0.001, False)]
)
def test_zero(value: object, zero: bool) -> None:
    assert is_zero(value) is zero
