"""Scheme files: what is read, and how every mistake is told."""

from pathlib import Path

import pytest

from rfm_service.errors import ConfigurationError
from rfm_service.segmentation.schemes import load_scheme
from rfm_service.settings import Segmentation
from tests.conftest import PROJECT

from .builders import BIG, BIG_RULE, HEAD, SMALL, SMALL_RULE, TINY, write

SHIPPED = PROJECT / "config" / "segments"
HOW = "write <measure> <comparison> <number>, measures: recency, frequency, monetary, order_interval, two_month_sum"


def told(folder: Path, text: str) -> str:
    """What the error says of a scheme file, without the file's path."""
    with pytest.raises(ConfigurationError) as caught:
        load_scheme(write(folder, text), "tiny")
    path = f"{folder / 'tiny.toml'}: "
    assert str(caught.value).startswith(path)
    return str(caught.value).removeprefix(path)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        (
            "nine_segments",
            "champions loyal risk lost growing promising newcomers drifting sleeping",
        ),
        ("wholesale_tiers", "whale large_wholesaler wholesaler small_wholesaler retail"),
    ],
)
def test_the_schemes_we_ship(name: str, keys: str) -> None:
    scheme = load_scheme(SHIPPED, name)
    assert " ".join(segment.key for segment in scheme.segments) == keys
    assert scheme.rules[-1].when == []


def test_the_default_settings_name_the_schemes_we_ship() -> None:
    named = {Segmentation().segments, Segmentation().tiers}
    assert named < {path.stem for path in SHIPPED.iterdir()}


def test_a_segment_has_a_colour_of_its_own() -> None:
    for path in SHIPPED.iterdir():
        colors = [segment.color for segment in load_scheme(SHIPPED, path.stem).segments]
        assert len(set(colors)) == len(colors)


def test_titles_in_two_languages(tmp_path: Path) -> None:
    big = load_scheme(write(tmp_path), "tiny").segments[0]
    assert [big.title.told("en"), big.title.told("ru"), big.advice.told("ru")] == ["Big", "Большой", "Позвонить"]


def test_a_comment_does_not_make_another_scheme(tmp_path: Path) -> None:
    plain = load_scheme(write(tmp_path), "tiny").sha256
    assert load_scheme(write(tmp_path, "# the same\n" + TINY), "tiny").sha256 == plain
    assert load_scheme(write(tmp_path, TINY.replace("90", "91")), "tiny").sha256 != plain


