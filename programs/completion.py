"""Who completed a run: by the share of its sessions that they attended. Computed, never stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
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
    attested: int  # sessions of ``came`` that are over, so that a paper may speak of them
    last: datetime | None  # when the last of the sessions ends
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


class Sheet:
    """What is written of some people's coming, read once in three queries however many they are; of any runs."""

    def __init__(self, participants: Sequence[Participant]) -> None:
        keys = {person.run_id for person in participants}
        self._bars = dict(Run.objects.filter(pk__in=keys).values_list("pk", "pass_percent"))
        self._sessions: dict[int, list[Session]] = defaultdict(list)
        for session in Session.objects.standing().filter(run__in=keys):
            self._sessions[session.run_id].append(session)
        self._marks: dict[tuple[int, int], str] = {}
        people = [person.pk for person in participants]
        for start in range(0, len(people), ROWS_AT_ONCE):
            rows = Mark.objects.filter(participant__in=people[start : start + ROWS_AT_ONCE]).current()
            self._marks |= {
                (who, session): status
                for who, session, status in rows.values_list("participant_id", "session_id", "status")
            }

    def of(self, person: Participant, *, now: datetime, until: datetime | None = None) -> Completion:
        """How ``person`` fared; with ``until`` only the sessions count that were over by then."""
        sessions = self._sessions[person.run_id]
        is_over = bool(sessions) and all(session.ends_at <= now for session in sessions)
        if until is not None:
            sessions = [session for session in sessions if session.ends_at <= until]
        found = [(session, self._marks.get((person.pk, session.pk))) for session in sessions]
        attended = [session for session, status in found if status in Mark.CAME]
        return Completion(
            came=len(attended),
            counted=sum(status in Mark.COUNTED for _session, status in found),
            sessions=len(sessions),
            minutes=int(sum((session.length for session in attended), timedelta()).total_seconds() // 60),
            attested=sum(session.ends_at <= now for session in attended),
            last=max((session.ends_at for session in sessions), default=None),
            bar=self._bars[person.run_id],
            is_over=is_over,
        )


def of(participants: Sequence[Participant], *, now: datetime | None = None) -> dict[int, Completion]:
    """By participant, in three queries."""
    now, sheet = now or timezone.now(), Sheet(participants)
    return {person.pk: sheet.of(person, now=now) for person in participants}


def of_one(participant: Participant, *, now: datetime | None = None) -> Completion:
    return of([participant], now=now)[participant.pk]
