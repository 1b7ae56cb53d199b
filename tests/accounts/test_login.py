from __future__ import annotations

import os
import subprocess
import sys

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from lifecycle.models import AccessLog
from tests.accounts.conftest import code_for, told

PASSWORD = "금천의 봄 2026"
PHONE = "01000009001"


def log_in(client, login, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": login, "password": password})


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("typed", ["010-0000-9001", "01000009001", "+82 10-0000-9001", " 010 0000 9001 "])
def test_a_phone_number_logs_in_however_it_is_typed(client, person, typed):
    person(phone=PHONE)

    log_in(client, typed)

    assert is_in(client)


def test_an_email_logs_in_in_any_case(client, person):
    person(email="parent@example.com")

    log_in(client, "Parent@Example.com")

    assert is_in(client)


@pytest.mark.parametrize("address", [PHONE, "parent@example.com"])
def test_a_code_logs_in_without_a_password(client, person, address):
    person(**({"email": address} if "@" in address else {"phone": address}))

    client.post(reverse("account_request_login_code"), {"contact": address})
    client.post(reverse("account_confirm_login_code"), {"code": code_for(address)})

    assert is_in(client)


def test_an_unknown_and_a_known_address_get_the_same_answers(person):
    person(phone=PHONE)
    pages = []
    for address in (PHONE, "01000009999"):
        asked = Client().post(reverse("account_request_login_code"), {"contact": address}, follow=True)
        wrong = log_in(Client(), address, "아무 비밀번호나")
        pages.append((asked.redirect_chain, asked.status_code, wrong.context["form"].non_field_errors()))

    assert pages[0] == pages[1]
    assert told("01000009999", "unknown")
    assert not told("01000009999", "code")


@pytest.mark.parametrize("known", [True, False])
def test_another_code_is_sent_to_the_known_and_promised_to_the_unknown(person, known):
    if known:
        person(phone=PHONE)
    visitor = Client()
    visitor.post(reverse("account_request_login_code"), {"contact": PHONE})

    again = visitor.post(reverse("account_confirm_login_code"), {"action": "resend"})

    assert again.status_code == 302
    assert again.url == reverse("account_confirm_login_code")
    assert len(told(PHONE, "code")) == (2 if known else 0)


@pytest.mark.parametrize("known", [True, False])
def test_todays_last_code_is_refused_with_a_sentence_at_the_log_in_too(client, person, settings, known):
    settings.CODES_PER_NUMBER_A_DAY = 0
    if known:
        person(phone=PHONE)

    page = client.post(reverse("account_request_login_code"), {"contact": PHONE}, follow=True)

    assert page.status_code == 200
    assert "오늘 받을 수 있는 인증번호" in page.content.decode()


@pytest.mark.parametrize(("minutes", "opens"), [(9.99, False), (10, True)])
def test_five_failures_lock_an_account_for_ten_minutes(client, person, minutes, opens):
    person(phone=PHONE)
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False) as clock:
        for _ in range(5):
            log_in(client, PHONE, "틀린 비밀번호")
        page = log_in(client, PHONE)
        assert "10분 뒤에" in page.content.decode()
        clock.shift(minutes * 60)
        log_in(client, PHONE)
        assert is_in(client) is opens


def test_four_failures_do_not_lock(client, person):
    person(phone=PHONE)
    for _ in range(4):
        log_in(client, PHONE, "틀린 비밀번호")

    log_in(client, PHONE)

    assert is_in(client)


def test_one_persons_failures_do_not_lock_another(client, person):
    person(phone=PHONE)
    person(phone="01000009002")
    for _ in range(5):
        log_in(client, "01000009002", "틀린 비밀번호")

    log_in(client, PHONE)

    assert is_in(client)


def test_an_address_without_an_account_locks_just_the_same(client):
    for _ in range(5):
        log_in(client, PHONE, "틀린 비밀번호")

    assert "10분 뒤에" in log_in(client, PHONE).content.decode()


