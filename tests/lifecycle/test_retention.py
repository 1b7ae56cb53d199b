from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from lifecycle import checks, destruction, retention
from lifecycle import ledger as destruction_ledger
from lifecycle.destruction import NotDestroyed
from lifecycle.models import AccessLog, DestructionPlan, DestructionRecord
from lifecycle.retention import Kind, Period
from lifecycle.tasks import retain

pytestmark = pytest.mark.django_db

State = DestructionPlan.State
NOW = datetime.fromisoformat("2026-11-23T09:00+09:00")


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def access_log(db):
    return retention.kind("lifecycle.access")


@pytest.fixture
def guests(monkeypatch):
    """An automatic kind: users who were never verified, five days after they came."""
    kind = Kind(
        code="tests.guests",
        label="확인되지 않은 신청",
        basis="표준 개인정보 보호지침 제13조",
        period=Period(days=5),
        expired=lambda before: User.objects.filter(phone_verified_at=None, is_staff=False, date_joined__lt=before),
        born="date_joined",
        automatic=True,
    )
    monkeypatch.setitem(retention._kinds, kind.code, kind)
    return kind


def looked_at(by, when):
    return AccessLog.objects.create(by=by, act=AccessLog.Act.VIEW, what="학생 1", at=when)


def guest(name, joined):
    return User.objects.create_user(f"{name}@example.com", name=name, date_joined=joined)


# --- Periods ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("period", "now", "before"),
    [
        (Period(years=2), "2026-11-23T09:00+09:00", "2024-11-23T09:00+09:00"),
        (Period(days=5), "2026-11-23T09:00+09:00", "2026-11-18T09:00+09:00"),
        (Period(years=1), "2028-02-29T00:00+09:00", "2027-02-28T00:00+09:00"),
        (Period(years=4), "2028-02-29T00:00+09:00", "2024-02-29T00:00+09:00"),
        (Period(years=1), "2026-12-31T16:00+00:00", "2026-01-01T01:00+09:00"),  # already January in Korea
    ],
)
def test_a_period_counts_back_on_the_korean_calendar(period, now, before):
    assert period.before(datetime.fromisoformat(now)) == datetime.fromisoformat(before)


@pytest.mark.parametrize(("written", "period"), [("2y", Period(years=2)), ("5d", Period(days=5))])
def test_a_period_is_written_in_years_or_days(written, period):
    assert Period.parse(written) == period


@pytest.mark.parametrize("written", ["", "0d", "2", "2m", "-1y", "2y5d"])
def test_an_impossible_period_stops_the_start_up(written):
    with pytest.raises(ImproperlyConfigured):
        Period.parse(written)


def test_the_settings_change_a_period(settings, guests, monkeypatch):
    monkeypatch.delitem(retention._kinds, guests.code)
    settings.RETENTION = {"tests.guests": "3d"}
    assert retention.register(guests).period == Period(days=3)


def test_a_period_for_an_unknown_kind_is_an_error(settings):
    settings.RETENTION = {"tests.nobody": "3d"}
    assert [error.id for error in checks.retention_names_known_kinds(None)] == ["lifecycle.E001"]


@pytest.mark.parametrize("kind", retention.kinds(), ids=lambda kind: kind.code)
def test_every_kind_can_say_what_is_over_and_when_a_row_was_born(db, kind):
    due = kind.due(NOW)
    assert list(due.values_list("pk", kind.born)[:1]) == []
    assert kind.label
    assert kind.basis


# --- Plans -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("age", "over"), [(timedelta(0), False), (timedelta(microseconds=1), True)])
def test_a_row_is_kept_until_its_period_has_passed(access_log, officer, age, over):
    looked_at(officer, datetime.fromisoformat("2024-11-23T09:00+09:00") - age)
    assert access_log.due(NOW).exists() is over


def test_nothing_over_makes_no_plan(access_log, officer):
    looked_at(officer, NOW)
    assert destruction.draft(access_log, by=officer) is None


def test_a_plan_says_what_was_true_when_it_was_made(access_log, officer):
    old = looked_at(officer, NOW - timedelta(days=800))
    plan = destruction.draft(access_log, by=officer)

    assert (plan.rows, plan.count, plan.period, plan.state) == ([old.pk], 1, "2년", State.DRAFTED)
    assert "제8조" in plan.basis


def test_one_plan_per_kind_is_open_at_a_time(access_log, officer):
    looked_at(officer, NOW - timedelta(days=800))
    assert destruction.draft(access_log, by=officer)
    assert destruction.draft(access_log, by=officer) is None


def test_an_unapproved_plan_destroys_nothing(access_log, officer):
    looked_at(officer, NOW - timedelta(days=800))
    plan = destruction.draft(access_log, by=officer)

    with pytest.raises(NotDestroyed):
        destruction.carry_out(plan, by=officer)
    assert destruction.run() == ([], [])
    assert AccessLog.objects.count() == 1


