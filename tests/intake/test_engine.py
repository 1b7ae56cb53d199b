"""The engine on frozen values: both sides of every boundary, and laws that hold for every rule set."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.admission import (
    Code,
    Occasion,
    Person,
    Strike,
    Use,
    judge,
    misfit,
    opens_for,
    paused_until,
    refusals,
)
from intake.rules import Rules, Stage, Year, YearCap, add_months, midnight

DAY = timedelta(days=1)
SECOND = timedelta(microseconds=1)


def kst(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


NOW = kst("2026-11-23 09:00")
PUPIL = Person(birth_date=date(2011, 5, 5), grade=9, grade_year=2026, in_district=True, neighbourhood=1)
CLOSED = {"enrolled": False, "graduates": False, "out_of_school": False}


def asked(day="2026-11-25", **more) -> Occasion:
    return Occasion(date.fromisoformat(day), subject=1, **more)


def code(rules: Rules, person: Person = PUPIL, occasion: Occasion | None = None, now: datetime = NOW) -> str:
    return judge(rules, person, occasion or asked(), now=now).code


# --- Who -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("grade", "allowed"), [(6, False), (7, True), (12, True)], ids=["초6", "중1", "고3"])
def test_grades_are_both_ends_included(grade, allowed):
    rules = Rules(first_grade=7, last_grade=12)

    assert judge(rules, replace(PUPIL, grade=grade), asked(), now=NOW).allowed is allowed


def test_a_grade_is_that_of_the_day_of_the_counselling():
    """28 February is the old school year and 1 March the new one, 29 February of a leap year the old."""
    rules = Rules(first_grade=10)

    assert code(rules, occasion=asked("2027-02-28")) == Code.WHO
    assert code(rules, occasion=asked("2027-03-01")) == ""
    leap = replace(PUPIL, grade_year=2027)
    assert code(rules, leap, asked("2028-02-29")) == Code.WHO
    assert code(rules, leap, asked("2028-03-01")) == ""


def test_whoever_has_finished_school_is_a_graduate_from_1_march():
    rules, last = Rules(graduates=False), replace(PUPIL, grade=12)

    assert code(rules, last, asked("2027-02-28")) == ""
    assert code(rules, last, asked("2027-03-01")) == Code.WHO
    assert code(Rules(enrolled=False), last, asked("2027-03-01")) == ""


def test_the_day_from_which_a_grade_is_right_is_said():
    verdict = judge(Rules(first_grade=10), replace(PUPIL, grade=8), asked(), now=NOW)

    assert verdict.possible_from == date(2028, 3, 1)
    assert "2028. 3. 1.(수)부터" in verdict.sentence
    assert "고1~고3" in verdict.sentence


def test_an_age_is_reached_on_the_birthday():
    rules = Rules(first_age=16)

    assert code(rules, occasion=asked("2027-05-04")) == Code.AGE
    assert code(rules, occasion=asked("2027-05-05")) == ""
    assert judge(rules, PUPIL, asked(), now=NOW).possible_from == date(2027, 5, 5)


def test_born_on_29_february_one_is_older_on_1_march():
    leap_child = replace(PUPIL, birth_date=date(2012, 2, 29))
    rules = Rules(first_age=15)

    assert code(rules, leap_child, asked("2027-02-28")) == Code.AGE
    assert code(rules, leap_child, asked("2027-03-01")) == ""
    assert judge(rules, leap_child, asked("2026-11-25"), now=NOW).possible_from == date(2027, 3, 1)


@pytest.mark.parametrize(
    ("match", "lives", "goes", "allowed"),
    [
        ("any", True, False, True),
        ("any", False, True, True),
        ("any", False, False, False),
        ("all", True, False, False),
        ("all", True, True, True),
    ],
)
def test_living_and_going_to_school_are_joined_as_staff_say(match, lives, goes, allowed):
    rules = Rules(residents=True, pupils=True, place_match=match)
    person = replace(PUPIL, in_district=lives, local_school=goes)

    assert judge(rules, person, asked(), now=NOW).allowed is allowed


def test_only_the_named_neighbourhoods_count_where_some_are_named():
    rules = Rules(residents=True, neighbourhoods=(1, 2))

    assert code(rules) == ""
    assert code(rules, replace(PUPIL, neighbourhood=3)) == Code.PLACE
    assert code(rules, replace(PUPIL, neighbourhood=None)) == Code.PLACE


def test_the_school_of_former_days_does_not_count():
    rules = Rules(pupils=True)

    assert code(rules, replace(PUPIL, local_school=True)) == ""
    assert code(rules, replace(PUPIL, local_school=True, status="out_of_school")) == Code.PLACE


def test_a_first_time_is_one_of_this_subject_and_missing_it_is_no_use():
    had = Use(1, kst("2026-10-01 14:00"), kst("2026-10-01 15:00"), ahead=False)
    rules = Rules(first_time_only=True)

    assert code(rules) == ""
    assert code(rules, replace(PUPIL, uses=(had,))) == Code.NOT_FIRST
    assert code(rules, replace(PUPIL, uses=(replace(had, subject=2),))) == ""
    assert code(rules, replace(PUPIL, uses=(replace(had, missed=True),))) == ""


# --- Stages ----------------------------------------------------------------------------------

STAGED = Rules(
    everyone_after_days=5,
    open_hour=10,
    stages=(Stage(**CLOSED, invited=True), Stage(**(CLOSED | {"enrolled": True}), first_grade=12, after_days=2)),
)
OPENS = kst("2026-11-23 10:00")


@pytest.mark.parametrize(
    ("person", "opens"),
    [
        (replace(PUPIL, priority=True), "2026-11-23 10:00"),
        (replace(PUPIL, referred=frozenset({1})), "2026-11-23 10:00"),
        (replace(PUPIL, referred=frozenset({2})), "2026-11-28 10:00"),
        (replace(PUPIL, grade=12), "2026-11-25 10:00"),
        (PUPIL, "2026-11-28 10:00"),
    ],
    ids=["priority", "referred", "referred for something else", "고3", "everybody"],
)
def test_a_stage_opens_at_its_second_and_not_before(person, opens):
    occasion = asked("2026-12-20", opens_at=OPENS)

    assert opens_for(STAGED, person, occasion, OPENS) == kst(opens)
    assert code(STAGED, person, occasion, kst(opens) - SECOND) == Code.STAGE
    assert code(STAGED, person, occasion, kst(opens)) == ""


def test_the_opening_is_at_midnight_in_korea():
    assert Rules().opening(date(2026, 12, 1)) == kst("2026-12-01 00:00")
    assert Rules(open_hour=10).opening(date(2026, 12, 1)) == kst("2026-12-01 10:00")


def test_a_closed_stage_says_when_it_opens_and_nothing_about_others():
    verdict = judge(STAGED, PUPIL, asked("2026-12-20", opens_at=OPENS), now=NOW)

    assert verdict.possible_from == kst("2026-11-28 10:00")
    assert verdict.sentence == "2026. 11. 28.(토) 10:00부터 예약할 수 있습니다."


def test_without_its_secrets_a_person_is_like_everybody():
    chosen = replace(PUPIL, priority=True, referred=frozenset({1}))
    occasion = asked("2026-12-20", opens_at=OPENS)

    assert judge(STAGED, chosen.without_secrets(), occasion, now=NOW) == judge(STAGED, PUPIL, occasion, now=NOW)


# --- Caps ------------------------------------------------------------------------------------


def use(start: str, subject: int = 1, **more) -> Use:
    begins = kst(start)
    return Use(subject, begins, begins + timedelta(minutes=50), **more)


@pytest.mark.parametrize(
    ("kind", "last", "first"), [("school", "2027-02-28", "2027-03-01"), ("calendar", "2026-12-31", "2027-01-01")]
)
def test_a_year_ends_at_its_own_midnight(kind, last, first):
    rules = Rules(year_kind=kind, caps=(YearCap(1),), open_most=None)
    person = replace(PUPIL, uses=(use("2026-11-20 14:00", ahead=False),))

    refused = judge(rules, person, asked(last), now=NOW)
    assert refused.code == Code.YEAR
    assert refused.possible_from == date.fromisoformat(first)
    assert code(rules, person, asked(first)) == ""


def test_a_use_before_korean_midnight_belongs_to_the_old_year():
    rules = Rules(year_kind="calendar", caps=(YearCap(1),), open_most=None)

    assert code(rules, replace(PUPIL, uses=(use("2026-12-31 23:30"),)), asked("2027-01-05")) == ""
    assert code(rules, replace(PUPIL, uses=(use("2027-01-01 00:00"),)), asked("2027-01-05")) == Code.YEAR


def test_each_grade_has_its_own_cap():
    """고1·2 once, 고3 twice (도봉·강북)."""
    rules = Rules(year_kind="school", caps=(YearCap(1, 10, 11), YearCap(2, 12, 12)), open_most=None)
    once = (use("2026-11-20 14:00", ahead=False),)

    assert code(rules, replace(PUPIL, grade=11, uses=once)) == Code.YEAR
    assert code(rules, replace(PUPIL, grade=12, uses=once)) == ""
    assert code(rules, replace(PUPIL, grade=12, uses=once * 2)) == Code.YEAR
    assert code(rules, replace(PUPIL, uses=once * 9)) == ""  # 중3: no row, no cap


def test_topics_are_counted_together_or_apart():
    other = replace(PUPIL, uses=(use("2026-11-20 14:00", subject=2, ahead=False),))
    rules = Rules(year_kind="school", caps=(YearCap(1),), open_most=None)

    assert code(rules, other) == ""
    assert code(replace(rules, year_scope="all"), other) == Code.YEAR


def test_open_bookings_free_up_when_the_first_is_over():
    person = replace(PUPIL, uses=tuple(use(f"2026-11-24 {hour}:00") for hour in (10, 12, 14)))
    verdict = judge(Rules(), person, asked(), now=NOW)

    assert verdict.code == Code.OPEN
    assert verdict.possible_from == kst("2026-11-24 10:50")
    assert code(Rules(), person, now=kst("2026-11-24 10:50") - SECOND) == Code.OPEN
    assert code(Rules(), person, now=kst("2026-11-24 10:50")) == ""
    assert "3건까지" in verdict.sentence


def test_a_date_is_not_promised_for_what_is_over_by_then():
    person = replace(PUPIL, uses=tuple(use(f"2026-12-20 {hour}:00") for hour in (10, 12, 14)))

    assert judge(Rules(), person, asked(until=kst("2026-11-24 14:00")), now=NOW).possible_from is None


# --- No-shows --------------------------------------------------------------------------------


def missed(start: str, recorded: str | None = None) -> Strike:
    return Strike(kst(start), kst(recorded or start))


def test_the_first_no_show_stops_nobody_and_the_second_does_for_a_month():
    first, second = missed("2026-06-10 14:00"), missed("2026-11-20 14:00", "2026-11-20 15:00")

    assert code(Rules(), replace(PUPIL, strikes=(first,))) == ""
    verdict = judge(Rules(), replace(PUPIL, strikes=(first, second)), asked(), now=NOW)
    assert verdict.code == Code.PAUSED
    assert "2026. 12. 19.(토)까지" in verdict.sentence
    assert paused_until(Rules(), (first, second), NOW) == kst("2026-12-20 00:00")
    assert paused_until(Rules(), (first, second), kst("2026-12-20 00:00") - SECOND) is not None
    assert paused_until(Rules(), (first, second), kst("2026-12-20 00:00")) is None


def test_a_no_show_lapses_a_year_later_at_midnight():
    first = missed("2025-11-20 14:00")

    assert paused_until(Rules(), (first, missed("2026-11-19 18:00")), kst("2026-11-19 19:00"))
    assert paused_until(Rules(), (first, missed("2026-11-20 00:00")), kst("2026-11-20 19:00")) is None


def test_a_month_ends_where_the_month_ends():
    assert add_months(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert add_months(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert add_months(date(2026, 12, 15), 1) == date(2027, 1, 15)
    assert add_months(date(2028, 2, 29), 12) == date(2029, 2, 28)


def test_a_rule_set_may_leave_no_shows_without_consequence():
    two = (missed("2026-11-10 14:00"), missed("2026-11-20 14:00"))

    assert code(Rules(noshow_pause_at=0), replace(PUPIL, strikes=two)) == ""


# --- Laws ------------------------------------------------------------------------------------

grades = st.one_of(st.none(), st.integers(1, 12))
days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
moments = st.builds(lambda day, seconds: midnight(day) + timedelta(seconds=seconds), days, st.integers(0, 86_399))


@st.composite
def audiences(draw, cls=Rules, **more):
    low, high = sorted([draw(st.integers(1, 12)), draw(st.integers(1, 12))])
    young, old = sorted([draw(st.integers(1, 30)), draw(st.integers(1, 30))])
    return cls(
        enrolled=draw(st.booleans()),
        first_grade=draw(st.sampled_from([None, low])),
        last_grade=draw(st.sampled_from([None, high])),
        graduates=draw(st.booleans()),
        out_of_school=draw(st.booleans()),
        first_age=draw(st.sampled_from([None, None, young])),
        last_age=draw(st.sampled_from([None, None, old])),
        residents=draw(st.booleans()),
        neighbourhoods=draw(st.sampled_from([(), (1,), (1, 2)])),
        pupils=draw(st.booleans()),
        place_match=draw(st.sampled_from(["any", "all"])),
        **more,
    )


@st.composite
def rulesets(draw):
    everyone = draw(st.integers(0, 10))
    stages = tuple(
        draw(audiences(cls=Stage, after_days=n, invited=draw(st.booleans())))
        for n in draw(st.lists(st.integers(0, everyone), max_size=3))
    )
    return draw(
        audiences(
            first_time_only=draw(st.booleans()),
            open_hour=draw(st.integers(0, 23)),
            everyone_after_days=everyone,
            stages=stages,
            open_most=draw(st.one_of(st.none(), st.integers(0, 4))),
            open_scope=draw(st.sampled_from(["all", "one"])),
            year_kind=draw(st.sampled_from(Year.values)),
            year_scope=draw(st.sampled_from(["all", "one"])),
            caps=draw(st.sampled_from([(), (YearCap(1),), (YearCap(1, 10, 11), YearCap(2, 12, 12), YearCap(3))])),
            noshow_pause_at=draw(st.integers(0, 3)),
            noshow_pause_months=draw(st.integers(1, 3)),
            noshow_lapse_months=draw(st.integers(1, 24)),
        )
    )


@st.composite
def people(draw):
    uses = []
    for start in draw(st.lists(moments, max_size=5)):
        uses.append(
            Use(draw(st.integers(1, 2)), start, start + timedelta(minutes=50), draw(st.booleans()), draw(st.booleans()))
        )
    strikes = [
        Strike(at, at + timedelta(hours=draw(st.integers(0, 100))))
        for at in sorted(draw(st.lists(moments, max_size=4)))
    ]
    return Person(
        birth_date=draw(st.dates(date(2000, 1, 1), date(2020, 12, 31))),
        status=draw(st.sampled_from(["enrolled", "enrolled", "graduate", "out_of_school"])),
        grade=draw(st.integers(1, 12)),
        grade_year=draw(st.integers(2023, 2027)),
        neighbourhood=draw(st.sampled_from([None, 1, 2, 3])),
        in_district=draw(st.booleans()),
        local_school=draw(st.booleans()),
        priority=draw(st.booleans()),
        referred=draw(st.sampled_from([frozenset(), frozenset({1})])),
        strikes=tuple(strikes),
        uses=tuple(uses),
    )


@st.composite
def occasions(draw):
    day = draw(days)
    opens = midnight(day - timedelta(days=30))
    return Occasion(day, 1, draw(st.sampled_from([None, opens])), draw(st.sampled_from([None, midnight(day)])))


@settings(max_examples=400, deadline=None)
@given(rulesets(), people(), occasions(), moments)
def test_a_refusal_always_says_why_and_its_date_is_honest(rules, person, occasion, now):
    for refusal in refusals(rules, person, occasion, now=now):
        assert not refusal.allowed
        assert refusal.code in Code.values
        assert refusal.sentence.endswith(".")
        possible = refusal.possible_from
        if isinstance(possible, datetime):
            assert possible > now
            assert occasion.until is None or possible < occasion.until
            assert refusal.code not in {each.code for each in refusals(rules, person, occasion, now=possible)}
            assert refusal.code in {each.code for each in refusals(rules, person, occasion, now=possible - SECOND)}
        elif possible is not None:
            assert possible > occasion.day
            later, before = replace(occasion, day=possible), replace(occasion, day=possible - DAY)
            assert refusal.code not in {each.code for each in refusals(rules, person, later, now=now)}
            assert refusal.code in {each.code for each in refusals(rules, person, before, now=now)}


@settings(max_examples=400, deadline=None)
@given(rulesets(), people(), occasions(), moments, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_waiting_never_takes_away_what_was_allowed(rules, person, occasion, now, wait):
    """As long as nothing else happens. No-shows and priorities that come or go later are something else."""
    person = replace(person, strikes=tuple(strike for strike in person.strikes if strike.recorded_at <= now))
    if judge(rules, person, occasion, now=now).allowed:
        assert judge(rules, person, occasion, now=now + wait).allowed


@settings(max_examples=200, deadline=None)
@given(rulesets(), people(), occasions(), moments)
def test_the_engine_is_a_function(rules, person, occasion, now):
    assert judge(rules, person, occasion, now=now) == judge(rules, person, occasion, now=now)
    found = refusals(rules, person, occasion, now=now)
    assert judge(rules, person, occasion, now=now, overridden=frozenset(Code.values)).allowed
    assert judge(rules, person, occasion, now=now).allowed == (found == [])


@settings(max_examples=200, deadline=None)
@given(rulesets(), people(), days)
def test_more_rules_let_no_more_people_in(rules, person, day):
    if misfit(replace(rules, residents=True, pupils=True, place_match="all"), person, day) is None:
        assert misfit(rules, person, day) is None or rules.neighbourhoods
