"""Long work: every item once or more, none lost, one worker at a time, seen by whom it concerns."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone

from accounts.models import User
from lifecycle import work
from lifecycle.locks import Refused
from lifecycle.models import Work
from notices.models import Notice

pytestmark = pytest.mark.django_db
SEEN: list[tuple[int, int]] = []


def _do(done: Work, item: int) -> None:
    SEEN.append((done.pk, item))
    time.sleep(done.params.get("pause", 0))
    if item in done.params.get("refuse", []):
        raise Refused("안 됩니다.")
    if item in done.params.get("break", []):
        raise ZeroDivisionError
    if item in done.params.get("database", []):
        raise OperationalError("gone")


KIND = work.register(
    work.Kind(
        code="test.work",
        label="시험 작업",
        items=lambda params: range(params["count"]),
        do=_do,
        finish=lambda done: {"message": f"{done.done}건을 했습니다."},
        name="{}번".format,
        permission="accounts.view_school",
    )
)


@pytest.fixture(autouse=True)
def seen():
    SEEN.clear()
    return SEEN


@pytest.fixture
def clerk(db):
    return User.objects.create_user("clerk@example.com", name="이담당", is_staff=True)


def test_every_item_is_done_once_and_the_starter_is_told(clerk):
    begun = work.start(KIND, by=clerk, params={"count": 5})

    assert work.advance("default") == 5
    begun.refresh_from_db()
    assert (begun.state, begun.position, begun.failed, begun.holder) == ("done", 5, [], None)
    assert [item for _pk, item in SEEN] == [0, 1, 2, 3, 4]
    assert begun.result == {"message": "5건을 했습니다."}
    assert "모두 5건" in Notice.objects.get(recipient=clerk, kind="notices.work_done").body
    assert work.advance("default") == 0


def test_nothing_to_do_is_said_at_once(clerk):
    with pytest.raises(Refused, match="할 일이 없습니다"):
        work.start(KIND, by=clerk, params={"count": 0})


def test_other_queues_leave_it_alone(clerk):
    work.start(KIND, by=clerk, params={"count": 1})
    assert work.advance("pdf") == 0


def test_what_fails_is_listed_and_the_rest_goes_on(clerk):
    begun = work.start(KIND, by=clerk, params={"count": 4, "refuse": [1], "break": [2]})

    work.advance("default")
    begun.refresh_from_db()
    assert begun.failed == [{"item": "1번", "why": "안 됩니다."}, {"item": "2번", "why": work.PUZZLED}]
    assert (begun.state, begun.done) == ("done", 2)
    assert "2건은 하지 못했습니다" in Notice.objects.get(kind="notices.work_done").body


def test_a_database_that_is_away_costs_no_item(clerk):
    begun = work.start(KIND, by=clerk, params={"count": 2, "database": [1]})

    with pytest.raises(OperationalError):
        work.advance("default")
    begun.refresh_from_db()
    assert (begun.position, begun.failed, begun.state) == (1, [], "running")


def test_a_slice_ends_and_the_next_one_goes_on(clerk):
    begun = work.start(KIND, by=clerk, params={"count": 3, "pause": 0.05})

    assert work.advance("default", seconds=0.01) == 1
    begun.refresh_from_db()
    assert (begun.position, begun.lease_until, begun.tries) == (1, None, 0)
    assert work.advance("default") == 2


def test_a_leased_work_is_taken_up_only_when_the_lease_is_over(clerk):
    with time_machine.travel("2026-11-24 10:00+09:00", tick=False) as clock:
        work.start(KIND, by=clerk, params={"count": 2})
        assert work.claim("default") is not None  # and dies here
        clock.shift(work.LEASE - timedelta(seconds=1))
        assert work.claim("default") is None
        clock.shift(timedelta(seconds=1))
        assert work.claim("default") is not None


def test_an_item_that_kills_its_workers_is_passed_over(clerk):
    begun = work.start(KIND, by=clerk, params={"count": 2})
    for _death in range(work.MOST_TRIES):
        assert work.claim("default")
        Work.objects.update(lease_until=timezone.now())

    work.advance("default")
    begun.refresh_from_db()
    assert begun.failed == [{"item": "0번", "why": work.DEADLY}]
    assert [item for _pk, item in SEEN] == [1]


def test_who_lost_the_lease_writes_nothing(clerk):
    begun = work.start(KIND, by=clerk, params={"count": 2})
    slow = work.claim("default")
    Work.objects.update(lease_until=timezone.now())
    other = work.claim("default")

    assert not work._pass(slow, "")
    assert work._pass(other, "")
    begun.refresh_from_db()
    assert begun.position == 1


def test_cancelling_stops_after_the_item_in_hand(clerk):
    begun = work.start(KIND, by=clerk, params={"count": 3})
    held = work.claim("default")
    work.cancel(begun, by=clerk)

    assert work._go_on(held, time.monotonic() + 5) == 0
    begun.refresh_from_db()
    assert (begun.state, begun.position) == ("cancelled", 0)
    assert begun.trail().get().by == clerk
    with pytest.raises(Refused):
        work.cancel(begun, by=clerk)
    assert not Notice.objects.filter(kind="notices.work_done").exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_hold_the_same_work(clerk, at_once, meeting_point):
    begun = work.start(KIND, by=clerk, params={"count": 20, "pause": 0.01})

    passed = at_once(*[lambda: work.advance("default")] * 4)
    begun.refresh_from_db()
    assert sorted(passed) == [0, 0, 0, 20]
    assert begun.state == "done"
    assert len(SEEN) == 20


@pytest.mark.django_db(transaction=True)
def test_control_without_the_claim_items_are_done_twice(clerk, at_once, monkeypatch):
    begun = work.start(KIND, by=clerk, params={"count": 20, "pause": 0.01})
    monkeypatch.setattr(work, "claim", lambda queue: Work.objects.filter(queue=queue, state="running").first())

    at_once(*[lambda: work.advance("default", seconds=0.1)] * 2)
    begun.refresh_from_db()
    assert len(SEEN) > begun.position


# --- The page ----------------------------------------------------------------------------------


def page(begun: Work) -> str:
    return f"/admin/lifecycle/work/{begun.pk}/change/"


def test_the_page_shows_how_far_it_is_and_stops_it(clerk, log_in):
    begun = work.start(KIND, by=clerk, params={"count": 4, "refuse": [0]}, title="시험 4건")
    Work.objects.filter(pk=begun.pk).update(position=1, failed=[{"item": "0번", "why": "안 됩니다."}])
    client = log_in(clerk)

    answer = client.get(page(begun)).content.decode()
    assert "1 / 4 (25%)" in answer
    assert '<noscript><meta http-equiv="refresh"' in answer
    assert 'role="status"' in answer
    assert "0번" in answer
    assert client.get(f"/admin/lifecycle/work/{begun.pk}/live/").headers["X-Running"] == "1"

    client.post(f"/admin/lifecycle/work/{begun.pk}/cancel/")
    assert "그만둠" in client.get(page(begun)).content.decode()
    assert "refresh" not in client.get(page(begun)).content.decode()


def test_only_whom_it_concerns_sees_it(clerk, log_in):
    other = User.objects.create_user("other@example.com", name="박직원", is_staff=True)
    begun = work.start(KIND, by=clerk, params={"count": 1})

    client = log_in(other)
    assert client.get(page(begun)).status_code == 404
    assert client.post(f"/admin/lifecycle/work/{begun.pk}/cancel/").status_code == 404
    assert not Work.objects.visible_to(User(is_staff=False)).exists()

    from django.contrib.auth.models import Permission

    other.user_permissions.add(Permission.objects.get(codename="view_school"))
    assert client.get(page(begun)).status_code == 200
