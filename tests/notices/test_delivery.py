from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from lifecycle.models import Transition
from notices import delivery, sealing
from notices.channels.outcomes import InDoubt, Never, TryLater, TrySoon
from notices.kinds import EMAIL
from notices.models import Notice, SandboxMessage

pytestmark = pytest.mark.django_db

State = Notice.State


def test_what_is_due_goes_out_once_and_leaves_a_trail(owed, way):
    notice = owed()
    assert delivery.deliver_due() == 1
    assert delivery.deliver_due() == 0
    notice.refresh_from_db()
    assert (notice.state, notice.provider, notice.provider_id) == (State.SENT, "scripted", "receipt-1")
    assert (notice.attempts, notice.cost_won, notice.lease_until) == (1, 20, None)
    assert notice.sent_at is not None
    assert [step.to_state for step in notice.trail()] == [State.HANDING, State.SENT]


def test_urgent_ones_go_first_then_the_oldest(owed, way):
    now = timezone.now()
    owed(body="셋", urgent=False, send_after=now - timedelta(minutes=2), channel=EMAIL)
    owed(body="둘", send_after=now - timedelta(minutes=1))
    owed(body="하나", send_after=now - timedelta(minutes=3))
    delivery.deliver_due()
    assert way.said == ["하나", "둘", "셋"]


def test_what_is_not_due_yet_waits(owed, way):
    owed(send_after=timezone.now() + timedelta(minutes=1))
    assert delivery.deliver_due() == 0


@pytest.mark.parametrize(
    ("answer", "state", "fault", "cost"),
    [
        (TrySoon("연결 안 됨"), State.DUE, "soon", 0),
        (TryLater("잔액 부족"), State.DUE, "later", 0),
        (Never("없는 번호"), State.FAILED, "permanent", 0),
        (InDoubt("끊김"), State.UNKNOWN, "unknown", 20),
    ],
)
def test_the_kind_of_failure_decides_what_follows(owed, way, answer, state, fault, cost):
    way.answers = [answer]
    notice = owed()
    assert delivery.deliver_due() == 0
    notice.refresh_from_db()
    assert (notice.state, notice.fault, notice.problem, notice.cost_won) == (state, fault, str(answer), cost)


def test_a_hiccup_is_tried_again_after_seconds_and_no_earlier(owed, way):
    way.answers = [TrySoon("연결 안 됨")]
    with time_machine.travel("2026-11-24 12:00:00+09:00", tick=False) as clock:
        notice = owed()
        delivery.deliver_due()
        clock.shift(timedelta(seconds=4.9))
        assert delivery.deliver_due() == 0
        clock.shift(timedelta(seconds=0.1))
        assert delivery.deliver_due() == 1
    notice.refresh_from_db()
    assert (notice.state, notice.problem, notice.fault) == (State.SENT, "", "")


def test_a_lasting_trouble_is_tried_ever_less_often_until_the_time_is_over(owed, way):
    way.answers = [TryLater("잔액 부족")] * 100
    with time_machine.travel("2026-11-24 09:00:00+09:00", tick=False) as clock:
        notice = owed(give_up_at=timezone.now() + timedelta(hours=6))
        tries = []
        for minute in range(7 * 60):
            delivery.deliver_due()
            if len(way.said) > len(tries):
                tries.append(minute)
            clock.shift(timedelta(minutes=1))
    assert tries == [0, 5, 20, 50, 110, 170, 230, 290, 350]
    notice.refresh_from_db()
    assert notice.state == State.FAILED
    assert notice.problem == "보낼 때가 지났습니다. 마지막 오류: 잔액 부족"


def test_a_message_in_doubt_is_never_sent_again_by_itself(owed, way):
    way.answers = [InDoubt("끊김")]
    with time_machine.travel("2026-11-24 09:00:00+09:00", tick=False) as clock:
        owed()
        for _hour in range(48):
            delivery.deliver_due()
            clock.shift(timedelta(hours=1))
    assert len(way.said) == 1


def test_a_secret_is_wiped_once_it_is_handed_over(owed, way):
    notice = owed(body="코드 #{코드}", sealed=sealing.seal({"코드": "908172"}))
    delivery.deliver_due()
    notice.refresh_from_db()
    assert way.said == ["코드 908172"]
    assert (notice.sealed, notice.shown_body) == (None, "코드 ●●●●●●")


def test_a_secret_survives_until_a_retry_succeeds(owed, way):
    way.answers = [TrySoon("연결 안 됨")]
    with time_machine.travel("2026-11-24 12:00:00+09:00", tick=False) as clock:
        owed(body="코드 #{코드}", sealed=sealing.seal({"코드": "1"}))
        delivery.deliver_due()
        clock.shift(timedelta(seconds=5))
        delivery.deliver_due()
    assert way.said == ["코드 1", "코드 1"]


