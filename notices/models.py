"""What we owe people, said in rows: the outbox, its wording, and how each person wants to be told."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lifecycle.models import Lifecycle
from notices import kinds, sealing, words

MASK = "●●●●●●"


class NoticeQuerySet(models.QuerySet):
    def due(self, now: datetime) -> NoticeQuerySet:
        """Waiting, its time has come, and in nobody's hands; urgent ones first."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        return self.filter(free, state=Notice.State.DUE, send_after__lte=now).order_by("-urgent", "send_after", "pk")

    def abandoned(self, now: datetime) -> NoticeQuerySet:
        """In the hands of a worker that must have died: its lease ran out in the middle of handing over."""
        return self.filter(state=Notice.State.HANDING, lease_until__lte=now)

    def needing_attention(self) -> NoticeQuerySet:
        return self.filter(state__in=[Notice.State.FAILED, Notice.State.UNKNOWN])


class Notice(Lifecycle):
    """One message to one person through one channel.

    ``body`` keeps secret variables as ``#{변수}``: their values are in ``sealed`` until the message
    is handed over, and nowhere afterwards.
    """

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

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("종류", max_length=60)
    key = models.CharField("중복 방지 키", max_length=200)
    channel = models.CharField("보내는 방법", max_length=5, choices=kinds.Channel)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name="받는 사람",
    )
    name = models.CharField("받는 이름", max_length=50, blank=True)
    address = models.CharField("받는 주소", max_length=254)
    subject = models.CharField("제목", max_length=200, blank=True)
    body = models.TextField("내용")
    # A calendar entry (RFC 5545) that goes along with an e-mail, as true as the words beside it.
    calendar = models.TextField("달력 파일", blank=True, default="", editable=False)
    sealed = models.TextField(null=True, blank=True, editable=False)
    urgent = models.BooleanField("밤에도 보냄", default=False)
    state = models.CharField("상태", max_length=10, choices=State, default=State.DUE)
    send_after = models.DateTimeField("보낼 시각", default=timezone.now)
    give_up_at = models.DateTimeField("보낼 수 있는 마지막 시각")
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField("시도", default=0)
    fault = models.CharField("실패 구분", max_length=10, choices=Fault, blank=True, default=Fault.NONE)
    problem = models.CharField("사유", max_length=300, blank=True)
    provider = models.CharField("보낸 곳", max_length=20, blank=True)
    provider_id = models.CharField("접수 번호", max_length=120, blank=True)
    price_class = models.CharField("요금 구분", max_length=3, choices=Price, blank=True, default=Price.NONE)
    size = models.PositiveIntegerField("바이트", default=0)
    cost_won = models.BigIntegerField("요금(원)", default=0)
    created_at = models.DateTimeField("만든 시각", default=timezone.now)
    handed_at = models.DateTimeField("마지막으로 내보낸 시각", null=True, blank=True)
    sent_at = models.DateTimeField("보낸 시각", null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "알림"
        verbose_name_plural = "알림"
        ordering = ["-created_at", "-pk"]
        default_permissions = ["view"]
        permissions = [("resend_notice", "실패한 알림을 다시 보내거나 그만둘 수 있음")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "channel", "address"], name="notice_said_once"),
        ]
        indexes = [
            models.Index(models.F("urgent").desc(), "send_after", "id", condition=Q(state="due"), name="notice_due"),
            models.Index(fields=["lease_until"], condition=Q(state="handing"), name="notice_handing"),
            models.Index(fields=["state", "-created_at"], name="notice_state"),
            models.Index(fields=["-created_at", "-id"], name="notice_newest"),
            models.Index(fields=["handed_at", "cost_won"], condition=Q(cost_won__gt=0), name="notice_cost"),
        ]

    def __str__(self) -> str:
        return f"{self.label} · {self.get_channel_display()}"

    @property
    def label(self) -> str:
        """What this kind is called among staff."""
        kind = kinds.find(self.kind)
        return kind.label if kind else self.kind

    @property
    def is_spent(self) -> bool:
        """Whether the words have gaps whose values are gone, so that they cannot be said again."""
        return not self.sealed and bool(words.placeholders(self.body))

    @property
    def shown_body(self) -> str:
        """The words as staff may read them: every secret is a row of dots."""
        return words.PLACEHOLDER.sub(MASK, self.body)

    def spoken_body(self) -> str:
        """The words as they leave the house.

        Raises:
            sealing.Broken: the secrets can no longer be opened.
        """
        return words.fill(self.body, sealing.unseal(self.sealed)) if self.sealed else self.body


class Wording(models.Model):
    """Staff's own words for one kind; without a row the room's default is spoken."""

    kind = models.CharField("종류", max_length=60, primary_key=True)
    sms = models.TextField("문자", blank=True)
    subject = models.CharField("이메일 제목", max_length=200, blank=True)
    email = models.TextField("이메일 내용", blank=True)
    changed_at = models.DateTimeField("고친 시각", auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="고친 사람"
    )

    class Meta:
        verbose_name = "알림 문구"
        verbose_name_plural = "알림 문구"
        default_permissions = ["view", "change"]

    def __str__(self) -> str:
        kind = kinds.find(self.kind)
        return kind.label if kind else self.kind

    @classmethod
    def default(cls, kind: kinds.Kind) -> Wording:
        """The room's own words, as an unsaved row."""
        return cls(kind=kind.code, sms=str(kind.sms), subject=str(kind.subject), email=str(kind.email))


class Preference(models.Model):
    """How a person wants to be told. Without a row: in every way that reaches them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_preference", verbose_name=_("이용자")
    )
    sms = models.BooleanField(_("문자로 받기"), default=True)
    email = models.BooleanField(_("이메일로 받기"), default=True)

    class Meta:
        verbose_name = _("알림 받는 방법")
        verbose_name_plural = _("알림 받는 방법")
        constraints = [
            models.CheckConstraint(
                condition=Q(sms=True) | Q(email=True),
                name="preference_at_least_one",
                violation_error_message=_("알림을 받을 방법을 하나 이상 골라 주세요."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}"


class SandboxMessage(models.Model):
    """A message that the sandbox kept in the house instead of sending it."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="sandboxed", verbose_name="알림")
    sender = models.CharField("보낸 번호·주소", max_length=254)
    kept_at = models.DateTimeField("받은 시각", default=timezone.now)
    # The secrets again, on demo sites alone: the demo inbox plays the visitor's phone.
    sealed = models.TextField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "보낸 문자함의 메시지"
        verbose_name_plural = "보낸 문자함(연습)"
        default_permissions = ["view"]
        ordering = ["-kept_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.notice}"

    def spoken_body(self) -> str:
        """The words with their secrets, where the demo kept them."""
        try:
            return words.fill(self.notice.body, sealing.unseal(self.sealed)) if self.sealed else self.notice.shown_body
        except sealing.Broken:
            return self.notice.shown_body


class CodeAllowance(models.Model):
    """How many login codes one number, one visitor's address or the whole house asked for on one day."""

    day = models.DateField("날짜")
    who = models.CharField("대상", max_length=80, help_text="번호와 접속지는 알아볼 수 없게 바꾸어 적습니다.")
    asked = models.PositiveIntegerField("요청 수", default=0)

    class Meta:
        verbose_name = "인증번호 요청 수"
        verbose_name_plural = "인증번호 요청 수"
        default_permissions = []
        constraints = [models.UniqueConstraint(fields=["day", "who"], name="allowance_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.who}: {self.asked}"
