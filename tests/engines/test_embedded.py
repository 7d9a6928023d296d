"""Tables by name, parameters by name; the rest of the SQL stays as it was written."""

import pyarrow as pa
import pytest

from rfm_service.engines.embedded import Embedded


@pytest.fixture
def engine() -> Embedded:
    """An engine that knows a table `sales`."""
    engine = Embedded()
    engine.make_table("sales", pa.table({"day": [1, 2, 3], "amount": [10, 20, 30]}))
    return engine


def test_a_table_is_known_by_its_name(engine: Embedded) -> None:
    table = engine.run("SELECT day FROM sales ORDER BY day")
    assert isinstance(table, pa.Table)
    assert table.to_pydict() == {"day": [1, 2, 3]}


def test_a_result_can_be_made_a_table(engine: Embedded) -> None:
    engine.make_table("late", engine.run("SELECT * FROM sales WHERE day > 1"))
    assert engine.run("SELECT day FROM late ORDER BY day").to_pydict() == {"day": [2, 3]}


def test_a_table_can_be_derived_of_the_one_in_its_place(engine: Embedded) -> None:
    for _ in range(3):
        engine.derive("sales", "SELECT day + 1 AS day FROM sales")
    assert engine.run("SELECT day FROM sales ORDER BY day").to_pydict() == {"day": [4, 5, 6]}
    engine.make_table("sales", pa.table({"day": [7]}))
    assert engine.run("SELECT day FROM sales").to_pydict() == {"day": [7]}


def test_a_table_can_be_replaced(engine: Embedded) -> None:
    engine.make_table("sales", pa.table({"day": [7]}))
    assert engine.run("SELECT day FROM sales").to_pydict() == {"day": [7]}


def test_parameters_are_named(engine: Embedded) -> None:
    sql = "SELECT day FROM sales WHERE day >= :first_day AND day < :reference_day"
    assert engine.run(sql, {"first_day": 2, "reference_day": 3}).to_pydict() == {"day": [2]}


def test_a_parameter_may_be_used_twice_or_not_at_all(engine: Embedded) -> None:
    assert engine.run("SELECT :day + :day AS twice", {"day": 4, "unused": 1}).to_pydict() == {"twice": [8]}
    assert engine.run("SELECT 1 AS one", {"unused": 1}).to_pydict() == {"one": [1]}


def test_a_missing_parameter_is_an_error(engine: Embedded) -> None:
    with pytest.raises(Exception, match="first_day"):
        engine.run("SELECT day FROM sales WHERE day >= :first_day")


def test_casts_are_left_alone(engine: Embedded) -> None:
    table = engine.run("SELECT sum(amount)::BIGINT AS amount, :day::bigint AS day FROM sales", {"day": 2})
    assert table.to_pydict() == {"amount": [60], "day": [2]}
    assert table.schema.types == [pa.int64(), pa.int64()]


def test_comments_hold_no_parameters(engine: Embedded) -> None:
    sql = "-- days before :reference_day\nSELECT 1 AS one -- not :this one\n"
    assert engine.run(sql, {"reference_day": 2}).to_pydict() == {"one": [1]}


def test_a_parameter_may_begin_like_another_one(engine: Embedded) -> None:
    parameters = {"day": 1, "day_of_month": 2}
    assert engine.run("SELECT :day_of_month AS day", parameters).to_pydict() == {"day": [2]}


def test_engines_do_not_share_tables(engine: Embedded) -> None:
    with pytest.raises(Exception, match="sales"):
        Embedded().run("SELECT day FROM sales")


@pytest.mark.parametrize("types", [[pa.int64()], [pa.string()]])
def test_an_empty_table_keeps_its_types(engine: Embedded, types: list[pa.DataType]) -> None:
    engine.make_table("nothing", pa.schema([("value", types[0])]).empty_table())
    assert engine.run("SELECT value FROM nothing").schema.types == types
