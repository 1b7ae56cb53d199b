"""Texts that bind: privacy notice, terms of use, copyright, each kept in every version."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PolicyTextQuerySet(models.QuerySet):
    def published(self) -> PolicyTextQuerySet:
        """Every version the public may read, the newest first; one announced but not yet in force included."""
        return self.filter(published_at__lte=timezone.now()).order_by("-version")

    def in_force(self) -> PolicyTextQuerySet:
        """Versions that are or were in force, the one in force today first."""
        return self.published().filter(effective_from__lte=timezone.localdate())


class PolicyText(models.Model):
    """One version of one text. A published row never changes (the database refuses): a correction is a new version."""

    class Kind(models.TextChoices):
        PRIVACY = "privacy", _("개인정보 처리방침")
        TERMS = "terms", _("이용약관")
        COPYRIGHT = "copyright", _("저작권정책")
        EMAIL = "email", _("이메일무단수집거부")

    kind = models.CharField("종류", max_length=12, choices=Kind)
    version = models.PositiveSmallIntegerField("판", default=1, editable=False)
    effective_from = models.DateField("시행일")
    body = models.TextField("본문", help_text="제목은 ‘## ’, 목록은 ‘- ’, 표는 ‘| 칸 | 칸 |’으로 적습니다.")
    change_note = models.CharField(
        "바뀐 점", max_length=300, blank=True, help_text="이전 판과 견주어 무엇이 왜 바뀌었는지 한 줄로 적습니다."
    )
    published_at = models.DateTimeField("게시 일시", null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="게시한 사람",
    )

    objects = PolicyTextQuerySet.as_manager()

    class Meta:
        verbose_name = "정책 본문"
        verbose_name_plural = "정책 본문"
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="policytext_version_once"),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(published_at__isnull=True), name="policytext_one_draft_at_a_time"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="policytext_versions_from_one"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="published_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
                func="RAISE EXCEPTION 'a published text never changes' USING ERRCODE = 'restrict_violation';",
            )
        ]
        permissions = [("publish_policytext", "정책 본문을 게시할 수 있음")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} 제{self.version}판"

    def get_absolute_url(self) -> str:
        return reverse("centre:policy_version", args=[self.kind, self.version])

    @property
    def in_force(self) -> bool:
        """Whether this is (or once was) binding: published, and its day has come."""
        return self.published_at is not None and self.effective_from <= timezone.localdate()

    def before(self) -> PolicyText | None:
        """The version published before this one."""
        return PolicyText.objects.published().filter(kind=self.kind, version__lt=self.version).first()
