"""The places of one run while its row is held: what fits, what does not, and the next application number.

Made only under the run's lock (``docs/locks.md``). States alone say what is taken, so while ``lapsed`` is true
(an offer is past its deadline and not closed) ``waiting.fill`` has to close it and count anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from programs.models import Application, Group, Run

_COUNTED = """
    SELECT group_id, state = 'waiting', sum(places), 0, false FROM programs_application
    WHERE run_id = %(run)s AND state = ANY(%(counted)s) GROUP BY 1, 2
    UNION ALL
    SELECT NULL, false, 0, coalesce(max(number), 0), EXISTS (
        SELECT FROM programs_runoffer offer JOIN programs_application application ON application.id = application_id
        WHERE application.run_id = %(run)s AND offer.state = 'open' AND offer.deadline <= %(now)s
    ) FROM programs_application WHERE run_id = %(run)s
"""


@dataclass
class Seats:
    """How many places are taken and waited for, in all and by group (``None``: in no group)."""

    run: Run
    groups: dict[int, Group]
    taken: dict[int | None, int] = field(default_factory=dict)
    waiting: dict[int | None, int] = field(default_factory=dict)
    number: int = 0
    lapsed: bool = False

    @classmethod
    def of(cls, run: Run, now: datetime) -> Seats:
        """Two queries. The run's row is held by the caller."""
        seats = cls(run, {group.pk: group for group in run.groups.all()})
        counted = [Application.State.WAITING.value, *(state.value for state in Application.OCCUPYING)]
        with connection.cursor() as cursor:
            cursor.execute(_COUNTED, {"run": run.pk, "counted": counted, "now": now})
            for group, waits, places, number, lapsed in cursor.fetchall():
                of = seats.waiting if waits else seats.taken
                of[group] = of.get(group, 0) + places
                seats.number = max(seats.number, number)
                seats.lapsed = seats.lapsed or lapsed
        return seats

    @property
    def all_taken(self) -> int:
        return sum(self.taken.values())

    @property
    def all_waiting(self) -> int:
        return sum(self.waiting.values())

    def left(self) -> int | None:
        """Of the run; ``None`` without limit."""
        return None if self.run.capacity is None else self.run.capacity - self.all_taken

    def left_in(self, group: int | None) -> int | None:
        """Of the group alone; ``None`` in no group."""
        return None if group is None else self.groups[group].capacity - self.taken.get(group, 0)

    def why_not(self, places: int, group: int | None) -> str:
        """Why so many do not fit now; empty when they do."""
        left, left_in = self.left(), self.left_in(group)
        if left is not None and places > left:
            return _("남은 자리가 모자랍니다.")
        if left_in is not None and places > left_in:
            return _("이 그룹의 남은 자리가 모자랍니다.")
        return ""

    def never(self, places: int, group: int | None) -> bool:
        """Whether so many would not fit into the empty run."""
        return (self.run.capacity is not None and places > self.run.capacity) or (
            group is not None and places > self.groups[group].capacity
        )

    def is_behind(self, group: int | None) -> bool:
        """Whether somebody who waits comes before a newcomer of ``group``.

        Those of the same group do, and those who wait for the run's places; whoever waits only because another
        group is full does not.
        """
        return any(
            places and (waiting == group or waiting is None or self.left_in(waiting) > 0)
            for waiting, places in self.waiting.items()
        )

    def take(self, places: int, group: int | None) -> None:
        self.taken[group] = self.taken.get(group, 0) + places

    def give_back(self, places: int, group: int | None) -> None:
        self.taken[group] = self.taken.get(group, 0) - places

    def queue(self, places: int, group: int | None) -> None:
        self.waiting[group] = self.waiting.get(group, 0) + places

    def next_number(self) -> int:
        self.number += 1
        return self.number
