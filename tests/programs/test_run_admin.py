"""The staff's pages of programmes and runs: made, looked at, changed under guard, and cheap."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from centre.models import Holiday, Room, Venue
from intake.models import RuleSet
from notices.models import Notice
from programs import sessions
from programs.admin import overtaking, runs
from programs.models import Program, Run
from programs.repeating import Repeat
from programs.sessions import Where
from tests.programs import people

pytestmark = pytest.mark.django_db

MOST_QUERIES = 15


@pytest.fixture
def clerk(db):
    return people.staff()


@pytest.fixture
def desk(log_in, clerk):
    return log_in(clerk)


@pytest.fixture
def run(make_program, make_run) -> Run:
    return make_run(make_program(), capacity=20, place="새벽관 옥상", published_at=None)


@pytest.fixture
def room(db) -> Room:
    venue = Venue.objects.create(name="새벽관", address="새벽로 1", first_day=date(2026, 1, 1))
    return Room.objects.create(venue=venue, name="강의실", capacity=20, first_day=date(2026, 1, 1))


def page(run: Run, name: str = "change") -> str:
    return reverse(f"admin:programs_run_{name}", args=[run.pk])


def form_of(run: Run | None = None, **fields: object) -> dict[str, object]:
    """What the run's page sends, as it stands."""
    values = {
        "title": "1회",
        "place": "새벽관 옥상",
        "opens_at_0": "2026-12-01",
        "opens_at_1": "09:00",
        "closes_at_0": "2026-12-10",
        "closes_at_1": "18:00",
        "admission": "first_come",
        "capacity": "20",
        "party": "single",
        "companions": "0",
        "pass_percent": "80",
        "groups-TOTAL_FORMS": "0",
        "groups-INITIAL_FORMS": "0",
    }
    if run:
        trail = "lifecycle-transition-subject_type-subject_id"
        values |= {
            "program": run.program_id,
            "seen": overtaking.stamp(run.pk),
            f"{trail}-TOTAL_FORMS": "0",
            f"{trail}-INITIAL_FORMS": "0",
        }
    return {**values, **fields}


def saved(answer) -> None:
    assert answer.status_code == 302, answer.context["errors"]


def test_a_run_is_made_with_its_first_session_and_not_shown(desk, make_program, room):
    program = make_program()
    typed = form_of(
        program=program.pk,
        starts_at_0="2026-12-12",
        starts_at_1="10:00",
        ends_at_0="2026-12-12",
        ends_at_1="12:00",
        room=room.pk,
    )
    answer = desk.post(reverse("admin:programs_run_add"), typed)

    made = Run.objects.get()
    assert answer.url == page(made)  # on to its page
    assert made.published_at is None
    session = made.sessions.get()
    assert (session.room, session.starts_at, session.ends_at) == (room, made.starts_at, made.ends_at)


def test_a_typo_is_said_beside_its_field_and_loses_nothing(desk, make_program):
    typed = form_of(
        program=make_program().pk,
        title="겨울 특강",
        starts_at_0="2026-12-12",
        starts_at_1="10:00",
        ends_at_0="2026-12-12",
        ends_at_1="09:00",
    )
    answer = desk.post(reverse("admin:programs_run_add"), typed)
    text = answer.content.decode()
    assert answer.status_code == 200 and "끝은 시작보다 뒤여야 합니다." in text and "겨울 특강" in text
    answer = desk.post(reverse("admin:programs_run_add"), typed | {"starts_at_0": "2026-13-12"})
    assert answer.status_code == 200 and "겨울 특강" in answer.content.decode()
    assert not Run.objects.exists()


def test_the_page_says_what_is_missing_and_what_comes_next(desk, run):
    Run.objects.filter(pk=run.pk).update(place="")
    text = desk.get(page(run)).content.decode()
    assert "장소가 없는 회기가 있습니다" in text and "빠진 것을 채운 뒤 공개해 주세요" in text
    assert "회기 만들기" in text and "2026. 12. 12.(토) 10:00 ~ 12:00" in text

    Run.objects.filter(pk=run.pk).update(place="옥상")
    assert "빠진 것이 없습니다. 공개해 주세요." in desk.get(page(run)).content.decode()
    desk.post(page(run, "publish"), {"at_0": "", "at_1": ""})
    run.refresh_from_db()
    assert run.published_at == timezone.now()
    assert "2026. 12. 1.(화) 09:00에 접수를 시작합니다." in desk.get(page(run)).content.decode()


def test_publishing_what_is_not_ready_is_refused(desk, run):
    Run.objects.filter(pk=run.pk).update(place="")
    assert "빠짐" in desk.get(page(run, "publish")).content.decode()
    answer = desk.post(page(run, "publish"), {"at_0": "", "at_1": ""})
    assert "아직 공개할 수 없습니다" in answer.content.decode()
    run.refresh_from_db()
    assert run.published_at is None


