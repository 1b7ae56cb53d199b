"""Who looked at whose data."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from lifecycle.append_only import append_only
from lifecycle.models.states import OfQuerySet


class AccessLogQuerySet(OfQuerySet):
    def about(self, person: models.Model) -> AccessLogQuerySet:
        """Every time this person's data were looked at, alone or in a list."""
        kind = ContentType.objects.get_for_model(person)
        return self.filter(
            models.Q(subject_id=person.pk) | models.Q(subject_ids__contains=[person.pk]), subject_type=kind
        )


class AccessLog(models.Model):
    """접속기록: who, when, from where, whose data, what was done.

    The five elements of 개인정보의 안전성 확보조치 기준 제2조·제8조. Only ever added to; the
    retention removes rows after ``ACCESS_LOG_YEARS``.
    """

    class Act(models.TextChoices):
        VIEW = "view", "열람"
        UNMASK = "unmask", "가림 해제"
        EXPORT = "export", "내려받기"
        CHANGE = "change", "수정"
        DELETE = "delete", "삭제"
        LOGIN = "login", "로그인"

    at = models.DateTimeField("일시", default=timezone.now, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="취급자")
    ip = models.GenericIPAddressField("접속지", null=True, blank=True)
    subject_type = models.ForeignKey(
        ContentType, on_delete=models.PROTECT, null=True, blank=True, verbose_name="정보주체 종류"
    )
    subject_id = models.BigIntegerField("정보주체 번호", null=True, blank=True)
    subject = GenericForeignKey("subject_type", "subject_id")
    act = models.CharField("수행업무", max_length=10, choices=Act)
    what = models.CharField("처리 내용", max_length=200)
    subject_ids = ArrayField(
        models.BigIntegerField(),
        verbose_name="정보주체 번호들",
        default=list,
        blank=True,
        help_text="명단이나 파일에 담긴 사람",
    )
    people = models.PositiveIntegerField("대상 인원", default=1, help_text="명단이나 파일에 담긴 사람 수")
    reason = models.CharField("사유", max_length=500, blank=True)

    objects = AccessLogQuerySet.as_manager()

    class Meta:
        verbose_name = "개인정보 접속기록"
        verbose_name_plural = "개인정보 접속기록"
        ordering = ["-at", "-pk"]
        permissions = [("unmask_personal_data", "가림 해제"), ("export_personal_data", "명단 내려받기")]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "at"], name="accesslog_subject"),
            models.Index(fields=["by", "at"], name="accesslog_by"),
            models.Index(fields=["at"], name="accesslog_at"),
            GinIndex(fields=["subject_ids"], name="accesslog_subjects"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(act__in=["unmask", "export"]) | ~models.Q(reason=""),
                name="accesslog_unmask_and_export_say_why",
                violation_error_message="가림을 해제하거나 내려받으려면 사유를 적어 주세요.",
            )
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_act_display()} {self.what}"
