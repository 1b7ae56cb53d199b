"""What every message on its way out has in common, whether a notice of its own or one row of a mailing."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from notices import kinds


class Outgoing(models.Model):
    """One message to one address through one channel, as ``notices.delivery`` hands it over."""

    class State(models.TextChoices):
        DUE = "due", "보낼 예정"
        HANDING = "handing", "보내는 중"
        SENT = "sent", "보냄"
        FAILED = "failed", "실패"
        UNKNOWN = "unknown", "확인 필요"
        CANCELLED = "cancelled", "보내지 않음"

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.DUE: frozenset({State.HANDING, State.FAILED, State.CANCELLED}),
        State.HANDING: frozenset({State.DUE, State.SENT, State.FAILED, State.UNKNOWN}),
        State.SENT: frozenset(),
        State.FAILED: frozenset({State.DUE, State.CANCELLED}),
        State.UNKNOWN: frozenset({State.DUE, State.SENT, State.CANCELLED}),
        State.CANCELLED: frozenset(),
    }

    class Fault(models.TextChoices):
        NONE = "", "없음"
        SOON = "soon", "곧 다시 시도"
        LATER = "later", "나중에 다시 시도"
        PERMANENT = "permanent", "보낼 수 없음"
        UNKNOWN = "unknown", "받았는지 알 수 없음"
        LATE = "late", "보낼 때가 지남"

    class Price(models.TextChoices):
        NONE = "", "–"
        SMS = "sms", "단문(SMS)"
        LMS = "lms", "장문(LMS)"

    channel = models.CharField("보내는 방법", max_length=5, choices=kinds.Channel)
    name = models.CharField("받는 이름", max_length=50, blank=True)
    address = models.CharField("받는 주소", max_length=254)
    state = models.CharField("상태", max_length=10, choices=State, default=State.DUE)
    send_after = models.DateTimeField("보낼 시각", default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField("시도", default=0)
    fault = models.CharField("실패 구분", max_length=10, choices=Fault, blank=True, default=Fault.NONE)
    problem = models.CharField("사유", max_length=300, blank=True)
    provider = models.CharField("보낸 곳", max_length=20, blank=True)
    provider_id = models.CharField("접수 번호", max_length=120, blank=True)
    price_class = models.CharField("요금 구분", max_length=3, choices=Price, blank=True, default=Price.NONE)
    size = models.PositiveIntegerField("바이트", default=0)
    cost_won = models.BigIntegerField("요금(원)", default=0)
    handed_at = models.DateTimeField("마지막으로 내보낸 시각", null=True, blank=True)
    sent_at = models.DateTimeField("보낸 시각", null=True, blank=True)

    class Meta:
        abstract = True