def test_nobody_approves_what_they_asked_for(access_log, officer):
    looked_at(officer, NOW - timedelta(days=800))
    plan = destruction.draft(access_log, by=officer)

    with pytest.raises(NotDestroyed, match="다른 담당자"):
        destruction.approve(plan, by=officer, digest=plan.digest)
    with pytest.raises(IntegrityError), transaction.atomic():  # nor past the use case
        DestructionPlan.objects.filter(pk=plan.pk).update(approved_by=officer)


def test_one_approves_the_list_one_has_seen(access_log, officer, head):
    looked_at(officer, NOW - timedelta(days=800))
    plan = destruction.draft(access_log, by=officer)

    with pytest.raises(NotDestroyed, match="목록이 바뀌었습니다"):
        destruction.approve(plan, by=head, digest="0" * 64)


def test_an_approved_plan_destroys_its_rows_and_writes_the_register(access_log, officer, head):
    young, old = looked_at(officer, NOW), looked_at(officer, NOW - timedelta(days=800))
    plan = destruction.draft(access_log, by=officer)
    destruction.approve(plan, by=head, digest=plan.digest)

    (record,), failures = destruction.run()

    assert failures == []
    assert list(AccessLog.objects.all()) == [young]
    assert (record.count, record.requested_by, record.approved_by, record.plan) == (1, officer, head, plan)
    plan.refresh_from_db()
    assert (plan.state, plan.rows) == (State.DONE, [])
    assert [step.to_state for step in plan.trail()] == [State.APPROVED, State.DONE]
    assert list(destruction_ledger.read()["lifecycle.access"]) == [old.pk]


def test_a_row_added_to_the_list_after_approval_stops_the_plan(access_log, officer, head):
    young, _old = looked_at(officer, NOW), looked_at(officer, NOW - timedelta(days=800))
    plan = destruction.draft(access_log, by=officer)
    destruction.approve(plan, by=head, digest=plan.digest)
    DestructionPlan.objects.filter(pk=plan.pk).update(rows=[*plan.rows, young.pk])

    records, (failure,) = destruction.run()

    assert records == []
    assert "승인한 목록과 달라" in str(failure)
    assert AccessLog.objects.count() == 2


def test_the_register_counts_rows_and_not_what_goes_along(guests, officer):
    person = guest("가", NOW - timedelta(days=6))
    person.user_permissions.set(Permission.objects.all()[:3])

    (record,), _failures = destruction.run()

    assert record.count == 1


def test_a_row_that_is_needed_again_stays_and_the_register_says_so(guests, officer):
    gone, verified = guest("가", NOW - timedelta(days=6)), guest("나", NOW - timedelta(days=6))
    plan = destruction.draft(guests, by=None)
    User.objects.filter(pk=verified.pk).update(phone_verified_at=NOW)

    record = destruction.carry_out(plan, by=None)

    assert (record.count, record.remark) == (1, "1건은 보존할 까닭이 생겨 뺌")
    assert not User.objects.filter(pk=gone.pk).exists()
    assert User.objects.filter(pk=verified.pk).exists()


def test_a_rejected_plan_keeps_the_data_and_the_next_one_may_come(access_log, officer, head):
    looked_at(officer, NOW - timedelta(days=800))
    plan = destruction.draft(access_log, by=officer)
    destruction.reject(plan, by=head, reason="감사 중입니다")

    assert destruction.run() == ([], [])
    assert AccessLog.objects.count() == 1
    assert destruction.draft(access_log, by=officer)


def test_rows_that_others_still_need_stay_and_the_rest_of_the_run_goes_on(guests, access_log, officer, head):
    needed = guest("가", NOW - timedelta(days=6))
    looked_at(needed, NOW - timedelta(days=1))
    looked_at(officer, NOW - timedelta(days=800))
    plan = destruction.draft(access_log, by=officer)
    destruction.approve(plan, by=head, digest=plan.digest)

    (record,), (failure,) = destruction.run()

    assert record.kind == "lifecycle.access"
    assert "아직 다른 자료가 쓰고 있어" in str(failure)
    assert User.objects.filter(pk=needed.pk).exists()
    assert (
        destruction_ledger.read().get("tests.guests", {}) == {}
        or needed.pk in destruction_ledger.read()["tests.guests"]
    )


# --- What runs by itself ---------------------------------------------------------------------
@pytest.mark.parametrize(("age", "stays"), [(timedelta(days=5), True), (timedelta(days=5, seconds=1), False)])
def test_an_automatic_kind_goes_without_asking_but_not_without_the_register(guests, age, stays):
    person = guest("가", NOW - age)
    retain()

    assert User.objects.filter(pk=person.pk).exists() is stays
    assert DestructionRecord.objects.filter(kind=guests.code, approved_by=None, count=1).exists() is not stays


