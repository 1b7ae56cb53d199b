"""Staff write to a part of a run's people: who is in which part, and the pages from the choice to the sending."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import consents
from accounts.models import Consent, User
from lifecycle.models import AccessLog
from notices import delivery, mailing
from notices.models import Addressee, Mailing, Notice, SandboxMessage
from programs import attendance
from programs.attendance import Entry
from programs.audiences import OF_A_RUN, Segment
from programs.models import Participant
from tests.programs.people import apply, child, parent, staff

pytestmark = pytest.mark.django_db

TEXT = {"title": "준비물 안내", "sms": "", "subject": "#{프로그램} 준비물", "email": "#{이름}님, #{회차} 준비물입니다."}


@pytest.fixture
def run(make_program, make_run):
    return make_run(make_program())


def told(run, segment: str, *, promotional: bool = False) -> set[User]:
    return set(OF_A_RUN.among({"run": run.pk, "segment": segment}, promotional=promotional))


def test_each_part_of_a_run_holds_those_whose_applications_stand_so(run):
    seated, waiting, rejected, gone, elsewhere = (parent(number=number) for number in range(1, 6))
    apply(run, seated, child(seated))
    apply(run, waiting, child(waiting), state="waiting")
    apply(run, rejected, child(rejected), state="rejected")
    apply(run, gone, child(gone), state="cancelled")
    assert told(run, "all") == {seated, waiting}
    assert told(run, "selected") == {seated}
    assert told(run, "waiting") == {waiting}
    assert told(run, "rejected") == {rejected}
    assert told(run, "no such part") == set()
    assert elsewhere not in told(run, "all")


def test_who_came_and_who_did_not_is_what_the_latest_mark_says(run, today):
    came, absent, unmarked, corrected = (parent(number=number) for number in range(1, 5))
    for one in (came, absent, unmarked, corrected):
        apply(run, one, child(one))
    session, clerk = run.sessions.get(), staff()
    today.move_to(session.starts_at + timedelta(minutes=10))
    of = {person.application.applicant: person.pk for person in Participant.objects.select_related("application")}
    marks = {came: "late", absent: "absent", corrected: "present"}
    attendance.mark(session.pk, [Entry(mark, of[who]) for who, mark in marks.items()], by=clerk)
    today.shift(timedelta(minutes=1))
    attendance.mark(session.pk, [Entry("absent", of[corrected])], by=clerk)
    assert told(run, "attended") == {came}
    assert told(run, "absent") == {absent, corrected}


def test_a_family_with_two_children_is_one_addressee(run, clerk):
    mother = parent()
    apply(run, mother, child(mother, "김하늘"), child(mother, "김바다"))
    apply(run, mother, child(mother, "김솔"))
    made = mailing.write(OF_A_RUN, {"run": run.pk, "segment": "all"}, by=clerk, title="안내")
    made = mailing.revise(made, by=clerk, revision=made.revision, **TEXT)
    mailing.gather(made, by=clerk, revision=made.revision)
    [row] = Addressee.objects.all()
    assert (row.recipient, row.address) == (mother, mother.email)
    assert row.subject == "별 관찰 교실 준비물"


def test_an_advertisement_goes_to_those_whose_last_word_on_news_was_yes(run):
    yes, no, withdrawn = (parent(number=number) for number in range(1, 4))
    for one in (yes, no, withdrawn):
        apply(run, one, child(one))
    for one in (yes, withdrawn):
        consents.answer(consents.Kind.MARKETING, True, by=one, user=one)
    consents.answer(consents.Kind.MARKETING, False, by=withdrawn, user=withdrawn)
    assert Consent.objects.count() == 3
    assert told(run, "all", promotional=True) == {yes}
    assert told(run, "all") == {yes, no, withdrawn}


def test_who_gives_the_place_back_before_it_is_sent_gets_nothing(run, clerk):
    stays, leaves = parent(number=1), parent(number=2)
    apply(run, stays, child(stays))
    application = apply(run, leaves, child(leaves))
    made = mailing.write(OF_A_RUN, {"run": run.pk, "segment": "selected"}, by=clerk, title="안내")
    made = mailing.revise(made, by=clerk, revision=made.revision, **TEXT)
    mailing.gather(made, by=clerk, revision=made.revision)
    made.refresh_from_db()
    mailing.send(made, by=clerk, revision=made.revision)
    application.move("cancelled", by=leaves)
    assert delivery.deliver_due() == 1
    assert made.addressees.get(recipient=leaves).state == Addressee.State.CANCELLED
    assert not SandboxMessage.objects.exists()


# --- The pages -----------------------------------------------------------------------------------
@pytest.fixture
def desk(log_in):
    return log_in(staff())


def page(one: Mailing) -> str:
    return reverse("admin:notices_mailing_change", args=[one.pk])


@pytest.fixture
def draft(run, desk) -> Mailing:
    one = parent(number=1)
    apply(run, one, child(one))
    desk.post(reverse("admin:programs_run_message", args=[run.pk]), {"segment": "all", "title": "준비물 안내"})
    return Mailing.objects.get()


def post(desk, one: Mailing, **more: str):
    return desk.post(page(one), {**TEXT, "revision": one.revision, **more}, follow=True)


def test_from_the_runs_page_to_the_message_in_the_mailbox(run, desk, draft, django_assert_max_num_queries):
    assert "여러 사람에게 보내기" in desk.get(reverse("admin:programs_run_change", args=[run.pk])).content.decode()
    assert "준비물입니다" in post(desk, draft).content.decode()
    draft.refresh_from_db()
    post(desk, draft, _gather="1")
    draft.refresh_from_db()
    with django_assert_max_num_queries(15):
        shown = desk.get(page(draft)).content.decode()
    assert "보내기 전 확인" in shown
    send = reverse("admin:notices_mailing_send", args=[draft.pk])
    with django_assert_max_num_queries(15):
        look = desk.get(send).content.decode()
    assert "1명에게 보내기" in look
    assert not Mailing.objects.filter(state="sending").exists()  # looking sends nothing
    assert "보내기 시작했습니다" in desk.post(send, {"revision": draft.revision}, follow=True).content.decode()
    assert "다른 분이" in desk.post(send, {"revision": draft.revision}, follow=True).content.decode()  # pressed twice
    assert delivery.deliver_due() == 1
    with django_assert_max_num_queries(15):
        assert "다 보냄" in desk.get(page(draft)).content.decode()
    live = desk.get(reverse("admin:notices_mailing_live", args=[draft.pk]))
    assert live.headers["X-Running"] == "0"


def test_a_refusal_keeps_what_was_typed(desk, draft):
    answer = post(desk, draft, email="#{없는것} 꼭 읽어 주세요", _gather="1").content.decode()
    assert "모르는 변수" in answer
    assert "꼭 읽어 주세요" in answer
    mailing.revise(draft, by=User.objects.get(is_staff=True), revision=draft.revision, **TEXT)
    stale = post(desk, draft, email="내가 쓴 글").content.decode()
    assert "다른 분이" in stale
    assert "내가 쓴 글" in stale


def test_the_trial_keeps_the_text_and_goes_to_the_clerk_alone(desk, draft):
    answer = post(desk, draft, _trial="1").content.decode()
    assert "나에게 시험으로 보냈습니다" in answer
    [notice] = Notice.objects.filter(kind="notices.trial")
    assert notice.recipient.is_staff
    draft.refresh_from_db()
    assert draft.email == TEXT["email"]


def test_an_empty_part_is_refused_in_words(run, desk):
    answer = desk.post(reverse("admin:programs_run_message", args=[run.pk]), {"segment": "waiting", "title": "안내"})
    assert "조건에 맞는 사람이 없습니다" in answer.content.decode()
    assert not Mailing.objects.exists()


def test_who_did_not_get_it_stands_masked_with_the_reason_and_opening_one_is_logged(desk, draft):
    draft.refresh_from_db()
    post(desk, draft, _gather="1")
    Addressee.objects.update(state="failed", problem="없는 주소", name="김보호")
    shown = desk.get(page(draft)).content.decode()
    assert "없는 주소" in shown
    assert "김보호" not in shown
    assert "parent1@example.com" not in shown
    row = Addressee.objects.get()
    listed = desk.get(reverse("admin:notices_addressee_changelist"), {"mailing__id__exact": draft.pk}).content.decode()
    assert "없는 주소" in listed
    assert "parent1@example.com" not in listed
    desk.get(reverse("admin:notices_addressee_change", args=[row.pk]))
    assert AccessLog.objects.about(row.recipient).exists()


@pytest.mark.parametrize("permissions", [[], ["view_mailing"], ["view_mailing", "send_mailing"]])
def test_buttons_need_the_right_to_send_and_the_right_to_the_run(log_in, draft, permissions):
    from django.contrib.auth.models import Permission

    reader = User.objects.create_user("reader@example.com", name="최열람", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = log_in(reader)
    assert client.get(page(draft)).status_code == (200 if permissions else 403)
    for what in ("gather", "stop", "pause", "resend", "trial"):
        url = reverse("admin:notices_mailing_do", args=[draft.pk, what])
        assert client.post(url, {"revision": draft.revision}).status_code == 403
    assert client.post(page(draft), {**TEXT, "revision": draft.revision}).status_code == 403
    assert client.get(reverse("admin:notices_mailing_send", args=[draft.pk])).status_code == 403
    draft.refresh_from_db()
    assert draft.state == Mailing.State.DRAFT


def test_every_part_has_a_name(run):
    assert [segment.value for segment in Segment] == ["all", "selected", "waiting", "attended", "absent", "rejected"]
    assert OF_A_RUN.describe({"run": run.pk, "segment": "absent"}) == "별 관찰 교실 1회 · 한 번도 오지 않은 사람"
