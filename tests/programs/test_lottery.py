"""A draw in the database: its rule, its list, its one moment, and what becomes of everybody."""

from __future__ import annotations

import json
import threading
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from lifecycle.models import StaleState, Transition
from notices.models import Notice
from programs import drawing, enrolment, lottery, seating, settling, waiting
from programs.lottery import Undrawable
from programs.models import Application, Draw, Group, Participant, Run
from tests.programs.hat import applicants

State = Application.State
pytestmark = pytest.mark.django_db

CLOSES = datetime.fromisoformat("2026-12-10 18:00+09:00")
KNOWN = datetime.fromisoformat("2026-12-12 21:00+09:00")
LOTTO = "3 11 19 25 33 41 7"


@pytest.fixture
def run(make_program, make_run, clerk) -> Run:
    held = make_run(
        make_program(),
        admission="draw",
        capacity=3,
        starts_at="2026-12-20 10:00",
        ends_at="2026-12-20 12:00",
    )
    rule(held, clerk)
    return held


def rule(run: Run, clerk: User, **changes) -> Draw:
    given = {"source": "lotto", "round_number": 1201, "known_on": date(2026, 12, 12), **changes}
    return lottery.set_rule(run.pk, by=clerk, **given)


def at(traveller, moment: datetime, offset: timedelta = timedelta()) -> None:
    traveller.move_to(moment + offset)


def frozen(run: Run, today, count: int = 8, **fields) -> list[Application]:
    made = applicants(run, count, **fields)
    at(today, CLOSES)
    lottery.freeze(run.pk, by=None)
    return made


def held(run: Run, clerk: User, today, **given) -> Draw:
    at(today, KNOWN)
    return lottery.draw(run.pk, by=clerk, **{"number": LOTTO, "where": "동행복권 누리집 2026. 12. 12.", **given})


def states(run: Run) -> list[str]:
    return sorted(run.applications.values_list("state", flat=True))


# --- The rule ----------------------------------------------------------------------------------
def test_the_rule_names_a_number_that_nobody_knows_at_the_end_of_applying(run, clerk):
    assert run.draw.rule_line == "lotto 1201 2026-12-12"
    assert run.draw.known_at == KNOWN
    with pytest.raises(Undrawable, match="접수 마감"):
        rule(run, clerk, known_on=date(2026, 12, 9))
    rule(run, clerk, source="kospi", round_number=None, known_on=date(2026, 12, 11))
    with pytest.raises(Undrawable, match="로또는 회차를"):
        rule(run, clerk, source="kospi")
    with pytest.raises(Undrawable, match="로또는 회차를"):
        rule(run, clerk, round_number=None)


def test_the_hour_decides_not_the_day(run, clerk):
    """Applying ends on the 10th at 18:00: the exchange has closed by then, the lottery has not drawn."""
    with pytest.raises(Undrawable, match="접수 마감"):
        rule(run, clerk, source="kospi", round_number=None, known_on=date(2026, 12, 10))
    assert rule(run, clerk, known_on=date(2026, 12, 10)).known_at > CLOSES


def test_only_a_run_that_draws_has_a_rule(make_program, make_run, clerk):
    with pytest.raises(Undrawable, match="추첨인 회차가 아닙니다"):
        rule(make_run(make_program("그 밖")), clerk)


# --- The list ----------------------------------------------------------------------------------
def test_the_list_is_frozen_from_the_moment_applying_ends(run, clerk, today):
    applicants(run, 2)
    at(today, CLOSES, -timedelta(seconds=1))
    with pytest.raises(Undrawable, match="접수가 끝난 뒤"):
        lottery.freeze(run.pk, by=clerk)
    assert lottery.freeze_due() == 0
    at(today, CLOSES)
    assert lottery.freeze_due() == 1
    assert lottery.freeze_due() == 0
    draw = Draw.objects.get(run=run)
    assert (draw.entered, draw.capacity, draw.frozen_by) == (2, 3, None)
    text = draw.files.get(kind="list").text
    assert drawing.hash_of(text.splitlines()) == draw.list_hash


def test_no_list_is_frozen_once_its_number_may_be_known(run, clerk, today):
    applicants(run, 2)
    at(today, KNOWN)
    assert lottery.freeze_due() == 0
    with pytest.raises(Undrawable, match="이미 공개되었습니다"):
        lottery.freeze(run.pk, by=clerk)
    rule(run, clerk, round_number=1202, known_on=date(2026, 12, 19))  # what the sentence says to do
    lottery.freeze(run.pk, by=clerk)


def test_a_moment_before_its_number_is_known_is_early_enough(run, clerk, today):
    applicants(run, 1)
    at(today, KNOWN, -timedelta(seconds=1))
    assert lottery.freeze(run.pk, by=clerk).entered == 1


