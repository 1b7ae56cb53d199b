"""What we owe people, said in rows: the outbox, its wording, and how each person wants to be told."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lifecycle.models import Lifecycle
from notices import kinds, sealing, words
from notices.models.outgoing import Outgoing

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


class Notice(Outgoing, Lifecycle):
    """One message to one person through one channel.

    ``body`` keeps secret variables as ``#{변수}``: their values are in ``sealed`` until the message
    is handed over, and nowhere afterwards.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("종류", max_length=60)
    key = models.CharField("중복 방지 키", max_length=200)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name="받는 사람",
    )
    subject = models.CharField("제목", max_length=200, blank=True)
    body = models.TextField("내용")
    # A calendar entry (RFC 5545) that goes along with an e-mail, as true as the words beside it.
    calendar = models.TextField("달력 파일", blank=True, default="", editable=False)
    sealed = models.TextField(null=True, blank=True, editable=False)
    urgent = models.BooleanField("밤에도 보냄", default=False)
    give_up_at = models.DateTimeField("보낼 수 있는 마지막 시각")
    created_at = models.DateTimeField("만든 시각", default=timezone.now)

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