def test_a_window_after_the_end_is_a_sentence_on_the_runs_page(desk, run):
    """The end stands in the sessions and not in this form; the rule holds all the same."""
    answer = desk.post(page(run), form_of(run, closes_at_0="2026-12-13"))
    assert answer.status_code == 200
    assert "행사 끝보다 앞이어야 합니다" in answer.content.decode()


def test_saving_writes_only_what_was_changed(desk, run):
    """A resize or a publication that happens while the page is open is not undone by it."""
    answer = desk.get(page(run))
    assert answer.status_code == 200
    Run.objects.filter(pk=run.pk).update(published_at=timezone.now(), asked_at=timezone.now())
    saved(desk.post(page(run), form_of(run, title="첫 회")))
    run.refresh_from_db()
    assert run.title == "첫 회" and run.published_at == timezone.now() == run.asked_at


def test_another_date_of_decision_asks_again(desk, run):
    Run.objects.filter(pk=run.pk).update(asked_at=timezone.now())
    typed = form_of(run, min_participants="5", decide_at_0="2026-12-11", decide_at_1="09:00")
    saved(desk.post(page(run), typed))
    run.refresh_from_db()
    assert run.asked_at is None and run.min_participants == 5


def test_what_people_applied_under_stays(desk, run):
    run.groups.create(name="중1", capacity=5)
    mother = people.parent()
    people.apply(run, mother, people.child(mother))
    text = desk.get(page(run)).content.decode()
    for name in ("admission", "party", "capacity", "companions", "groups-0-capacity"):
        assert f'name="{name}"' not in text
    assert "정원은 ‘정원 바꾸기’에서" in text
    desk.post(page(run), form_of(run, admission="review", capacity="1", party="pair"))
    run.refresh_from_db()
    assert (run.admission, run.party, run.capacity) == ("first_come", "single", 20)


def test_the_number_of_places_goes_by_the_use_case(desk, run):
    group = run.groups.create(name="중1", capacity=5)
    for _n in range(3):
        mother = people.parent()
        people.apply(run, mother, people.child(mother))
    seen = desk.get(page(run, "resize")).context["form"]["seen"].value()
    answer = desk.post(page(run, "resize"), {"capacity": "2", f"group-{group.pk}": "5", "seen": seen})
    assert "이미 3자리가 찼습니다" in answer.content.decode()
    assert desk.post(page(run, "resize"), {"capacity": "30", f"group-{group.pk}": "7", "seen": seen}).status_code == 302
    run.refresh_from_db()
    group.refresh_from_db()
    assert (run.capacity, group.capacity) == (30, 7)


@pytest.mark.parametrize("change", [{"groups-0-capacity": "1"}, {"groups-0-DELETE": "on"}], ids=["fewer", "gone"])
def test_groups_stay_when_somebody_applies_meanwhile(desk, run, monkeypatch, change):
    group = run.groups.create(name="중1", capacity=5)
    clean = runs.RunForm.clean

    def clean_late(form):
        mother = people.parent()
        people.apply(run, mother, people.child(mother))
        return clean(form)

    monkeypatch.setattr(runs.RunForm, "clean", clean_late)
    row = {"id": group.pk, "run": run.pk, "name": "중1", "capacity": "5", "weight": "1", "position": "0"}
    counts = {"groups-TOTAL_FORMS": "1", "groups-INITIAL_FORMS": "1"}
    given = counts | {f"groups-0-{name}": value for name, value in row.items()} | change

    answer = desk.post(page(run), form_of(run, **given))

    assert "그사이 신청이 들어왔습니다" in answer.content.decode()
    group.refresh_from_db()
    assert group.capacity == 5


def test_sessions_from_a_rule_are_looked_at_first(desk, run, room):
    Holiday.objects.create(day=date(2026, 12, 26), name="임시공휴일")
    rule = {"first": "2026-12-12", "starts": "10:00", "ends": "12:00", "every": "1", "times": "4", "room": room.pk}
    look = desk.get(page(run, "sessions"), rule)
    text = look.content.decode()
    assert "쉬는 날입니다(임시공휴일)" in text and "2027. 1. 9.(토) 10:00 ~ 12:00" in text
    assert run.sessions.count() == 1
    sent = rule | {"seen": look.context["plan"].digest}
    assert desk.post(page(run, "sessions"), sent).url == page(run)
    assert run.sessions.count() == 4
    assert "새로 만들 회기가 없습니다" in desk.get(page(run, "sessions"), rule).content.decode()
    # what was not seen is not done
    again = desk.post(page(run, "sessions"), rule | {"times": "6", "seen": "-"})
    assert "미리 본 뒤에" in again.content.decode() and run.sessions.count() == 4


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"ends": "09:00"}, "끝나는 시각은 시작 시각보다"),
        ({"until": "2026-12-01"}, "마지막 날은 첫날보다"),
        ({"first": "0026-12-12"}, "연도를 확인"),
        ({"times": "61"}, "60"),
    ],
)
def test_a_rule_that_cannot_be_is_said(desk, run, typed, sentence):
    rule = {"first": "2026-12-12", "starts": "10:00", "ends": "12:00", "every": "1", "times": "2", "title": "개강"}
    text = desk.get(page(run, "sessions"), rule | typed).content.decode()
    assert sentence in text and "개강" in text


