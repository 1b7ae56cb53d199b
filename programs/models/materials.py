"""Files that go with a programme, for everybody to take along."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.db import models
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

FOLDER = "programs"
# Nothing that a browser would run: no page, no picture with a script in it.
TYPES = {
    "pdf": "application/pdf",
    "hwp": "application/x-hwp",
    "hwpx": "application/hwp+zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "zip": "application/zip",
    "jpg": "image/jpeg",
    "png": "image/png",
}


class Material(models.Model):
    """A hand-out of a programme. What stands on its page everybody may have."""

    program = models.ForeignKey(
        "programs.Program", on_delete=models.CASCADE, related_name="materials", verbose_name=_("프로그램")
    )
    title = models.CharField(_("이름"), max_length=100, help_text="예: 학부모아카데미 안내문")
    file = models.FileField(
        _("파일"),
        upload_to=f"{FOLDER}/%Y/",
        max_length=200,
        validators=[FileExtensionValidator(list(TYPES))],
        help_text="PDF, 한글, 워드, 엑셀, 파워포인트, ZIP, JPG, PNG. 누구나 내려받으니 개인정보가 없어야 합니다.",
    )
    size = models.PositiveBigIntegerField(_("크기(바이트)"), editable=False)
    position = models.PositiveSmallIntegerField("순서", default=0)
    added_at = models.DateTimeField(_("올린 일시"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("자료")
        verbose_name_plural = _("자료")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: object, **kwargs: object) -> None:
        self.size = self.file.size
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("programs:material", args=[self.pk])

    def clean(self) -> None:
        if self.file and self.file.size > settings.UPLOAD_MOST_BYTES:
            most = filesizeformat(settings.UPLOAD_MOST_BYTES)
            raise ValidationError(
                {"file": f"{most}보다 큰 파일은 올릴 수 없습니다. 파일을 나누거나 크기를 줄여 주세요."}
            )

    @property
    def kind(self) -> str:
        """The ending, in small letters."""
        return self.file.name.rpartition(".")[2].lower()

    @property
    def content_type(self) -> str:
        return TYPES[self.kind]

    @property
    def called(self) -> str:
        """The name of the downloaded file."""
        return f"{self.title}.{self.kind}"
