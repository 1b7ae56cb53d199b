"""Messages to many: the list frozen in steps, the price, sending once, pausing, and what became of it."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from accounts.models import User
from lifecycle import retention
from lifecycle.locks import Refused
from lifecycle.models import IllegalMove, StaleState, Transition
from notices import audiences, costs, delivery, mailing
from notices.audiences import Audience
from notices.channels.outcomes import InDoubt, Never
from notices.kinds import EMAIL, SMS
from notices.models import Addressee, Mailing, Notice, Preference

pytestmark = pytest.mark.django_db

State, Row = Mailing.State, Addressee.State
DAY = "2026-11-24 12:00:00+09:00"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(DAY, tick=False) as clock:
        yield clock


@pytest.fixture
def everybody(monkeypatch) -> Audience:
    """Every active user who is no staff; advertisements only to those called 동의."""
    audience = Audience(
        code="test.everybody",
        label="모두",
        rows=lambda params: User.objects.filter(is_active=True, is_staff=False),
        recipient=lambda user: user,
        values=lambda params: {"프로그램": "별 관찰 교실"},
        describe=lambda params: "모두",
        agreed=lambda rows: rows.filter(name__startswith="동의"),
    )
    monkeypatch.setitem(audiences._audiences, audience.code, audience)
    return audience


@pytest.fixture
def clerk(db) -> User:
    return User.objects.create_user("clerk@example.com", name="정담당", is_staff=True)


def people(count: int, *, phone: bool = True, name: str = "김보호") -> list[User]:
    now, start = timezone.now(), User.objects.count()
    return User.objects.bulk_create(
        User(
            email=f"p{number}@example.com",
            name=name,
            phone=f"0101{number:07}" if phone else None,
            phone_verified_at=now if phone else None,
        )
        for number in range(start, start + count)
    )


@pytest.fixture
def draft(everybody, clerk):
    def draft(**text: object) -> Mailing:
        values = {"sms": "#{이름}님 #{프로그램} 준비물 안내", "email": "", "subject": "준비물", **text}
        made = mailing.write(everybody, {}, by=clerk, title="준비물 안내")
        return mailing.revise(made, by=clerk, revision=made.revision, **values)

    return draft


@pytest.fixture
def ready(draft, clerk):
    def ready(**text: object) -> Mailing:
        made = draft(**text)
        mailing.gather(made, by=clerk, revision=made.revision)
        mailing.expand()
        made.refresh_from_db()
        assert made.state == State.READY
        return made

    return ready


@pytest.fixture
def sending(ready, clerk):
    def sending(**text: object) -> Mailing:
        made = ready(**text)
        mailing.send(made, by=clerk, revision=made.revision)
        made.refresh_from_db()
        return made

    return sending


@pytest.fixture
def plain(way):
    """A way out that does not look for a notice behind every message."""
    way.guarded = False
    return way


# --- The list ------------------------------------------------------------------------------------
def test_everybody_gets_one_row_a_channel_with_their_own_words_and_no_trail_row(sending, plain):
    people(3)
    made = sending(email="#{이름}님 메일")
    assert Counter(made.addressees.values_list("channel", flat=True)) == {SMS: 3, EMAIL: 3}
    assert delivery.deliver_due() == 6
    made.refresh_from_db()
    assert made.state == State.DONE
    assert set(plain.said) == {"김보호님 별 관찰 교실 준비물 안내", "김보호님 메일"}
    trail = Transition.objects.values_list("to_state", flat=True)
    assert Counter(trail) == {"expanding": 1, "ready": 1, "sending": 1, "done": 1}  # of the mailing alone


def test_nothing_leaves_before_somebody_sends(ready, plain):
    people(2)
    ready()
    assert delivery.deliver_due() == 0


def test_one_address_of_two_people_is_told_once(ready):
    first, second = people(2)
    User.objects.filter(pk=second.pk).update(phone=None, phone_verified_at=None)
    User.objects.filter(pk=first.pk).update(phone="01055556666")
    made = ready()
    assert made.addressees.exclude(address="").count() == 1


def test_who_wants_mail_gets_mail_and_who_cannot_be_reached_is_listed_with_the_reason(ready):
    wants_mail, silent = people(2)
    Preference.objects.create(user=wants_mail, sms=False, email=True)
    User.objects.filter(pk=silent.pk).update(phone=None, phone_verified_at=None)
    made = ready(email="메일")
    assert set(made.addressees.values_list("recipient", "channel")) == {(wants_mail.pk, EMAIL), (silent.pk, EMAIL)}
    only_text = ready()
    assert only_text.addressees.get(recipient=silent).problem == mailing.UNREACHABLE
    assert mailing.figures(only_text).unreachable == 1
    assert mailing.figures(only_text).total == 1  # wanted mail, but this message speaks by text alone


def test_the_expansion_goes_on_where_it_was_killed_and_counts_nobody_twice(draft, clerk, monkeypatch):
    monkeypatch.setattr(mailing, "STEP", 10)
    people(35)
    made = draft()
    mailing.gather(made, by=clerk, revision=made.revision)  # one step
    assert made.addressees.count() == 10

    class Killed(Exception):
        pass

    def die(*_args: object, **_more: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Mailing, "move", die)
        patch.setattr(type(Mailing.objects.all()), "update", die)
        mailing.expand()
    assert made.addressees.count() == 10  # the half step is gone with its cursor
    while mailing.expand(steps=1):
        pass
    made.refresh_from_db()
    assert (made.state, made.addressees.count()) == (State.READY, 35)


def test_the_list_is_frozen_but_whoever_left_it_gets_nothing(sending, plain):
    _stays, leaves = people(2)
    made = sending()
    people(1)
    User.objects.filter(pk=leaves.pk).update(is_active=False)
    assert delivery.deliver_due() == 1
    gone = made.addressees.get(recipient=leaves)
    assert (gone.state, gone.problem) == (Row.CANCELLED, "보내기 전에 이 명단에서 빠졌습니다.")
    made.refresh_from_db()
    assert made.state == State.DONE


# --- The price -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("letters", "won"), [(42, 20), (43, 50)])
def test_the_price_is_the_sum_of_what_each_rendered_text_weighs(ready, letters, won):
    people(1, name="김하늘")  # six bytes of ninety
    made = ready(sms="#{이름}" + "가" * letters)
    assert mailing.figures(made).won == won


def test_names_of_different_length_cost_differently(ready):
    people(2, name="김하")
    people(1, name="김하늘솔")
    numbers = mailing.figures(ready(sms="#{이름}" + "가" * 42))
    assert [(count, won) for _label, count, won in numbers.prices] == [(2, 40), (1, 50), (0, 0)]


def test_what_goes_beyond_this_months_money_is_refused_and_what_was_sent_counts(sending, ready, clerk, plain, settings):
    people(3)
    settings.SMS_CEILING_WON_A_MONTH = 119
    sending()
    delivery.deliver_due()
    assert costs.spent_won(timezone.now()) == 60
    made = ready()
    with pytest.raises(Refused, match="59원 남아 60원어치"):
        mailing.send(made, by=clerk, revision=made.revision)
    settings.SMS_CEILING_WON_A_MONTH = 120
    mailing.send(made, by=clerk, revision=made.revision)


# --- Sending -------------------------------------------------------------------------------------
def test_texts_wait_for_the_morning_and_mail_does_not(sending, plain, noon):
    people(1)
    noon.move_to("2026-11-24 21:00:00+09:00")
    sending(email="메일")
    assert delivery.deliver_due() == 1
    noon.move_to("2026-11-25 07:59:59+09:00")
    assert delivery.deliver_due() == 0
    noon.move_to("2026-11-25 08:00:00+09:00")
    assert delivery.deliver_due() == 1


def test_a_code_goes_before_the_next_batch_of_a_mailing(sending, plain, owed):
    people(delivery.BATCH + 5)
    sending()
    owed(body="인증번호")
    delivery.deliver_due()
    assert plain.said[0] == "인증번호"


def test_pausing_stops_the_batch_in_hand_and_resuming_goes_on(sending, plain, clerk, noon):
    people(5)
    made = sending()
    batch = delivery.claim_of_mailings()
    assert delivery.hand_over(batch[0], plain)
    mailing.pause(made, by=clerk, revision=made.revision)
    assert not any(delivery.hand_over(row, plain) for row in batch[1:])
    assert delivery.deliver_due() == 0
    noon.shift(timedelta(days=4))  # its time would be over, had it not been paused
    made.refresh_from_db()
    mailing.resume(made, by=clerk, revision=made.revision)
    assert delivery.deliver_due() == 4


def test_stopped_is_for_good(sending, plain, clerk):
    people(2)
    made = sending()
    mailing.stop(made, by=clerk, revision=made.revision)
    assert delivery.deliver_due() == 0
    made.refresh_from_db()
    with pytest.raises(Refused):
        mailing.resume(made, by=clerk, revision=made.revision)


def test_what_failed_goes_again_alone_and_what_is_in_doubt_only_when_one_says_so(sending, plain, clerk):
    people(3)
    made = sending()
    plain.answers = [Never("없는 번호"), InDoubt("끊김")]
    assert delivery.deliver_due() == 1
    made.refresh_from_db()
    assert made.state == State.DONE
    assert mailing.resend(made, by=clerk, revision=made.revision) == 1
    assert delivery.deliver_due() == 1
    made.refresh_from_db()
    with pytest.raises(Refused, match="다시 보낼 사람이 없습니다"):
        mailing.resend(made, by=clerk, revision=made.revision)
    assert mailing.resend(made, by=clerk, revision=made.revision, doubtful=True) == 1
    assert delivery.deliver_due() == 1
    assert len(plain.said) == 5  # three, and two of them again


def test_a_dead_workers_text_is_in_doubt_and_its_mail_goes_again_as_the_same(sending, plain, noon):
    people(1)
    made = sending(email="메일")
    uids = {}
    for row in delivery.claim_of_mailings():
        row.move(Row.HANDING, by=None, lease_until=timezone.now() + delivery.lease())
        uids[row.channel] = row.uid
    noon.shift(delivery.lease() + timedelta(seconds=1))
    delivery.settle_abandoned()
    assert made.addressees.get(channel=SMS).state == Row.UNKNOWN
    again = made.addressees.get(channel=EMAIL)
    assert (again.state, again.uid) == (Row.DUE, uids[EMAIL])


def test_a_button_pressed_on_an_old_page_is_refused(draft, clerk):
    people(1)
    made = draft()
    mailing.revise(made, by=clerk, revision=made.revision, sms="고친 글")
    with pytest.raises(Refused, match="다른 분이"):
        mailing.gather(made, by=clerk, revision=made.revision)
    with pytest.raises(Refused, match="다른 분이"):
        mailing.revise(made, by=clerk, revision=made.revision, sms="또 고친 글")
    made.refresh_from_db()
    assert made.sms == "고친 글"


def test_reopening_throws_the_list_away(ready, clerk):
    people(2)
    made = ready()
    mailing.reopen(made, by=clerk, revision=made.revision)
    made.refresh_from_db()
    assert (made.state, made.addressees.count(), made.cursor) == (State.DRAFT, 0, 0)


def test_nobody_in_the_list_is_said_and_nothing_begins(draft, clerk):
    made = draft()
    with pytest.raises(Refused, match="받는 사람이 없습니다"):
        mailing.gather(made, by=clerk, revision=made.revision)


# --- Words ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ({"sms": "", "email": ""}, "하나는 내용을"),
        ({"sms": "#{없는것}"}, "모르는 변수"),
        ({"sms": "가" * 1001}, "2,000바이트"),
        ({"sms": "#{이름}" + "가" * 985}, "긴 이름"),
        ({"sms": "웃음 😀"}, "보낼 수 없는 글자"),
        ({"sms": "", "email": "메일", "subject": ""}, "비워 둘 수 없습니다"),
    ],
)
def test_words_that_cannot_be_sent_are_refused_before_the_list(draft, clerk, text, sentence):
    people(1)
    made = draft(**text)
    with pytest.raises(Refused, match=sentence):
        mailing.gather(made, by=clerk, revision=made.revision)


def test_a_name_is_never_read_as_wording(sending, plain):
    people(1, name="#{전화}")
    sending()
    delivery.deliver_due()
    assert plain.said == ["# {전화}님 별 관찰 교실 준비물 안내"]


def test_the_trial_goes_to_oneself_once_for_the_same_words(draft, clerk):
    made = draft(email="#{이름}님 메일")
    mailing.trial(made, by=clerk)
    mailing.trial(made, by=clerk)
    [notice] = Notice.objects.all()
    assert (notice.address, notice.body, notice.subject) == ("clerk@example.com", "정담당님 메일", "[시험] 준비물")
    assert not Addressee.objects.exists()


def test_an_advertisement_says_so_and_goes_only_to_those_who_agreed(ready, settings, draft, clerk):
    people(2)
    people(1, name="동의한사람")
    made = draft(promotional=True)
    with pytest.raises(Refused, match="AD_OPT_OUT"):
        mailing.gather(made, by=clerk, revision=made.revision)
    settings.AD_OPT_OUT = "080-000-0000"
    made = ready(promotional=True, email="메일")
    assert set(made.addressees.values_list("name", flat=True)) == {"동의한사람"}
    text, mail = made.addressees.get(channel=SMS), made.addressees.get(channel=EMAIL)
    assert text.spoken_body().startswith(f"(광고)[{settings.SITE_NAME}]")
    assert text.spoken_body().endswith("무료수신거부 080-000-0000")
    assert text.size == len(text.spoken_body().encode("cp949"))  # the law's words cost, too
    assert mail.subject.startswith("(광고) ")
    assert "무료수신거부" in mail.spoken_body()


def test_a_message_about_ones_own_programme_is_no_advertisement(ready):
    people(1)
    assert "광고" not in ready().addressees.get().spoken_body()


# --- At volume -----------------------------------------------------------------------------------
def test_polling_looks_at_the_index_of_what_is_due_alone(sending, plain):
    people(300)
    made = sending()
    made.addressees.update(state=Row.SENT)
    people(5)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notices_addressee")
        cursor.execute("SET LOCAL enable_seqscan = off")
        sql, params = Addressee.objects.due(timezone.now())[:20].query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        assert "addressee_due" in "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize("size", [10, 400])
def test_figures_and_claims_cost_the_same_for_many(sending, plain, size, django_assert_max_num_queries):
    people(size)
    made = sending()
    with django_assert_max_num_queries(3):
        mailing.figures(made)
    with django_assert_max_num_queries(8):
        delivery.claim_of_mailings()


# --- Time ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("now", "over"), [("2027-11-24 12:00:00+09:00", 0), ("2027-11-24 12:00:01+09:00", 1)])
def test_the_list_goes_after_a_year_unless_it_is_still_going_out(sending, plain, noon, now, over):
    people(1)
    made = sending()
    noon.move_to(now)
    assert not retention.kind("notices.addressee").due(timezone.now()).exists()
    Mailing.objects.filter(pk=made.pk).update(state=State.DONE)
    assert retention.kind("notices.addressee").due(timezone.now()).count() == over


# --- Two at one instant --------------------------------------------------------------------------
def _at_once(act, count: int = 2) -> list[str]:
    barrier, said = threading.Barrier(count), []

    def run() -> None:
        try:
            barrier.wait()
            act()
            said.append("done")
        except Refused as refused:
            said.append(str(refused))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


@pytest.mark.django_db(transaction=True)
def test_two_clerks_press_send_and_it_is_sent_once(ready, clerk, plain):
    people(4)
    made = ready()
    said = _at_once(lambda: mailing.send(made, by=clerk, revision=made.revision), 4)
    assert Counter(said) == {"done": 1, mailing.TAKEN: 3}
    assert made.trail().filter(to_state="sending").count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_look_under_the_lock_the_second_clerk_gets_an_error_instead_of_a_sentence(
    ready, clerk, plain, monkeypatch
):
    """The control: the arrow of the mailing alone still keeps it from being sent twice, but not politely."""
    people(1)
    made = ready()
    monkeypatch.setattr(mailing, "_held", lambda one, states, revision: Mailing.objects.get(pk=one.pk))
    said = []

    def press() -> None:
        try:
            mailing.send(made, by=clerk, revision=made.revision)
        except (StaleState, IllegalMove) as error:
            said.append(type(error).__name__)

    _at_once(press)
    assert len(said) == 1


def test_a_row_in_two_hands_is_said_once(sending, plain):
    people(1)
    sending()
    [row] = delivery.claim_of_mailings()
    twin = Addressee.objects.select_related("mailing").get(pk=row.pk)
    assert delivery.hand_over(row, plain)
    assert not delivery.hand_over(twin, plain)
    assert len(plain.said) == 1


def test_without_the_old_state_in_the_update_it_would_be_said_twice(sending, plain, monkeypatch):
    """The control of the test above."""
    people(1)
    sending()
    [row] = delivery.claim_of_mailings()
    twin = Addressee.objects.select_related("mailing").get(pk=row.pk)

    def move(self: Addressee, to: str, *, by: object, reason: str = "", **fields: object) -> None:
        Addressee.objects.filter(pk=self.pk).update(state=to, **fields)
        self.state = to

    monkeypatch.setattr(Addressee, "move", move)
    delivery.hand_over(row, plain)
    delivery.hand_over(twin, plain)
    assert len(plain.said) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_everything_once(sending, plain):
    people(60)
    made = sending()
    _at_once(delivery.deliver_due)
    assert made.addressees.filter(state=Row.SENT).count() == 60
    assert len(plain.said) == 60


@pytest.mark.django_db(transaction=True)
def test_two_workers_gather_everybody_once(draft, clerk, monkeypatch):
    monkeypatch.setattr(mailing, "STEP", 10)
    people(45)
    made = draft()
    mailing.gather(made, by=clerk, revision=made.revision)
    _at_once(mailing.expand)
    mailing.expand()
    made.refresh_from_db()
    assert (made.state, made.addressees.count()) == (State.READY, 45)