def test_moving_and_cancelling_a_session(desk, run):
    sessions.make(run.pk, Repeat(date(2026, 12, 12), time(10), time(12), times=2), Where(), by=people.staff())
    mother = people.parent()
    people.apply(run, mother, people.child(mother))
    first = run.sessions.get(number=1)
    move = reverse("admin:programs_session_move", args=[first.pk])
    typed = {"day": "2026-12-13", "starts": "14:00", "ends": "16:00", "place": "별빛관", "reason": ""}
    assert "사유를 적어" in desk.post(move, typed).content.decode()
    assert desk.post(move, typed | {"reason": "강사 사정"}).status_code == 302
    assert Notice.objects.filter(kind="programs.rescheduled").count() == 1

    cancel = reverse("admin:programs_session_cancel", args=[first.pk])
    assert "알림 받는 사람 <strong>1" in desk.get(cancel).content.decode()
    assert "사유를 적어" in desk.post(cancel, {"reason": ""}).content.decode()
    assert desk.post(cancel, {"reason": "강사 사정"}).status_code == 302
    last = reverse("admin:programs_session_cancel", args=[run.sessions.get(number=2).pk])
    assert "‘회차 취소’" in desk.post(last, {"reason": "강사 사정"}).content.decode()
    assert desk.post(page(run, "cancel"), {"reason": "강사 사정"}).status_code == 302
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert "취소된 회차입니다" in desk.get(page(run)).content.decode()


def test_nobody_applied_so_a_session_may_just_go(desk, run):
    remove = reverse("admin:programs_session_remove", args=[run.sessions.get().pk])
    assert "하나는 있어야" in desk.post(remove).content.decode()
    sessions.make(run.pk, Repeat(date(2026, 12, 12), time(10), time(12), times=2), Where(), by=people.staff())
    assert desk.post(remove).status_code == 302
    assert run.sessions.count() == 1


def test_the_rest_is_cancelled_from_its_own_page(log_in, clerk, run, today):
    sessions.make(run.pk, Repeat(date(2026, 12, 12), time(10), time(12), times=3), Where(), by=people.staff())
    today.move_to("2026-12-12 11:00+09:00")
    desk = log_in(clerk)
    assert desk.post(page(run, "cancel_rest"), {"reason": "강사 사정"}).status_code == 302
    assert run.sessions.standing().count() == 1


def test_taking_down_with_applications_asks_twice(desk, run):
    Run.objects.filter(pk=run.pk).update(published_at=timezone.now())
    mother = people.parent()
    people.apply(run, mother, people.child(mother))
    assert "신청이 1건" in desk.get(page(run, "take_down")).content.decode()
    assert "신청 1건이 살아" in desk.post(page(run, "take_down")).content.decode()
    assert desk.post(page(run, "take_down"), {"even_so": "on"}).status_code == 302
    run.refresh_from_db()
    assert run.published_at is None


def test_deciding(log_in, clerk, run, today):
    decide = datetime.fromisoformat("2026-12-10 18:00+09:00")
    Run.objects.filter(pk=run.pk).update(min_participants=2, decide_at=decide)
    today.move_to("2026-12-10 18:00+09:00")
    desk = log_in(clerk)
    front = desk.get(reverse("admin:index")).content.decode()
    assert "개설을 결정할 회차 <strong>1건" in front
    text = desk.get(reverse("admin:programs_deciding")).content.decode()
    assert "0 / 2" in text and "미달" in text and "결정할 때" in text
    assert "사유를 적어" in desk.post(page(run, "confirm"), {"reason": ""}).content.decode()
    assert desk.post(page(run, "confirm"), {"reason": "소규모"}).status_code == 302
    assert "지금 결정할 회차가 없습니다" in desk.get(reverse("admin:programs_deciding")).content.decode()
    assert "개설을 결정할 회차 <strong>" not in desk.get(reverse("admin:index")).content.decode()


