"""A proved address is good for the page that comes next, not for whoever sits down at the computer later."""

from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from tests.accounts.conftest import code_for

PHONE = "01000009001"
NOW = "2026-11-23 14:00:00+09:00"
HALF_AN_HOUR = pytest.mark.parametrize(("seconds", "serves"), [(30 * 60 - 1, True), (30 * 60, False)])


@HALF_AN_HOUR
def test_a_proved_phone_opens_an_account_for_half_an_hour(client, seconds, serves):
    with time_machine.travel(NOW, tick=False) as clock:
        client.post(reverse("account_signup"), {"who": "guardian", "birth_date": "1985-05-05"})
        client.post(reverse("accounts:signup_contact"), {"contact": PHONE})
        client.post(reverse("accounts:signup_code"), {"code": code_for(PHONE)})
        clock.shift(seconds)
        client.post(reverse("accounts:signup_account"), {"name": "김보호", "password": "금천의 봄 2026"})

    assert User.objects.filter(phone=PHONE).exists() is serves


@HALF_AN_HOUR
def test_a_proved_phone_changes_the_password_for_half_an_hour(client, person, seconds, serves):
    user = person(phone=PHONE)
    with time_machine.travel(NOW, tick=False) as clock:
        client.post(reverse("account_reset_password"), {"contact": PHONE})
        client.post(reverse("accounts:reset_code"), {"code": code_for(PHONE)})
        clock.shift(seconds)
        client.post(reverse("accounts:reset_new"), {"password": "시흥의 가을 2027"})

    user.refresh_from_db()
    assert user.check_password("시흥의 가을 2027") is serves


def test_a_proof_for_one_thing_does_not_serve_another(client, person):
    person(phone=PHONE)
    client.post(reverse("account_reset_password"), {"contact": PHONE})
    client.post(reverse("accounts:reset_code"), {"code": code_for(PHONE)})
    client.post(reverse("account_signup"), {"who": "guardian", "birth_date": "1985-05-05"})

    assert client.get(reverse("accounts:signup_account")).url == reverse("accounts:signup_contact")
