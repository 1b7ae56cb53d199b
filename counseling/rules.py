"""What the rules of ``intake`` say about counselling: facts gathered in one query, asked by page and use case.

A time that is offered to somebody who waits is nothing booked yet, and counts against no cap.

Nothing here locks. ``booking`` asks under the lock of the student row, so that what it counts stays true.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from counseling.missed import AREA
from counseling.models import Booking, Fair, Topic
from intake import gathering
from intake.admission import YES, Code, Occasion, Person, Verdict, judge, paused_until
from intake.models.rulesets import rules_of
from intake.rules import Rules, Year
from krds.dates import kdatetime

if TYPE_CHECKING:
    from accounts.models import User

State = Booking.State
COUNTED = [State.BOOKED.value, State.ARRIVED.value, State.DONE.value, State.NO_SHOW.value]
AHEAD = [State.HELD.value, State.BOOKED.value, State.ARRIVED.value]

# For a caller staff need no reason to book before a day opens; everything else they override with one.
FREE_FOR_STAFF = frozenset({Code.STAGE.value})
# A booking that is moved was let in already: neither a pause nor what else is booked takes it away.
KEPT_ON_MOVE = frozenset({Code.PAUSED.value, Code.OPEN.value})
WITH_A_REASON = frozenset(Code.values)
ELSEWHERE = "elsewhere"  # no rule of ``intake``: another counselling at the same time
CANCELLED, ONCE = "cancelled", "once"  # nor these, of a fair
_NO_COUNTS = {
    "first_time_only": False,
    "open_most": None,
    "year_kind": Year.NONE,
    "noshow_pause_at": 0,
    "stages": (),
    "everyone_after_days": 0,
}

_USES = """
    jsonb_build_object('uses', (
        SELECT jsonb_agg(jsonb_build_array(
            -- what is booked at a fair is known by a negative key: see ``_counted``
            CASE WHEN what.at_fair THEN -use.topic_id ELSE use.topic_id END, extract(epoch FROM lower(use.period)), extract(epoch FROM upper(use.period)),
            use.state = ANY(%(ahead)s), use.state = 'no_show'
        ))
        FROM counseling_booking use
        JOIN counseling_topic what ON what.id = use.topic_id
        WHERE use.student_id = student.id AND use.id <> %(but)s
          AND (use.state = ANY(%(counted)s) OR (
              use.state = 'held' AND use.held_until > %(now)s AND use.offer_id IS NULL
              AND use.booked_by_id IS DISTINCT FROM %(asker)s  -- given up for another time
          ))
    ))
"""
_PERSON = f"{gathering.PERSON} || {_USES}"
_RULES = f"CASE WHEN rules.id IS NOT NULL THEN {gathering.RULES} END"
_OFFERED = f"""
    WITH family AS MATERIALIZED (
        SELECT jsonb_agg({_PERSON} ORDER BY student.name, student.id) AS people
        FROM accounts_student student
        WHERE student.left_at IS NULL AND (student.user_id = %(user)s OR student.id IN (
            SELECT care.student_id FROM accounts_guardianship care
            WHERE care.guardian_id = %(user)s AND care.confirmed_at IS NOT NULL AND care.ended_at IS NULL
        ))
    )
    SELECT topic.*, {_RULES} AS rules_row, family.people AS family_rows
    FROM counseling_topic topic
    LEFT JOIN intake_ruleset rules ON rules.id = topic.rules_id
    CROSS JOIN family
    WHERE topic.active AND NOT topic.at_fair
    ORDER BY topic.position, topic.name
"""  # noqa: S608 - constants of this module
_ONE = f"""
    SELECT {_PERSON}, (SELECT {_RULES} FROM intake_ruleset rules WHERE rules.id = %(rules)s)
    FROM accounts_student student
    WHERE student.id = %(student)s
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True)
class Offered:
    """Every topic that can be booked, in the centre's order, and whom of the asker's family for."""

    topics: list[Topic]
    rules: dict[int, Rules]  # by topic
    family: list[Person]

    def child(self, pk: str | None) -> Person | None:
        """Whom the page speaks of: who was chosen, or the only one there is."""
        if len(self.family) == 1:
            return self.family[0]
        return next((person for person in self.family if str(person.pk) == pk), None)

    def now(self, topic: Topic, person: Person, *, now: datetime) -> Verdict:
        """Whether this person may book ``topic`` at all today."""
        return judge(self.rules[topic.pk], _counted(person), Occasion(timezone.localdate(now), topic.pk), now=now)

    def refusal(self, topic: Topic | None, person: Person, *, now: datetime) -> Verdict:
        """Why this person can book ``topic`` (``None``: any topic) on no day at all; allowed when some day may do."""
        verdicts = [self.now(one, person, now=now) for one in ([topic] if topic else self.topics)]
        return next((verdict for verdict in verdicts if verdict.allowed), verdicts[0] if verdicts else YES)

    def opens_to_all(self, topic: Topic, starts: datetime) -> datetime:
        """When a time opens for everybody whom it is for."""
        rules = self.rules[topic.pk]
        opening = rules.opening(timezone.localdate(starts) - timedelta(days=topic.horizon_days))
        return opening + timedelta(days=rules.everyone_after_days)

    def pauses(self, now: datetime) -> Iterator[tuple[Person, datetime, list[str]]]:
        """Who of the family cannot book anew because of no-shows, until which moment (a midnight), and which topics.

        No topics means all of them. Where the topics' rules differ, the last end is said.
        """
        for person in self.family:
            ends = {topic.name: paused_until(self.rules[topic.pk], person.strikes, now) for topic in self.topics}
            held = {name: end for name, end in ends.items() if end is not None}
            if held:
                yield person, max(held.values()), [] if len(held) == len(ends) else list(held)

    def at(self, topic: Topic, person: Person, starts: datetime, *, now: datetime) -> Verdict:
        """Whether this person may book ``topic`` at a time, and is nowhere else then."""
        ends = starts + timedelta(minutes=topic.minutes)
        for use in person.uses:
            if use.ahead and use.starts_at < ends and starts < use.ends_at:
                return Verdict(allowed=False, code=ELSEWHERE, sentence=elsewhere(person.name, use.starts_at))
        rules = self.rules[topic.pk]
        return judge(rules, _counted(person), occasion(topic, rules, starts), now=now)


