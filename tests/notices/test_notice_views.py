from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import User
from notices import delivery, sealing
from notices.models import Preference

pytestmark = pytest.mark.django_db

PAGE = "/accounts/me/notices/"


@pytest.fixture
def parent(log_in):
    user = User.objects.create_user(
        "parent@example.com", name="김보호", phone="01000001234", phone_verified_at=timezone.now()
    )
    log_in(user)
    return user


def test_a_person_chooses_how_to_be_told(client, parent):
    page = client.get(PAGE).content.decode()
    assert "010-****-1234" in page
    assert not Preference.objects.exists()

    client.post(PAGE, {"email": "on"})
    kept = Preference.objects.get(user=parent)
    assert (kept.sms, kept.email) == (False, True)
    client.post(PAGE, {"email": "on", "sms": "on"})
    kept.refresh_from_db()
    assert (kept.sms, kept.email) == (True, True)


def test_nothing_at_all_is_refused_with_a_sentence(client, parent):
    assert "하나 이상 골라 주세요" in client.post(PAGE, {"save": "1"}).content.decode()
    assert not Preference.objects.exists()


def test_an_unverified_phone_is_explained(client, parent):
    User.objects.update(phone_verified_at=None)
    assert "확인하면 문자로도 받을 수 있습니다" in client.get(PAGE).content.decode()


def test_the_page_is_for_people_who_are_logged_in(client):
    assert client.get(PAGE).status_code == 302


def test_the_demo_inbox_plays_everybodys_phone(client, owed, settings):
    settings.DEMO = True
    owed(body="인증번호 #{인증번호}", sealed=sealing.seal({"인증번호": "908172"}))
    delivery.deliver_due()
    assert "인증번호 908172" in client.get("/demo/inbox/").content.decode()


def test_without_a_demo_there_is_no_such_page(client, owed, settings):
    settings.DEMO = False
    assert client.get("/demo/inbox/").status_code == 404


def test_a_demo_that_changed_its_key_shows_dots(client, owed, settings):
    settings.DEMO = True
    owed(body="인증번호 #{인증번호}", sealed=sealing.seal({"인증번호": "908172"}))
    delivery.deliver_due()
    settings.SECRET_KEY = "another key altogether, longer than fifty characters for sure"
    assert "인증번호 ●●●●●●" in client.get("/demo/inbox/").content.decode()


def test_an_empty_inbox_says_so(client, settings, db):
    settings.DEMO = True
    assert "아직 보낸 것이 없습니다" in client.get("/demo/inbox/").content.decode()
