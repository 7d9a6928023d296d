"""A mapping file says everything that is wrong with it at once, before anything is read."""

from pathlib import Path

import pytest

from rfm_service.errors import ConfigurationError
from rfm_service.sources.files.mapping import load_mapping, ready_mappings

from .builders import MAPPINGS, PLAIN


def written(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ready_mappings(MAPPINGS))
def test_what_is_shipped_is_sound(name: str) -> None:
    assert load_mapping(name, MAPPINGS).columns


def test_a_mapping_is_named_by_its_path_or_among_the_ready_ones(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    assert load_mapping(str(path), MAPPINGS) == load_mapping("own", tmp_path)


def test_an_unknown_one_names_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no mapping retail, .* of: 1c, online_retail, service, shop_events"):
        load_mapping("retail", MAPPINGS)


@pytest.mark.parametrize(
    ("addition", "sentence"),
    [
        ('bayer = "x"', "columns.bayer: there is no such field; did you mean buyer?"),
        ('price = "price"', "sum and price: only one of them can be read"),
        ('[texts]\nbuyer = "x"', r"buyer: stands in \[columns\] and in \[texts\]"),
        ('[texts]\nfeature = "{ }"', "texts.feature: an empty name between braces"),
        (
            '[values]\ndate = "dd.mm.yyyy"',
            'values.date: "dd.mm.yyyy" is none of iso, excel, unix, days since YYYY',
        ),
        ('[values]\ndate = "days since 2026-13-01"', 'values.date: "days since 2026-13-01" is none of'),
        ('[values]\ntimezone = "Moscow"', 'values.timezone: there is no "Moscow"'),
        ('[values]\nmoney = "dollars"', r"Invalid enum value 'dollars' - at `\$.values.money`"),
        ('[values]\nquantity = "boxes"', r"Invalid enum value 'boxes'"),
        ('[file]\nencoding = "cp-1251-x"', "file.encoding: Python knows no"),
        ('[file]\ndelimiter = ";;"', "file.delimiter: one sign"),
        ("[file]\nheader = -1", "file.header: the row of names"),
        ("[file]\nheaders = 2", "unknown field `headers`"),
        ("not toml", "own.toml"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, addition: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        load_mapping(str(written(tmp_path, PLAIN + addition)), MAPPINGS)


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [("event", 'only "event": write'), ("sum > much", "> compares with a number"), ("= 5", 'only "= 5": write')],
)
def test_a_condition_that_is_none(tmp_path: Path, condition: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        load_mapping(str(written(tmp_path, f'only = ["{condition}"]\n{PLAIN}')), MAPPINGS)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(str(written(tmp_path, '[columns]\ndate = "d"\n[values]\ntimezone = "?"')), MAPPINGS)
    assert str(caught.value).splitlines()[0].endswith("6 to mend.")
    assert "  buyer: no column and no text gives it" in str(caught.value).splitlines()