def test_copying_runs_and_a_programme(desk, run):
    copy = reverse("admin:programs_program_copyruns", args=[run.program_id])
    asked = {"runs": [run.pk], "first_day": "2027-12-08"}
    look = desk.get(copy, asked)
    assert "2027. 12. 11.(토) 10:00 ~ 12:00" in look.content.decode() and Run.objects.count() == 1
    assert desk.post(copy, asked | {"seen": look.context["plan"].digest}).status_code == 302
    assert Run.objects.count() == 2
    assert "이미 베낀 회차" in desk.get(copy, asked).content.decode()
    assert "베낄 회차를 하나 이상" in desk.get(copy, {"first_day": "2027-12-08"}).content.decode()

    other = reverse("admin:programs_program_copy", args=[run.program_id])
    assert "같은 이름" in desk.post(other, {"title": run.program.title}).content.decode()
    assert desk.post(other, {"title": "별 관찰 심화"}).status_code == 302
    assert Program.objects.get(title="별 관찰 심화").published_at is None


def test_a_day_off_leads_to_its_sessions(desk, run):
    listed = reverse("admin:programs_session_changelist")
    assert "1회기" in desk.get(listed, {"from": "2026-12-12", "until": "2026-12-12"}).content.decode()
    assert "1회기" not in desk.get(listed, {"from": "2026-12-13", "until": "2026-12-13"}).content.decode()
    assert "1회기" not in desk.get(listed, {"from": "2026-12-10", "until": "2026-12-11"}).content.decode()


def test_many_rows_cost_no_more(desk, run):
    run.rules = RuleSet.objects.create(name="규칙")
    run.save()
    sessions.make(run.pk, Repeat(date(2026, 12, 12), time(10), time(12), times=50), Where(), by=people.staff())
    for n in range(10):
        run.groups.create(name=f"{n}", capacity=1)
        mother = people.parent()
        people.apply(run, mother, people.child(mother))
        Run.objects.create(program=run.program, title=f"{n}", starts_at=run.starts_at, ends_at=run.ends_at)
    addresses = [
        page(run),
        page(run, "publish"),
        page(run, "cancel"),
        page(run, "resize"),
        page(run, "sessions") + "?first=2027-01-01&starts=10:00&ends=11:00&every=1&times=9",
        reverse("admin:programs_program_change", args=[run.program_id]),
        reverse("admin:programs_program_copyruns", args=[run.program_id]),
        reverse("admin:programs_run_changelist"),
        reverse("admin:programs_session_changelist"),
        reverse("admin:programs_deciding"),
    ]
    costs = {}
    for address in addresses:
        desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address).status_code == 200
        costs[address] = len(queries)
    assert {address: cost for address, cost in costs.items() if cost > MOST_QUERIES} == {}


# --- Two clerks with the same run open -----------------------------------------------------------
def test_whoever_saves_over_a_colleagues_change_is_told_and_loses_nothing(desk, run):
    shown = desk.get(page(run)).content.decode()
    mine = form_of(run, title="내가 고친 이름")
    assert mine["seen"] in shown
    saved(desk.post(page(run), form_of(run, place="강당")))

    answer = desk.post(page(run), mine)

    run.refresh_from_db()
    text = answer.content.decode()
    assert (run.title, run.place) == ("1회", "강당")
    assert overtaking.SENTENCE in text and "내가 고친 이름" in text
    saved(desk.post(page(run), mine | {"seen": overtaking.stamp(run.pk)}))  # as the page now carries it
    assert overtaking.stamp(run.pk) not in shown


def test_a_page_that_does_not_say_what_it_saw_changes_nothing(desk, run):
    answer = desk.post(page(run), form_of(run, title="다른 이름") | {"seen": ""})

    run.refresh_from_db()
    assert answer.status_code == 200 and run.title == "1회"


def test_without_the_stamp_the_later_of_two_clerks_undoes_the_earlier_unseen(desk, run, monkeypatch):
    """The control."""
    mine = form_of(run, title="내가 고친 이름")
    saved(desk.post(page(run), form_of(run, place="강당")))
    monkeypatch.setattr(runs.RunForm, "_check_overtaken", lambda self, given: None)

    saved(desk.post(page(run), mine))

    run.refresh_from_db()
    assert run.place == "새벽관 옥상"


def test_places_set_by_a_colleague_meanwhile_are_said_before_others_are_set(desk, run):
    old = desk.get(page(run, "resize")).context["form"]["seen"].value()
    desk.post(page(run, "resize"), {"capacity": "30", "seen": old})

    answer = desk.post(page(run, "resize"), {"capacity": "25", "seen": old})

    run.refresh_from_db()
    assert run.capacity == 30
    assert "지금 정원 30" in answer.content.decode()
    form = answer.context["form"]
    assert form["capacity"].value() == "25"
    assert desk.post(page(run, "resize"), {"capacity": "25", "seen": form["seen"].value()}).status_code == 302
    run.refresh_from_db()
    assert run.capacity == 25