def offered(user: User | None) -> Offered:
    """One query; without ``user`` (a visitor who is not logged in) there is no family.

    What ``user`` holds does not count: whoever takes another time gives it up (``booking.hold``).
    """
    asker = {"user": user.pk if user else None, "asker": user.pk if user else None}
    topics = list(Topic.objects.raw(_OFFERED, _known(timezone.now()) | asker))
    rules = {topic.pk: Rules.read(_loaded(topic.rules_row)) for topic in topics}
    family = _loaded(topics[0].family_rows) or [] if topics else []
    return Offered(topics, rules, [Person.read(row) for row in family])


def elsewhere(name: str, starts: datetime) -> str:
    """Said of a student who has another counselling then, by the list and by the use case."""
    return _("%(name)s님은 %(when)s에 다른 상담 예약이 있습니다.") % {"name": name, "when": kdatetime(starts)}


def occasion(topic: Topic, rules: Rules, starts: datetime) -> Occasion:
    """A counselling on ``topic`` that begins at ``starts``: the day opens ``horizon_days`` before."""
    day = timezone.localdate(starts)
    opens = rules.opening(day - timedelta(days=topic.horizon_days))
    return Occasion(day, topic.pk, opens_at=opens, until=starts - timedelta(hours=topic.lead_hours))


def facts(student_id: int, topic: Topic, *, now: datetime, but: Booking | None = None) -> tuple[Rules, Person]:
    """What the engine needs of one student and one topic, in one query; ``but`` does not count."""
    asked = _known(now, but) | {"student": student_id, "rules": topic.rules_id}
    with connection.cursor() as cursor:
        cursor.execute(_ONE, asked)
        person, rules = cursor.fetchone()
    return Rules.read(_loaded(rules)), Person.read(_loaded(person))


def verdict(
    student_id: int,
    topic: Topic,
    starts: datetime,
    *,
    now: datetime,
    but: Booking | None = None,
    overridden: frozenset[str] = frozenset(),
) -> Verdict:
    """May this student have a counselling on ``topic`` that begins at ``starts``?"""
    if overridden >= WITH_A_REASON:
        return YES
    rules, person = facts(student_id, topic, now=now, but=but)
    if topic.at_fair:
        return _at_fair(topic, person, now=now, overridden=overridden)
    return judge(rules, _counted(person), occasion(topic, rules, starts), now=now, overridden=overridden)


def moving(booking: Booking, starts: Sequence[datetime], *, now: datetime) -> list[Verdict]:
    """May ``booking`` move to each of these times? What ``changing.move`` will ask, in one query for all."""
    rules, person = facts(booking.student_id, booking.topic, now=now, but=booking)
    asked = [occasion(booking.topic, rules, moment) for moment in starts]
    return [judge(rules, _counted(person), each, now=now, overridden=KEPT_ON_MOVE) for each in asked]


def of_student(student_id: int, *, now: datetime) -> Person:
    """One student as the rules know them, whatever for: one query."""
    return facts(student_id, Topic(), now=now)[1]


def at_fair(fair: Fair, person: Person, topic_id: int, *, now: datetime) -> Verdict:
    """May this student talk at one more booth of ``fair``? Its opening, its cap, each booth once, the run's audience.

    Caps, pauses and first times of counselling ask nothing here, and what is booked here counts for none of them.
    """
    run = fair.run
    if run.state == run.State.CANCELLED:
        return Verdict(allowed=False, code=CANCELLED, sentence=_("취소된 박람회입니다."))
    subjects = {-topic for topic in fair.booths.exclude(topic=None).values_list("topic", flat=True)}
    mine = [use.subject for use in person.uses if use.subject in subjects]
    if -topic_id in mine:
        return Verdict(allowed=False, code=ONCE, sentence=_("이 부스의 상담은 이미 예약하셨습니다."))
    if len(mine) >= fair.per_visitor:
        sentence = _("한 학생이 이 박람회에서 예약할 수 있는 상담은 %(most)d건까지입니다.") % {"most": fair.per_visitor}
        return Verdict(allowed=False, code=Code.OPEN.value, sentence=sentence)
    audience = replace(rules_of(run.rules), **_NO_COUNTS)
    return judge(audience, person, Occasion(fair.day, opens_at=fair.opens_at), now=now)


def _at_fair(topic: Topic, person: Person, *, now: datetime, overridden: frozenset[str]) -> Verdict:
    fair = Fair.objects.for_page().get(booths__topic=topic)
    found = at_fair(fair, person, topic.pk, now=now)
    return YES if found.code in overridden else found


def _counted(person: Person) -> Person:
    """Without what was booked at fairs: it takes nobody's counselling away."""
    return replace(person, uses=tuple(use for use in person.uses if use.subject > 0))


def _known(now: datetime, but: Booking | None = None) -> dict[str, object]:
    counted = {"counted": COUNTED, "ahead": AHEAD, "but": but.pk if but and but.pk else 0, "asker": None}
    return gathering.known(AREA, now) | counted


def _loaded(value: object) -> object:
    """``jsonb`` as Django's connections give it: text."""
    return json.loads(value) if isinstance(value, str) else value
