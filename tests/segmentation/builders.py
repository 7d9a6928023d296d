"""Scheme files for stories that need few."""

from pathlib import Path

HEAD = """
name = "tiny"
title = { en = "Size", ru = "Размер" }
"""

BIG = """
[[segment]]
key = "big"
rank = 1
color = "#1b7837"
title = { en = "Big", ru = "Большой" }
advice = { en = "Call", ru = "Позвонить" }
"""

SMALL = BIG.replace("big", "small").replace("Big", "Small").replace("Большой", "Малый")

BIG_RULE = """
[[rule]]
segment = "big"
when = ["monetary >= 1000", "recency < 90"]
"""

SMALL_RULE = """
[[rule]]
segment = "small"
when = []
"""

TINY = HEAD + BIG + SMALL + BIG_RULE + SMALL_RULE


def write(folder: Path, text: str = TINY, name: str = "tiny") -> Path:
    """A folder with this scheme file."""
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder
