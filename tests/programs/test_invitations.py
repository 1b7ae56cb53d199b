"""Inviting by a list, and the one page behind a link."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils import timezone

from accounts import leaving
from accounts.disclosure import disclose
from accounts.models import User
from lifecycle.locks import Refused
from notices import sealing
from notices.models import Notice
from programs import enrolment, invitations
from programs.invitations import Guest, Over
from programs.models import Application, Run, RunInvitation

State = RunInvitation.State


@pytest.fixture
def run(open_run, make_program):
    return open_run(make_program("입학사정관 모임", audience=["teacher"]), admission="invitation", capacity=2)


@pytest.fixture
def invite(run, clerk):
    def one(contact: str = "officer@example.com", name: str = "남이든") -> tuple[RunInvitation, str]:
        [invitation] = invitations.invite(
            run, [Guest(contact, name)], by=clerk, until=timezone.now() + timedelta(days=7)
        )
        return invitation, link(invitation)

    return one


def link(invitation: RunInvitation) -> str:
    """The path that the newest message leads to."""
    notice = Notice.objects.filter(key=f"invitation/{invitation.pk}/{invitation.sent}").latest("pk")
    url = sealing.unseal(notice.sealed)["초대주소"]
    return re.sub(r"^https?://[^/]+", "", url)


def words(response) -> str:
    return response.content.decode()


# --- Lists ---------------------------------------------------------------------------------------


def test_a_list_is_read_line_by_line():
    found = invitations.read(
        "남이든, 010-0000-1234\nofficer@Example.com\n\n류온유 <ryu@example.com>\n010 0000 1234;남이든\n아무개\n홍길동, 12"
    )

    assert found.guests == [
        Guest("01000001234", "남이든"),
        Guest("officer@example.com"),
        Guest("ryu@example.com", "류온유"),
    ]
    assert [number for number, _fault in found.faults] == [6, 7]


@pytest.mark.parametrize("line", ["남이든!!, a@b.example", "a@b.example, c@d.example", "010-0000-1234 남이든 x, y, z"])
def test_what_makes_no_sense_is_said_and_not_sent(line):
    found = invitations.read(line)

    assert not found.guests
    assert len(found.faults) == 1


def test_who_was_asked_already_is_not_asked_again(db, run, clerk, invite, today):
    first, _url = invite()
    until = timezone.now() + timedelta(days=7)

    assert invitations.invite(run, [Guest("officer@example.com")], by=clerk, until=until) == []
    today.move_to(first.expires_at)
    [again] = invitations.invite(run, [Guest("officer@example.com")], by=clerk, until=until + timedelta(days=7))

    assert again.pk == first.pk
    assert Notice.objects.filter(kind="programs.invited").count() == 2


@pytest.mark.parametrize("days", [0, 19])
def test_links_end_between_now_and_the_end_of_the_run(db, run, clerk, days):
    with pytest.raises(Refused, match="초대 기한"):
        invitations.invite(run, [Guest("a@example.com")], by=clerk, until=timezone.now() + timedelta(days=days))


def test_nobody_is_invited_into_a_cancelled_run(db, run, clerk):
    Run.objects.filter(pk=run.pk).update(state="cancelled")

    with pytest.raises(Refused, match="취소"):
        invitations.invite(run, [Guest("a@example.com")], by=clerk, until=timezone.now() + timedelta(days=1))


def test_only_the_hash_of_a_link_is_kept(db, invite):
    invitation, url = invite()
    token = url.rstrip("/").rsplit("/", 1)[1]
    notice = Notice.objects.get()

    assert token not in str(RunInvitation.objects.values().get())
    assert token not in notice.body
    assert RunInvitation.objects.with_token(token).get() == invitation


# --- Answers -------------------------------------------------------------------------------------


def test_somebody_without_an_account_takes_a_place_and_gives_it_back(client, run, invite):
    invitation, url = invite()

    page = client.get(url)
    assert "입학사정관 모임" in words(page)
    invitation.refresh_from_db()
    assert invitation.state == State.SENT  # opening it answers nothing
    assert client.post(url, {"answer": "accept", "name": "남이든"}).status_code == 422  # no consent
    assert not Application.objects.exists()
    done = client.post(url, {"answer": "accept", "name": "남이든", "consented": "on"}, follow=True)

    application = Application.objects.get()
    invitation.refresh_from_db()
    assert "참여가 확정되었습니다" in words(done)
    assert application.participants.get().name == "남이든"
    assert (invitation.state, invitation.application, bool(invitation.consented_at)) == (
        State.ACCEPTED, application, True,
    )  # fmt: skip
    assert Notice.objects.filter(address="officer@example.com", kind="programs.confirmed").count() == 1

    client.post(url, {"answer": "withdraw"})
    application.refresh_from_db()
    assert application.state == Application.State.CANCELLED
    assert "취소한 신청입니다" in words(client.get(url))


def test_a_link_takes_one_place_once(client, run, invite):
    invitation, url = invite()
    yes = {"answer": "accept", "name": "남이든", "consented": "on"}

    client.post(url, yes)
    client.post(url, yes)

    assert Application.objects.count() == 1
    with pytest.raises(Over):
        invitations.accept(invitation, by=None, name="다른이", consented=True)


def test_with_an_account_it_is_linked_and_the_address_forgotten(log_in, make_parent, invite):
    invitation, url = invite()
    guest = make_parent("류온유")
    client = log_in(guest)

    assert "류온유님의 계정으로 참여합니다" in words(client.get(url))
    client.post(url, {"answer": "accept"})

    invitation.refresh_from_db()
    application = Application.objects.get()
    assert (invitation.contact, invitation.name) == ("", "")
    assert application.participants.get().user == guest
    assert client.get(url).url == application.get_absolute_url()
    assert not Notice.objects.filter(address="officer@example.com").exclude(kind="programs.invited").exists()


def test_the_link_of_somebody_with_an_account_shows_strangers_nothing(client, make_parent, invite):
    invitation, url = invite()
    invitations.accept(invitation, by=make_parent("류온유"))

    page = client.get(url)
    assert page.status_code == 410
    assert "류온유" not in words(page)


def test_a_no_is_kept_without_name_and_address(client, invite):
    invitation, url = invite()
    page = client.post(url, {"answer": "decline"}, follow=True)

    invitation.refresh_from_db()
    assert (invitation.state, invitation.contact, invitation.name) == (State.DECLINED, "", "")
    assert "참여하지 않겠다고 답하셨습니다" in words(page)
    client.post(url, {"answer": "accept", "name": "남이든", "consented": "on"})
    assert not Application.objects.exists()


def test_the_last_moment_of_a_link(client, invite, today):
    invitation, url = invite()

    today.move_to(invitation.expires_at - timedelta(seconds=1))
    assert client.get(url).status_code == 200
    today.move_to(invitation.expires_at)
    assert client.get(url).status_code == 410
    assert client.post(url, {"answer": "accept", "name": "남이든", "consented": "on"}).status_code == 410
    assert not Application.objects.exists()


def test_a_link_that_was_called_back_or_renewed_opens_nothing(client, clerk, invite):
    invitation, url = invite()
    renewed = invitations.send_again(invitation, by=clerk, until=timezone.now() + timedelta(days=3))

    assert client.get(url).status_code == 410
    assert client.get(link(renewed)).status_code == 200
    invitations.revoke(renewed, by=clerk)
    assert client.get(link(renewed)).status_code == 410
    with pytest.raises(Over):
        invitations.revoke(renewed, by=clerk)


def test_a_full_run_lets_the_guest_wait_and_offers_them_the_place(client, run, invite):
    urls = [invite(f"guest{n}@example.com", "남이든")[1] for n in range(3)]
    for url in urls:
        client.post(url, {"answer": "accept", "name": "남이든", "consented": "on"})
    assert "대기 1번째입니다" in words(client.get(urls[2]))

    client.post(urls[0], {"answer": "withdraw"})
    assert "이 자리 받기" in words(client.get(urls[2]))
    client.post(urls[2], {"answer": "take"})
    assert "참여가 확정되었습니다" in words(client.get(urls[2]))


def test_a_guests_place_is_not_on_the_page_of_who_invited(client, clerk, invite):
    _invitation, url = invite()
    client.post(url, {"answer": "accept", "name": "남이든", "consented": "on"})

    assert not Application.objects.of_family(clerk).exists()


def test_the_door_of_a_run_by_invitation_is_shut_without_a_link(log_in, run, make_family):
    _student, parent = make_family()

    assert "초대받은 분만" in words(log_in(parent).get(reverse("programs:apply", args=[run.pk])))


def test_a_guest_is_told_where_the_answer_stands(client, run, invite):
    """Their notices lead to no page that asks for an account."""
    _invitation, url = invite()
    client.post(url, {"answer": "accept", "name": "남이든", "consented": "on"})

    body = Notice.objects.get(kind="programs.confirmed").body
    assert "받으신 초대 주소를 다시 열어 주세요." in body
    assert "/programs/applications/" not in body


# --- A family --------------------------------------------------------------------------------------


@pytest.fixture
def young(open_run, make_program):
    """By invitation, for 중3 and older."""
    return open_run(make_program("별 캠프", first_grade=9, last_grade=12), admission="invitation", capacity=2)


@pytest.fixture
def asked(young, clerk):
    [invitation] = invitations.invite(
        young, [Guest("mother@example.com")], by=clerk, until=timezone.now() + timedelta(days=7)
    )
    return invitation, link(invitation)


def test_an_invited_parent_enters_a_child(log_in, young, asked, make_parent, make_student):
    invitation, url = asked
    parent = make_parent()
    sky, sea = make_student("김하늘", parent), make_student("김바다", parent, grade=5)
    client = log_in(parent)

    page = words(client.get(url))
    assert "김하늘" in page
    assert re.search(rf'value="student-{sea.pk}"[^>]*disabled', page)
    for nobody in ("", f"student-{sea.pk}", "student-0"):
        assert client.post(url, {"answer": "accept", "who": nobody}).status_code == 422
    invitation.refresh_from_db()
    assert invitation.state == State.SENT
    client.post(url, {"answer": "accept", "who": f"student-{sky.pk}"})

    participant = Application.objects.get().participants.get()
    assert (participant.student, participant.role) == (sky, "student")
    assert client.get(url).url == participant.application.get_absolute_url()
    [told] = Notice.objects.filter(kind="programs.confirmed")
    assert told.recipient == parent
    assert participant.application.get_absolute_url() in told.body


def test_an_invited_parent_comes_alone_all_the_same(log_in, asked, make_family):
    _student, parent = make_family()
    log_in(parent).post(asked[1], {"answer": "accept", "who": "me"})

    assert Application.objects.get().participants.get().user == parent


def test_an_invited_parent_enters_no_child_of_others(log_in, asked, make_family):
    stranger, _other = make_family("이웃집")
    _student, parent = make_family()

    page = log_in(parent).post(asked[1], {"answer": "accept", "who": f"student-{stranger.pk}"})

    assert page.status_code == 422
    assert not Application.objects.exists()


# --- One's own data --------------------------------------------------------------------------------


@pytest.fixture
def proven(make_parent):
    """Somebody whose address was proven to be theirs, and somebody who merely says so."""
    guest = make_parent("류온유", phone="01000007777")
    EmailAddress.objects.create(user=guest, email=guest.email, verified=True, primary=True)
    return guest


def test_invitations_are_disclosed_to_whom_they_were_sent(proven, invite):
    invite(proven.email)
    invite("01000007777", "류온유")  # the phone is not proven
    invite("other@example.com")

    assert [row["보낸 곳"] for row in disclose(proven)["행사 초대"]] == [proven.email]
    User.objects.filter(pk=proven.pk).update(phone_verified_at=timezone.now())
    assert len(disclose(User.objects.get(pk=proven.pk))["행사 초대"]) == 2


def test_an_answered_invitation_is_disclosed_to_who_answered(proven, invite):
    invitation, _url = invite("work@example.com")
    invitations.accept(invitation, by=proven)

    [row] = disclose(proven)["행사 초대"]
    assert (row["보낸 곳"], row["상태"]) == ("", "참여")


def test_who_leaves_takes_open_invitations_along(proven, clerk, invite):
    mine, _url = invite(proven.email, "류온유")
    others, _url = invite("other@example.com", "남이든")

    leaving.leave(proven)

    mine.refresh_from_db()
    others.refresh_from_db()
    assert (mine.state, mine.contact, mine.name) == (State.REVOKED, "", "")
    assert mine.trail().last().reason == "받은 사람이 탈퇴함"
    assert (others.state, others.name) == (State.SENT, "남이든")


# --- At one instant --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_one_link_opened_twice_at_one_instant_takes_one_place(run, invite, at_once):
    invitation, _url = invite()

    def yes(name: str):
        return lambda: invitations.accept(invitation, by=None, name=name, consented=True)

    results = at_once(yes("남이든"), yes("류온유"))

    assert sorted(type(one).__name__ for one in results) == ["Application", "Over"]
    assert Application.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_one_link_takes_two_places(run, invite, at_once, monkeypatch):
    """What the lock is good for: both read a link that nobody has answered."""
    invitation, _url = invite()
    monkeypatch.setattr(
        invitations, "_hold", lambda one: RunInvitation.objects.select_related("run", "invited_by").get(pk=one.pk)
    )
    monkeypatch.setattr(RunInvitation, "move", lambda self, to, **_: None)
    monkeypatch.setattr(enrolment, "_check_invitation", lambda *_a, **_k: None)

    at_once(*[lambda: invitations.accept(invitation, by=None, name="남이든", consented=True)] * 2)

    assert Application.objects.count() == 2
