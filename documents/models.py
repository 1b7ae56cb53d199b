"""The register of issued papers. Nothing in it is ever rewritten: what happens later is a row of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import models
from django.db.models import Q
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils import timezone

from documents import kinds
from lifecycle.append_only import append_only
from lifecycle.masking import mask_name
from lifecycle.sealed import SealedFileField, SealedTextField


class Series(models.Model):
    """The last number of one series in one year. Its row is locked while a number is taken (docs/locks.md)."""

    name = models.CharField("계열", max_length=20)
    year = models.PositiveSmallIntegerField("연도")
    last = models.PositiveIntegerField("마지막 번호", default=0)

    class Meta:
        verbose_name = "문서번호 계열"
        verbose_name_plural = "문서번호 계열"
        constraints = [models.UniqueConstraint(fields=["name", "year"], name="series_once_a_year")]

    def __str__(self) -> str:
        return f"{self.name}-{self.year}"


class IssuedDocumentQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> IssuedDocumentQuerySet:
        """Papers that this person may open, by the rule of each kind."""
        allowed = kinds.NOBODY
        for kind in kinds.everything():
            allowed |= Q(kind=kind.code) & kind.visible(user)
        return self.filter(allowed)

    def standing(self) -> IssuedDocumentQuerySet:
        """Papers that hold: not withdrawn."""
        return self.filter(withdrawal__isnull=True)

    def unfinished(self) -> IssuedDocumentQuerySet:
        """Papers with a number whose file is still to be made."""
        return self.standing().filter(print__isnull=True)

    def with_rest(self) -> IssuedDocumentQuerySet:
        """With the rows that say how a paper fared."""
        return self.select_related("print", "withdrawal")


class IssuedDocument(models.Model):
    """A number that was given out, and what for. Its file is a ``Print``, its end a ``Withdrawal``.

    ``figures`` is everything the paper says (``documents.figures``), in ``sealed_figures`` for kinds that are
    sealed; ``contents`` is the one that there is. ``content_hash`` stands for it together
    with kind, title, subject and recipient, so that the same paper is issued once. ``edition`` counts how
    often that same paper was withdrawn before.
    """

    number = models.CharField("문서번호", max_length=40, unique=True)
    kind = models.CharField("종류", max_length=60)
    title = models.CharField("제목", max_length=200)
    subject_type = models.ForeignKey(
        ContentType, on_delete=models.PROTECT, null=True, editable=False, related_name="+", verbose_name="대상 종류"
    )
    subject_id = models.BigIntegerField("대상 번호", null=True, editable=False)
    subject = GenericForeignKey("subject_type", "subject_id")
    issued_to = models.CharField("받는 사람", max_length=100, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="발급한 사람",
        help_text="비어 있으면 시스템이 발급했습니다.",
    )
    issued_at = models.DateTimeField("발급 일시", default=timezone.now)
    known_until = models.DateTimeField("자료 기준 시각", null=True, help_text="이때까지 확인된 자료로 만들었습니다.")
    known_entry = models.BigIntegerField(
        "마지막으로 본 기록", null=True, editable=False, help_text="이 번호까지의 기록으로 만들었습니다."
    )
    figures = models.TextField("담긴 내용", blank=True, editable=False)
    sealed_figures = SealedTextField("봉인한 내용", bound_to="code", null=True, editable=False)
    content_hash = models.CharField("내용 해시", max_length=64, editable=False)
    edition = models.PositiveSmallIntegerField("차수", default=0, editable=False)
    code = models.CharField("문서확인번호", max_length=12, unique=True, editable=False)

    objects = IssuedDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "발급 문서"
        verbose_name_plural = "발급 대장"
        ordering = ["-issued_at", "-pk"]
        permissions = [("withdraw_document", "발급한 문서를 회수할 수 있음")]
        constraints = [
            models.UniqueConstraint(fields=["content_hash", "edition"], name="issueddocument_same_paper_once")
        ]
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="issueddocument_subject"),
            models.Index(fields=["issued_at"], name="issueddocument_issued"),
        ]
        triggers = append_only(sealed=["sealed_figures"])

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("documents:paper", args=[self.pk])

    @property
    def contents(self) -> str:
        """The stored figures, opened where they are sealed."""
        return self.figures if self.sealed_figures is None else self.sealed_figures

    @property
    def label(self) -> str:
        """The kind as people call it."""
        kind = kinds.find(self.kind)
        return str(kind.label) if kind else self.kind

    @property
    def is_official(self) -> bool:
        """Handed out with a reason (``documents.lending``)."""
        kind = kinds.find(self.kind)
        return kind is not None and kind.official

    @property
    def is_ready(self) -> bool:
        return hasattr(self, "print")

    @property
    def is_withdrawn(self) -> bool:
        return hasattr(self, "withdrawal")

    @property
    def masked_recipient(self) -> str:
        return mask_name(self.issued_to)

    @property
    def code_text(self) -> str:
        """``K7QM-3FPX-9T2B``, as it is printed and typed."""
        return "-".join(self.code[start : start + 4] for start in range(0, len(self.code), 4))

    @property
    def verify_path(self) -> str:
        """Where anybody who holds the paper finds out whether it is ours."""
        return reverse("documents:verified", args=[self.code_text])

    @property
    def verify_url(self) -> str:
        return settings.SITE_URL + self.verify_path


class Print(models.Model):
    """The file of a paper."""

    paper = models.OneToOneField(IssuedDocument, on_delete=models.CASCADE, related_name="print", verbose_name="문서")
    file = models.FileField("파일", upload_to="documents/%Y/%m", max_length=200, blank=True)
    sealed_file = SealedFileField(
        "봉인한 파일", bound_to="paper_id", upload_to="documents/%Y/%m", max_length=200, blank=True
    )
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    size = models.PositiveIntegerField("크기(바이트)")
    made_at = models.DateTimeField("만든 일시", default=timezone.now)

    class Meta:
        verbose_name = "문서 파일"
        verbose_name_plural = "문서 파일"
        constraints = [
            models.CheckConstraint(
                condition=(Q(file="") | Q(sealed_file="")) & ~Q(file="", sealed_file=""), name="print_is_one_file"
            )
        ]
        triggers = append_only(sealed=["sealed_file"])

    def __str__(self) -> str:
        return f"{self.paper}.pdf"

    @classmethod
    def of(cls, paper: IssuedDocument, content: bytes, *, sealed: bool) -> Print:
        """The file of ``paper`` in storage, its row still to be saved."""
        row = cls(paper=paper, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        place = row.sealed_file if sealed else row.file
        place.save(f"{paper.code.lower()}.{'sealed' if sealed else 'pdf'}", ContentFile(content), save=False)
        return row

    @property
    def stored(self) -> FieldFile:
        """Whichever file there is, as it lies in storage."""
        return self.sealed_file or self.file

    def pieces(self) -> Iterator[bytes]:
        """The PDF as it was printed, piece by piece.

        Raises:
            Unreadable: sealed, and the key is not here or the file was changed.
        """
        if self.sealed_file:
            yield from self.sealed_file.segments()
        else:
            with self.file.open("rb") as file:
                yield from file.chunks()


class Withdrawal(models.Model):
    """A paper that holds no longer, and why. Its number is never given out again."""

    paper = models.OneToOneField(
        IssuedDocument, on_delete=models.CASCADE, related_name="withdrawal", verbose_name="문서"
    )
    at = models.DateTimeField("회수 일시", default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="회수한 사람"
    )
    reason = models.CharField("사유", max_length=500)

    class Meta:
        verbose_name = "문서 회수"
        verbose_name_plural = "문서 회수"
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.paper} 회수"


class Lending(models.Model):
    """A link to an official paper that works until a moment: who made it, for whom, why."""

    paper = models.ForeignKey(IssuedDocument, on_delete=models.CASCADE, related_name="lendings", verbose_name="문서")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="만든 사람"
    )
    made_at = models.DateTimeField("만든 일시", default=timezone.now)
    until = models.DateTimeField("기한")
    reason = models.CharField("사유", max_length=200)

    class Meta:
        verbose_name = "내려받기 주소"
        verbose_name_plural = "내려받기 주소"
        ordering = ["-made_at", "-pk"]
        triggers = append_only()
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=models.F("made_at")), name="lending_ends_later"),
            models.CheckConstraint(condition=~Q(reason=""), name="lending_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.paper} {self.reason}"


class Download(models.Model):
    """Somebody took the file of an official paper; ``lending`` is empty where it lies open to all."""

    paper = models.ForeignKey(IssuedDocument, on_delete=models.CASCADE, related_name="downloads", verbose_name="문서")
    lending = models.ForeignKey(
        Lending, on_delete=models.CASCADE, null=True, related_name="downloads", verbose_name="주소"
    )
    at = models.DateTimeField("일시", default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="받은 사람",
        help_text="비어 있으면 로그인하지 않은 사람입니다.",
    )
    reason = models.CharField("사유", max_length=200)

    class Meta:
        verbose_name = "내려받은 기록"
        verbose_name_plural = "내려받은 기록"
        ordering = ["-at", "-pk"]
        triggers = append_only()
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="download_says_why")]

    def __str__(self) -> str:
        return f"{self.paper} {self.reason}"
