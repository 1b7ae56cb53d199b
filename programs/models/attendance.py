"""Who came to which session: marks that are only ever added to; the latest one holds."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lifecycle.append_only import append_only
from programs.models.applications import Application, Participant
from programs.models.sessions import Session


class MarkQuerySet(models.QuerySet):
    def current(self) -> MarkQuerySet:
        """The mark that holds for each person (or class) and session: the one made last, a cleared one included.

        By the moment it was made, not by when it arrived: a phone without a net sends late what it wrote early.
        """
        who = ["session_id", "application_id", "participant_id"]
        return self.order_by(*who, F("at").desc(), F("pk").desc()).distinct(*who)


class Mark(models.Model):
    """What somebody wrote down of one person's, or one class's, coming to one session.

    ``at`` is when it was made, ``recorded_at`` when it reached us. ``key`` makes an entry that is sent again the
    same entry, ``batch`` holds together what one press of a button wrote, so that it can be undone at once.
    A class is counted: ``heads`` of it came.
    """

    class Status(models.TextChoices):
        PRESENT = "present", _("출석")
        LATE = "late", _("지각")
        LEFT_EARLY = "left_early", _("조퇴")
        ABSENT = "absent", _("결석")
        EXCUSED = "excused", _("인정결석")
        CLEARED = "cleared", _("표시 없음")

    CAME = frozenset({Status.PRESENT, Status.LATE, Status.LEFT_EARLY})
    COUNTED = CAME | {Status.EXCUSED}  # towards completion

    class Source(models.TextChoices):
        STAFF = "staff", _("직원")
        QR = "qr", _("QR")
        LATER = "later", _("나중에 입력")

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="marks", verbose_name=_("회기"))
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="marks", verbose_name=_("신청"))
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, null=True, related_name="marks", verbose_name=_("참가자")
    )
    status = models.CharField(_("출석"), max_length=10, choices=Status)
    heads = models.PositiveSmallIntegerField(_("온 인원(명)"), null=True)
    source = models.CharField(_("입력"), max_length=5, choices=Source)
    at = models.DateTimeField(_("표시한 때"))
    recorded_at = models.DateTimeField("받은 때", default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="표시한 사람"
    )
    reason = models.CharField("고친 까닭", max_length=200, blank=True)
    key = models.UUIDField("입력 번호", default=uuid.uuid4, unique=True, editable=False)
    batch = models.UUIDField("한 번에 입력", default=uuid.uuid4, editable=False)
    undoes = models.UUIDField("되돌린 입력", null=True, editable=False)

    objects = MarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("출석")
        verbose_name_plural = _("출석")
        ordering = ["-recorded_at", "-pk"]
        permissions = [("mark_attendance", "출석을 적을 수 있음"), ("issue_certificate", "수료증을 발급할 수 있음")]
        constraints = [
            models.CheckConstraint(
                condition=Q(participant=None, heads__isnull=False) | Q(participant__isnull=False, heads=None),
                name="mark_of_a_person_or_of_heads",
            ),
            models.CheckConstraint(condition=Q(recorded_at__gte=F("at")), name="mark_arrives_after_it_is_made"),
        ]
        indexes = [
            models.Index(fields=["session", "application", "participant", "-at", "-id"], name="mark_latest"),
            models.Index(fields=["session", "batch"], name="mark_batch"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.session} {self.get_status_display()}"
