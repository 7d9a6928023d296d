"""The verdict on each line, and the accounts of a day."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from rfm_service.cleaning.verdicts import Rules, clean, rules_of
from rfm_service.kinds import Kind, Verdict
from rfm_service.records import Account, DayAnswer, Header, Refused, SaleLine
from rfm_service.settings import Cleaning

RULES = Rules(
    gift_below=10_00,
    own_companies=['ООО "Наша Фирма"', "Наша Логистика"],
    anonymous_buyers=["Розничный покупатель"],
    require_site_id=True,
)


def line(amount: int = 290_50, **changes: Any) -> SaleLine:
    """A cup for a customer; `changes` are of the header."""
    given: dict[str, Any] = {
        "kind": Kind.SALE,
        "number": "УТ-000001",
        "day": 20_777,
        "order_number": "УТ-000077",
        "order_day": 20_776,
        "buyer": 'ООО "Ёлки"',
        "contractor": 'ООО "Ёлки-Торг"',
        "site_id": "100008",
        "address": "",
    }
    return SaleLine(Header(**(given | changes)), "Кружка", "белый", 2_000, amount)


def answer(*lines: SaleLine, refused: list[Refused] | None = None) -> DayAnswer:
    return DayAnswer(20_777, list(lines), refused or [], "")


def verdict_on(sold: SaleLine, rules: Rules = RULES) -> Verdict:
    (verdict,) = clean(answer(sold), rules).verdicts
    return verdict


def test_a_purchase() -> None:
    assert verdict_on(line()) is Verdict.ACCEPTED


@pytest.mark.parametrize("kind", [Kind.OTHER, Kind.RETURN, Kind.CORRECTION])
def test_only_what_sells_takes_back_or_corrects_is_looked_at(kind: Kind) -> None:
    assert verdict_on(line(kind=kind)) is (Verdict.NOT_A_SALE if kind is Kind.OTHER else Verdict.ACCEPTED)


def test_trade_with_an_own_company_is_that_and_not_just_no_sale() -> None:
    assert verdict_on(line(kind=Kind.OTHER, contractor="Наша Логистика")) is Verdict.OWN_COMPANY


@pytest.mark.parametrize(("amount", "verdict"), [(9_99, Verdict.GIFT), (10_00, Verdict.ACCEPTED), (0, Verdict.GIFT)])
def test_a_gift_is_cheaper_than_ten_roubles(amount: int, verdict: Verdict) -> None:
    assert verdict_on(line(amount)) is verdict


def test_a_cheap_return_is_no_gift() -> None:
    assert verdict_on(line(9_99, kind=Kind.RETURN)) is Verdict.ACCEPTED


def test_nothing_is_a_gift_when_the_rule_is_off() -> None:
    assert verdict_on(line(0), rules_of(Cleaning(gift_below=0))) is Verdict.ACCEPTED


@pytest.mark.parametrize("field", ["buyer", "contractor"])
@pytest.mark.parametrize(
    "name", ['ООО "Наша Фирма"', 'ооо "наша фирма"', '  ООО  "НАША\N{NO-BREAK SPACE}Фирма" ', "наша логистика"]
)
def test_an_own_company(field: str, name: str) -> None:
    assert verdict_on(line(290_50, **{field: name})) is Verdict.OWN_COMPANY


@pytest.mark.parametrize("name", ['ООО "Наша Фирма Плюс"', "Наша", "ООО Наша Фирма", ""])
def test_a_name_is_compared_as_a_whole(name: str) -> None:
    assert verdict_on(line(contractor=name)) is Verdict.ACCEPTED


@pytest.mark.parametrize("name", ["Розничный покупатель", "РОЗНИЧНЫЙ  ПОКУПАТЕЛЬ"])
def test_an_anonymous_buyer(name: str) -> None:
    assert verdict_on(line(buyer=name)) is Verdict.ANONYMOUS


def test_an_anonymous_contractor_says_nothing() -> None:
    assert verdict_on(line(contractor="Розничный покупатель")) is Verdict.ACCEPTED


def test_no_site_id() -> None:
    assert verdict_on(line(site_id="")) is Verdict.NO_SITE_ID


def test_no_site_id_where_none_is_asked_for() -> None:
    assert verdict_on(line(site_id=""), rules_of(Cleaning(require_site_id=False))) is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("sold", "verdict"),
    [
        (line(1, buyer="Розничный покупатель", contractor="Наша Логистика", site_id=""), Verdict.OWN_COMPANY),
        (line(1, buyer="Розничный покупатель", site_id=""), Verdict.ANONYMOUS),
        (line(1, site_id=""), Verdict.NO_SITE_ID),
        (line(1), Verdict.GIFT),
    ],
)
def test_the_first_reason_counts(sold: SaleLine, verdict: Verdict) -> None:
    assert verdict_on(sold) is verdict


def test_returns_of_an_own_company_are_left_out_too() -> None:
    assert verdict_on(line(kind=Kind.RETURN, buyer="Наша Логистика")) is Verdict.OWN_COMPANY


def test_the_rules_of_the_settings() -> None:
    assert rules_of(Cleaning()) == Rules(
        gift_below=10_00,
        own_companies=[],
        anonymous_buyers=["Розничный покупатель", "Неизвестный партнер"],
        require_site_id=True,
    )


def test_the_accounts_of_a_day() -> None:
    refused = [
        Refused(Verdict.MALFORMED, "date", 700, "{}"),
        Refused(Verdict.INCOMPLETE, "sum", 0, "{}"),
        Refused(Verdict.MALFORMED, "sum", 0, "{}"),
    ]
    day = clean(answer(line(), line(5_00), line(100_00), line(50_00, kind=Kind.RETURN), refused=refused), RULES)
    assert day.accounts == [
        Account(0, Verdict.INCOMPLETE, 1, 0),
        Account(0, Verdict.MALFORMED, 2, 700),
        Account(Kind.SALE, Verdict.ACCEPTED, 2, 390_50),
        Account(Kind.SALE, Verdict.GIFT, 1, 5_00),
        Account(Kind.RETURN, Verdict.ACCEPTED, 1, 50_00),
    ]


def test_an_empty_day_has_no_accounts() -> None:
    day = clean(answer(), RULES)
    assert (day.verdicts, day.accounts) == ([], [])


def test_lines_of_one_document_share_their_header() -> None:
    shared = line(buyer="Наша Логистика").header
    lines = [SaleLine(shared, "Кружка", "", 1_000, amount) for amount in (1, 100_00)]
    assert clean(answer(*lines, line()), RULES).verdicts == [
        Verdict.OWN_COMPANY,
        Verdict.OWN_COMPANY,
        Verdict.ACCEPTED,
    ]


def test_equal_rules_have_equal_fingerprints() -> None:
    turned = Rules(10_00, list(reversed(RULES.own_companies)), RULES.anonymous_buyers, True)
    others = [
        Rules(11_00, RULES.own_companies, RULES.anonymous_buyers, True),
        Rules(10_00, [], RULES.anonymous_buyers, True),
        Rules(10_00, RULES.own_companies, [], True),
        Rules(10_00, RULES.own_companies, RULES.anonymous_buyers, False),
        Rules(10_00, RULES.anonymous_buyers, RULES.own_companies, True),
    ]
    assert turned.fingerprint == RULES.fingerprint
    assert len({rules.fingerprint for rules in [RULES, *others]}) == 6
    assert clean(answer(), RULES).rules == RULES.fingerprint


LINES = st.builds(
    line,
    st.integers(0, 30_00) | st.integers(0, 10**12),
    kind=st.sampled_from(Kind),
    buyer=st.sampled_from(["Ёлки", "Наша Логистика", "розничный  покупатель", ""]),
    contractor=st.sampled_from(["Ёлки", "НАША ЛОГИСТИКА", ""]),
    site_id=st.sampled_from(["7", ""]),
)
REFUSED = st.builds(
    Refused,
    verdict=st.sampled_from([Verdict.INCOMPLETE, Verdict.MALFORMED]),
    field=st.just("sum"),
    amount=st.integers(0, 10**12),
    raw=st.just("{}"),
)


@settings(deadline=None, database=None)
@given(st.lists(LINES), st.lists(REFUSED))
def test_the_accounts_add_up_to_what_was_received(lines: list[SaleLine], refused: list[Refused]) -> None:
    day = clean(answer(*lines, refused=refused), RULES)
    assert sum(account.lines for account in day.accounts) == len(lines) + len(refused)
    assert sum(account.amount for account in day.accounts) == sum(sold.amount for sold in lines) + sum(
        bad.amount for bad in refused
    )
    assert len(day.verdicts) == len(lines)
    assert day.answer.lines == lines


@settings(deadline=None, database=None)
@given(st.lists(LINES))
def test_every_line_stands_in_the_account_of_its_verdict(lines: list[SaleLine]) -> None:
    day = clean(answer(*lines), RULES)
    counted = Counter((sold.header.kind, verdict) for sold, verdict in zip(lines, day.verdicts, strict=True))
    assert {(account.kind, account.verdict): account.lines for account in day.accounts} == counted


@settings(deadline=None, database=None)
@given(st.lists(LINES), st.randoms())
def test_a_verdict_does_not_depend_on_the_neighbours(lines: list[SaleLine], chance: Any) -> None:
    shuffled = list(lines)
    chance.shuffle(shuffled)
    assert clean(answer(*shuffled), RULES).verdicts == [verdict_on(sold) for sold in shuffled]
