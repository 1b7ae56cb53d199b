"""One message to many people: the common body once, and a row for each of those who get it.

At volume the rows carry what became of them in columns of their own; only the mailing itself leaves a trail.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from lifecycle.models import IllegalMove, Lifecycle, StaleState
from notices import audiences, kinds, words
from notices.kinds import EMAIL, SMS, Channel
from notices.models.outgoing import Outgoing


class Mailing(Lifecycle):
    """What is said to one audience, from the draft to the last message.

    ``audience`` and ``params`` say to whom (``notices.audiences``), ``to_whom`` says it in words; ``values`` are the variables that are the
    same for everybody, frozen with the list. ``revision`` counts every change, so that whoever presses a button
    presses it on what the page showed. A blank ``sms`` or ``email`` means that nothing goes that way.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "쓰는 중"
        EXPANDING = "expanding", "받는 사람 모으는 중"
        READY = "ready", "보낼 준비 됨"
        SENDING = "sending", "보내는 중"
        PAUSED = "paused", "잠시 멈춤"
        DONE = "done", "다 보냄"
        STOPPED = "stopped", "그만둠"

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.DRAFT: frozenset({State.EXPANDING, State.STOPPED}),
        State.EXPANDING: frozenset({State.READY, State.DRAFT, State.STOPPED}),
        State.READY: frozenset({State.DRAFT, State.SENDING, State.STOPPED}),
        State.SENDING: frozenset({State.PAUSED, State.STOPPED, State.DONE}),
        State.PAUSED: frozenset({State.SENDING, State.STOPPED}),
        State.DONE: frozenset({State.SENDING}),  # what failed, once more
        State.STOPPED: frozenset(),
    }
    SENT_OUT = frozenset({State.SENDING, State.PAUSED, State.DONE})

    title = models.CharField("제목", max_length=100, help_text="업무 화면에서만 보입니다.")
    audience = models.CharField("받는 사람 종류", max_length=60, editable=False)
    params = models.JSONField("받는 사람 조건", default=dict, editable=False)
    to_whom = models.CharField("받는 사람", max_length=300, editable=False)
    values = models.JSONField("채울 값", default=dict, editable=False)
    promotional = models.BooleanField("광고", default=False)
    sms = models.TextField("문자", blank=True)
    subject = models.CharField("이메일 제목", max_length=200, blank=True)
    email = models.TextField("이메일 내용", blank=True)
    state = models.CharField("상태", max_length=10, choices=State, default=State.DRAFT)
    revision = models.PositiveIntegerField(default=1, editable=False)
    cursor = models.BigIntegerField("여기까지 모음", default=0, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="쓴 사람"
    )
    written_at = models.DateTimeField("쓴 일시", default=timezone.now, editable=False)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="보낸 사람"
    )
    started_at = models.DateTimeField("보내기 시작한 일시", null=True, editable=False)
    give_up_at = models.DateTimeField("보낼 수 있는 마지막 시각", null=True, editable=False)
    ended_at = models.DateTimeField("끝난 일시", null=True, editable=False)

    class Meta:
        verbose_name = "여러 사람에게 보내기"
        verbose_name_plural = "여러 사람에게 보내기"
        ordering = ["-written_at", "-pk"]
        default_permissions = ["view"]
        permissions = [("send_mailing", "여러 사람에게 문자와 이메일을 보낼 수 있음")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["sending", "paused", "done"])
                | Q(sent_by__isnull=False, started_at__isnull=False, give_up_at__isnull=False),
                name="mailing_sent_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["started_at"], condition=Q(state="sending"), name="mailing_sending")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("admin:notices_mailing_change", args=[self.pk])

    @property
    def channels(self) -> tuple[Channel, ...]:
        return tuple(channel for channel, text in ((SMS, self.sms), (EMAIL, self.email)) if text.strip())

    def known(self) -> dict[str, str]:
        """Every variable that the text may use, for a preview: what is frozen, or what would be now."""
        audience = audiences.find(self.audience)
        values = self.values or (audience.values(self.params) if audience else {})
        return {kinds.NAME: "홍길동", kinds.CENTRE: settings.SITE_NAME, **values}

    def rendered(self, channel: str, values: dict[str, str]) -> tuple[str, str]:
        """Subject and body as they leave the house; a text message is cut where no phone can take more."""
        subject, body = self.filled(channel, values)
        if channel == EMAIL:
            return subject[:200], body
        body = words.cut(words.sendable(body), words.LMS_BYTES)
        long = words.size(body) > words.SMS_BYTES
        return words.cut(words.sendable(subject), words.SUBJECT_BYTES) if long else "", body

    def filled(self, channel: str, values: dict[str, str]) -> tuple[str, str]:
        """The text with its variables, and with what the law wants of advertisements around it.

        정보통신망법 시행령 제61조: ``(광고)`` and the sender first, how to refuse it free of charge last.
        """
        values = {name: value.replace("#{", "# {") for name, value in values.items()}
        subject = " ".join(words.fill(self.subject, values).split())
        body = words.fill(self.sms if channel == SMS else self.email, values)
        if self.promotional:
            refuse = f"무료수신거부 {settings.AD_OPT_OUT}"
            if channel == SMS:
                body = f"(광고)[{settings.SITE_NAME}]\n{body}\n{refuse}"
            else:
                subject = f"(광고) {subject}"
                account = f"{settings.SITE_URL}{reverse('notices:preferences')}"
                body = f"{body}\n\n보낸 곳: {settings.SITE_NAME}\n{refuse}\n알림 받는 방법: {account}"
        return subject, body


