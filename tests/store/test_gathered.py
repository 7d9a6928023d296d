"""Rows of files by day, and how far the files were read: one transaction, so that neither is ahead of the other."""

from pathlib import Path

import msgspec

from rfm_service.store.gathered import Progress, opened_gathering


def test_rows_come_back_by_day_in_the_order_of_the_files(tmp_path: Path) -> None:
    with opened_gathering(tmp_path / "days.db") as gathered:
        gathered.add(0, {7: [b'"b"', b'"a"'], 3: [b'"c"']}, Progress(3, 0, 3))
        gathered.add(0, {7: [b'"d"']}, Progress(5, 1, 7, whole=True))
        assert gathered.days() == [3, 7]
        assert gathered.rows(7) == [msgspec.Raw(b'"b"'), msgspec.Raw(b'"a"'), msgspec.Raw(b'"d"')]
        assert gathered.rows(4) == []


def test_how_far_each_file_was_read(tmp_path: Path) -> None:
    with opened_gathering(tmp_path / "days.db") as gathered:
        assert gathered.progress(0) == Progress()
        gathered.add(0, {}, Progress(5, 1, 7, whole=True))
        gathered.add(1, {}, Progress(2, 2, -1))
    with opened_gathering(tmp_path / "days.db") as gathered:
        assert [gathered.progress(place) for place in range(3)] == [(5, 1, 7, True), (2, 2, -1, False), Progress()]
        assert gathered.totals() == (7, 3)
