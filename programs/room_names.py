"""What the table of rooms says of a session: which programme it is of."""

from __future__ import annotations

from collections.abc import Sequence

from centre import rooms
from programs.models import Session


def names(sessions: Sequence[int]) -> dict[int, str]:
    found = Session.objects.filter(pk__in=sessions).select_related("run__program")
    return {session.pk: f"{session.run.program} · {session.run.title}" for session in found}


rooms.call_owners(Session, names)
