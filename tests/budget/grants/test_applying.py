"""A school writes, sends, mends and withdraws an application; files lie sealed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Affiliation
from budget.grants import applying, filing
from budget.grants.applying import Cost, Incomplete, NotNow
from budget.models import GrantApplication, GrantFile
from lifecycle.locks import Refused
from notices.models import Notice
from tests.budget.grants.granting import draft, pdf

pytestmark = pytest.mark.django_db
State = GrantApplication.State


@pytest.fixture
def begun(call, make_school):
    school, user = make_school()
    return applying.start(call, school, by=user)


def test_an_application_gets_a_number_and_the_school_is_told(sent):
    first, second = sent(), sent("온누리중학교")
    assert (first.number, second.number) == (1, 2)
    assert first.state == State.SUBMITTED
    said = Notice.objects.filter(kind="budget.grant_news", recipient=first.written_by)
    assert "신청을 받았습니다" in said.get().body


def test_what_is_missing_is_said_all_at_once_and_the_draft_is_untouched(begun):
    with pytest.raises(Incomplete) as refused:
        applying.submit(begun, draft(begun, title="", answers={}, costs=()), by=begun.written_by)
    assert len(refused.value.missing) == 4  # title, costs, answer, paper
    begun.refresh_from_db()
    assert (begun.state, begun.revision) == (State.DRAFT, 0)


def test_more_than_the_ceiling_is_refused_and_the_ceiling_itself_is_not(begun):
    filing.receive(begun, paper=begun.call.papers.get(), name="a.pdf", data=pdf(), by=begun.written_by)
    with pytest.raises(Incomplete, match="한도"):
        applying.submit(begun, draft(begun, 2_000_001), by=begun.written_by)
    assert applying.submit(begun, draft(begun, 2_000_000), by=begun.written_by).asked_won == 2_000_000


@pytest.mark.parametrize(("seconds", "sent_in"), [(-1, True), (0, False)])
def test_the_deadline_itself_is_too_late(begun, seconds, sent_in):
    filing.receive(begun, paper=begun.call.papers.get(), name="a.pdf", data=pdf(), by=begun.written_by)
    with time_machine.travel(begun.call.closes_at + timedelta(seconds=seconds), tick=False):
        if sent_in:
            assert applying.submit(begun, draft(begun), by=begun.written_by).state == State.SUBMITTED
        else:
            with pytest.raises(NotNow, match="마감"):
                applying.submit(begun, draft(begun), by=begun.written_by)


def test_before_the_opening_and_for_another_school_nothing_begins(call, make_school):
    school, user = make_school()
    other, _theirs = make_school("온누리중학교")
    with pytest.raises(NotNow, match="담당자"):
        applying.start(call, other, by=user)
    with (
        time_machine.travel(call.opens_at - timedelta(seconds=1), tick=False),
        pytest.raises(NotNow, match="접수 기간"),
    ):
        applying.start(call, school, by=user)
    with time_machine.travel(call.opens_at, tick=False):
        assert applying.start(call, school, by=user).state == State.DRAFT


def test_a_teacher_who_is_not_in_charge_of_money_sees_nothing(begun, make_school):
    _school, user = make_school("온누리중학교")
    Affiliation.objects.create(
        user=user, role=Affiliation.Role.TEACHER, school=begun.school, confirmed_at=timezone.now()
    )
    assert not GrantApplication.objects.visible_to(user).exists()
    assert GrantApplication.objects.visible_to(begun.written_by).get() == begun


def test_two_colleagues_do_not_overwrite_each_other(begun):
    first = second = draft(begun)
    applying.save(begun, first, by=begun.written_by)
    with pytest.raises(NotNow, match="먼저 저장"):
        applying.save(begun, second, by=begun.written_by)


def test_only_what_the_call_allows_is_kept(begun, make_line):
    other = make_line(account="405-01").account
    with pytest.raises(NotNow, match="쓸 수 없는"):
        applying.save(begun, draft(begun, costs=(Cost(other, 1, "컴퓨터"),)), by=begun.written_by)


def test_a_correction_has_a_deadline_of_its_own(sent):
    found = sent()
    until = found.call.closes_at + timedelta(days=3)
    with time_machine.travel(found.call.closes_at + timedelta(days=1), tick=False):
        found = applying.ask_correction(found, what="산출 근거를 나누어 적어 주세요.", until=until, by=found.written_by)
        with pytest.raises(NotNow, match="뒤로"):
            applying.ask_correction(found, what="더", until=timezone.now(), by=found.written_by)
        assert Notice.objects.filter(body__contains="보완이 필요합니다").exists()
    with time_machine.travel(until, tick=False), pytest.raises(NotNow, match="보완 기한"):
        applying.submit(found, draft(found), by=found.written_by)
    with time_machine.travel(until - timedelta(seconds=1), tick=False):
        again = applying.submit(found, draft(found), by=found.written_by)
    assert (again.state, again.number) == (State.SUBMITTED, found.number)


def test_a_withdrawn_application_makes_room_for_another(sent, call):
    found = sent()
    applying.withdraw(found, by=found.written_by)
    assert applying.withdraw(found, by=found.written_by).state == State.WITHDRAWN  # twice is once
    anew = applying.start(call, found.school, by=found.written_by)
    assert anew.pk != found.pk
    with pytest.raises(IntegrityError, match="grantapplication_one_per_school"), transaction.atomic():
        GrantApplication.objects.create(call=call, school=found.school, written_by=found.written_by)


def test_files_lie_sealed_and_go_with_their_row(begun, tmp_path, django_capture_on_commit_callbacks):
    paper = begun.call.papers.get()
    row = filing.receive(begun, paper=paper, name="계획서.pdf", data=pdf(), by=begun.written_by)
    (lying,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not lying.read_bytes().startswith(b"%PDF")
    assert row.file.clear().startswith(b"%PDF")
    with pytest.raises(NotNow, match="정산 증빙"):
        filing.receive(begun, paper=None, name="영수증.pdf", data=pdf(), by=begun.written_by)
    with pytest.raises(Refused):
        filing.receive(begun, paper=paper, name="a.exe", data=b"MZ", by=begun.written_by)
    with django_capture_on_commit_callbacks(execute=True):
        filing.discard(row)
    assert not GrantFile.objects.exists()
    assert not lying.exists()
