"""From the bytes of an answer to its rows: every shape that was met, and every lie."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from rfm_service.errors import BadAnswer
from rfm_service.sources.envelope import rows_of

BOM = b"\xef\xbb\xbf"
ROWS = '[{"Партнер": "Ёлки"}, {"Партнер": "Иглы"}]'
TEXT = json.dumps(ROWS, ensure_ascii=False)
LATIN_TEXT = json.dumps(ROWS)


def told(body: bytes) -> str:
    """What the error says of a body."""
    with pytest.raises(BadAnswer) as caught:
        rows_of(body)
    return str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f'{{"data": {TEXT}}}'.encode(), id="a list inside a string"),
        pytest.param(f'{{"data": {LATIN_TEXT}}}'.encode(), id="a list inside a string, escaped"),
        pytest.param(f'{{"data": {ROWS}}}'.encode(), id="a list under data"),
        pytest.param(ROWS.encode(), id="a bare list"),
        pytest.param(BOM + f'{{"data": {TEXT}}}'.encode(), id="BOM outside"),
        pytest.param(f'{{"data": "\ufeff{TEXT[1:]}}}'.encode(), id="BOM inside"),
        pytest.param(BOM + f'{{"data": "\ufeff{TEXT[1:]}}}'.encode(), id="BOM outside and inside"),
        pytest.param(BOM + ROWS.encode(), id="BOM before a bare list"),
        pytest.param(f'\r\n{{"data": {TEXT}}}\r\n'.encode(), id="newlines around"),
        pytest.param(f'{{"data": "\\n{TEXT[1:-1]}\\r\\n"}}'.encode(), id="newlines inside"),
        pytest.param(f'{{"count": 2, "data": {TEXT}, "error": null}}'.encode(), id="other keys beside data"),
        pytest.param(json.dumps({"data": f'{{"data": {TEXT}}}'}).encode(), id="an envelope inside an envelope"),
        pytest.param(json.dumps({"data": TEXT}).encode(), id="a string inside a string"),
        pytest.param(f'{{"rows": {ROWS}}}'.encode(), id="a list under rows"),
        pytest.param(f'{{"value": {ROWS}, "odata.metadata": "x"}}'.encode(), id="a list under value"),
        pytest.param(f'{{"result": {{"rows": {ROWS}}}}}'.encode(), id="a list under rows under result"),
        pytest.param(f'{{"data": {TEXT}}}'.encode("cp1251"), id="cp1251"),
    ],
)
def test_rows_come_out_of_every_envelope(body: bytes) -> None:
    assert [json.loads(bytes(row)) for row in rows_of(body)] == [{"Партнер": "Ёлки"}, {"Партнер": "Иглы"}]


def test_a_day_without_sales_is_an_answer() -> None:
    assert [rows_of(body) for body in (b"[]", b'{"data": "[]"}', b'{"data": []}', b'{"value": []}')] == [[]] * 4


@pytest.mark.parametrize("body", [b"", b"  \r\n", BOM, BOM + b"\n"])
def test_nothing_at_all(body: bytes) -> None:
    assert told(body) == "The ERP answered 200 with an empty body."


@pytest.mark.parametrize("data", ["null", '""'])
def test_no_data_is_not_no_sales(data: str) -> None:
    assert told(f'{{"data": {data}}}'.encode()) == "The ERP answered without data; its fields are: data."


def test_an_empty_object_is_not_no_sales() -> None:
    assert told(b"{}") == "The ERP answered without data; its fields are: -."


def test_an_object_without_rows_is_not_no_sales() -> None:
    assert told(b'{"data": {"count": 0}}') == "The ERP answered without data; its fields are: count."


@pytest.mark.parametrize("rows", ["[]", '"[]"', ROWS])
def test_an_error_beside_rows_is_an_error(rows: str) -> None:
    body = f'{{"data": {rows}, "error": "Нарушение прав доступа"}}'.encode()
    assert told(body) == 'The ERP answered with an error instead of data: "Нарушение прав доступа"'


def test_control_characters_become_blanks() -> None:
    raw = ROWS.replace("Ёлки", "Ёл\x02\tки")
    for body in (raw, f'{{"data": {raw}}}', json.dumps({"data": raw})):
        assert json.loads(bytes(rows_of(body.encode())[0])) == {"Партнер": "Ёл  ки"}


def test_cp1251_is_told_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    rows_of(ROWS.encode("cp1251"))
    assert [record.message for record in caplog.records] == ["The ERP's answer is in cp1251, whatever its header says."]


def test_a_letter_broken_in_utf_8_does_not_make_it_cp1251(caplog: pytest.LogCaptureFixture) -> None:
    first, second = rows_of(ROWS.encode().replace("Ёлки".encode(), "Ёлк".encode() + b"\xd0"))
    assert (bytes(first)[-4:], bytes(second).decode()) == (b'\xba\xd0"}', '{"Партнер": "Иглы"}')
    assert caplog.records == []


def test_an_error_page_in_cp1251_is_readable() -> None:
    assert "Вход в систему" in told("<h1>Вход в систему</h1>".encode("cp1251"))


def test_an_error_envelope_is_quoted() -> None:
    body = '{"error": "Нарушение прав доступа"}'.encode()
    assert told(body) == 'The ERP answered with an error instead of data: "Нарушение прав доступа"'


def test_a_page_is_quoted_in_words() -> None:
    page = "<html><style>b {color: red}</style><script>alert(1)</script><h1>Вход</h1>\n<b>в систему</b></html>"
    assert told(BOM + page.encode()) == "The ERP answered a web page instead of data: Вход в систему"


def test_a_long_page_is_cut() -> None:
    assert len(told(b"<p>" + b"Error " * 10_000)) < 300


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"null", id="null"),
        pytest.param(b"17", id="a number"),
        pytest.param(b'"none"', id="a string"),
        pytest.param(b'{"data": 17}', id="a number under data"),
        pytest.param(b'{"data": true}', id="true under data"),
        pytest.param(b'{"data": " "}', id="a blank string"),
        pytest.param(b'{"data": "null"}', id="null inside a string"),
        pytest.param(b'{"data": "17"}', id="a number inside a string"),
        pytest.param(json.dumps(json.dumps(json.dumps("[]"))).encode(), id="a string inside a string inside a string"),
        pytest.param(f'{{"data": {TEXT}'.encode(), id="the outside cut off"),
        pytest.param(json.dumps({"data": ROWS[:-20]}).encode(), id="the inside cut off"),
        pytest.param(ROWS[:-1].encode(), id="a bare list cut off"),
        pytest.param(ROWS.encode() * 2, id="two answers in one"),
        pytest.param(b"[1, 2,]", id="a trailing comma"),
        pytest.param(b'{"data": "[NaN]"}', id="not a number"),
        pytest.param(f'{{"data": {TEXT}}}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'{"data": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b"[" * 100_000, id="a hundred thousand brackets"),
        pytest.param(b'{"data":' * 100_000, id="a hundred thousand envelopes"),
        pytest.param("Ошибка при вызове метода контекста".encode(), id="a text"),
        pytest.param("Ошибка при вызове метода контекста".encode("cp1251"), id="a text in cp1251"),
        pytest.param(bytes(range(256)), id="all bytes"),
    ],
)
def test_what_is_no_list_of_rows_is_a_bad_answer(body: bytes) -> None:
    assert told(body) == "The ERP's answer is not the JSON we know: it is broken, or no list of lines."


@settings(deadline=None, database=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_rows_or_a_sentence(body: bytes) -> None:
    try:
        rows = rows_of(body)
    except BadAnswer as error:
        assert str(error).startswith("The ERP")
    else:
        assert type(rows) is list


@settings(deadline=None, database=None)
@given(st.lists(st.dictionaries(st.text(), st.none() | st.integers() | st.text())), st.booleans(), st.booleans())
def test_rows_survive_any_envelope(rows: list[dict[str, object]], as_text: bool, with_bom: bool) -> None:
    plain = json.dumps(rows)
    envelope = json.dumps({"data": plain if as_text else rows}).encode()
    found = rows_of(BOM + envelope if with_bom else envelope)
    assert [json.loads(bytes(row)) for row in found] == rows


@pytest.mark.parametrize(
    "body",
    [
        ROWS[:-3].encode(),
        json.dumps({"data": ROWS[:-3]}, ensure_ascii=False).encode(),
        b'{"lines": ' + ROWS.encode() + b"}",
    ],
)
def test_no_customer_is_quoted(body: bytes) -> None:
    assert "Ёлки" not in told(body)