def test_a_secret_sealed_with_a_lost_key_fails_with_a_sentence(owed, way, settings):
    notice = owed(body="코드 #{코드}", sealed=sealing.seal({"코드": "1"}))
    settings.SECRET_KEY = "another key altogether, longer than fifty characters for sure"
    delivery.deliver_due()
    notice.refresh_from_db()
    assert (notice.state, notice.fault) == (State.FAILED, "permanent")


def test_a_dead_workers_text_message_is_in_doubt_and_its_mail_goes_again(owed, way):
    with time_machine.travel("2026-11-24 12:00:00+09:00", tick=False) as clock:
        text, mail = owed(), owed(channel=EMAIL, price_class="", cost_won=0)
        for notice in delivery.claim():
            notice.move(State.HANDING, by=None, lease_until=timezone.now() + delivery.lease(), attempts=1)
        clock.shift(delivery.lease() - timedelta(seconds=1))
        delivery.deliver_due()
        assert set(Notice.objects.values_list("state", flat=True)) == {State.HANDING}
        clock.shift(timedelta(seconds=1))
        delivery.deliver_due()
        clock.shift(timedelta(minutes=1))
        delivery.deliver_due()
    text.refresh_from_db()
    mail.refresh_from_db()
    assert (text.state, text.fault) == (State.UNKNOWN, "unknown")
    assert (mail.state, way.said) == (State.SENT, ["안녕하세요"])


def test_a_batch_of_a_dead_worker_that_was_not_yet_handed_over_is_simply_due_again(owed, way):
    with time_machine.travel("2026-11-24 12:00:00+09:00", tick=False) as clock:
        owed()
        delivery.claim()
        assert delivery.deliver_due() == 0
        clock.shift(delivery.lease())
        assert delivery.deliver_due() == 1


def test_a_worker_that_comes_back_late_does_not_undo_what_was_settled(owed, way):
    notice = owed()
    [claimed] = delivery.claim()
    Notice.objects.get(pk=notice.pk).move(State.CANCELLED, by=None)
    assert not delivery.hand_over(claimed, way)
    assert way.said == []


def test_what_expired_before_its_turn_is_not_sent(owed, way):
    with time_machine.travel("2026-11-24 12:00:00+09:00", tick=False):
        notice = owed(give_up_at=timezone.now())
        owed(give_up_at=timezone.now() + timedelta(seconds=1))
        delivery.deliver_due()
    notice.refresh_from_db()
    assert (notice.state, notice.fault, len(way.said)) == (State.FAILED, "late", 1)


def test_the_sandbox_keeps_messages_and_no_secrets(owed, settings):
    settings.DEMO = False
    owed(body="코드 #{코드}", sealed=sealing.seal({"코드": "908172"}))
    delivery.deliver_due()
    kept = SandboxMessage.objects.get()
    assert (kept.sealed, kept.spoken_body()) == (None, "코드 ●●●●●●")
    assert Notice.objects.get().provider_id == f"sandbox-{kept.pk}"


def test_claiming_and_handing_over_cost_the_same_with_many_waiting(owed, way, django_assert_max_num_queries):
    for _ in range(40):
        owed()
    with django_assert_max_num_queries(6):
        delivery.claim()
    assert Transition.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_notice_once(owed, way, at_once):
    for number in range(60):
        owed(body=f"{number}")
    assert sum(at_once(*[delivery.deliver_due] * 4)) == 60
    assert sorted(way.said, key=int) == [f"{n}" for n in range(60)]


@pytest.mark.django_db(transaction=True)
def test_without_lease_and_guarded_moves_it_is_sent_twice(owed, way, at_once, monkeypatch):
    """The control: if this fails, the test above proves nothing."""
    met = threading.Barrier(2, timeout=5)

    def look() -> list[Notice]:
        due = list(Notice.objects.filter(state=State.DUE))
        if due:
            met.wait()  # both have looked
        return due

    def write(notice: Notice, to: str, *, by: None, reason: str = "", **fields: object) -> None:
        Notice.objects.filter(pk=notice.pk).update(state=to, **fields)

    monkeypatch.setattr(delivery, "claim", look)
    monkeypatch.setattr(Notice, "move", write)
    way.guarded = False
    owed()
    at_once(delivery.deliver_due, delivery.deliver_due)
    assert len(way.said) == 2


@pytest.mark.django_db(transaction=True)
def test_when_a_lease_runs_out_under_a_slow_worker_the_move_lets_only_one_through(owed, way, at_once):
    owed()
    [slow] = delivery.claim()
    Notice.objects.update(lease_until=timezone.now())
    [quick] = delivery.claim()
    outcomes = at_once(lambda: delivery.hand_over(slow, way), lambda: delivery.hand_over(quick, way))
    assert sorted(outcomes) == [False, True]
    assert len(way.said) == 1
