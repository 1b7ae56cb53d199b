from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.db import transaction

from notices import caps, outbox
from notices.models import CodeAllowance, Notice
from notices.outbox import Recipient

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(declare):
    declare(
        "test.code",
        variables={"인증번호": "1"},
        secret=frozenset({"인증번호"}),
        capped=True,
        urgent=True,
        sms="#{인증번호}",
        subject="인증번호",
        email="#{인증번호}",
    )

    def ask(number: int, phone: str = "01000000001", asked_from: str | None = "192.0.2.1") -> None:
        with transaction.atomic():
            outbox.post(
                "test.code",
                to=[Recipient("김보호", phone=phone)],
                key=f"{phone}/{number}",
                context={"인증번호": "908172"},
                asked_from=asked_from,
            )

    return ask


def test_one_number_gets_its_allowance_and_no_more(ask, settings):
    settings.CODES_PER_NUMBER_A_DAY = 2
    ask(1)
    ask(2)
    with pytest.raises(caps.TooManyCodes, match="내일 다시"):
        ask(3)
    assert Notice.objects.count() == 2
    ask(1, phone="01000000002")


def test_one_network_address_gets_its_allowance_and_no_more(ask, settings):
    settings.CODES_PER_ADDRESS_A_DAY = 2
    ask(1, phone="01000000001")
    ask(1, phone="01000000002")
    with pytest.raises(caps.TooManyCodes):
        ask(1, phone="01000000003")
    ask(1, phone="01000000003", asked_from="192.0.2.2")


def test_the_house_gives_out_so_many_a_day(ask, settings):
    settings.CODES_A_DAY = 1
    ask(1)
    with pytest.raises(caps.TooManyCodes):
        ask(1, phone="01000000002", asked_from="192.0.2.2")


def test_the_allowance_is_new_at_midnight_in_seoul(ask, settings):
    settings.CODES_PER_NUMBER_A_DAY = 1
    with time_machine.travel("2026-11-24 23:59:59+09:00", tick=False) as clock:
        ask(1)
        with pytest.raises(caps.TooManyCodes):
            ask(2)
        clock.move_to("2026-11-25 00:00:00+09:00")
        ask(3)
        caps.forget()
    assert set(CodeAllowance.objects.values_list("day", flat=True)) == {date(2026, 11, 25)}


def test_the_table_keeps_neither_numbers_nor_network_addresses(ask):
    ask(1)
    kept = " ".join(CodeAllowance.objects.values_list("who", flat=True))
    assert "01000000001" not in kept
    assert "192.0.2.1" not in kept


@pytest.mark.django_db(transaction=True)
def test_requests_at_one_instant_cannot_share_the_last_one(ask, settings, at_once):
    settings.CODES_PER_NUMBER_A_DAY = 3
    results = at_once(*[lambda n=n: ask(n) for n in range(8)])
    assert sum(isinstance(result, caps.TooManyCodes) for result in results) == 5
    assert Notice.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_counting_first_and_writing_later_would_let_too_many_through(ask, settings, at_once, monkeypatch):
    """The control: if this fails, the test above proves nothing."""
    import threading

    met = threading.Barrier(8, timeout=5)

    def count_then_write(who: str, limit: int, count: int) -> None:
        if CodeAllowance.objects.filter(who__startswith="number").count() >= limit:
            raise caps.TooManyCodes
        if who.startswith("number"):
            met.wait()

    settings.CODES_PER_NUMBER_A_DAY = 3
    monkeypatch.setattr(caps, "_take", count_then_write)
    at_once(*[lambda n=n: ask(n) for n in range(8)])
    assert Notice.objects.count() == 8
