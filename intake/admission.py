"""May this person come, and if not: why, and from when? One pure function that list, button and server ask.

It looks at frozen values only. Whoever asks gathers the facts (``gathering``) and, where a count decides,
asks under the lock of the student row (``docs/locks.md``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.schoolyear import LAST_GRADE, age, school_year
from intake import wording
from intake.rules import Audience, Place, Rules, Scope, Year, add_months, midnight
from krds.dates import kdate, kdatetime

ENROLLED, GRADUATE, OUT_OF_SCHOOL = "enrolled", "graduate", "out_of_school"
LONGEST_WAIT = 20  # years ahead in which a grade or an age is sought


class Code(models.TextChoices):
    """Why somebody may not come, in the order in which reasons are named."""

    WHO = "who", gettext_lazy("대상 학년·재학 여부")
    AGE = "age", gettext_lazy("대상 나이")
    PLACE = "place", gettext_lazy("사는 곳·학교")
    NOT_FIRST = "not_first", gettext_lazy("처음 이용")
    PAUSED = "paused", gettext_lazy("불참으로 쉬는 기간")
    YEAR = "year", gettext_lazy("연간 한도")
    OPEN = "open", gettext_lazy("미리 예약한 건수")
    STAGE = "stage", gettext_lazy("여는 때")


@dataclass(frozen=True)
class Strike:
    """A no-show that counts: when it was missed, and when that was written down and said."""

    missed_at: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class Use:
    """Something that this person has, had or missed. ``subject`` is what it was for, such as a topic's key."""

    subject: int
    starts_at: datetime
    ends_at: datetime
    ahead: bool = True  # agreed or held, not yet marked as done or missed
    missed: bool = False


@dataclass(frozen=True)
class Person:
    """What the rules ask about somebody. ``grade`` was true in the school year ``grade_year``."""

    birth_date: date
    status: str = ENROLLED
    grade: int | None = None
    grade_year: int = 0
    neighbourhood: int | None = None
    in_district: bool = False
    local_school: bool = False
    priority: bool = False
    referred: frozenset[int] = frozenset()  # subjects
    strikes: tuple[Strike, ...] = ()
    uses: tuple[Use, ...] = ()
    pk: int | None = None
    name: str = ""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Person:
        """From one JSON object of ``gathering.PERSON``; moments come as seconds since 1970."""
        strikes = [Strike(_moment(missed), _moment(recorded)) for missed, recorded in row.get("strikes") or ()]
        uses = [
            Use(subject, _moment(starts), _moment(ends), ahead=ahead, missed=missed)
            for subject, starts, ends, ahead, missed in row.get("uses") or ()
        ]
        return cls(
            birth_date=date.fromisoformat(row["birth_date"]),
            status=row["status"],
            grade=row["grade"],
            grade_year=row["grade_year"],
            neighbourhood=row["neighbourhood"],
            in_district=bool(row["in_district"]),
            local_school=bool(row["local_school"]),
            priority=bool(row.get("priority")),
            referred=frozenset(row.get("referred") or ()),
            strikes=tuple(sorted(strikes, key=lambda strike: strike.missed_at)),
            uses=tuple(uses),
            pk=row.get("id"),
            name=row.get("name", ""),
        )

    def grade_on(self, day: date) -> int | None:
        """1 (초1) to 12 (고3) on a KST day; ``None`` out of school and once 고3 is over."""
        if self.status != ENROLLED or self.grade is None:
            return None
        grade = self.grade + school_year(day) - self.grade_year
        return grade if grade <= LAST_GRADE else None

    def status_on(self, day: date) -> str:
        return GRADUATE if self.status == ENROLLED and self.grade_on(day) is None else self.status

    def without_secrets(self) -> Person:
        """As those see the person who may not know of a priority or a referral."""
        return replace(self, priority=False, referred=frozenset())


@dataclass(frozen=True)
class Occasion:
    """What is asked for: on which KST ``day``, opening when (``None``: no stage asked), for what, until when."""

    day: date
    subject: int = 0
    opens_at: datetime | None = None
    until: datetime | None = None  # the first moment at which it cannot be had any more


@dataclass(frozen=True)
class Verdict:
    """``possible_from`` is a moment from which asking may succeed, or a day from which the occasion may be held.

    ``None`` when no waiting helps. A refusal always has a code and a sentence.
    """

    allowed: bool
    code: str = ""
    sentence: str = ""
    possible_from: datetime | date | None = None

    @property
    def opens_later(self) -> bool:
        """Whether it is only not yet open for this person."""
        return self.code == Code.STAGE


