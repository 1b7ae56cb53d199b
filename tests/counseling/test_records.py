"""The record of a counselling: written by its counsellor, sealed, shared on purpose, opened by few and never unseen."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import disclosure
from accounts.models import Student, User
from counseling import booking as bookings
from counseling import records, sheets
from counseling.models import Booking, BreakGlass, GuardianAccess, Proposal, Record, RecordVersion
from counseling.records import Conflict, Entry, NotYours
from lifecycle import locks, retention
from lifecycle.append_only import expiring
from lifecycle.locks import Refused
from lifecycle.sealed import Unreadable
from lifecycle.sealed.rotation import resealing
from notices.models import Notice
from tests.counseling.conftest import ITEMS, MEMO, SUMMARY, grant

pytestmark = pytest.mark.django_db

State = Booking.State


def seen_by(user) -> list[Record]:
    return list(Record.objects.shared_with(user))


def share(record, me, **options):
    return records.share(record, version=record.version, by=me, **options)


# --- At rest -----------------------------------------------------------------------------------


def test_nothing_that_was_said_can_be_read_in_the_database(record):
    with connection.cursor() as cursor:
        cursor.execute("SELECT memo, shared FROM counseling_recordversion")
        memo, shared = (bytes(value) for value in cursor.fetchone())
        cursor.execute("SELECT to_jsonb(r)::text FROM counseling_record r")
        row = cursor.fetchone()[0]
    for text in (MEMO, SUMMARY, *ITEMS, "잠을"):
        assert text.encode() not in memo + shared
        assert text not in row
    assert memo.startswith(b"sealed1:")
    assert record.current().memo == MEMO
    assert record.current().summary == SUMMARY


def test_a_memo_moved_to_another_version_does_not_open(record, done, me, entry):
    records.write(done, Entry("다른 메모", SUMMARY), based_on=1, by=me)
    with resealing(), connection.cursor() as cursor:  # the one door that is open to a sealed column
        cursor.execute("SELECT memo FROM counseling_recordversion WHERE number = 1")
        first = cursor.fetchone()[0]
        cursor.execute("UPDATE counseling_recordversion SET memo = %s WHERE number = 2", [first])

    with pytest.raises(Unreadable):
        _ = RecordVersion.objects.get(number=2).memo


# --- Writing -----------------------------------------------------------------------------------


def test_every_saving_is_a_version_and_none_is_ever_changed(record, done, me, entry):
    again = records.write(done, Entry(MEMO + " 고침", SUMMARY, ITEMS), based_on=1, by=me)

    assert again == record
    assert [version.number for version in record.versions.all()] == [2, 1]
    assert [version.memo for version in record.versions.all()] == [MEMO + " 고침", MEMO]
    with pytest.raises(DatabaseError), transaction.atomic():
        version = record.versions.first()
        version.memo = "다른 말"
        version.save()


def test_saving_the_same_twice_is_one_version(record, done, me, entry):
    assert records.write(done, entry, based_on=0, by=me) == record
    assert record.versions.count() == 1


def test_two_tabs_meet_and_both_texts_are_there(record, done, me, entry):
    records.write(done, Entry("첫째 창", SUMMARY), based_on=1, by=me)

    with pytest.raises(Conflict) as conflict:
        records.write(done, Entry("둘째 창", SUMMARY), based_on=1, by=me)

    assert conflict.value.current.memo == "첫째 창"
    assert record.versions.count() == 2
    merged = records.write(done, Entry("첫째 창 둘째 창", SUMMARY), based_on=2, by=me)
    assert merged.version == 3


@pytest.mark.parametrize("who", ["colleague", "chief", "parent"])
def test_only_the_counsellor_of_the_booking_writes(request, done, entry, me, who):
    with pytest.raises(NotYours):
        records.write(done, entry, based_on=0, by=request.getfixturevalue(who))
    assert not Record.objects.exists()


def test_there_is_no_record_before_the_counselling_begins(slot, student, topic, parent, me, entry, monday_morning):
    booking = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    monday_morning.move_to("2026-11-25 13:59:59+09:00")
    with pytest.raises(Refused, match="시작된 뒤"):
        records.write(booking, entry, based_on=0, by=me)

    monday_morning.move_to("2026-11-25 14:00+09:00")
    assert records.write(booking, entry, based_on=0, by=me).version == 1


def test_an_empty_record_is_refused(done, me):
    with pytest.raises(Refused, match="아무것도"):
        records.write(done, Entry(), based_on=0, by=me)


def test_what_is_to_be_written_waits_for_its_counsellor_and_for_supervisors(done, me, colleague, chief, entry):
    assert list(records.unwritten(me)) == [done]
    assert list(records.unwritten(colleague)) == []
    assert list(records.unwritten(chief)) == [done]
    records.write(done, entry, based_on=0, by=me)
    assert list(records.unwritten(me)) == []


# --- Who opens it ------------------------------------------------------------------------------


def test_the_counsellor_and_supervisors_open_it_and_nobody_else(record, me, chief, colleague, parent, db):
    auditor = grant(User.objects.create_user("auditor@example.com", name="감사", is_staff=True), "감사(열람)")
    officer = grant(User.objects.create_user("officer@example.com", name="개인", is_staff=True), "개인정보 담당")

    may = {user: list(Record.objects.readable_by(user)) for user in (me, chief, colleague, auditor, officer, parent)}

    assert may == {me: [record], chief: [record], colleague: [], auditor: [], officer: [], parent: []}


def test_breaking_the_glass_opens_it_for_a_while_and_tells_those_who_watch(
    record, me, colleague, monday_morning, settings, django_user_model
):
    for role in ("개인정보 담당", "팀장(승인)"):
        watcher = User.objects.create_user(f"{len(role)}@example.com", name=role, is_staff=True)
        watcher.groups.add(Group.objects.get_or_create(name=role)[0])

    records.break_glass(record, by=colleague, reason="보호자의 위기 신고가 들어와 확인함")

    told = Notice.objects.filter(kind="counseling.glass_broken")
    assert {notice.recipient.name for notice in told} == {"개인정보 담당", "팀장(승인)", me.name}
    assert all(MEMO not in notice.body and "위기 신고" in notice.body for notice in told)
    assert list(Record.objects.readable_by(colleague)) == [record]
    monday_morning.shift(timedelta(minutes=settings.RECORD_BREAK_GLASS_MINUTES, seconds=-1))
    assert list(Record.objects.readable_by(colleague)) == [record]
    monday_morning.shift(timedelta(seconds=1))
    assert list(Record.objects.readable_by(colleague)) == []


def test_a_superuser_breaks_the_glass_like_anybody_else_unless_a_supervisor_too(record, done, db):
    root = User.objects.create_superuser("root@example.com", name="서버관리")

    assert not records.reads(root, done)
    assert list(Record.objects.readable_by(root)) == []
    assert list(records.unwritten(root)) == []
    with pytest.raises(NotYours):
        records.unshare(record, by=root, reason="잘못 공유함")
    records.break_glass(record, by=root, reason="보호자의 위기 신고가 들어와 확인함")
    assert list(Record.objects.readable_by(root)) == [record]

    head = grant(User.objects.create_superuser("head@example.com", name="팀장"), "팀장(승인)")
    assert records.reads(head, done)
    assert list(Record.objects.readable_by(head)) == [record]


def test_the_glass_is_broken_with_a_reason_only_and_stays_on_record(record, colleague):
    with pytest.raises(Refused, match="10자"):
        records.break_glass(record, by=colleague, reason="급함")
    assert not Notice.objects.filter(kind="counseling.glass_broken").exists()
    records.break_glass(record, by=colleague, reason="보호자의 위기 신고가 들어와 확인함")
    with pytest.raises(DatabaseError), transaction.atomic():
        BreakGlass.objects.update(reason="아무 일도 아님")
    with pytest.raises(DatabaseError), transaction.atomic():
        BreakGlass.objects.all().delete()


def test_whoever_may_read_breaks_no_glass_and_who_may_not_break_it_cannot(record, me, chief, parent):
    auditor = grant(User.objects.create_user("auditor@example.com", name="감사", is_staff=True), "감사(열람)")
    for user in (me, chief, parent, auditor):
        with pytest.raises(NotYours):
            records.break_glass(record, by=user, reason="보호자의 위기 신고가 들어와 확인함")


# --- Sharing -----------------------------------------------------------------------------------


def test_nothing_is_seen_before_it_is_shared_and_the_memo_never(record, me, login):
    assert seen_by(login) == []
    login.phone, login.phone_verified_at = "01000000009", timezone.now()
    login.save()
    share(record, me)
    assert seen_by(login) == [record]
    told = Notice.objects.filter(kind="counseling.record_shared")
    assert {notice.recipient for notice in told} == {login}
    assert [notice.size <= 90 for notice in told if notice.channel == "sms"] == [True]
    assert not any(text in notice.body for notice in told for text in (MEMO, SUMMARY, *ITEMS))
    assert MEMO not in str(sheets.figures(record, record.current()))


def test_what_is_changed_later_is_seen_when_it_is_shared_again(record, done, me, login):
    share(record, me)
    record = records.write(done, Entry(MEMO, "고친 요약", ITEMS), based_on=1, by=me)
    record.refresh_from_db()

    assert record.has_unshared_changes
    assert record.shown().summary == SUMMARY
    record = share(record, me)
    assert record.shown().summary == "고친 요약"
    assert [step.reason for step in record.trail()] == ["1판 공유", "새로 공유하려고 거둠", "2판 공유"]


def test_taking_back_leaves_the_trail_and_ends_the_view(record, me, chief, login):
    share(record, me)
    records.unshare(record, by=chief, reason="다른 학생의 이름이 들어감")

    assert seen_by(login) == []
    assert [(step.to_state, step.by) for step in record.trail()] == [("shared", me), ("private", chief)]
    share(Record.objects.get(), me)
    assert seen_by(login) == [record]
    assert Notice.objects.filter(kind="counseling.record_shared").count() == 2


def test_sharing_is_refused_where_it_would_surprise(record, done, me, chief, colleague):
    with pytest.raises(NotYours):
        records.share(record, version=1, by=chief)
    records.write(done, Entry(MEMO, "고친 요약"), based_on=1, by=me)
    with pytest.raises(Refused, match="바뀌었습니다"):
        records.share(record, version=1, by=me)  # looked through an older text
    records.write(done, Entry(MEMO), based_on=2, by=me)
    with pytest.raises(Refused, match="나눌 내용"):
        records.share(record, version=3, by=me)
    bookings.mark(done, State.NO_SHOW, by=me)
    with pytest.raises(Refused, match="완료"):
        records.share(record, version=3, by=me)


# --- Guardians ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("birth", "sees"),
    [
        (date(2012, 11, 26), True),  # 14 tomorrow
        (date(2012, 11, 25), False),  # 14 today
        (date(2014, 5, 5), True),
        (date(2009, 5, 5), False),
    ],
)
def test_guardians_of_children_under_14_see_it_to_the_day(record, me, parent, student, birth, sees):
    Student.objects.filter(pk=student.pk).update(birth_date=birth)
    share(record, me)

    assert bool(seen_by(parent)) is sees


def test_turning_14_at_midnight_in_seoul_ends_the_guardians_view(record, me, parent, student, monday_morning):
    Student.objects.filter(pk=student.pk).update(birth_date=date(2012, 11, 26))
    share(record, me)
    monday_morning.move_to("2026-11-25 23:59:59+09:00")
    assert seen_by(parent) == [record]
    monday_morning.move_to("2026-11-26 00:00+09:00")
    assert seen_by(parent) == []


def test_a_student_with_a_login_decides_and_may_change_their_mind(record, me, parent, student, login):
    share(record, me, guardians_allowed=True)  # asked in person counts for students without a login only
    assert seen_by(parent) == []

    records.allow_guardians(student, True, by=login)
    assert seen_by(parent) == [record]
    records.allow_guardians(student, False, by=login)
    assert seen_by(parent) == []
    assert GuardianAccess.objects.count() == 2
    with pytest.raises(NotYours):
        records.allow_guardians(student, True, by=parent)


def test_a_student_without_a_login_is_asked_in_person(record, me, parent, student):
    assert records.audience(record).ask_student
    share(record, me)
    assert seen_by(parent) == []
    assert not Notice.objects.filter(kind="counseling.record_shared").exists()

    share(record, me, guardians_allowed=True)
    assert seen_by(parent) == [record]
    assert {n.recipient for n in Notice.objects.filter(kind="counseling.record_shared")} == {parent}
    assert "보호자 열람을 허락" in record.trail().last().reason


def test_strangers_former_guardians_and_staff_as_such_see_nothing(record, me, parent, make_parent, student, chief):
    share(record, me, guardians_allowed=True)
    assert seen_by(parent) == [record]
    assert seen_by(make_parent("남")) == []
    assert seen_by(chief) == []
    student.guardianships.update(ended_at=timezone.now())
    assert seen_by(parent) == []


# --- What follows ------------------------------------------------------------------------------


def test_a_proposal_is_a_next_step_until_the_family_books_it(
    record, me, login, parent, topic, make_slot, student, done, monday_morning
):
    assert list(Proposal.objects.open_for(login)) == []  # not shared yet
    share(record, me)
    proposal = Proposal.objects.open_for(login).get()
    assert (proposal.on, proposal.topic, proposal.booked) == (date(2026, 12, 9), topic, False)
    assert list(Proposal.objects.open_for(parent)) == []  # may not see the record

    monday_morning.shift(timedelta(minutes=1))
    later = make_slot("2026-12-09 14:00")
    bookings.book(later.pk, student=student, topic=topic, mode="visit", by=parent)

    assert list(Proposal.objects.open_for(login)) == []
    assert Proposal.objects.with_booked().get().booked


def test_a_changed_proposal_is_seen_once_it_was_shared(record, done, me, login, topic):
    share(record, me)
    records.write(done, Entry(MEMO, SUMMARY, ITEMS, topic, date(2026, 12, 16)), based_on=1, by=me)
    assert list(Proposal.objects.open_for(login)) == []
    share(Record.objects.get(), me)
    assert Proposal.objects.open_for(login).get().on == date(2026, 12, 16)
    records.write(done, Entry(MEMO, SUMMARY), based_on=2, by=me)
    assert not Proposal.objects.exists()


def test_ticks_stay_while_the_words_stay(record, done, me, login):
    record = share(record, me)
    first, second = record.shown().items
    for item in (first, second, second):
        records.tick(record, item["key"], done=True, by=login)
    assert record.ticks.count() == 2
    records.tick(record, first["key"], done=False, by=login)

    records.write(done, Entry(MEMO, SUMMARY, (ITEMS[1], "새 할 일")), based_on=1, by=me)
    record = share(Record.objects.get(), me)

    assert record.shown().items[0] == second
    assert [tick.item for tick in record.ticks.all()] == [second["key"]]
    with pytest.raises(Refused, match="바꾸었습니다"):
        records.tick(record, first["key"], done=True, by=login)


# --- The end -----------------------------------------------------------------------------------


def test_it_is_destroyed_three_years_after_with_its_versions_and_its_sheet(record, me, login, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    kind = retention.kind("counseling.record")
    share(record, me)
    end = record.booking.ends_at
    assert kind.period.after(end) == date(2029, 11, 26)

    assert list(kind.due(end.replace(year=2029))) == []
    over = end.replace(year=2029) + timedelta(seconds=1)
    assert list(kind.due(over)) == [record]
    booking_kind = retention.kind("counseling.booking")
    assert list(booking_kind.due(over)) == []  # the booking waits for its record
    with expiring():
        assert kind.destroy(kind.due(over)) == 1
    assert not RecordVersion.objects.exists()
    assert list(booking_kind.due(over)) == [record.booking]  # and counts in the figures until then


def test_the_copy_of_ones_own_data_has_what_was_shared_and_no_memo(record, me, login):
    share(record, me)
    told = disclosure.disclose(login)["공유된 상담 결과"]

    assert told[0]["요약"] == SUMMARY
    assert MEMO not in str(told)


# --- At one instant ----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_of_many_tabs_that_save_at_once_one_wins_and_the_rest_are_told(self, done, me, at_once):
        first = records.write(done, Entry("처음"), based_on=0, by=me)
        results = at_once(*[lambda n=n: records.write(done, Entry(f"창 {n}"), based_on=1, by=me) for n in range(6)])

        assert sum(isinstance(result, Record) for result in results) == 1
        assert sum(isinstance(result, Conflict) for result in results) == 5
        assert Record.objects.get(pk=first.pk).version == 2

    def test_of_many_tabs_that_begin_a_record_one_begins_it(self, done, me, at_once):
        results = at_once(*[lambda n=n: records.write(done, Entry(f"창 {n}"), based_on=0, by=me) for n in range(6)])

        assert sum(isinstance(result, Record) for result in results) == 1
        assert sum(isinstance(result, Conflict) for result in results) == 5
        assert RecordVersion.objects.count() == 1

    def test_control_without_the_lock_a_text_is_lost_or_the_save_breaks(self, done, me, at_once, monkeypatch):
        """The constraint still stands behind it, so the loser is told to try again and not what stands there now."""
        records.write(done, Entry("처음"), based_on=0, by=me)
        monkeypatch.setattr(
            records,
            "lock",
            lambda queryset, pk: queryset.get(pk=pk) if queryset.model is Booking else locks.lock(queryset, pk),
        )
        meeting, original = threading.Barrier(2, timeout=3), Entry.shared

        def wait(entry, before):
            meeting.wait()  # both have read the same version
            return original(entry, before)

        monkeypatch.setattr(Entry, "shared", wait)
        results = at_once(*[lambda n=n: records.write(done, Entry(f"창 {n}"), based_on=1, by=me) for n in range(2)])

        assert sum(isinstance(result, Record) for result in results) == 1
        assert [type(result) for result in results if not isinstance(result, Record)] == [Refused]
