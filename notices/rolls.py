"""The list of a mailing while it goes out: who has left it since it was frozen, and whether it is done with."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from lifecycle import locks
from notices import audiences
from notices.models import Addressee, Mailing

State, Row = Mailing.State, Addressee.State

NO_LONGER = "보내기 전에 이 명단에서 빠졌습니다."


def leave_out(rows: list[Addressee]) -> list[Addressee]:
    """Of claimed rows those who are still in their list; the others are marked, with the reason. One query a mailing."""
    kept: list[Addressee] = []
    for mailing in {row.mailing_id: row.mailing for row in rows}.values():
        some = [row for row in rows if row.mailing_id == mailing.pk]
        audience, still = audiences.find(mailing.audience), set()
        if audience:
            among = audience.among(mailing.params, promotional=mailing.promotional)
            still = set(among.filter(pk__in=[row.source for row in some]).values_list("pk", flat=True))
        gone = [row.pk for row in some if row.source not in still]
        left = Addressee.objects.filter(pk__in=gone, state=Row.DUE)
        left.update(state=Row.CANCELLED, problem=NO_LONGER, lease_until=None)
        kept += [row for row in some if row.source in still]
    return kept


def finish() -> None:
    """End every mailing of which nothing is left to be sent."""
    left = Addressee.objects.filter(mailing=OuterRef("pk"), state__in=[Row.DUE, Row.HANDING])
    for mailing in Mailing.objects.filter(~Exists(left), state=State.SENDING):
        with transaction.atomic():
            kept = locks.lock(Mailing.objects.all(), mailing.pk)
            open_rows = kept.addressees.filter(state__in=[Row.DUE, Row.HANDING])
            if kept.state == State.SENDING and not open_rows.exists():
                kept.move(State.DONE, by=None, ended_at=timezone.now(), revision=kept.revision + 1)