YES = Verdict(allowed=True)


def judge(
    rules: Rules, person: Person, occasion: Occasion, *, now: datetime, overridden: frozenset[str] = frozenset()
) -> Verdict:
    """The first rule that stands in the way; ``overridden`` codes do not.

    Grade, age and years are those of the day of the occasion, pauses and openings those of ``now``.
    """
    for refusal in _refusals(rules, person, occasion, now):
        if refusal.code not in overridden:
            return refusal
    return YES


def refusals(rules: Rules, person: Person, occasion: Occasion, *, now: datetime) -> list[Verdict]:
    """Every rule that stands in the way, for whoever wants to know all."""
    return list(_refusals(rules, person, occasion, now))


def _refusals(rules: Rules, person: Person, occasion: Occasion, now: datetime) -> Iterator[Verdict]:
    if code := misfit(rules, person, occasion.day):
        yield _outside(rules, person, occasion.day, code)
    mine = [use for use in person.uses if use.subject == occasion.subject]
    if rules.first_time_only and any(not use.missed for use in mine):
        yield _no(Code.NOT_FIRST, _("처음 이용하는 학생이 대상입니다."))
    if (until := paused_until(rules, person.strikes, now)) is not None:
        yield _paused(until, occasion)
    yield from _over_the_year(rules, person, occasion, mine)
    yield from _too_many_open(rules, person, occasion, mine, now)
    first = occasion.opens_at
    if first is not None and now < (opens := opens_for(rules, person, occasion, first)):
        sentence = _("%(moment)s부터 예약할 수 있습니다.") % {"moment": kdatetime(opens)}
        yield _no(Code.STAGE, sentence, _within(opens, occasion))


def misfit(audience: Audience, person: Person, day: date) -> Code | None:
    """What of ``audience`` this person does not meet on a day."""
    status, grade = person.status_on(day), person.grade_on(day)
    welcome = {GRADUATE: audience.graduates, OUT_OF_SCHOOL: audience.out_of_school}
    if not (welcome[status] if grade is None else audience.has_grade(grade)):
        return Code.WHO
    years = age(person.birth_date, day)
    if not (audience.first_age or 0) <= years <= (audience.last_age or 200):
        return Code.AGE
    return None if _is_from_here(audience, person) else Code.PLACE


def _is_from_here(audience: Audience, person: Person) -> bool:
    if not audience.has_place:
        return True
    lives = person.neighbourhood in audience.neighbourhoods if audience.neighbourhoods else person.in_district
    met = [lives] * audience.residents + [person.local_school and person.status == ENROLLED] * audience.pupils
    return all(met) if audience.place_match == Place.ALL else any(met)


def opens_for(rules: Rules, person: Person, occasion: Occasion, first: datetime) -> datetime:
    """When it opens for this person: with the earliest stage that welcomes them, else with everybody's."""
    invited = person.priority or occasion.subject in person.referred
    days = [
        stage.after_days
        for stage in rules.stages
        if (stage.invited and invited) or misfit(stage, person, occasion.day) is None
    ]
    return first + timedelta(days=min([*days, rules.everyone_after_days]))


def pause_ends(rules: Rules, recorded_at: datetime) -> datetime:
    """The midnight (KST) with which a pause that was said at ``recorded_at`` is over."""
    return midnight(add_months(timezone.localdate(recorded_at), rules.noshow_pause_months))


def lapses_at(rules: Rules, strike: Strike) -> datetime:
    """From when on a strike counts no more: the midnight that begins the same day a year (by default) later."""
    return midnight(add_months(timezone.localdate(strike.missed_at), rules.noshow_lapse_months))


def standing(rules: Rules, strikes: tuple[Strike, ...], at: datetime) -> int:
    """How many no-shows count at a moment, those of that very moment included."""
    return sum(strike.missed_at <= at < lapses_at(rules, strike) for strike in strikes)


def paused_until(rules: Rules, strikes: tuple[Strike, ...], now: datetime) -> datetime | None:
    """The end of the pause that holds now; ``None`` when there is none."""
    if not rules.noshow_pause_at:
        return None
    ends = [
        pause_ends(rules, strike.recorded_at)
        for strike in strikes
        if strike.recorded_at <= now and standing(rules, strikes, strike.missed_at) >= rules.noshow_pause_at
    ]
    return max((end for end in ends if now < end), default=None)


# --- Refusals --------------------------------------------------------------------------------
def _no(code: Code, sentence: str, possible_from: datetime | date | None = None) -> Verdict:
    return Verdict(allowed=False, code=code.value, sentence=sentence, possible_from=possible_from)


