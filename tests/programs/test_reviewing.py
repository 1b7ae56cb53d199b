"""Choosing by reading: points, decisions that stay in the house, and one announcement for everybody."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.models import User
from lifecycle.models import AccessLog, StaleState, Transition
from notices.models import Notice
from programs import doctor, enrolment, reviewing, settling, waiting
from programs.models import Application, Decision, Group, Review, Run, Score
from programs.reviewing import NotReviewed
from programs.tasks import announce_reviews
from tests.programs.hat import applicants

State = Application.State
Outcome = Decision.State
pytestmark = pytest.mark.django_db

CLOSES = datetime.fromisoformat("2026-12-10 18:00+09:00")
TEN = datetime.fromisoformat("2026-12-11 10:00+09:00")


@pytest.fixture
def run(make_program, make_run) -> Run:
    return make_run(
        make_program(), admission="review", capacity=2, starts_at="2026-12-20 10:00", ends_at="2026-12-20 12:00"
    )


@pytest.fixture
def criteria(run, clerk):
    return reviewing.set_criteria(run.pk, [("참여 동기", 30), ("계획", 20)], by=clerk)


def decided(run: Run, made: list[Application], clerk: User, *states: str) -> None:
    reviewing.decide(run.pk, {one.pk: state for one, state in zip(made, states, strict=True)}, by=clerk)


def unsigned(page: str) -> str:
    """Without what differs from request to request."""
    return re.sub(r'value="\w{64}"', "", page)


def states(run: Run) -> list[str]:
    return list(run.applications.order_by("number").values_list("state", flat=True))


def points(application: Application, criteria, *numbers: int, by: User) -> None:
    given = {one.pk: number for one, number in zip(criteria, numbers, strict=True)}
    reviewing.score(application, given, by=by)


# --- Points ------------------------------------------------------------------------------------
def test_points_are_averaged_over_those_who_gave_any_and_the_best_comes_first(run, clerk, criteria, make_parent):
    other = make_parent("한심사", is_staff=True)
    one, two, three = applicants(run, 3)
    points(one, criteria, 10, 10, by=clerk)
    points(two, criteria, 30, 20, by=clerk)
    points(two, criteria, 20, 10, by=other)
    found = [(line.pk, line.average, line.reviewers) for line in reviewing.lines(run)]
    assert found == [(two.pk, 40.0, 2), (one.pk, 20.0, 1), (three.pk, None, 0)]


def test_points_given_again_replace_ones_own(run, clerk, criteria):
    (one,) = applicants(run, 1)
    points(one, criteria, 10, 10, by=clerk)
    points(one, criteria, 0, 20, by=clerk)
    assert sorted(Score.objects.values_list("points", flat=True)) == [0, 20]


@pytest.mark.parametrize("numbers", [(31, 0), (-1, 0), (0, 21)])
def test_points_stay_within_their_limits(run, clerk, criteria, numbers):
    (one,) = applicants(run, 1)
    with pytest.raises(NotReviewed, match="0점부터"):
        points(one, criteria, *numbers, by=clerk)
    points(one, criteria, 30, 20, by=clerk)


def test_some_criteria_alone_are_no_points(run, clerk, criteria):
    (one,) = applicants(run, 1)
    with pytest.raises(NotReviewed, match="모든 기준에"):
        reviewing.score(one, {criteria[0].pk: 5}, by=clerk)


def test_criteria_change_until_the_first_points(run, clerk, criteria):
    (one,) = applicants(run, 1)
    with pytest.raises(NotReviewed, match="서로 다른 이름"):
        reviewing.set_criteria(run.pk, [("계획", 5), ("계획", 6)], by=clerk)
    with pytest.raises(NotReviewed):
        reviewing.set_criteria(run.pk, [("계획", 0)], by=clerk)
    (kept,) = reviewing.set_criteria(run.pk, [("계획", 100)], by=clerk)
    points(one, [kept], 100, by=clerk)
    with pytest.raises(NotReviewed, match="점수를 준 뒤에는"):
        reviewing.set_criteria(run.pk, [], by=clerk)


def test_only_a_run_that_is_reviewed_has_a_review(make_program, make_run, clerk):
    with pytest.raises(NotReviewed, match="심사인 회차가 아닙니다"):
        reviewing.set_criteria(make_run(make_program("그 밖")).pk, [], by=clerk)


# --- A suggestion ------------------------------------------------------------------------------
def test_the_suggestion_goes_by_points_within_places_groups_and_the_line(run, clerk, criteria):
    Run.objects.filter(pk=run.pk).update(waiting_most=1)
    run.refresh_from_db()
    group = Group.objects.create(run=run, name="중3", capacity=1)
    best, second = applicants(run, 2, group=group)
    third, fourth, silent = applicants(run, 3)
    for one, number in ((best, 30), (second, 29), (third, 20), (fourth, 10)):
        points(one, criteria, number, 0, by=clerk)
    suggested = reviewing.suggest(run, CLOSES)
    assert suggested == {
        best.pk: Outcome.SELECTED,
        second.pk: Outcome.RESERVE,  # the group is full
        third.pk: Outcome.SELECTED,
        fourth.pk: Outcome.OUT,
    }
    assert silent.pk not in suggested
    assert not Decision.objects.exists()


# --- Decisions stay in the house ---------------------------------------------------------------
def test_a_decision_leaves_the_application_its_trail_and_its_family_as_they_were(run, clerk, log_in):
    made = applicants(run, 2)
    page = made[0].get_absolute_url()
    before = unsigned(log_in(made[0].applicant).get(page).text)
    decided(run, made, clerk, "out", "selected")
    assert states(run) == ["applied", "applied"]
    assert not made[0].trail().exists()
    assert not Notice.objects.exists()
    assert unsigned(log_in(made[0].applicant).get(page).text) == before


def test_a_decision_has_a_trail_of_its_own_and_the_same_again_is_nothing(run, clerk):
    made = applicants(run, 1)
    assert reviewing.decide(run.pk, {made[0].pk: "out"}, by=clerk, reason="서류 없음") == 1
    assert reviewing.decide(run.pk, {made[0].pk: "out"}, by=clerk) == 0
    assert reviewing.decide(run.pk, {made[0].pk: "selected"}, by=clerk) == 1
    steps = made[0].decision.trail().values_list("from_state", "to_state", "reason", "by")
    assert list(steps) == [("", "out", "서류 없음", clerk.pk), ("out", "selected", "", clerk.pk)]


def test_one_that_is_gone_stops_the_whole_bulk(run, clerk):
    made = applicants(run, 2)
    enrolment.withdraw(made[1], by=made[1].applicant)
    with pytest.raises(NotReviewed, match="그사이 취소"):
        decided(run, made, clerk, "selected", "selected")
    assert not Decision.objects.exists()


# --- Announcing --------------------------------------------------------------------------------
def test_the_announcement_tells_everybody_at_once_with_trail_and_rank(run, clerk, criteria, today):
    made = applicants(run, 5)
    for one, number in zip(made, (5, 9, 30, 8, 7), strict=True):
        points(one, criteria, number, 0, by=clerk)
    decided(run, made, clerk, "reserve", "reserve", "selected", "out", "selected")
    today.move_to(CLOSES)
    reviewing.announce(run.pk, by=clerk)
    assert states(run) == ["waiting", "waiting", "confirmed", "rejected", "confirmed"]
    ranks = run.applications.order_by("number").values_list("reserve_rank", flat=True)
    assert list(ranks) == [2, 1, None, None, None]
    assert Transition.objects.filter(by=clerk, reason="심사", from_state="applied").count() == 5
    assert Notice.objects.values("recipient").distinct().count() == 5
    assert {one.kind for one in Notice.objects.all()} == {
        "programs.confirmed",
        "programs.reserve",
        "programs.rejected",
    }


def test_nothing_is_announced_before_the_end_of_applying(run, clerk, today):
    decided(run, applicants(run, 1), clerk, "selected")
    today.move_to(CLOSES - timedelta(seconds=1))
    with pytest.raises(NotReviewed, match="접수가 끝난 뒤"):
        reviewing.announce(run.pk, by=clerk)
    today.move_to(CLOSES)
    reviewing.announce(run.pk, by=clerk)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("selected", "selected", "selected"), "자리가 모자랍니다"),
        (("selected", "reserve", "reserve"), "대기 정원"),
        (("selected", "out"), "정하지 않은 신청이 1건"),
    ],
)
def test_what_does_not_add_up_is_not_announced(run, clerk, today, given, sentence):
    Run.objects.filter(pk=run.pk).update(waiting_most=1)
    made = applicants(run, 3)
    decided(run, made[: len(given)], clerk, *given)
    today.move_to(CLOSES)
    with pytest.raises(NotReviewed, match=sentence):
        reviewing.announce(run.pk, by=clerk)
    assert set(states(run)) == {"applied"}
    decided(run, made, clerk, "selected", "selected", "reserve")
    reviewing.announce(run.pk, by=clerk)


def test_announced_is_announced(run, clerk, today):
    made = applicants(run, 1)
    decided(run, made, clerk, "selected")
    today.move_to(CLOSES)
    reviewing.announce(run.pk, by=clerk)
    for act in (
        lambda: reviewing.announce(run.pk, by=clerk),
        lambda: decided(run, made, clerk, "out"),
        lambda: reviewing.plan(run.pk, TEN, by=clerk),
    ):
        with pytest.raises(NotReviewed, match="이미 발표"):
            act()
    with pytest.raises(DatabaseError), transaction.atomic():
        Review.objects.update(announced_at=None)


def test_whoever_comes_after_the_announcement_goes_by_the_line(run, clerk, today, make_family, applying):
    made = applicants(run, 3)
    decided(run, made, clerk, "selected", "selected", "out")
    today.move_to(CLOSES)
    reviewing.announce(run.pk, by=clerk)
    Run.objects.filter(pk=run.pk).update(closes_at=CLOSES + timedelta(days=3))
    student, parent = make_family("박바다")
    assert applying(run, student, parent).state == State.WAITING


def test_a_cancelled_run_is_not_announced(run, clerk, today):
    decided(run, applicants(run, 1), clerk, "selected")
    reviewing.plan(run.pk, TEN, by=clerk)
    Run.objects.filter(pk=run.pk).update(state="cancelled")
    today.move_to(TEN)
    assert announce_reviews() == 0
    with pytest.raises(NotReviewed, match="취소된 회차"):
        reviewing.announce(run.pk, by=clerk)


# --- By the clock ------------------------------------------------------------------------------
def test_the_clock_announces_at_its_moment_and_once(run, clerk, today):
    decided(run, applicants(run, 1), clerk, "selected")
    reviewing.plan(run.pk, TEN, by=clerk)
    today.move_to(TEN - timedelta(seconds=1))
    assert announce_reviews() == 0
    today.move_to(TEN)
    assert announce_reviews() == 1
    assert announce_reviews() == 0
    assert run.applications.get().trail().get().by is None


def test_a_plan_lies_ahead_between_the_end_of_applying_and_the_start(run, clerk, today):
    for wrong in (CLOSES - timedelta(minutes=1), run.starts_at):
        with pytest.raises(NotReviewed, match="사이의 시각"):
            reviewing.plan(run.pk, wrong, by=clerk)
    assert reviewing.plan(run.pk, CLOSES, by=clerk).announce_at == CLOSES
    assert reviewing.plan(run.pk, None, by=clerk).announce_at is None
    today.move_to(TEN)
    with pytest.raises(NotReviewed, match="지난 시각"):
        reviewing.plan(run.pk, TEN, by=clerk)


def test_what_the_clock_cannot_announce_is_said_and_announced_as_soon_as_it_can(run, clerk, today):
    made = applicants(run, 2)
    decided(run, made[:1], clerk, "selected")
    reviewing.plan(run.pk, TEN, by=clerk)
    today.move_to(TEN + timedelta(minutes=11))
    assert announce_reviews() == 0
    assert any("발표하지 못했습니다" in finding for finding in doctor.check())
    decided(run, made[1:], clerk, "out")
    assert announce_reviews() == 1
    assert not any("발표하지 못했습니다" in finding for finding in doctor.check())


# --- Races -------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture(autouse=True)
    def still(self):
        with time_machine.travel(CLOSES, tick=False) as traveller:
            yield traveller

    def test_a_withdrawal_at_the_moment_of_the_announcement_is_before_or_after_it(self, run, clerk, at_once):
        made = applicants(run, 4)
        decided(run, made, clerk, "selected", "selected", "reserve", "out")
        results = at_once(
            lambda: reviewing.announce(run.pk, by=clerk),
            *(lambda one=one: enrolment.withdraw(one, by=one.applicant) for one in made[:2]),
        )
        assert not [one for one in results if isinstance(one, Exception)]
        assert states(run)[:2] == ["cancelled", "cancelled"]
        assert "applied" not in states(run)

    def test_control_without_the_lock_a_withdrawal_breaks_the_announcement(self, run, clerk, at_once, monkeypatch):
        made = applicants(run, 2)
        decided(run, made, clerk, "selected", "out")
        left = threading.Event()
        for module, name in ((waiting, "enter"), (enrolment, "held")):
            monkeypatch.setattr(module, name, lambda pk: Run.objects.select_related("program").get(pk=pk))
        original = settling.settle

        def settle(*args, **kwargs):  # who is alive has been read by now
            left.wait(10)
            return original(*args, **kwargs)

        def leave():
            try:
                return enrolment.withdraw(made[0], by=made[0].applicant)
            finally:
                left.set()

        monkeypatch.setattr(settling, "settle", settle)
        announced, _left = at_once(lambda: reviewing.announce(run.pk, by=clerk), leave)
        assert isinstance(announced, StaleState)

    def test_two_announcements_at_once_are_one(self, run, clerk, at_once):
        made = applicants(run, 3)
        decided(run, made, clerk, "selected", "selected", "reserve")
        results = at_once(*[lambda: reviewing.announce(run.pk, by=clerk)] * 3)
        assert sum(isinstance(one, Review) for one in results) == 1
        assert sum(isinstance(one, NotReviewed) for one in results) == 2
        assert all(one.trail().count() == 1 for one in made)


# --- The desk ----------------------------------------------------------------------------------
@pytest.fixture
def staff(clerk, django_user_model) -> User:
    from accounts import roles

    admin = django_user_model.objects.create_superuser("root@example.com", name="나루트")
    roles.grant(clerk, "프로그램 담당", by=admin, reason="시험")
    return User.objects.get(pk=clerk.pk)


def desk(run: Run) -> str:
    return reverse("admin:programs_review_run", args=[run.pk])


def test_staff_walk_from_the_criteria_to_the_announcement(run, staff, today, log_in, django_assert_max_num_queries):
    made = applicants(run, 4)
    client = log_in(staff)
    client.post(desk(run), {"do": "criteria", "criteria": "참여 동기, 30\n계획, 20"})
    review = Review.objects.get(run=run)
    for one, number in zip(made[:3], (30, 20, 10), strict=True):
        page = reverse("admin:programs_review_application", args=[one.pk])
        given = {f"c{criterion.pk}": number // (place + 1) for place, criterion in enumerate(review.criteria.all())}
        assert client.post(page, {"do": "score", **given}).status_code == 302
    suggested = client.post(desk(run), {"do": "suggest"})
    assert f'value="{made[0].pk}:selected"' in suggested.text
    assert not Decision.objects.exists()
    pairs = [f"{made[0].pk}:selected", f"{made[1].pk}:selected", f"{made[2].pk}:reserve"]
    client.post(desk(run), {"do": "decide", "one": pairs})
    looked = client.post(desk(run), {"do": "look", "pick": [made[3].pk], "outcome": "out", "reason": "서류 없음"})
    assert f'value="{made[3].pk}:out"' in looked.text
    client.post(desk(run), {"do": "decide", "one": [f"{made[3].pk}:out"], "reason": "서류 없음"})
    assert made[3].decision.trail().get().reason == "서류 없음"
    today.move_to(CLOSES)
    client = log_in(staff)
    client.get(desk(run))  # what was said before is read
    with django_assert_max_num_queries(15):
        text = client.get(desk(run)).text
    assert "모두 정했습니다" in text
    assert "김*늘" in text
    assert "김하늘" not in text
    assert "되돌릴 수 없습니다" in client.post(desk(run), {"do": "announce_look"}).text
    assert Review.objects.get(run=run).announced_at is None
    client.post(desk(run), {"do": "announce"})
    assert states(run) == ["confirmed", "confirmed", "waiting", "rejected"]
    client.get(desk(run))
    with django_assert_max_num_queries(15):
        text = client.get(desk(run)).text
    assert "김하늘" not in text
    assert client.post(desk(run), {"do": "announce"}).status_code == 200


def test_who_has_priority_stands_on_no_page(run, staff, log_in):
    Group.objects.create(run=run, name="중3", capacity=2)
    one = applicants(run, 1, group=Group.objects.create(run=run, name="우선 지원", capacity=2, for_priority=True))[0]
    client = log_in(staff)
    for page in (desk(run), reverse("admin:programs_review_application", args=[one.pk])):
        assert "우선 지원" not in client.get(page).text


def test_reading_an_application_is_logged_and_shows_its_answers(run, staff, log_in, django_assert_max_num_queries):
    (one,) = applicants(run, 1)
    Application.objects.filter(pk=one.pk).update(remark="꼭 하고 싶어요")
    client = log_in(staff)
    page = reverse("admin:programs_review_application", args=[one.pk])
    client.get(page)  # kinds of things are known by then
    with django_assert_max_num_queries(15):
        text = client.get(page).text
    assert "김하늘" in text
    assert "꼭 하고 싶어요" in text
    assert AccessLog.objects.about(one.participants.get().student).filter(by=staff).exists()


def test_who_may_only_look_changes_nothing(run, clerk, log_in, django_user_model):
    from accounts import roles

    (one,) = applicants(run, 1)
    admin = django_user_model.objects.create_superuser("root@example.com", name="나루트")
    watcher = User.objects.create_user("watch@example.com", name="한감사", is_staff=True)
    roles.grant(watcher, "감사(열람)", by=admin, reason="시험")
    client = log_in(User.objects.get(pk=watcher.pk))
    assert client.get(desk(run)).status_code == 200
    assert client.post(desk(run), {"do": "announce"}).status_code == 403
    page = reverse("admin:programs_review_application", args=[one.pk])
    assert client.get(page).status_code == 200
    assert AccessLog.objects.about(one.participants.get().student).filter(by=watcher).exists()
    for do in ("score", "decide", "nonsense"):
        assert client.post(page, {"do": do, "outcome": "out"}).status_code == 403


def test_counsellors_have_no_part_in_a_review(run, clerk, log_in, django_user_model):
    from accounts import roles

    (one,) = applicants(run, 1)
    admin = django_user_model.objects.create_superuser("root@example.com", name="나루트")
    roles.grant(clerk, "상담사", by=admin, reason="시험")
    client = log_in(User.objects.get(pk=clerk.pk))
    for page in (desk(run), reverse("admin:programs_review_application", args=[one.pk])):
        assert client.get(page).status_code == 403


@pytest.mark.parametrize("typed", ["참여 동기", "참여 동기, 서른", "참여 동기, 1000", ", 5"])
def test_criteria_that_cannot_be_read_are_said_and_nothing_typed_is_lost(run, staff, log_in, typed):
    text = log_in(staff).post(desk(run), {"do": "criteria", "criteria": typed}).text
    assert "예: 참여 동기, 30" in text
    assert f">\n{typed}</textarea>" in text


def test_odd_things_sent_to_the_desk_are_no_errors(run, staff, log_in):
    applicants(run, 1)
    client = log_in(staff)
    for sent in (
        {"do": "look", "outcome": "selected"},
        {"do": "look", "outcome": "x", "pick": ["1"]},
        {"do": "look", "outcome": "out", "pick": ["9" * 40, "x", "²"]},
        {"do": "decide", "one": ["x:selected", "1", ""]},
        {"do": "decide", "one": ["999999:selected"]},
        {"do": "plan"},
        {"do": "nonsense"},
    ):
        assert client.post(desk(run), sent).status_code == 200
    assert not Decision.objects.exists()
