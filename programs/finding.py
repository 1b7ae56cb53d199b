"""Finding programmes: what somebody asks for, and the page of the catalogue that answers it, as frozen values.

One statement finds, sorts, counts and fills a page; it is written by hand, for the ORM takes longer to write
the like than PostgreSQL to answer it. What a run's status is says ``Run.status_at``; ``_STATUS`` says the same to the
database, and a test holds the two together. Nothing is stored of it: places are counted in the index
``application_counted``, for the runs that people can apply for now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from accounts.audience import LEVEL_GRADES, grades_label
from accounts.models import Partner
from accounts.schoolyear import GRADES, Level
from krds.dates import kdatetime, kperiod
from programs import search
from programs.models import Program, Run, Status

PER_PAGE = 12
YEARS = 2000, 2999
RANKS = {status: rank for rank, status in enumerate(Status)}
STATUSES = list(Status)

# As ``rules.places``: who applies now is not seated at once when nothing is left, when somebody waits who comes
# before (not one who waits only because their own group is full), or when every group is full.
# Asked only while people apply first come first served; elsewhere nothing is counted at all.
_COUNTED = """
    SELECT coalesce(sum(of_group.taken), 0) AS taken, coalesce(sum(of_group.waiting), 0) AS in_line,
        coalesce(bool_or(of_group.waiting > 0 AND (part.id IS NULL OR of_group.taken < part.capacity)), false)
        OR count(*) FILTER (WHERE of_group.taken >= part.capacity) =
            nullif((SELECT count(*) FROM programs_group kept WHERE kept.run_id = run.id), 0) AS behind
    FROM (
        SELECT group_id, sum(seated) AS taken, sum(queued) AS waiting FROM (
            SELECT group_id, CASE WHEN state = 'waiting' THEN 0 ELSE places END AS seated,
                CASE WHEN state = 'waiting' THEN places ELSE 0 END AS queued
            FROM programs_application
            WHERE run_id = run.id AND state IN ('accepted', 'confirmed', 'waiting')
            UNION ALL
            SELECT offered.group_id, offered.places, 0
            FROM programs_application offered
            JOIN programs_runoffer offer ON offer.application_id = offered.id
            WHERE offered.run_id = run.id AND offered.state = 'offered'
              AND offer.state = 'open' AND offer.deadline > %(now)s
        ) counted GROUP BY group_id
    ) of_group
    LEFT JOIN programs_group part ON part.id = of_group.group_id
    WHERE run.admission = 'first_come' AND run.state <> 'cancelled'
      AND run.opens_at <= %(now)s AND run.closes_at > %(now)s
"""
_STATUS = f"""
    CASE WHEN run.state = 'cancelled' THEN {RANKS[Status.CANCELLED]}
         WHEN run.opens_at IS NULL THEN {RANKS[Status.WALK_IN]}
         WHEN run.opens_at > %(now)s THEN {RANKS[Status.COMING]}
         WHEN run.closes_at <= %(now)s THEN {RANKS[Status.CLOSED]}
         WHEN run.admission <> 'first_come'
             OR (NOT coalesce(counted.behind, false) AND (run.capacity IS NULL OR counted.taken < run.capacity))
             THEN {RANKS[Status.OPEN]}
         WHEN run.waiting_most IS NULL OR counted.in_line < run.waiting_most THEN {RANKS[Status.WAITING]}
         ELSE {RANKS[Status.CLOSED]} END
"""
# Of each programme the run that gives it its status: the most useful one, and of these the first to close or to begin.
_PAGE = """
    WITH standing AS (
        SELECT DISTINCT ON (run.program_id) run.program_id, run.starts_at, run.ends_at, run.opens_at, run.closes_at,
            run.capacity, run.admission, run.place, {status} AS rank, counted.taken, counted.in_line,
            CASE WHEN run.opens_at > %(now)s THEN run.opens_at
                 WHEN run.closes_at > %(now)s THEN run.closes_at
                 ELSE run.starts_at END AS moment
        FROM programs_run run LEFT JOIN LATERAL ({counted}) counted ON true
        WHERE run.published_at <= %(now)s AND run.ends_at > %(now)s
        ORDER BY run.program_id, rank, moment, run.id
    ), listed AS (
        SELECT program.id, program.position, {miss} AS miss, standing.*,
            coalesce(standing.rank, CASE WHEN EXISTS (
                SELECT FROM programs_run held WHERE held.program_id = program.id AND held.published_at <= %(now)s
            ) THEN {over} ELSE {announced} END) AS status
        FROM programs_program program
        {join}
        LEFT JOIN standing ON standing.program_id = program.id
        WHERE program.published_at <= %(now)s {narrowed}
    ), page AS (
        SELECT *, count(*) OVER () AS number
        FROM listed
        {having}
        ORDER BY miss, status, moment, position, id
        LIMIT %(most)s OFFSET %(skipped)s
    )
    SELECT page.number, program.id, program.title, program.summary, program.kind, program.audience,
        program.first_grade, program.last_grade, page.status, page.starts_at, page.ends_at, page.opens_at,
        page.closes_at, page.capacity, page.admission, page.place,
        coalesce(page.taken, 0)::int, coalesce(page.in_line, 0)::int, program.area,
        program.published_at
    FROM page JOIN programs_program program USING (id)
    ORDER BY page.miss, page.status, page.moment, page.position, page.id