def test_what_is_frozen_stays(run, clerk, today):
    frozen(run, today)
    with pytest.raises(Undrawable, match="이미 확정"):
        lottery.freeze(run.pk, by=clerk)
    with pytest.raises(Undrawable, match="규칙을 바꿀 수 없습니다"):
        rule(run, clerk, round_number=1300)
    draw = Draw.objects.get(run=run)
    for change in (
        lambda: Draw.objects.filter(pk=draw.pk).update(list_hash="0" * 64),
        lambda: Draw.objects.filter(pk=draw.pk).update(round_number=9),
        lambda: draw.entries.update(weight=9),
        lambda: draw.files.update(text="draw-proof/1"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_the_list_says_neither_who_nor_in_which_group_by_name(run, clerk, today):
    group = Group.objects.create(run=run, name="우선 지원", capacity=2, for_priority=True, weight=3)
    one = frozen(run, today, 1, group=group)[0]
    text = run.draw.files.get(kind="list").text
    entry = one.draw_entry
    assert f"{entry.code} 1 G1 3\n" in text
    assert "우선" not in text
    assert entry.key not in text
    assert entry.code == drawing.code_of(one.number, entry.key)


def test_who_never_had_a_place_in_a_draw_has_more_tickets(run, make_run, clerk, today):
    rule(run, clerk, first_time_weight=3)
    earlier = make_run(run.program, "지난 회", admission="draw", capacity=9)
    chosen, waited = applicants(earlier, 1, state=State.CONFIRMED)[0], applicants(earlier, 1, state=State.WAITING)[0]
    again, new, unlucky = applicants(run, 3)
    for application, before in ((again, chosen), (unlucky, waited)):
        student = before.participants.get().student
        application.participants.update(student=student)
    at(today, CLOSES)
    lottery.freeze(run.pk, by=clerk)
    assert [one.draw_entry.weight for one in (again, new, unlucky)] == [1, 3, 3]


def test_a_group_and_being_new_multiply_up_to_the_most(run, clerk, today):
    rule(run, clerk, first_time_weight=10)
    group = Group.objects.create(run=run, name="중2", capacity=2, weight=15)
    assert frozen(run, today, 1, group=group)[0].draw_entry.weight == drawing.WEIGHT_MOST == 20


def test_places_given_by_hand_before_are_not_drawn_for(run, clerk, today):
    applicants(run, 2, state=State.CONFIRMED)
    frozen(run, today)
    assert run.draw.capacity == 1


# --- The draw ----------------------------------------------------------------------------------
def test_nobody_draws_before_the_number_can_be_known(run, clerk, today):
    frozen(run, today)
    at(today, KNOWN, -timedelta(seconds=1))
    with pytest.raises(Undrawable, match="21:00부터 추첨할 수 있습니다"):
        lottery.draw(run.pk, number=LOTTO, where="누리집", by=clerk)
    at(today, KNOWN)
    lottery.draw(run.pk, number=LOTTO, where="누리집", by=clerk)


def test_the_number_that_stands_in_comes_later(run, clerk, today):
    frozen(run, today)
    at(today, KNOWN, timedelta(days=7, seconds=-1))
    with pytest.raises(Undrawable):
        lottery.draw(run.pk, number=LOTTO, where="누리집", by=clerk, fallback=True)
    at(today, KNOWN, timedelta(days=7))
    assert lottery.draw(run.pk, number=LOTTO, where="누리집", by=clerk, fallback=True).fell_back


@pytest.mark.parametrize("number", ["", "1 2 3", "2534.34"])
def test_a_number_of_another_kind_is_refused_and_nothing_is_drawn(run, clerk, today, number):
    frozen(run, today)
    with pytest.raises(Undrawable, match="일곱 개"):
        held(run, clerk, today, number=number)
    assert set(states(run)) == {"applied"}


def test_without_a_list_there_is_no_draw(run, clerk, today):
    applicants(run, 2)
    with pytest.raises(Undrawable, match="먼저 목록을 확정"):
        held(run, clerk, today)


def test_everybody_is_decided_with_trail_and_notice_and_the_proof_agrees(run, clerk, today):
    Run.objects.filter(pk=run.pk).update(waiting_most=3)
    made = frozen(run, today)
    draw = held(run, clerk, today)
    assert states(run) == ["confirmed"] * 3 + ["rejected"] * 2 + ["waiting"] * 3
    assert sorted(run.applications.filter(state="waiting").values_list("reserve_rank", flat=True)) == [1, 2, 3]
    assert all(one.trail().get().reason == "추첨" for one in made)
    assert Transition.objects.filter(by=clerk, reason="추첨").count() == 8
    assert Participant.objects.filter(run=run, left_at=None).count() == 6
    said = dict.fromkeys(Notice.objects.values_list("kind", flat=True))
    assert set(said) == {"programs.confirmed", "programs.reserve", "programs.rejected"}
    assert Notice.objects.values("recipient").distinct().count() == 8
    file = json.loads(draw.files.get(kind="proof").text)
    assert drawing.verify(json.dumps(file)).agrees
    result = {row["code"]: (row["outcome"], row["rank"]) for row in file["result"]}
    for one in run.applications.select_related("draw_entry"):
        outcome, rank = result[one.draw_entry.code]
        assert {"selected": "confirmed", "reserve": "waiting", "out": "rejected"}[outcome] == one.state
        assert rank == one.reserve_rank == one.draw_entry.rank


def test_who_is_selected_owes_the_second_form_where_there_is_one(run, clerk, today):
    from questionnaires.models import Questionnaire

    form = Questionnaire.objects.create(name="건강 상태")
    Run.objects.filter(pk=run.pk).update(second_form=form, second_form_until=KNOWN + timedelta(days=4))
    frozen(run, today)
    held(run, clerk, today)
    accepted = run.applications.filter(state="accepted")
    assert {one.form_until for one in accepted} == {KNOWN + timedelta(days=4)}
    assert accepted.count() == 3


def test_whoever_withdraws_after_the_freezing_is_passed_over_in_sight(run, clerk, today):
    made = frozen(run, today)
    enrolment.withdraw(made[0], by=made[0].applicant)
    draw = held(run, clerk, today)
    file = json.loads(draw.files.get(kind="proof").text)
    assert file["withdrawn"] == [made[0].draw_entry.code]
    assert len(file["result"]) == 8
    assert states(run).count("confirmed") == 3
    assert drawing.verify(json.dumps(file)).agrees


def test_drawing_twice_is_refused_whatever_the_number(run, clerk, today):
    frozen(run, today)
    held(run, clerk, today)
    before = states(run)
    for number in (LOTTO, "1 2 3 4 5 6 7"):
        with pytest.raises(Undrawable, match="한 번만"):
            held(run, clerk, today, number=number)
    assert states(run) == before
    with pytest.raises(DatabaseError), transaction.atomic():
        Draw.objects.filter(run=run).update(public_number="01-02-03-04-05-06+07")


def test_places_that_are_gone_stop_the_draw_and_places_that_came_go_to_the_line(run, clerk, today):
    frozen(run, today)
    Run.objects.filter(pk=run.pk).update(capacity=2)
    with pytest.raises(Undrawable, match="줄었습니다"):
        held(run, clerk, today)
    Run.objects.filter(pk=run.pk).update(capacity=4)
    today.move_to(KNOWN + timedelta(hours=12))
    lottery.draw(run.pk, number=LOTTO, where="누리집", by=clerk)
    offered = run.applications.get(state="offered")
    assert (offered.reserve_rank, states(run).count("confirmed")) == (1, 3)


def test_afterwards_the_line_goes_by_rank(run, clerk, today):
    frozen(run, today)
    held(run, clerk, today)
    today.move_to(KNOWN + timedelta(hours=14))
    for rank in (1, 2):
        seated = run.applications.filter(state="confirmed").first()
        enrolment.withdraw(seated, by=seated.applicant)
        assert set(run.applications.filter(state="offered").values_list("reserve_rank", flat=True)) == set(
            range(1, rank + 1)
        )


def test_nothing_is_offered_between_the_freezing_and_the_draw(run, clerk, today):
    made = frozen(run, today)
    enrolment.withdraw(made[0], by=made[0].applicant)
    with transaction.atomic():
        assert waiting.fill(waiting.enter(run.pk), now=timezone.now()) == []


def test_nobody_is_chosen_or_turned_down_by_hand_between_the_freezing_and_the_draw(run, clerk, today):
    made = applicants(run, 5)
    seating.seat(made[0], by=clerk)
    seating.reject(made[1], by=clerk, reason="다른 구 학생")
    at(today, CLOSES)
    lottery.freeze(run.pk, by=None)
    for act in (seating.seat, seating.reject):
        with pytest.raises(enrolment.NotNow, match="추첨이 끝난 뒤에"):
            act(made[2], by=clerk, reason="사정이 있음")
    with pytest.raises(enrolment.NotNow, match="추첨이 끝난 뒤에"):
        seating.seat(made[1], by=clerk)
    held(run, clerk, today)
    enrolment.withdraw(made[0], by=clerk, by_centre=True)
    enrolment.withdraw(run.applications.filter(state="confirmed").first(), by=clerk, by_centre=True)
    seating.seat(made[1], by=clerk, reason="잘못 떨어뜨림")


def test_applying_that_is_opened_again_adds_nobody_to_a_frozen_list_and_later_goes_by_the_line(
    run, clerk, today, make_family, applying
):
    frozen(run, today)
    Run.objects.filter(pk=run.pk).update(closes_at=KNOWN + timedelta(days=3))
    student, parent = make_family("박바다")
    with pytest.raises(enrolment.NotNow, match="명단이 정해졌습니다"):
        applying(run, student, parent)
    held(run, clerk, today)
    assert applying(run, student, parent).state == State.WAITING


def test_an_empty_hat_can_be_drawn_from(run, clerk, today):
    frozen(run, today, 0)
    draw = held(run, clerk, today)
    assert drawing.verify(draw.files.get(kind="proof").text).agrees


def test_a_cancelled_run_is_not_drawn(run, clerk, today):
    frozen(run, today)
    Run.objects.filter(pk=run.pk).update(state="cancelled")
    with pytest.raises(Undrawable, match="취소된 회차"):
        held(run, clerk, today)


# --- Deciding about everybody ------------------------------------------------------------------
def test_who_is_decided_about_already_stops_everything(run, clerk):
    one, other = applicants(run, 2)
    one.move(State.CANCELLED, by=None)
    with pytest.raises(StaleState), transaction.atomic():
        settling.settle(run, [one.pk, other.pk], {}, [], by=clerk, reason="", now=timezone.now())
    assert states(run) == ["applied", "cancelled"]


# --- Races -------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture(autouse=True)
    def still(self):
        """Threads share the frozen clock."""
        with time_machine.travel(CLOSES, tick=False) as traveller:
            yield traveller

    def numbers(self, run: Run, clerk: User) -> list:
        return [
            lambda number=number: lottery.draw(run.pk, number=number, where="누리집", by=clerk)
            for number in (LOTTO, "1 2 3 4 5 6 7")
        ]

    def test_two_draws_at_once_are_one_draw(self, run, clerk, still, at_once):
        frozen(run, still)
        at(still, KNOWN)
        results = at_once(*self.numbers(run, clerk))
        assert sum(isinstance(one, Draw) for one in results) == 1
        assert sum(isinstance(one, Undrawable) for one in results) == 1
        assert states(run).count("confirmed") == 3
        draw = Draw.objects.get(run=run)
        assert drawing.verify(draw.files.get(kind="proof").text).agrees

    def test_control_without_the_lock_both_draw_and_only_an_index_stops_the_second(
        self, run, clerk, still, at_once, monkeypatch, meeting_point
    ):
        frozen(run, still)
        at(still, KNOWN)
        monkeypatch.setattr(waiting, "enter", lambda pk: Run.objects.select_related("program").get(pk=pk))
        meeting_point(lottery, "_check_due")
        passed = []
        original = lottery._check_places
        monkeypatch.setattr(lottery, "_check_places", lambda *args: passed.append(1) or original(*args))
        results = at_once(*self.numbers(run, clerk))
        assert len(passed) == 2  # both believed that nobody had drawn
        (second,) = (one for one in results if not isinstance(one, Draw))
        assert isinstance(second.__cause__, IntegrityError)  # not the sentence that it was drawn, but an index
        assert "drawentry_place_once" in str(second.__cause__) or "drawfile_one_of_a_kind" in str(second.__cause__)

    def test_a_withdrawal_at_the_moment_of_the_draw_is_before_or_after_it(self, run, clerk, still, at_once):
        made = frozen(run, still)
        at(still, KNOWN)
        results = at_once(
            lambda: lottery.draw(run.pk, number=LOTTO, where="누리집", by=clerk),
            *(lambda one=one: enrolment.withdraw(one, by=one.applicant) for one in made[:3]),
        )
        assert not [one for one in results if isinstance(one, Exception)]
        seated = run.applications.filter(state__in=["confirmed", "offered"]).count()
        assert seated <= 3
        assert not run.applications.filter(state="applied").exists()

    def test_control_without_the_lock_a_withdrawal_breaks_the_draw(self, run, clerk, still, at_once, monkeypatch):
        made = frozen(run, still)
        at(still, KNOWN)
        left = threading.Event()
        for module, name in ((waiting, "enter"), (enrolment, "held")):
            monkeypatch.setattr(module, name, lambda pk: Run.objects.select_related("program").get(pk=pk))
        original = drawing.draw

        def draw(*args):  # who is alive has been read by now
            left.wait(10)
            return original(*args)

        def leave():
            try:
                return enrolment.withdraw(made[0], by=made[0].applicant)
            finally:
                left.set()

        monkeypatch.setattr(drawing, "draw", draw)
        drawn, _left = at_once(lambda: lottery.draw(run.pk, number=LOTTO, where="누리집", by=clerk), leave)
        assert isinstance(drawn, StaleState)
