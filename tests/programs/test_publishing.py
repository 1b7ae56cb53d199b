"""What is missing before a run is shown, and taking it off again."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from centre.models import Holiday, Room, Venue
from intake.models import RuleSet
from lifecycle.locks import Refused
from programs import publishing
from programs.models import Run
from programs.publishing import NotReady, StillApplied
from questionnaires.models import Questionnaire
from tests.programs import people

pytestmark = pytest.mark.django_db


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


@pytest.fixture
def run(make_program, make_run) -> Run:
    return make_run(make_program(), capacity=20, place="새벽관 옥상", published_at=None)


@pytest.fixture
def clerk(db):
    return people.staff()


def codes(run: Run, *, blocking: bool = True) -> list[str]:
    return [gap.code for gap in publishing.gaps(run, timezone.now()) if gap.blocks == blocking]


def change(run: Run, **fields) -> Run:
    Run.objects.filter(pk=run.pk).update(**fields)
    return Run.objects.get(pk=run.pk)


def test_a_complete_run_is_published(run, clerk):
    assert publishing.gaps(run, timezone.now()) == []
    publishing.publish(run.pk, by=clerk)
    run.refresh_from_db()
    assert run.published_at == timezone.now()
    with pytest.raises(Refused, match="이미 공개한"):
        publishing.publish(run.pk, by=clerk)


def test_it_may_be_shown_later(run, clerk):
    publishing.publish(run.pk, by=clerk, at=at("2026-11-30 09:00"))
    run.refresh_from_db()
    assert run.published_at == at("2026-11-30 09:00")
    assert not Run.objects.published().exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"place": ""}, "no-place"),
        ({"admission": "review", "capacity": None}, "no-capacity"),
        ({"admission": "review", "opens_at": None, "closes_at": None}, "no-window"),
    ],
)
def test_what_blocks(run, clerk, fields, code):
    run = change(run, **fields)
    assert codes(run) == [code]
    with pytest.raises(NotReady, match="아직 공개할 수 없습니다"):
        publishing.publish(run.pk, by=clerk)
    run.refresh_from_db()
    assert run.published_at is None


def test_a_room_is_a_place(run):
    venue = Venue.objects.create(name="새벽관", address="새벽로 1", first_day=date(2026, 1, 1))
    room = Room.objects.create(venue=venue, name="강의실", capacity=12, first_day=date(2026, 1, 1))
    run.sessions.update(room=room)
    run = change(run, place="")
    assert codes(run) == []
    assert codes(run, blocking=False) == ["small-room"]
    assert codes(change(run, capacity=12), blocking=False) == []


def test_every_session_was_cancelled(run):
    run.sessions.update(cancelled_at=timezone.now())
    assert codes(run) == ["no-session"]


def test_the_window_and_the_clock(run, today):
    today.move_to("2026-12-10 17:59:59+09:00")
    assert codes(run) == []
    today.move_to("2026-12-10 18:00+09:00")
    assert codes(run) == ["window-over"]
    today.move_to("2026-12-12 09:59:59+09:00")
    assert "past" not in codes(run)
    today.move_to("2026-12-12 10:00+09:00")
    assert "past" in codes(run)


def test_a_window_that_reaches_into_the_start(run):
    assert codes(change(run, closes_at=at("2026-12-12 10:00")), blocking=False) == []
    assert codes(change(run, closes_at=at("2026-12-12 10:01")), blocking=False) == ["window-into-start"]
    late = change(run, opens_at=at("2026-12-12 10:00"), closes_at=at("2026-12-12 11:00"))
    assert codes(late) == ["window-after-start"]


def test_rules_that_nobody_meets(run):
    run.program.first_grade, run.program.last_grade = 7, 9
    run.program.save()
    rules = RuleSet.objects.create(name="고등학생", first_grade=10, last_grade=12)
    assert codes(change(run, rules=rules)) == ["rules"]
    rules.first_grade = 9
    rules.save()
    assert codes(Run.objects.get()) == []


def test_forms(run):
    form = Questionnaire.objects.create(name="빈 질문지")
    run = change(run, second_form=form, second_form_until=at("2026-12-12 10:00"))
    assert codes(run) == ["form"]
    assert codes(change(run, second_form_until=at("2026-12-12 10:01")), blocking=False) == ["second-form-late"]
    assert codes(change(run, second_form_until=timezone.now())) == ["form", "second-form-over"]


def test_what_is_odd_does_not_block(run, clerk):
    Holiday.objects.create(day=date(2026, 12, 12), name="임시공휴일")
    run.groups.create(name="중1", capacity=15)
    run.groups.create(name="중2", capacity=6)
    run.program.published_at = None
    run.program.save()
    run = change(run, party="pair", min_participants=5)
    odd = codes(run, blocking=False)
    assert odd == ["holiday", "groups", "program-hidden", "party", "no-decision"]
    publishing.publish(run.pk, by=clerk)


def test_taking_down_warns_of_who_has_applied(run, clerk):
    publishing.publish(run.pk, by=clerk)
    mother = people.parent()
    application = people.apply(run, mother, people.child(mother))
    with pytest.raises(StillApplied, match="신청 1건"):
        publishing.take_down(run.pk, by=clerk)
    publishing.take_down(run.pk, by=clerk, even_so=True)
    run.refresh_from_db()
    application.refresh_from_db()
    assert (run.published_at, application.state) == (None, "confirmed")


def test_a_cancelled_run_is_not_shown(run, clerk):
    run.move("cancelled", by=clerk)
    with pytest.raises(Refused, match="취소된 회차"):
        publishing.publish(run.pk, by=clerk)


def test_looking_costs_the_same_for_many_sessions(run):
    costs = []
    for many in (1, 30):
        for n in range(many):
            run.sessions.create(
                number=100 + many + n,
                starts_at=at(f"2027-{many // 30 + 1:02}-{n % 28 + 1:02} {10 + n // 28}:00"),
                ends_at=at(f"2027-{many // 30 + 1:02}-{n % 28 + 1:02} {10 + n // 28}:50"),
            )
        fresh = Run.objects.select_related("program", "rules").get()
        with CaptureQueriesContext(connection) as queries:
            publishing.gaps(fresh, timezone.now())
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 8
