"""Who completed a run: by the share of its sessions that they attended. Computed, never stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from programs.models import Mark, Participant, Run, Session
from tables.values import Ratio

ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Completion:
    """How one person fared in one run at one moment.

    ``counted`` sessions of ``sessions`` (those not cancelled) count towards completion: 출석, 지각, 조퇴 and
    인정결석. ``minutes`` are those of the sessions that the person really came to, each by its whole length.
    """

    came: int
    counted: int
    sessions: int
    minutes: int
    bar: int  # percent
    is_over: bool

    @property
    def share(self) -> Ratio:
        return Ratio(self.counted, self.sessions)

    @property
    def passes(self) -> bool:
        """Whether the bar is reached, in whole numbers: 4 of 5 reach 80 %, 79 of 100 do not."""
        return self.sessions > 0 and self.came > 0 and self.counted * 100 >= self.bar * self.sessions

    @property
    def is_complete(self) -> bool:
        """Reached, and no session is still to come that could change it."""
        return self.is_over and self.passes

    @property
    def hours_label(self) -> str:
        return hours(self.minutes)

    @property
    def share_label(self) -> str:
        """``8회 가운데 7회(87.5%)``."""
        percent = self.share.percent
        return f"{self.sessions}회 가운데 {self.counted}회" + (f"({percent}%)" if percent is not None else "")


def hours(minutes: int) -> str:
    """``90`` minutes are ``1시간 30분``."""
    whole, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{whole}시간" if whole else "", f"{rest}분" if rest else "") if part) or "0시간"


def of(participants: Sequence[Participant], *, now: datetime | None = None) -> dict[int, Completion]:
    """By participant, in three queries however many they are; of any runs."""
    now = now or timezone.now()
    keys = {person.run_id for person in participants}
    bars = dict(Run.objects.filter(pk__in=keys).values_list("pk", "pass_percent"))
    standing: dict[int, list[Session]] = defaultdict(list)
    for session in Session.objects.standing().filter(run__in=keys):
        standing[session.run_id].append(session)
    marks: dict[tuple[int, int], str] = {}
    people = [person.pk for person in participants]
    for start in range(0, len(people), ROWS_AT_ONCE):
        rows = Mark.objects.filter(participant__in=people[start : start + ROWS_AT_ONCE]).current()
        marks |= {
            (who, session): status
            for who, session, status in rows.values_list("participant_id", "session_id", "status")
        }
    return {
        person.pk: _one(person, standing[person.run_id], marks, bars[person.run_id], now) for person in participants
    }


def of_one(participant: Participant, *, now: datetime | None = None) -> Completion:
    return of([participant], now=now)[participant.pk]


def _one(
    person: Participant, sessions: Iterable[Session], marks: dict[tuple[int, int], str], bar: int, now: datetime
) -> Completion:
    sessions = list(sessions)
    found = [(session, marks.get((person.pk, session.pk))) for session in sessions]
    attended = [session for session, status in found if status in Mark.CAME]
    return Completion(
        came=len(attended),
        counted=sum(status in Mark.COUNTED for _session, status in found),
        sessions=len(sessions),
        minutes=int(sum((session.length for session in attended), timedelta()).total_seconds() // 60),
        bar=bar,
        is_over=bool(sessions) and all(session.ends_at <= now for session in sessions),
    )
