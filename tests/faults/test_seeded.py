"""The list of planted mistakes can be run: each text stands where it says, once, and Python stays Python."""

import ast

import pytest

from tests.conftest import PROJECT
from tests.faults.seeded import MISTAKES, Mistake


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_a_mistake_can_be_planted(mistake: Mistake) -> None:
    source = (PROJECT / mistake.file).read_text(encoding="utf-8")
    assert source.count(mistake.text) == 1
    if mistake.file.endswith(".py"):
        ast.parse(source.replace(mistake.text, mistake.becomes))
    for test in mistake.tests.split(" -")[0].split():
        assert (PROJECT / test).exists(), test


def test_no_two_mistakes_have_one_title() -> None:
    assert len({mistake.title for mistake in MISTAKES}) == len(MISTAKES)