def _within(moment: datetime, occasion: Occasion) -> datetime | None:
    """``moment``, unless the occasion is over by then."""
    return None if occasion.until is not None and moment >= occasion.until else moment


def _outside(rules: Rules, person: Person, day: date, code: Code) -> Verdict:
    words = {Code.WHO: wording.who, Code.AGE: wording.ages, Code.PLACE: wording.place}[code](rules)
    sentence = wording.is_the_audience(words)
    later = None if code == Code.PLACE else _first_day(rules, person, day, code)
    if later:
        sentence += " " + _("%(day)s부터는 대상이 됩니다.") % {"day": kdate(later)}
    return _no(code, sentence, later)


def _first_day(audience: Audience, person: Person, day: date, code: Code) -> date | None:
    """The first later day on which ``code`` is no reason any more; grades move on 1 March, ages on birthdays."""
    years = range(day.year, day.year + LONGEST_WAIT)
    moves = [date(year, 3, 1) for year in years] + [_birthday(person.birth_date, year) for year in years]
    order = [Code.WHO, Code.AGE, Code.PLACE, None]
    for move in sorted(move for move in moves if move > day):
        if order.index(misfit(audience, person, move)) > order.index(code):
            return move
    return None


def _birthday(born: date, year: int) -> date:
    """Born on 29 February: a year older on 1 March where there is none (as ``accounts.schoolyear.age``)."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _paused(until: datetime, occasion: Occasion) -> Verdict:
    last = timezone.localdate(until) - timedelta(days=1)
    sentence = _(
        "약속에 오지 않은 일이 거듭되어 %(day)s까지 새로 예약할 수 없습니다. "
        "사정이 있었다면 ‘불참 기록’에서 알려 주세요."
    )
    return _no(Code.PAUSED, sentence % {"day": kdate(last)}, _within(until, occasion))


def _over_the_year(rules: Rules, person: Person, occasion: Occasion, mine: list[Use]) -> Iterator[Verdict]:
    counted = mine if rules.year_scope == Scope.ONE else person.uses
    if not _is_used_up(rules, person, counted, occasion.day):
        return
    called = _("%(year)d학년도") if rules.year_kind == Year.SCHOOL else _("%(year)d년")
    sentence = _("%(year)s에 이용할 수 있는 횟수(%(most)d번)를 모두 쓰셨습니다.") % {
        "year": called % {"year": rules.year_of(occasion.day)},
        "most": rules.year_most(person.grade_on(occasion.day)),
    }
    moves = _moves_of_the_year(rules, occasion.day)
    possible = next((day for day in moves if not _is_used_up(rules, person, counted, day)), None)
    if possible:
        sentence += " " + _("%(day)s부터 다시 이용할 수 있습니다.") % {"day": kdate(possible)}
    yield _no(Code.YEAR, sentence, possible)


def _moves_of_the_year(rules: Rules, day: date) -> list[date]:
    """The days within the next two years on which a count begins anew or a grade, and so its limit, changes."""
    following = rules.year_ends(day)
    days = {following, rules.year_ends(following), *(date(year, 3, 1) for year in range(day.year, day.year + 3))}
    return sorted(move for move in days if move > day)


def _is_used_up(rules: Rules, person: Person, uses: list[Use] | tuple[Use, ...], day: date) -> bool:
    most = rules.year_most(person.grade_on(day))
    return most is not None and _used(rules, uses, day) >= most


def _used(rules: Rules, uses: list[Use] | tuple[Use, ...], day: date) -> int:
    return sum(rules.year_of(timezone.localdate(use.starts_at)) == rules.year_of(day) for use in uses)


def _too_many_open(
    rules: Rules, person: Person, occasion: Occasion, mine: list[Use], now: datetime
) -> Iterator[Verdict]:
    if rules.open_most is None:
        return
    counted = mine if rules.open_scope == Scope.ONE else person.uses
    ends = sorted(use.ends_at for use in counted if use.ahead and use.ends_at > now)
    if len(ends) < rules.open_most:
        return
    sentence = ngettext(
        "한 학생이 미리 예약할 수 있는 상담은 %(most)d건까지입니다. ‘내 예약’에서 예약을 확인해 주세요.",
        "한 학생이 미리 예약할 수 있는 상담은 %(most)d건까지입니다. ‘내 예약’에서 예약을 확인해 주세요.",
        rules.open_most,
    )
    free_again = ends[len(ends) - rules.open_most] if rules.open_most else None
    possible = free_again and _within(free_again, occasion)
    yield _no(Code.OPEN, sentence % {"most": rules.open_most}, possible)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
