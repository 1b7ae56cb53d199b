"""Files that come with answers."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from lifecycle.models import Lifecycle
from lifecycle.sealed import SealedFileField
from questionnaires.models.responses import Response

if TYPE_CHECKING:
    from accounts.models import User

FOLDER = "questionnaires"


def new_token() -> str:
    """What a file lies under: nothing of its name or its owner is in it."""
    return secrets.token_hex(16)


class AttachmentQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> AttachmentQuerySet:
        """Whoever may open the answers knows of the files; who may open a file, ``uploads`` says."""
        return self.filter(response__in=Response.objects.visible_to(user).values("pk"))

    def standing(self) -> AttachmentQuerySet:
        """Not sent back."""
        return self.exclude(state=Attachment.State.REJECTED)


class Attachment(Lifecycle):
    """A file to one question. Its bytes lie sealed under ``token``; a rejected one has none any more."""

    class State(models.TextChoices):
        SCANNING = "scanning", "검사 대기"
        UNCHECKED = "unchecked", "확인 전"
        CHECKED = "checked", "확인됨"
        REJECTED = "rejected", "반려"

    MOVES = {
        State.SCANNING: frozenset({State.UNCHECKED, State.CHECKED, State.REJECTED}),
        State.UNCHECKED: frozenset({State.CHECKED, State.REJECTED}),
        State.CHECKED: frozenset({State.REJECTED}),  # somebody saw a number after all
        State.REJECTED: frozenset(),
    }

    response = models.ForeignKey(
        Response, on_delete=models.PROTECT, related_name="attachments", verbose_name="작성한 질문지"
    )
    question = models.CharField("문항", max_length=40)
    name = models.CharField("파일 이름", max_length=120)
    kind = models.CharField("형식", max_length=4, choices=[("pdf", "PDF"), ("jpeg", "JPG"), ("png", "PNG")])
    size = models.PositiveIntegerField("크기(바이트)")
    pages = models.PositiveSmallIntegerField("쪽수", default=1)
    token = models.CharField("저장 이름", max_length=32, unique=True, default=new_token, editable=False)
    file = SealedFileField("저장된 파일", bound_to="token", upload_to=FOLDER, blank=True, editable=False)
    needs_eyes = models.BooleanField("직원 확인 필요", help_text="글자를 읽을 수 없는 사진이나 스캔 파일입니다.")
    state = models.CharField("상태", max_length=10, choices=State)
    uploaded_at = models.DateTimeField("올린 때", default=timezone.now)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="올린 사람"
    )
    rejected_because = models.CharField("반려 사유", max_length=300, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = "첨부 파일"
        verbose_name_plural = "첨부 파일"
        ordering = ["uploaded_at", "pk"]
        permissions = [("check_attachment", "첨부 파일의 주민등록번호 가림을 확인할 수 있음")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="rejected", file="") | (~Q(state="rejected") & ~Q(file="")),
                name="attachment_rejected_has_no_file",
            ),
        ]
        indexes = [
            models.Index(fields=["uploaded_at"], condition=Q(state="scanning"), name="attachment_to_scan"),
            models.Index(fields=["uploaded_at"], condition=Q(state="unchecked"), name="attachment_to_check"),
        ]

    def __str__(self) -> str:
        return f"첨부 파일 {self.pk}"

    @property
    def content_type(self) -> str:
        return "application/pdf" if self.kind == "pdf" else f"image/{self.kind}"
