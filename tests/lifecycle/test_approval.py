"""A second person agrees to exactly what was asked; an edit voids both request and agreement."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import User
from lifecycle import approval
from lifecycle.models import Approval, Transition

State = Approval.State


@pytest.fixture
def done():
    """What was carried out."""
    return []


@pytest.fixture
def kind(monkeypatch, done):
    """A kind for these tests alone: to rename somebody."""
    monkeypatch.setattr(approval, "_kinds", {})
    return approval.register(
        approval.Kind(
            code="test.rename",
            label="이름 바꾸기",
            permission="lifecycle.approve_destructionplan",
            contents=lambda user: {"이름": user.name, "메일": user.email},
            carry_out=lambda user, given: done.append((user.pk, given.pk)),
        )
    )


@pytest.fixture
def subject(db):
    return User.objects.create_user("subject@example.com", name="나대상")


@pytest.fixture
def boss(head):
    wanted = ["approve_destructionplan", "view_approval"]
    head.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    return User.objects.get(pk=head.pk)


def asked(kind, subject, officer):
    return approval.ask(kind, subject, by=officer, reason="이름이 틀렸습니다.")


def test_what_was_agreed_to_is_carried_out_once_and_leaves_a_trail(kind, subject, officer, boss, done):
    one = asked(kind, subject, officer)
    approval.approve(one, by=boss, seen=one.digest, remark="좋습니다.")

    one.refresh_from_db()
    assert (one.state, one.decided_by, one.remark) == (State.APPROVED, boss, "좋습니다.")
    assert done == [(subject.pk, one.pk)]
    assert approval.standing(kind, subject) == one
    assert Transition.objects.of(one).count() == 1
    with pytest.raises(approval.NotApproved, match="이미 처리된"):
        approval.approve(one, by=boss, seen=one.digest)
    assert len(done) == 1


def test_whoever_asked_cannot_agree_nor_can_somebody_without_the_right(kind, subject, officer, boss, done):
    one = asked(kind, subject, boss)
    with pytest.raises(approval.NotApproved, match="스스로"):
        approval.approve(one, by=boss, seen=one.digest)
    with pytest.raises(approval.NotApproved, match="권한"):
        approval.approve(one, by=officer, seen=one.digest)
    assert done == []
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.filter(pk=one.pk).update(decided_by=boss)


def test_an_edit_voids_the_request_and_says_so(kind, subject, officer, boss, done):
    one = asked(kind, subject, officer)
    subject.name = "다른 이름"
    subject.save()
    with pytest.raises(approval.NotApproved, match="무효"):
        approval.approve(one, by=boss, seen=one.digest)
    one.refresh_from_db()
    assert one.state == State.VOID
    assert done == []
    again = asked(kind, subject, officer)  # a void one does not stand in the way
    assert again.digest != one.digest


def test_an_edit_afterwards_ends_what_the_agreement_stood_for(kind, subject, officer, boss):
    one = asked(kind, subject, officer)
    approval.approve(one, by=boss, seen=one.digest)
    subject.name = "다른 이름"
    subject.save()
    assert approval.standing(kind, subject) is None
    subject.name = "나대상"
    subject.save()
    assert approval.standing(kind, subject) == one  # the very contents that were agreed to


def test_nobody_agrees_to_what_they_did_not_see(kind, subject, officer, boss, done):
    one = asked(kind, subject, officer)
    with pytest.raises(approval.NotApproved, match="새로 고친"):
        approval.approve(one, by=boss, seen="0" * 64)
    one.refresh_from_db()
    assert one.state == State.PENDING
    assert done == []


def test_what_carrying_out_refuses_leaves_the_request_waiting(kind, subject, officer, boss, monkeypatch):
    def refuse(user, given):
        raise approval.Refused("지금은 안 됩니다.")

    one = asked(kind, subject, officer)
    object.__setattr__(kind, "carry_out", refuse)
    with pytest.raises(approval.Refused, match="지금은"):
        approval.approve(one, by=boss, seen=one.digest)
    one.refresh_from_db()
    assert one.state == State.PENDING


def test_a_second_request_a_missing_reason_and_somebody_elses_request(kind, subject, officer, boss):
    one = asked(kind, subject, officer)
    with pytest.raises(approval.NotApproved, match="이미 결재를"):
        asked(kind, subject, boss)
    with pytest.raises(approval.NotApproved, match="사유"):
        approval.ask(kind, boss, by=officer, reason="  ")
    with pytest.raises(approval.NotApproved, match="반려하는 사유"):
        approval.reject(one, by=boss, reason="")
    with pytest.raises(approval.NotApproved, match="회수"):
        approval.withdraw(one, by=boss)
    approval.withdraw(one, by=officer)
    assert one.state == State.PENDING  # this copy is old
    one.refresh_from_db()
    assert one.state == State.WITHDRAWN


def test_the_digest_does_not_depend_on_the_order_of_the_contents():
    assert approval.digest({"가": 1, "나": 2}) == approval.digest({"나": 2, "가": 1})
    assert approval.digest({"가": 1}) != approval.digest({"가": "1"})


@pytest.mark.django_db(transaction=True)
def test_two_who_decide_at_once_carry_it_out_once(kind, subject, officer, boss, done, at_once):
    one = asked(kind, subject, officer)
    ends = at_once(
        lambda: approval.approve(one, by=boss, seen=one.digest), lambda: approval.approve(one, by=boss, seen=one.digest)
    )
    assert [type(end) for end in ends].count(approval.NotApproved) == 1
    assert len(done) == 1


def test_the_page_shows_contents_and_buttons_to_whom_they_belong(client, log_in, kind, subject, officer, boss, done):
    one = asked(kind, subject, officer)
    url = reverse("admin:lifecycle_approval_change", args=[one.pk])
    officer.user_permissions.set(Permission.objects.filter(codename="view_approval"))
    stranger = User.objects.create_user("third@example.com", name="최남남", is_staff=True)
    stranger.user_permissions.set(Permission.objects.filter(codename="view_approval"))

    log_in(officer)
    assert "결재 회수" in (page := client.get(url).content.decode())
    assert 'value="승인"' not in page
    log_in(stranger)
    assert client.get(url).status_code == 302  # nothing to see for somebody who neither asked nor decides
    assert client.post(reverse("admin:lifecycle_approval_approve", args=[one.pk])).status_code == 404

    log_in(boss)
    page = client.get(url).content.decode()
    assert "나대상" in page
    assert 'value="승인"' in page
    client.post(reverse("admin:lifecycle_approval_reject", args=[one.pk]), {"remark": ""})
    assert Approval.objects.get(pk=one.pk).state == State.PENDING
    client.post(reverse("admin:lifecycle_approval_approve", args=[one.pk]), {"digest": one.digest})
    assert Approval.objects.get(pk=one.pk).state == State.APPROVED
    assert len(done) == 1
