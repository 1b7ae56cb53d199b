"""What the table of rooms says of counselling: whose it is, never with whom."""

from __future__ import annotations

from collections.abc import Sequence

from centre import rooms
from counseling.models import Slot


def names(slots: Sequence[int]) -> dict[int, str]:
    found = Slot.objects.filter(pk__in=slots).values_list("pk", "counselor__name")
    return {pk: f"상담 · {name}" for pk, name in found}


rooms.call_owners(Slot, names)