"""
_FIXED = {"counted": _COUNTED, "over": RANKS[Status.OVER], "announced": RANKS[Status.ANNOUNCED], "status": _STATUS}


@dataclass(frozen=True)
class Chip:
    """One condition in words, and the address without it."""

    label: str
    url: str


@dataclass(frozen=True)
class Wish:
    """What somebody looks for. The address holds all of it; a value that makes no sense is as none."""

    words: str = ""
    level: str = ""  # a school level, or a grade from 1 (초1) to 12 (고3)
    area: str = ""
    audience: str = ""
    status: str = ""
    partner: str = ""
    first: date | None = None
    last: date | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Wish:
        return cls(
            words=search.clean(query.get("q", "")),
            level=_one_of({**dict(Level.choices), **_GRADES}, query.get("level")),
            area=_one_of(Program.Area.values, query.get("area")),
            audience=_one_of(Program.Audience.values, query.get("audience")),
            status=_one_of(Status.values, query.get("status")),
            partner=_one_of(Partner.Kind.values, query.get("partner")),
            first=_day(query.get("from", "")),
            last=_day(query.get("to", "")),
        )

    @property
    def query(self) -> str:
        """The query string that asks for the same again; empty or beginning with ``?``."""
        asked = {
            "q": self.words,
            "level": self.level,
            "area": self.area,
            "audience": self.audience,
            "status": self.status,
            "partner": self.partner,
            "from": self.first and self.first.isoformat(),
            "to": self.last and self.last.isoformat(),
        }
        given = urlencode({name: value for name, value in asked.items() if value})
        return f"?{given}" if given else ""

    @property
    def url(self) -> str:
        return reverse("programs:list") + self.query

    @property
    def narrowed(self) -> bool:
        return self != _ANYTHING

    @property
    def folded(self) -> int:
        """How many conditions stand behind the search field."""
        return len(self.chips) - bool(self.words)

    @property
    def chips(self) -> list[Chip]:
        """Every condition, each to be taken away by itself."""
        if not self.narrowed:
            return []
        said = {
            "words": self.words and _("검색어: %(words)s") % {"words": self.words},
            "level": self.level and str({**dict(Level.choices), **_GRADES}[self.level]),
            "area": self.area and str(Program.Area(self.area).label),
            "audience": self.audience and str(Program.Audience(self.audience).label),
            "status": self.status and str(Status(self.status).label),
            "partner": self.partner and str(Partner.Kind(self.partner).label),
        }
        chips = [Chip(label, replace(self, **{name: ""}).url) for name, label in said.items() if label]
        if self.first or self.last:
            chips.append(Chip(kperiod(self.first, self.last), replace(self, first=None, last=None).url))
        return chips


@dataclass(frozen=True)
class Found:
    """One programme of a page, with the run that gives it its status."""

    pk: int
    title: str
    summary: str
    kind: str
    audience: tuple[str, ...]
    first_grade: int | None
    last_grade: int | None
    status: Status
    starts_at: datetime | None
    ends_at: datetime | None
    opens_at: datetime | None
    closes_at: datetime | None
    capacity: int | None
    admission: str | None
    place: str
    taken: int  # counted while people apply, first come first served; 0 elsewhere
    in_line: int
    area: str
    published_at: datetime

    @property
    def url(self) -> str:
        return f"{reverse('programs:list')}{self.pk}/"

    @property
    def kind_label(self) -> str:
        return str(Program.Kind(self.kind).label)

    @property
    def whom(self) -> str:
        """``중학생 학부모``"""
        people = "·".join(str(Program.Audience(one).label) for one in self.audience)
        return f"{grades_label(self.first_grade, self.last_grade)} {people}".strip()

    @property
    def when(self) -> str:
        return kperiod(self.starts_at, self.ends_at) if self.starts_at else ""

    @property
    def window(self) -> tuple[str, str]:
        """What the clock will do next about applying, and when; empty when it will do nothing."""
        if self.status in {Status.OPEN, Status.WAITING}:
            return _("접수 마감"), kdatetime(self.closes_at)
        if self.status == Status.COMING:
            return _("접수 시작"), kdatetime(self.opens_at)
        return "", ""

    @property
    def left(self) -> str:
        """Places left, as they are now; empty where it does not matter."""
        if not self.capacity:
            return ""
        if self.admission != Run.Admission.FIRST_COME or self.status == Status.COMING:
            how = "" if self.admission == Run.Admission.FIRST_COME else f" ({Run.Admission(self.admission).label})"
            return _("정원 %(n)d명") % {"n": self.capacity} + how
        return places_left(self.capacity, self.taken, self.in_line) if self.counts_places or self.is_full else ""

    @property
    def counts_places(self) -> bool:
        """Whether places run out while people apply, now."""
        applied = self.status in {Status.OPEN, Status.WAITING}
        return bool(self.capacity) and applied and self.admission == Run.Admission.FIRST_COME

    @property
    def is_full(self) -> bool:
        """Closed for its places, before its time."""
        return self.status == Status.CLOSED and self.closes_at is not None and self.taken >= (self.capacity or 0) > 0


@dataclass(frozen=True)
class Answer:
    """One page of what was found, and how many there are in all."""

    number: int
    programs: list[Found]


def places_left(capacity: int, taken: int, waiting: int) -> str:
    """``3자리 남음 (정원 20명)``, ``정원 20명이 모두 찼습니다. 대기 4명``"""
    left = max(capacity - taken, 0)
    said = (
        _("%(left)d자리 남음 (정원 %(all)d명)") % {"left": left, "all": capacity}
        if left
        else _("정원 %(all)d명이 모두 찼습니다.") % {"all": capacity}
    )
    return f"{said} {_('대기 %(n)d명') % {'n': waiting}}" if waiting else said


def find(wish: Wish, *, page: int = 1, most: int = PER_PAGE) -> Answer:
    """The page of published programmes that answer ``wish``, what can be applied for first, in one query.

    Hits in the title come before all others. A page beyond the last is empty and says 0.
    """
    values: dict[str, Any] = {"now": timezone.now(), "most": most, "skipped": (page - 1) * most}
    pieces = _narrowed(wish, values)
    with connection.cursor() as cursor:
        cursor.execute(_PAGE.format(**_FIXED, **pieces), values)
        rows = cursor.fetchall()
    return Answer(rows[0][0] if rows else 0, [_found(row) for row in rows])


def _found(row: tuple[Any, ...]) -> Found:
    _number, pk, title, summary, kind, audience, first, last, rank, *rest = row
    return Found(pk, title, summary, kind, tuple(audience), first, last, STATUSES[rank], *rest)


def _narrowed(wish: Wish, values: dict[str, Any]) -> dict[str, str]:
    """The conditions as SQL, their values put into ``values``."""
    where: list[str] = []
    join, miss = "", "false"
    if words := search.words(wish.words):
        join = "JOIN programs_programwords words ON words.program_id = program.id"
        values["grams"] = sorted({gram for word in words for gram in word.grams})
        where.append("words.grams @> %(grams)s")
        inside, title = [], []
        for n, word in enumerate(words):
            like = "~" if word.by_initials else "LIKE"
            values[f"word{n}"] = word.pattern if word.by_initials else f"%{word.letters}%"
            inside.append(f"words.words {like} %(word{n})s")
            title.append(f"words.title {like} %(word{n})s")
        where += inside
        miss = f"NOT ({' AND '.join(title)})"
    if wish.level:
        first, last = LEVEL_GRADES[Level(wish.level)] if wish.level in Level.values else [int(wish.level)] * 2
        values |= {"first_grade": first, "last_grade": last}
        where.append(
            "(program.first_grade IS NULL OR program.first_grade <= %(last_grade)s AND program.last_grade >= %(first_grade)s)"
        )
    if wish.area:
        values["area"] = wish.area
        where.append("program.area = %(area)s")
    if wish.audience:
        values["audience"] = [wish.audience]
        where.append("program.audience @> %(audience)s::varchar[]")
    if wish.partner:
        values["partner"] = wish.partner
        where.append(_OF_PARTNER)
    if wish.first or wish.last:
        values |= {"first": _midnight(wish.first), "last": _midnight(wish.last and wish.last + timedelta(days=1))}
        where.append(_IN_PERIOD)
    having = ""
    if wish.status:
        values["status"] = RANKS[Status(wish.status)]
        having = "WHERE status = %(status)s"
    return {"join": join, "miss": miss, "narrowed": "".join(f" AND {one}" for one in where), "having": having}


_OF_PARTNER = """(program.partner_kind = %(partner)s OR program.id IN (
    SELECT held.program_id FROM programs_run held
    JOIN programs_run_partners tie ON tie.run_id = held.id
    JOIN accounts_partner partner ON partner.id = tie.partner_id
    WHERE partner.kind = %(partner)s AND held.published_at <= %(now)s))"""
_IN_PERIOD = """program.id IN (
    SELECT held.program_id FROM programs_run held
    WHERE held.published_at <= %(now)s AND held.state <> 'cancelled'
      AND (%(last)s IS NULL OR held.starts_at < %(last)s) AND (%(first)s IS NULL OR held.ends_at > %(first)s))"""
_GRADES = {str(grade): label for grade, label in GRADES}
_ANYTHING = Wish()


def _one_of(known: Any, given: str | None) -> str:
    return given if given and given in known else ""


def _day(text: str) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and YEARS[0] <= day.year <= YEARS[1] else None


def _midnight(day: date | None) -> datetime | None:
    return day and timezone.make_aware(datetime.combine(day, time()))
