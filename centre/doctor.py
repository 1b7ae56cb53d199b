"""Recounts what the guards of the place promise."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Exists, OuterRef

from centre.models import RoomUse


def check() -> list[str]:
    """Every finding as a sentence; an empty list when all is well."""
    return [*_overlaps(), *_orphans()]


def _overlaps() -> Iterator[str]:
    others = RoomUse.objects.filter(room=OuterRef("room"), period__overlap=OuterRef("period")).exclude(
        pk=OuterRef("pk")
    )
    for pk in RoomUse.objects.filter(Exists(others)).order_by("pk").values_list("pk", flat=True):
        yield f"방 사용 {pk}: 같은 방을 쓰는 다른 일과 겹칩니다."


def _orphans() -> Iterator[str]:
    """Rooms kept for an owner that is gone."""
    owned = RoomUse.objects.filter(owner_id__isnull=False).order_by("owner_kind")
    for kind in owned.values_list("owner_kind", flat=True).distinct():
        try:
            alive = apps.get_model(kind)._base_manager.values("pk")
        except LookupError:
            alive = ()
        for pk in owned.filter(owner_kind=kind).exclude(owner_id__in=alive).values_list("pk", flat=True):
            yield f"방 사용 {pk}: 쓰던 일({kind})이 없어졌습니다."
