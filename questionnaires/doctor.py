"""Recounts what must agree: every file has its bytes, and no bytes lie about without a row."""

from __future__ import annotations

from django.core.files.storage import default_storage

from questionnaires import uploads
from questionnaires.models import Attachment


def check() -> list[str]:
    """Every finding as a sentence; an empty list when all is well."""
    kept = Attachment.objects.exclude(file="").values_list("pk", "file")
    lost = [f"첨부 파일 {pk}: 저장된 파일이 없습니다." for pk, path in kept if not default_storage.exists(path)]
    strays = uploads.strays()
    return [*lost, *([f"주인 없는 첨부 파일이 {len(strays)}개 있습니다."] if strays else [])]
