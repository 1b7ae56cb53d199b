"""Staff paste a list, look at what would be sent, send it, send one anew, call one back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from lifecycle.models import AccessLog
from notices.models import Notice
from programs import invitations
from programs.invitations import Guest
from programs.models import Run, RunInvitation
from programs.roles import ROLE_PERMISSIONS
from tests.programs import people

pytestmark = pytest.mark.django_db

MOST_QUERIES = 15
State = RunInvitation.State
UNTIL = {"until_0": "2026-12-05", "until_1": "18:00"}


@pytest.fixture
def clerk(db):
    return people.staff()


@pytest.fixture
def desk(log_in, clerk):
    return log_in(clerk)


@pytest.fixture
def run(open_run, make_program) -> Run:
    return open_run(make_program("입학사정관 모임", audience=["teacher"]), admission="invitation", capacity=9)


@pytest.fixture
def sent(run, clerk) -> RunInvitation:
    return invitations.invite(
        run, [Guest("officer@example.com", "남이든")], by=clerk, until=timezone.now() + timedelta(days=7)
    )[0]


def url(name: str, pk: int) -> str:
    return reverse(f"admin:programs_{name}", args=[pk])


def words(response) -> str:
    return response.content.decode()


def seen(response) -> str:
    return re.search(r'name="seen" value="(\w+)"', words(response)).group(1)


def test_a_list_is_looked_at_and_then_sent(desk, run):
    page, listed = url("run_invite", run.pk), "남이든, 010-0000-1234\nryu@example.com"

    assert page in words(desk.get(url("run_change", run.pk)))
    shown = desk.post(page, {"people": listed, **UNTIL, "preview": "1"})
    assert "2명에게 보내기" in words(shown)
    assert not RunInvitation.objects.exists()
    desk.post(page, {"people": listed, **UNTIL, "send": "1", "seen": seen(shown)})

    assert set(RunInvitation.objects.values_list("contact", "name")) == {
        ("01000001234", "남이든"), ("ryu@example.com", ""),
    }  # fmt: skip
    assert Notice.objects.filter(kind="programs.invited").count() == 2
    assert AccessLog.objects.get(act=AccessLog.Act.CHANGE).people == 2


def test_a_line_that_makes_no_sense_is_named_and_nothing_is_sent(desk, run):
    listed = "남이든, 010-0000-1234\n아무개"
    shown = desk.post(url("run_invite", run.pk), {"people": listed, **UNTIL, "preview": "1"})

    assert "2번째 줄: 한 줄에 한 사람씩" in words(shown)
    assert "명에게 보내기" not in words(shown)
    assert "아무개" in words(shown)
    refused = desk.post(url("run_invite", run.pk), {"people": listed, **UNTIL, "send": "1", "seen": seen(shown)})
    assert "2번째 줄" in words(refused)
    assert not RunInvitation.objects.exists()


def test_a_list_that_changed_since_it_was_looked_at_is_shown_again(desk, run):
    page = url("run_invite", run.pk)
    shown = desk.post(page, {"people": "a@example.com", **UNTIL, "preview": "1"})

    again = desk.post(page, {"people": "a@example.com\nb@example.com", **UNTIL, "send": "1", "seen": seen(shown)})
    assert "미리 본 것과 달라졌습니다" in words(again)
    assert not RunInvitation.objects.exists()
    desk.post(page, {"people": "a@example.com\nb@example.com", **UNTIL, "send": "1", "seen": seen(again)})
    assert RunInvitation.objects.count() == 2


def test_sent_twice_by_two_clicks_it_is_sent_once(desk, run):
    page, listed = url("run_invite", run.pk), {"people": "a@example.com", **UNTIL}
    shown = desk.post(page, {**listed, "preview": "1"})

    for _click in range(2):
        desk.post(page, {**listed, "send": "1", "seen": seen(shown)})

    assert Notice.objects.filter(kind="programs.invited").count() == 1


def test_who_was_asked_already_is_named_and_left_out(desk, run, sent):
    shown = desk.post(url("run_invite", run.pk), {"people": "officer@example.com, 남이든", **UNTIL, "preview": "1"})

    assert "다시 보내지 않습니다: 남이든" in words(shown)
    assert "명에게 보내기" not in words(shown)


def test_a_deadline_past_the_run_is_refused_and_the_list_kept(desk, run):
    page, listed = url("run_invite", run.pk), {"people": "a@example.com", "until_0": "2026-12-12", "until_1": "12:01"}
    shown = desk.post(page, {**listed, "preview": "1"})

    refused = desk.post(page, {**listed, "send": "1", "seen": seen(shown)})
    assert "초대 기한은" in words(refused)
    assert "a@example.com" in words(refused)
    assert not RunInvitation.objects.exists()


def test_the_list_is_masked_and_opening_is_logged(desk, sent):
    listed = words(desk.get(reverse("admin:programs_runinvitation_changelist") + f"?run__id__exact={sent.run_id}"))
    assert "of****@example.com" in listed
    assert "officer@example.com" not in listed
    assert "남이든" not in listed
    assert not AccessLog.objects.exists()

    desk.get(url("runinvitation_change", sent.pk))
    assert AccessLog.objects.get().act == AccessLog.Act.VIEW


def test_one_is_sent_anew_and_called_back(desk, sent):
    desk.post(url("runinvitation_again", sent.pk), UNTIL)
    sent.refresh_from_db()
    assert sent.sent == 2
    assert timezone.localtime(sent.expires_at).isoformat(" ", "minutes") == "2026-12-05 18:00+09:00"

    assert "거두기" in words(desk.get(url("runinvitation_change", sent.pk)))
    desk.post(url("runinvitation_revoke", sent.pk), {"reason": "잘못 보냄"})
    sent.refresh_from_db()
    assert (sent.state, sent.contact, sent.name) == (State.REVOKED, "", "")
    assert sent.trail().last().reason == "잘못 보냄"
    page = desk.get(url("runinvitation_change", sent.pk))
    assert url("runinvitation_again", sent.pk) not in words(page)
    assert "이미 답했거나" in words(desk.post(url("runinvitation_again", sent.pk), UNTIL))


def test_the_role_of_programmes_invites(log_in, run):
    names = [name.partition(".")[2] for name in ROLE_PERMISSIONS["프로그램 담당"]]
    person = User.objects.create_user("bo@example.com", name="문보람", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=names))

    assert log_in(person).get(url("run_invite", run.pk)).status_code == 200


@pytest.mark.parametrize("role", ["상담사", "팀장(승인)", "감사(열람)", "예산 담당"])
def test_only_who_runs_programmes_invites(log_in, run, sent, role):
    names = [name.partition(".")[2] for name in ROLE_PERMISSIONS.get(role, [])]
    person = User.objects.create_user("other@example.com", name="남담당", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = log_in(person)

    for name, pk in (("run_invite", run.pk), ("runinvitation_again", sent.pk), ("runinvitation_revoke", sent.pk)):
        assert client.post(url(name, pk), {"people": "a@example.com", **UNTIL}).status_code == 403
    sent.refresh_from_db()
    assert (sent.state, sent.sent) == (State.SENT, 1)
    sees = role in {"팀장(승인)", "감사(열람)"}
    assert client.get(url("runinvitation_change", sent.pk)).status_code == (200 if sees else 403)


def test_the_pages_are_cheap(desk, run, clerk):
    guests = [Guest(f"guest{n}@example.com") for n in range(30)]
    made = invitations.invite(run, guests, by=clerk, until=timezone.now() + timedelta(days=7))
    listed = "\n".join(f"other{n}@example.com" for n in range(100))
    pages = [
        lambda: desk.get(reverse("admin:programs_runinvitation_changelist")),
        lambda: desk.get(url("runinvitation_change", made[0].pk)),
        lambda: desk.get(url("runinvitation_again", made[0].pk)),
        lambda: desk.get(url("run_invite", run.pk)),
        lambda: desk.post(url("run_invite", run.pk), {"people": listed, **UNTIL, "preview": "1"}),
    ]
    for page in pages:
        page()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert page().status_code == 200
        assert len(asked) <= MOST_QUERIES, len(asked)