class AddresseeQuerySet(models.QuerySet):
    def due(self, now: datetime) -> AddresseeQuerySet:
        """Of mailings that are being sent, what is in nobody's hands; the mailing that began first is first."""
        sending = (
            Mailing.objects.filter(state=Mailing.State.SENDING).order_by("started_at").values_list("pk", flat=True)
        )
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        rows = self.filter(free, mailing__in=list(sending[:20]), state=Addressee.State.DUE, send_after__lte=now)
        return rows.order_by("mailing_id", "send_after", "pk")

    def abandoned(self, now: datetime) -> AddresseeQuerySet:
        """In the hands of a worker that must have died."""
        return self.filter(state=Addressee.State.HANDING, lease_until__lte=now).select_related("mailing")


class Addressee(Outgoing):
    """One person and channel of a mailing: frozen when the list was made, filled in when the message leaves.

    ``source`` is the key of the audience's row. It stands here before anything is sent; what the mailing's own
    state does not allow to be sent stays ``DUE`` and is never picked up.
    """

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="addressees", verbose_name="메시지")
    source = models.BigIntegerField(editable=False)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="받는 사람",
    )
    added_at = models.DateTimeField("명단에 넣은 일시", default=timezone.now, editable=False)

    objects = AddresseeQuerySet.as_manager()

    urgent = False  # nobody asked for it: at night it waits
    sealed = None  # and it holds no secret
    calendar = ""

    class Meta:
        verbose_name = "메시지 받는 사람"
        verbose_name_plural = "메시지 받는 사람"
        ordering = ["pk"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(fields=["mailing", "source", "channel"], name="addressee_once_a_channel"),
            models.UniqueConstraint(
                fields=["mailing", "channel", "address"], condition=~Q(address=""), name="addressee_once_an_address"
            ),
        ]
        indexes = [
            models.Index(fields=["mailing", "send_after", "id"], condition=Q(state="due"), name="addressee_due"),
            models.Index(fields=["lease_until"], condition=Q(state="handing"), name="addressee_handing"),
            models.Index(
                fields=["mailing", "id"],
                condition=Q(state__in=["failed", "unknown", "cancelled"]),
                name="addressee_missed",
            ),
            models.Index(fields=["handed_at", "cost_won"], condition=Q(cost_won__gt=0), name="addressee_cost"),
            models.Index(fields=["added_at"], name="addressee_added"),
        ]

    def __str__(self) -> str:
        return f"{self.mailing} · {self.get_channel_display()}"

    @property
    def uid(self) -> uuid.UUID:
        """The same for every attempt: mail programs drop a second message with the same Message-ID."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{settings.SITE_URL}/mailing/{self.mailing_id}/{self.pk}")

    @property
    def give_up_at(self) -> datetime:
        return self.mailing.give_up_at

    def _rendered(self) -> tuple[str, str]:
        return self.mailing.rendered(self.channel, {**self.mailing.known(), kinds.NAME: self.name})

    @property
    def subject(self) -> str:
        return self._rendered()[0]

    def spoken_body(self) -> str:
        """The words as they leave the house."""
        return self._rendered()[1]

    def move(self, to: str, *, by: models.Model | None, reason: str = "", **fields: Any) -> None:
        """As ``Lifecycle.move``, without a trail row; out of the house only while the mailing is being sent.

        Raises:
            IllegalMove, StaleState: as there.
        """
        if to not in self.MOVES[self.state]:
            raise IllegalMove(f"{self._meta.label}: {self.state} → {to}")
        rows = type(self)._base_manager.filter(pk=self.pk, state=self.state)
        if to == self.State.HANDING:
            rows = rows.filter(Exists(Mailing.objects.filter(pk=OuterRef("mailing_id"), state=Mailing.State.SENDING)))
        if not rows.update(state=to, **fields):
            raise StaleState(f"{self._meta.label} {self.pk} is no longer {self.state}")
        for name, value in {"state": to, **fields}.items():
            setattr(self, name, value)
