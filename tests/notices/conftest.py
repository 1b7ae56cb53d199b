from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.db import transaction
from django.utils import timezone

from notices import delivery, kinds, outbox
from notices.kinds import Kind
from notices.models import Notice
from tests.notices.sinks import SmsSink, mail_sink


@pytest.fixture
def declare(monkeypatch) -> Callable[..., Kind]:
    """Declare a kind for one test: a booking of a counselling hour, unless said otherwise."""

    def declare(code: str = "test.booked", **changes) -> Kind:
        words = {
            "label": "시험 알림",
            "variables": {"학생": "김하늘", "일시": "2026. 11. 24.(화) 14:00"},
            "sms": "[#{센터}] #{학생} 상담 #{일시}",
            "subject": "상담 예약: #{학생}",
            "email": "#{이름}님, #{학생} 학생의 상담이 #{일시}에 있습니다.\n#{링크}",
        }
        kind = Kind(code=code, **{**words, **changes})
        monkeypatch.setitem(kinds._kinds, code, kind)
        return kind

    return declare


@pytest.fixture
def owed(db) -> Callable[..., Notice]:
    """A notice that is due now, straight into the table."""

    def owed(**changes) -> Notice:
        now = timezone.now()
        number = Notice.objects.count()
        fields = {
            "kind": "test.booked",
            "key": f"{number}",
            "channel": kinds.SMS,
            "name": "김하늘",
            "address": f"0100000{number:04}",
            "body": "안녕하세요",
            "size": 10,
            "price_class": Notice.Price.SMS,
            "urgent": True,
            "send_after": now,
            "created_at": now,
            "give_up_at": now + timedelta(days=1),
        }
        return Notice.objects.create(**{**fields, **changes})

    return owed


class Scripted:
    """A way out that answers as told, then accepts."""

    name = "scripted"
    guarded = True

    def __init__(self, *answers: Exception) -> None:
        self.answers, self.said, self.numbers = list(answers), [], count(1)

    def send(self, notice: Notice) -> str:
        if self.guarded:
            assert Notice.objects.get(pk=notice.pk).state == Notice.State.HANDING  # said before the call
        self.said.append(notice.spoken_body())
        if self.answers:
            raise self.answers.pop(0)
        return f"receipt-{next(self.numbers)}"

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def way(monkeypatch) -> Scripted:
    way = Scripted()
    monkeypatch.setattr(delivery, "way_for", lambda channel: way)
    return way


@pytest.fixture
def say() -> Callable[..., None]:
    """Post in a transaction of its own, with the variables that ``declare`` wants."""

    def say(*to, kind: str = "test.booked", key: str = "booking/1", **more) -> None:
        context = more.pop("context", {"학생": "김하늘", "일시": "2026. 11. 24.(화) 14:00"})
        with transaction.atomic():
            outbox.post(kind, to=to, key=key, context=context, **more)

    return say


@pytest.fixture
def sms_sink():
    """A text-message provider on this machine."""
    with SmsSink() as sink:
        yield sink


@pytest.fixture
def smtp(settings):
    """A mail server on this machine, and the settings that lead to it."""
    with mail_sink() as sink:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{sink.port}"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", sink.port, 2
        yield sink