def test_a_person_who_left_cannot_log_in(client, person):
    user = person(phone=PHONE)
    user.is_active = False
    user.save(update_fields=["is_active"])

    log_in(client, PHONE)

    assert not is_in(client)


@pytest.mark.parametrize("address", [PHONE, "parent@example.com"])
def test_a_forgotten_password_is_replaced_after_a_code(client, person, address):
    person(**({"email": address} if "@" in address else {"phone": address}))
    client.post(reverse("account_reset_password"), {"contact": address})
    client.post(reverse("accounts:reset_code"), {"code": code_for(address)})
    client.post(reverse("accounts:reset_new"), {"password": "독산의 가을 2027"})

    log_in(client, address, "독산의 가을 2027")

    assert is_in(client)
    assert "비밀번호" in told(address, "changed")[0]


def test_nobody_resets_a_password_without_the_code(client, person):
    user = person(phone=PHONE)
    client.post(reverse("account_reset_password"), {"contact": PHONE})

    page = client.post(reverse("accounts:reset_new"), {"password": "독산의 가을 2027"})

    user.refresh_from_db()
    assert page.url == reverse("account_reset_password")
    assert user.check_password(PASSWORD)


def test_a_code_for_one_purpose_serves_no_other(client, person):
    person(phone=PHONE)
    client.post(reverse("account_reset_password"), {"contact": PHONE})

    page = client.post(reverse("accounts:signup_code"), {"code": code_for(PHONE)})

    assert page.status_code == 302
    assert client.get(reverse("accounts:signup_account")).status_code == 302


@pytest.mark.parametrize("path", ["kakao/login/", "naver/login/", "3rdparty/", "confirm-email/x/"])
def test_doors_without_keys_do_not_exist(client, path):
    assert client.get(f"/accounts/{path}").status_code == 404


def test_a_get_does_not_log_out(client, person):
    client.force_login(person())

    client.get(reverse("account_logout"))

    assert is_in(client)


def test_a_mistyped_address_can_be_typed_again(client, person):
    person(phone=PHONE)
    client.post(reverse("account_request_login_code"), {"contact": "01000009002"})

    page = client.post(reverse("account_logout"), {"next": reverse("account_request_login_code")}, follow=True)
    client.post(reverse("account_request_login_code"), {"contact": PHONE})

    assert page.status_code == 200
    assert code_for(PHONE)


def test_kakao_has_a_door_where_its_key_is_set():
    ask = (
        "import django; django.setup();"
        "from django.urls import resolve, Resolver404;"
        "from django.conf import settings;"
        "print(resolve('/accounts/kakao/login/').url_name, settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action']);"
        "\ntry: resolve('/accounts/naver/login/')\nexcept Resolver404: print('no naver')"
    )
    env = os.environ | {"KAKAO_CLIENT_ID": "key", "DJANGO_SETTINGS_MODULE": "gumcheon_portal.settings"}
    env.pop("NAVER_CLIENT_ID", None)
    done = subprocess.run([sys.executable, "-c", ask], env=env, capture_output=True, text=True, check=True)

    assert "kakao_login" in done.stdout
    assert "https://kauth.kakao.com" in done.stdout
    assert "no naver" in done.stdout


def test_staff_log_ins_are_in_the_access_log(client, person):
    staff, family = person(is_staff=True), person()

    for user in (staff, family):
        log_in(client, user.phone)
        client.post(reverse("account_logout"))

    assert list(AccessLog.objects.filter(act="login").values_list("by", flat=True)) == [staff.pk]


def test_too_many_requests_are_a_page_of_the_house(client, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "1/m/ip"}
    log_in(client, PHONE)

    page = log_in(client, PHONE)

    assert page.status_code == 429
    assert "요청이 너무 많습니다" in page.content.decode()


def test_no_page_of_somebody_logged_in_stays_in_the_browser(client, person):
    assert "no-store" not in client.get(reverse("home")).get("Cache-Control", "")

    client.force_login(person(phone=PHONE))

    for page in ("home", "accounts:me", "accounts:children", "counseling:bookings"):
        assert "no-store" in client.get(reverse(page))["Cache-Control"]