def test_the_daily_run_plans_what_waits_for_a_person(officer):
    looked_at(officer, NOW - timedelta(days=800))
    retain()
    retain()

    plan = DestructionPlan.objects.get()
    assert (plan.kind, plan.requested_by, plan.state) == ("lifecycle.access", None, State.DRAFTED)
    assert AccessLog.objects.count() == 1


def test_a_plan_is_one_bounded_transaction(guests, monkeypatch):
    monkeypatch.setattr(destruction, "ROWS_PER_PLAN", 2)
    for name in "가나다":
        guest(name, NOW - timedelta(days=6))

    destruction.run()
    assert User.objects.count() == 1
    destruction.run()
    assert User.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_destroy_once(guests, at_once):
    for name in "가나다":
        guest(name, NOW - timedelta(days=6))

    results = at_once(destruction.run, destruction.run)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert User.objects.count() == 0
    assert sum(DestructionRecord.objects.values_list("count", flat=True)) == 3


# --- After a restore -------------------------------------------------------------------------
def test_what_came_back_from_the_backup_goes_again(guests):
    person = guest("가", NOW - timedelta(days=6))
    destruction.run()
    User.objects.bulk_create(
        [User(pk=person.pk, email="back@example.com", name="가", date_joined=person.date_joined, phone_verified_at=NOW)]
    )  # verified, so that only the ledger knows

    (record,), failures = destruction.reapply()

    assert not User.objects.filter(pk=person.pk).exists()
    assert (record.count, record.remark, failures) == (1, "백업 복구 뒤 다시 파기", [])
    assert destruction.reapply() == ([], [])


def test_who_left_by_their_own_wish_does_not_come_back_from_the_backup(guests):
    person = guest("가", NOW)
    before = User.objects.get(pk=person.pk)
    destruction.on_request(guests.code, person)
    person.delete()
    before.save(force_insert=True)

    destruction.reapply()

    assert not User.objects.filter(pk=before.pk).exists()
    assert DestructionRecord.objects.filter(remark="본인 요청", count=1).exists()


def test_a_new_row_with_an_old_number_stays(guests):
    person = guest("가", NOW - timedelta(days=6))
    destruction.run()
    User.objects.bulk_create([User(pk=person.pk, email="new@example.com", name="나", date_joined=NOW)])

    assert destruction.reapply() == ([], [])
    assert User.objects.filter(pk=person.pk).exists()


@pytest.mark.parametrize(("days", "known"), [(90, True), (91, False)])
def test_the_ledger_forgets_what_no_backup_can_bring_back(guests, days, known):
    guest("가", NOW - timedelta(days=6))
    destruction.run()

    with time_machine.travel(NOW + timedelta(days=days), tick=False):
        destruction_ledger.forget_old(timezone.now())
    assert bool(destruction_ledger.read()) is known


def test_the_ledger_tells_nobodys_name(guests, ledger):
    guest("홍길동", NOW - timedelta(days=6))
    destruction.run()

    written = ledger.read_text(encoding="utf-8")
    assert "홍길동" not in written
    assert "@" not in written


def test_what_cannot_go_again_is_said_and_the_rest_goes_on(guests):
    gone = Kind(**{**vars(guests), "code": "tests.gone"})
    destruction_ledger.write(gone, [(1, NOW)], at=NOW)
    guest("가", NOW - timedelta(days=6))

    (record,), (failure,) = destruction.reapply()

    assert record.kind == guests.code
    assert "tests.gone" in str(failure)


# --- The command -----------------------------------------------------------------------------
def retain_command(*options):
    out = StringIO()
    call_command("retain", *options, stdout=out)
    return out.getvalue()


def test_a_dry_run_shows_and_changes_nothing(guests, officer):
    guest("가", NOW - timedelta(days=6))
    text = retain_command("--dry-run")

    assert "1건  확인되지 않은 신청 (5일, 자동)" in text
    assert "0건  개인정보 접속기록 (2년, 승인 뒤)" in text
    assert User.objects.filter(is_staff=False).exists()
    assert not DestructionPlan.objects.exists()


def test_the_command_plans_in_somebodys_name_and_runs(guests, officer):
    looked_at(officer, NOW - timedelta(days=800))
    guest("가", NOW - timedelta(days=6))

    assert "개인정보 접속기록 1건 (승인 대기)" in retain_command("--plan", "--by", "OFFICER@example.com")
    assert DestructionPlan.objects.get().requested_by == officer
    assert "확인되지 않은 신청 1건" in retain_command("--run")
    assert "다시 파기할 것이 없습니다" in retain_command("--reapply")


def test_the_command_refuses_a_stranger_and_says_why(db):
    with pytest.raises(CommandError, match="그런 직원이 없습니다"):
        retain_command("--plan", "--by", "nobody@example.com")
