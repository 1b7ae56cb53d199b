from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from lifecycle.append_only import append_only


class RoleGrantQuerySet(models.QuerySet):
    def latest(self) -> RoleGrantQuerySet:
        """The last word on each person and role."""
        return self.order_by("user_id", "role", "-at", "-pk").distinct("user_id", "role")


class RoleGrant(models.Model):
    """Who was given or lost which role, by whom and why (안전성 확보조치 기준 제5조 ③). Only ever added to."""

    class Act(models.TextChoices):
        GRANT = "grant", "부여"
        REVOKE = "revoke", "회수"
        EXPIRE = "expire", "기간 만료"

    at = models.DateTimeField("일시", default=timezone.now, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="role_grants", verbose_name="직원"
    )
    role = models.CharField("역할", max_length=30)
    act = models.CharField("처리", max_length=10, choices=Act)
    until = models.DateField(
        "마지막 날", null=True, blank=True, help_text="이날까지 쓸 수 있습니다. 비우면 기한이 없습니다."
    )
    reason = models.CharField("사유", max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="처리한 사람",
        help_text="비어 있으면 시스템이 처리했습니다.",
    )

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = "권한 부여 이력"
        verbose_name_plural = "권한 부여 이력"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["user", "role", "-at"], name="rolegrant_user_role")]
        permissions = [("grant_role", "직원에게 역할을 주고 거둘 수 있음")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.user} · {self.role} · {self.get_act_display()}"
