"""Texts that bind: a new version is drafted, published, and stays."""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils import timezone

from centre.models import PolicyText
from lifecycle.locks import Refused, contended

TEXTS = Path(__file__).resolve().parent / "texts"
TOLD = "다른 직원이 방금 이 글을 바꾸었습니다. 새로 고친 뒤 다시 해 주세요."


def draft(kind: str) -> PolicyText:
    """The open draft of a kind; when there is none, a new one that starts from the newest version.

    Raises:
        Refused: another draft was opened at the same moment.
    """
    texts = PolicyText.objects.filter(kind=kind)
    if waiting := texts.filter(published_at=None).first():
        return waiting
    newest = texts.order_by("-version").first()
    with contended(TOLD), transaction.atomic():
        return PolicyText.objects.create(
            kind=kind,
            version=newest.version + 1 if newest else 1,
            effective_from=timezone.localdate(),
            body=newest.body if newest else "",
        )


def publish(text: PolicyText, *, by: AbstractUser | None) -> None:
    """Show the draft to everybody, for good. ``by`` is ``None`` when the first text comes with the house.

    Raises:
        Refused: it is published already, its day lies before today or before the version it
            follows, or its words are those of that version.
    """
    before = text.before()
    if text.effective_from < timezone.localdate():
        raise Refused("시행일은 오늘이거나 그 뒤여야 합니다.")
    if before and text.effective_from < before.effective_from:
        raise Refused(f"시행일은 제{before.version}판의 시행일보다 앞설 수 없습니다.")
    if before and text.body == before.body:
        raise Refused(f"제{before.version}판과 내용이 같습니다.")
    published = {"published_at": timezone.now(), "published_by": by}
    if not PolicyText.objects.filter(pk=text.pk, published_at=None).update(**published):
        raise Refused(TOLD)
    for name, value in published.items():
        setattr(text, name, value)


def publish_first_texts() -> int:
    """Publish the texts that come with the house, where a kind has no text at all; say how many."""
    missing = set(PolicyText.Kind.values) - set(PolicyText.objects.values_list("kind", flat=True))
    with transaction.atomic():
        for kind in sorted(missing):
            text = draft(kind)
            PolicyText.objects.filter(pk=text.pk).update(body=(TEXTS / f"{kind}.md").read_text(encoding="utf-8"))
            publish(text, by=None)
    return len(missing)
