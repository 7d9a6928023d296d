"""What a report says, as it goes into the store's history."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pyarrow as pa
from pyarrow import feather

from rfm_service.records import to_json
from rfm_service.segmentation.fitted import FittedScheme
from rfm_service.store.history import MEASURES, MOVEMENT, Report

FOLDER = "record"


def leave_record(work: Path, customers: pa.Table, movements: pa.Table, columns: Mapping[str, FittedScheme]) -> None:
    """Leave files in `work` for the step that records the report."""
    folder = work / FOLDER
    folder.mkdir()
    once = {fitted.scheme.name: column for column, fitted in columns.items()}
    feather.write_feather(customers.select(["customer_id", *MEASURES]), folder / "measures.arrow")
    for scheme, column in once.items():
        feather.write_feather(customers.select(["customer_id", column]), folder / f"{scheme}.segments.arrow")
    feather.write_feather(movements.select(MOVEMENT), folder / "movements.arrow")
    schemes = {fitted.scheme.name: to_json(fitted) for fitted in columns.values()}
    (folder / "schemes.json").write_text(to_json(schemes), encoding="utf-8")


def read_record(work: Path, reference_day: int, run_id: str, horizon_days: int) -> Report:
    """What was left there."""
    folder = work / FOLDER
    schemes = msgspec.json.decode((folder / "schemes.json").read_bytes(), type=dict[str, str])
    return Report(
        reference_day,
        run_id,
        horizon_days,
        schemes,
        (
            (scheme, customer, segment)
            for scheme in schemes
            for customer, segment in _rows(folder / f"{scheme}.segments.arrow")
        ),
        _rows(folder / "measures.arrow"),
        list(_rows(folder / "movements.arrow")),
    )


def _rows(path: Path) -> "zip[tuple[object, ...]]":
    table = feather.read_table(path)
    return zip(*(column.to_pylist() for column in table.columns), strict=True)
