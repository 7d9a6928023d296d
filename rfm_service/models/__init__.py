"""Portable SQL: one file is one table, one `SELECT` that runs unchanged on every engine.

Days and months are integers, money is kopecks, parameters are `:named`, results are cast to BIGINT.
"""

from pathlib import Path

HERE = Path(__file__).parent


def model(name: str) -> str:
    """The text of a model."""
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")
