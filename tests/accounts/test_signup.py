from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Consent, GuardianConsentRequest, User
from notices.models import Notice
from tests.accounts.conftest import code_for, told

PHONE = "01000009001"


def start(client, who="guardian", birth_date="1985-05-05", **extra):
    return client.post(reverse("account_signup"), {"who": who, "birth_date": birth_date, **extra})


def sign_up(client, contact=PHONE, name="김보호", **answers):
    start(client, **answers)
    client.post(reverse("accounts:signup_contact"), {"contact": contact})
    client.post(reverse("accounts:signup_code"), {"code": code_for(contact)})
    return client.post(reverse("accounts:signup_account"), {"name": name, "password": "금천의 봄 2026"}, follow=True)


@pytest.mark.parametrize("contact", [PHONE, "parent@example.com"])
def test_a_guardian_signs_up_with_a_phone_or_an_email(client, contact):
    page = sign_up(client, contact)

    assert page.status_code == 200
    user = User.objects.get()
    assert contact in (user.phone, user.email)
    assert page.wsgi_request.user == user
    assert reverse("accounts:child_add") in page.content.decode()


def test_a_phone_may_be_typed_with_hyphens_and_a_name_in_pieces(client):
    start(client)
    client.post(reverse("accounts:signup_contact"), {"contact": " 010-0000-9001 "})
    client.post(reverse("accounts:signup_code"), {"code": f" {code_for(PHONE)} "})
    client.post(reverse("accounts:signup_account"), {"name": "  김  산 ", "password": "금천의 봄 2026"})

    assert User.objects.values_list("name", "phone").get() == ("김 산", PHONE)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "김하늘🌟", "김12", "··", ""])
def test_what_is_not_a_name_is_refused(client, name):
    page = sign_up(client, name=name)

    assert not User.objects.exists()
    assert "<script>alert(1)" not in page.content.decode()


def test_nothing_is_stored_before_the_age_is_known(client):
    client.get(reverse("account_signup"))
    client.post(reverse("accounts:signup_contact"), {"contact": PHONE})

    assert not User.objects.exists()
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("day", "door"),
    [("2027-03-01 23:59:59+09:00", "ask_guardian"), ("2027-03-02 00:00:00+09:00", "signup_contact")],
)
def test_the_fourteenth_birthday_opens_the_other_door_at_korean_midnight(client, day, door):
    with time_machine.travel(day, tick=False):
        page = start(client, who="student", birth_date="2013-03-02")

    assert page.url == reverse(f"accounts:{door}")


@pytest.mark.parametrize(
    ("day", "door"),
    [("2026-02-28 12:00:00+09:00", "ask_guardian"), ("2026-03-01 00:00:00+09:00", "signup_contact")],
)
def test_born_on_29_february_is_fourteen_on_1_march(client, day, door):
    with time_machine.travel(day, tick=False):
        page = start(client, who="student", birth_date="2012-02-29")

    assert page.url == reverse(f"accounts:{door}")


@pytest.mark.parametrize("birth_date", ["2013-13-01", "1899-12-31", "2999-01-01", "봄"])
def test_an_impossible_birthday_is_a_sentence(client, birth_date):
    page = start(client, birth_date=birth_date)

    assert page.status_code == 200
    assert "생년월일을 2010-03-02처럼" in page.content.decode()


def test_a_taken_address_looks_like_a_free_one(client, person):
    person(phone=PHONE)
    start(client)

    taken = client.post(reverse("accounts:signup_contact"), {"contact": PHONE}, follow=True)
    client.session.flush()
    start(client)
    free = client.post(reverse("accounts:signup_contact"), {"contact": "01000009002"}, follow=True)

    assert taken.redirect_chain == free.redirect_chain
    assert told(PHONE, "already")
    assert not told(PHONE, "code")


def test_no_code_opens_the_account_of_a_taken_address(client, person):
    person(phone=PHONE)
    start(client)
    client.post(reverse("accounts:signup_contact"), {"contact": PHONE})

    for code in ("", "000000", "123456"):
        client.post(reverse("accounts:signup_code"), {"code": code})

    assert User.objects.count() == 1
    assert client.get(reverse("accounts:signup_account")).status_code == 302


def test_a_code_is_over_after_five_wrong_ones(client):
    start(client)
    client.post(reverse("accounts:signup_contact"), {"contact": PHONE})
    right = code_for(PHONE)
    wrong = "000000" if right != "000000" else "111111"

    for _ in range(5):
        client.post(reverse("accounts:signup_code"), {"code": wrong})
    page = client.post(reverse("accounts:signup_code"), {"code": right})

    assert page.url == reverse("accounts:signup_contact")


@pytest.mark.parametrize(("seconds", "accepted"), [(299, True), (300, False)])
def test_a_code_lives_five_minutes(client, seconds, accepted):
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False) as clock:
        start(client)
        client.post(reverse("accounts:signup_contact"), {"contact": PHONE})
        clock.shift(seconds)
        page = client.post(reverse("accounts:signup_code"), {"code": code_for(PHONE)})

    assert (page.url == reverse("accounts:signup_account")) is accepted


def test_codes_cannot_be_asked_for_without_end(client):
    start(client)

    client.post(reverse("accounts:signup_contact"), {"contact": PHONE})
    page = client.post(reverse("accounts:signup_contact"), {"contact": PHONE})

    assert "너무 자주" in page.content.decode()
    assert len(told(PHONE, "code")) == 1


def test_a_short_password_is_refused_with_the_rule(client):
    start(client)
    client.post(reverse("accounts:signup_contact"), {"contact": PHONE})
    client.post(reverse("accounts:signup_code"), {"code": code_for(PHONE)})
    page = client.post(reverse("accounts:signup_account"), {"name": "김보호", "password": "1234"})

    assert page.status_code == 200
    assert not User.objects.exists()


def test_marketing_is_its_own_free_choice(client):
    sign_up(client)

    assert not Consent.objects.exists()


def test_marketing_that_was_chosen_is_kept_with_its_words_and_answered(client):
    start(client)
    client.post(reverse("accounts:signup_contact"), {"contact": PHONE})
    client.post(reverse("accounts:signup_code"), {"code": code_for(PHONE)})
    client.post(reverse("accounts:signup_account"), {"name": "김보호", "password": "금천의 봄 2026", "marketing": "on"})

    consent = Consent.objects.get()
    assert (consent.given, consent.text.kind, consent.text.version) == (True, "marketing", 1)
    assert "수신 동의" in told(PHONE, "consent_kept")[0]


def test_next_never_leaves_the_site(client):
    start(client, next="https://evil.example/")

    assert client.session["signup"]["next"] == ""


def test_a_child_gives_the_guardians_name_and_number_and_nothing_else(client):
    start(client, who="student", birth_date="2020-01-01")
    page = client.post(
        reverse("accounts:ask_guardian"), {"guardian_name": "김보호", "guardian_phone": "010-0000-9001"}, follow=True
    )

    asked = GuardianConsentRequest.objects.get()
    assert (asked.guardian_name, asked.guardian_phone) == ("김보호", PHONE)
    assert not User.objects.exists()
    assert "2020" not in str(dict(client.session))
    assert "5일" in page.content.decode()