def test_a_missing_file(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        load_scheme(tmp_path, "nine")
    assert str(caught.value) == f"There is no scheme file {tmp_path / 'nine.toml'}. There are: tiny."


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").mkdir()
    with pytest.raises(ConfigurationError, match=r"tiny\.toml cannot be read: Is a directory"):
        load_scheme(tmp_path, "tiny")


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_bytes(TINY.encode("cp1251"))
    with pytest.raises(ConfigurationError, match=r"tiny\.toml is not text in UTF-8 \(line 3\)"):
        load_scheme(tmp_path, "tiny")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (TINY.replace('key = "big"\n', ""), "missing required field `key`"),
        (TINY.replace("advice", "advise"), "unknown field `advise`"),
        (TINY.replace('color = "#1b7837"', "color = 17"), "Expected `str`, got `int`"),
        (TINY.replace(', ru = "Большой"', ""), "missing required field `ru`"),
        (TINY.replace("when = []", 'when = "recency < 9"'), "Expected `array`, got `str`"),
        (TINY.replace("when = []", "when = [90]"), "Expected `str`, got `int`"),
        (HEAD, "missing required field `segment`"),
        (HEAD + BIG, "missing required field `rule`"),
        ("", "missing required field `name`"),
    ],
)
def test_a_file_of_another_shape(tmp_path: Path, text: str, part: str) -> None:
    assert part in told(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (TINY + BIG, "segment big: stands twice"),
        (TINY.replace('"big"', '"Big one"'), "segment Big one: a key is small Latin letters, digits and _"),
        (TINY.replace('"big"', '"больш"'), "segment больш: a key is small Latin letters, digits and _"),
        (TINY.replace('"big"', '"1st"'), "segment 1st: a key is small Latin letters, digits and _"),
        (TINY.replace("#1b7837", "green", 1), "segment big: color must look like #1b7837"),
        (TINY.replace("#1b7837", "#1B7837", 1), "segment big: color must look like #1b7837"),
        (TINY.replace("#1b7837", "#1b78370", 1), "segment big: color must look like #1b7837"),
        (TINY.replace("Позвонить", "", 1), "segment big: title and advice need both languages"),
        (TINY.replace("Большой", "", 1), "segment big: title and advice need both languages"),
        (HEAD + SMALL + BIG_RULE + SMALL_RULE, "rule for big: there is no such segment"),
        (HEAD + BIG + SMALL + SMALL_RULE, "segment big: no rule leads to it"),
        (
            HEAD + BIG + SMALL + SMALL_RULE + BIG_RULE.replace('["monetary >= 1000", "recency < 90"]', "[]"),
            "rule for small: has no conditions, so the rules below it never hold",
        ),
        (
            HEAD + BIG + SMALL + SMALL_RULE + BIG_RULE,
            "the last rule must have no conditions, so that every customer gets a segment",
        ),
        (TINY.replace('name = "tiny"', 'name = "other"'), "name: is 'other' in a file called tiny.toml"),
    ],
)
def test_a_mistake(tmp_path: Path, text: str, mistake: str) -> None:
    assert told(tmp_path, text) == f"1 to mend.\n  {mistake}"


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "recency",
        "recency<90",
        "recency  < 90",
        "recency = 90",
        "recency == 90",
        "recency <> 90",
        "recency < -1",
        "recency < 9.5",
        "recency < 1234567890123",
        "recency < ninety",
        "profit > 9",
        "buyer > 9",
        "Recency < 90",
        " recency < 90",
        "recency < 90 ",
        "recency < 90\n",
        "90 > recency",
        "recency < 90 OR 1 = 1",
        "recency < 90; DROP TABLE sale_line",
        "recency < 90) --",
        "recency < (SELECT 1)",
        "recency < monetary",
        "monetary >= 1000'",
    ],
)
def test_a_condition_is_measure_comparison_number(tmp_path: Path, condition: str) -> None:
    written = condition.replace("\n", "\\n")
    text = TINY.replace('"recency < 90"', f'"{written}"')
    assert told(tmp_path, text) == (f'1 to mend.\n  condition "{condition}": {HOW}')


@pytest.mark.parametrize(
    "key", ["x' END; DROP TABLE sale_line; --", "x'", 'x"', "x\\n", "x END", "x--", "", "X", "x\\u0000"]
)
def test_a_key_cannot_carry_sql(tmp_path: Path, key: str) -> None:
    text = TINY.replace('"big"', '"' + key.replace('"', '\\"') + '"')
    assert "a key is small Latin letters, digits and _" in told(tmp_path, text)


def test_a_segment_that_only_a_rule_knows_cannot_carry_sql(tmp_path: Path) -> None:
    text = TINY + SMALL_RULE.replace("small", "x' END; DROP TABLE sale_line; --")
    assert "rule for x' END; DROP TABLE sale_line; --: there is no such segment" in told(tmp_path, text)


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = (
        TINY.replace('name = "tiny"', 'name = "other"')
        .replace("#1b7837", "green", 1)
        .replace("Позвонить", "", 1)
        .replace("recency < 90", "recency is low")
        .replace("when = []", 'when = ["frequency > 0"]')
    )
    assert told(tmp_path, text).splitlines() == [
        "5 to mend.",
        "  segment big: color must look like #1b7837",
        "  segment big: title and advice need both languages",
        f'  condition "recency is low": {HOW}',
        "  the last rule must have no conditions, so that every customer gets a segment",
        "  name: is 'other' in a file called tiny.toml",
    ]


def test_no_rules_and_no_segments(tmp_path: Path) -> None:
    assert told(tmp_path, "segment = []\nrule = []\n" + HEAD) == (
        "1 to mend.\n  the last rule must have no conditions, so that every customer gets a segment"
    )
