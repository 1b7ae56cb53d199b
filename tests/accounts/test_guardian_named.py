"""A guardian whom a child named and who has not agreed is remembered nowhere, the messages included."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts import names
from lifecycle import retention
from lifecycle.locks import Refused
from notices import delivery, resending
from notices.models import Notice
from tests.accounts.conftest import path_for, told

PHONE = "01000009001"
NAMED = {"guardian_name": "이보호", "guardian_phone": PHONE}


def remembered() -> bool:
    return Notice.objects.filter(address=PHONE).exists() or Notice.objects.filter(body__contains="이보호").exists()


@pytest.fixture
def sent_link(client) -> str:
    """The link of a message that has left the house."""
    client.post(reverse("accounts:ask_guardian"), NAMED)
    link = path_for(PHONE, "guardian_asked")
    assert delivery.deliver_due() == 1
    assert remembered()
    return link


def test_a_no_forgets_the_message_too(client, sent_link):
    client.post(sent_link, {"answer": "no"})

    assert not remembered()


def test_what_the_forgotten_message_cost_still_counts(client, sent_link):
    Notice.objects.update(cost_won=F("cost_won") + 50)

    client.post(sent_link, {"answer": "no"})

    assert Notice.objects.get().cost_won >= 50


def test_no_answer_in_five_days_forgets_the_message_too(sent_link):
    kind = retention.kind("accounts.guardian_request")

    assert kind.destroy(kind.due(timezone.now() + timedelta(days=5, seconds=1))) == 1
    assert not remembered()


def test_a_message_that_has_not_left_is_not_said_any_more(client):
    client.post(reverse("accounts:ask_guardian"), NAMED)

    client.post(path_for(PHONE, "guardian_asked"), {"answer": "no"})

    assert not Notice.objects.exists()


def test_a_forgotten_message_is_not_sent_again(client, sent_link, person):
    Notice.objects.update(state=Notice.State.UNKNOWN)
    client.post(sent_link, {"answer": "no"})

    with pytest.raises(Refused, match="연락처를 지운"):
        resending.resend(Notice.objects.get(), by=person(), reason="다시", knowing=True)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("환급 evil.com", "환급 evil. com"),
        ("naver.com", "naver. com"),
        ("St. John", "St. John"),
        ("J.R.R.Tolkien", "J.R.R. Tolkien"),
        ("김하늘", "김하늘"),
    ],
)
def test_no_name_becomes_a_link_in_a_message(typed, kept):
    assert names.normalise(typed) == kept


def test_a_child_cannot_write_an_address_into_the_centres_message(client):
    client.post(reverse("accounts:ask_guardian"), NAMED | {"guardian_name": "당첨 evil.com"})

    assert "evil.com" not in told(PHONE, "guardian_asked")[0]
