"""The form at applying and the second form of those accepted: two cases over one participant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from gumcheon_portal.plan import loading
from notices.models import Notice
from programs import questionnaires, seating, sweeping
from programs.models import Accepted, Application, Participant, Run
from questionnaires import answering, building, cases
from questionnaires.design import Design
from questionnaires.models import Questionnaire, Response

pytestmark = pytest.mark.django_db

State = Application.State


@pytest.fixture
def make_form(db):
    def make(name: str) -> Questionnaire:
        form = Questionnaire.objects.create(name=name)
        question = {"key": "why", "kind": "long", "text": f"{name}?", "required": True}
        design = Design.read({"sections": [{"title": name, "questions": [question]}]})
        version = building.begin(form, introduction="")
        building.publish(building.change(version, lambda _old: design, revision=version.revision), by=None)
        return form

    return make


@pytest.fixture
def camp(open_run, make_form):
    return open_run(
        admission="review",
        questionnaire=make_form("지원 동기"),
        second_form=make_form("참가 서류"),
        second_form_until=timezone.now() + timedelta(days=10),
    )


def send(case, by) -> Response:
    sheet = answering.sheet(case)
    return answering.send(case, sheet.version, {"why": "좋아서요"}, by=by, revision=sheet.revision)


def test_one_participant_answers_two_forms_that_do_not_mix(camp, make_family, applying, clerk):
    student, parent = make_family()
    application = applying(camp, student, parent)
    first = application.participants.get()

    send(first, parent)
    seating.seat(application, by=clerk, reason="심사")
    second = Accepted.objects.get()

    assert answering.sheet(second).response is None
    assert answering.sheet(second).version.questionnaire.name == "참가 서류"
    assert answering.sheet(first).response.questionnaire.name == "지원 동기"
    send(second, parent)
    assert Response.objects.count() == 2
    assert {type(one.case) for one in Response.objects.all()} == {Participant, Accepted}


def test_handing_in_the_second_form_confirms_the_place(camp, make_family, applying, clerk, texts):
    student, parent = make_family()
    application = applying(camp, student, parent)
    seating.seat(application, by=clerk, reason="심사")
    application.refresh_from_db()
    assert application.state == State.ACCEPTED

    send(Accepted.objects.get(), parent)

    application.refresh_from_db()
    assert application.state == State.CONFIRMED
    assert len(texts("confirmed")) == 1


def test_the_first_form_confirms_nothing(camp, make_family, applying):
    student, parent = make_family()
    application = applying(camp, student, parent)

    send(application.participants.get(), parent)

    application.refresh_from_db()
    assert application.state == State.APPLIED


def test_who_was_not_accepted_has_no_second_form(camp, make_family, applying):
    student, parent = make_family()
    applying(camp, student, parent)

    assert not cases.find("programs-second").of_family(parent).exists()
    assert cases.find("programs").of_family(parent).count() == 1


def test_the_first_form_of_a_review_ends_with_the_applying(camp, make_family, applying, today):
    student, parent = make_family()
    case = applying(camp, student, parent).participants.get()

    today.move_to(camp.closes_at - timedelta(seconds=1))
    assert answering.sheet(case).is_open(timezone.now())
    today.move_to(camp.closes_at)
    with pytest.raises(answering.Closed):
        send(case, parent)


def test_first_come_the_form_may_follow_until_the_first_session(open_run, make_form, make_family, applying):
    student, parent = make_family()
    run = open_run(questionnaire=make_form("궁금한 것"))
    case = applying(run, student, parent).participants.get()

    assert cases.of(case).closes_at(case) == run.starts_at


def test_the_second_form_ends_at_its_deadline(camp, make_family, applying, clerk, today):
    student, parent = make_family()
    application = applying(camp, student, parent)
    seating.seat(application, by=clerk, reason="심사")
    application.refresh_from_db()
    today.move_to(application.form_until)

    with pytest.raises(answering.Closed):
        send(Accepted.objects.get(), parent)
    application.refresh_from_db()
    assert application.state == State.ACCEPTED


def test_the_family_sees_its_forms_on_the_page(log_in, camp, make_family, applying, clerk):
    student, parent = make_family()
    application = applying(camp, student, parent)
    client = log_in(parent)

    assert "지원 동기" in client.get(application.get_absolute_url()).content.decode()
    seating.seat(application, by=clerk, reason="심사")
    page = client.get(application.get_absolute_url()).content.decode()
    assert "참가 서류" in page
    assert "아직 낼 서류가 있습니다" in page
    assert client.get(f"/forms/programs-second/{Accepted.objects.get().pk}/").status_code in {200, 404}


def test_a_guardian_who_gave_the_data_out_of_hand_sees_no_form(camp, make_family, make_parent, applying):
    student, parent = make_family()
    application = applying(camp, student, parent)
    student.user, student.handed_over_at = make_parent("학생"), timezone.now()
    student.save()
    shown = Application.objects.for_page().get(pk=application.pk)

    assert questionnaires.papers(shown, parent, timezone.now()) == []
    assert len(questionnaires.papers(shown, student.user, timezone.now())) == 1


def test_a_place_that_waits_for_papers_is_not_called_confirmed(log_in, open_run, make_form, make_family, applying):
    run = open_run(second_form=make_form("참가 서류"), second_form_until=timezone.now() + timedelta(days=10))
    student, parent = make_family()
    applying(run, student, parent)
    client, url = log_in(parent), reverse("programs:applied", args=[run.pk])

    assert "신청이 확정되었습니다" not in client.get(url).content.decode()
    send(Accepted.objects.get(), parent)
    assert "신청이 확정되었습니다" in client.get(url).content.decode()


def test_the_first_form_presses_only_until_somebody_has_decided(camp, make_family, applying, clerk):
    student, parent = make_family()
    application = applying(camp, student, parent)

    def decides() -> list[bool]:
        shown = Application.objects.for_page().get(pk=application.pk)
        return [paper.decides for paper in questionnaires.papers(shown, parent, timezone.now())]

    assert decides() == [True]
    seating.seat(application, by=clerk, reason="심사")
    assert decides() == [False, True]


# --- Opened again, and the guardian's consent -----------------------------------------------------


def confirmed(camp, student, parent, clerk, applying) -> Application:
    application = applying(camp, student, parent)
    seating.seat(application, by=clerk, reason="심사")
    send(Accepted.objects.get(student=student), parent)
    application.refresh_from_db()
    assert application.state == State.CONFIRMED
    return application


def test_a_second_form_opened_again_takes_the_confirmation_back(camp, make_family, applying, clerk, texts):
    student, parent = make_family()
    application = confirmed(camp, student, parent, clerk, applying)
    response = Response.objects.get()

    answering.reopen(response, by=clerk, reason="연락처가 빠졌습니다.")

    application.refresh_from_db()
    assert (application.state, application.confirmed_at) == (State.ACCEPTED, None)
    assert application.form_until == camp.second_form_until
    assert application.trail().last().by == clerk
    told = Notice.objects.filter(kind="questionnaires.reopened")
    assert {one.recipient for one in told} == {parent}
    assert "연락처가 빠졌습니다. 2026. 12. 4.(금) 10:00까지 다시 보내 주셔야 참여가 확정됩니다." in told.get().body
    assert not texts("accepted")[1:]  # the one of the seating

    answering.reopen(response, by=clerk, reason="연락처가 빠졌습니다.")
    send(Accepted.objects.get(), parent)
    application.refresh_from_db()
    assert application.state == State.CONFIRMED
    assert len(texts("confirmed")) == 2


def test_a_first_form_opened_again_leaves_the_place(camp, make_family, applying, clerk):
    student, parent = make_family()
    application = applying(camp, student, parent)
    send(application.participants.get(), parent)
    response = Response.objects.get()

    answering.reopen(response, by=clerk, reason="다시")

    application.refresh_from_db()
    assert application.state == State.APPLIED
    assert "확정" not in Notice.objects.get(kind="questionnaires.reopened").body


def test_whose_form_is_open_again_loses_the_place_only_at_the_deadline(camp, make_family, applying, clerk, today):
    student, parent = make_family()
    application = confirmed(camp, student, parent, clerk, applying)
    answering.reopen(Response.objects.get(), by=clerk, reason="다시")

    today.move_to(camp.second_form_until - timedelta(seconds=1))
    sweeping.sweep()
    application.refresh_from_db()
    assert application.state == State.ACCEPTED
    today.move_to(camp.second_form_until)
    sweeping.sweep()
    application.refresh_from_db()
    assert application.state == State.LAPSED


@pytest.fixture
def camp_papers(db) -> Questionnaire:
    """The form of the plan's camp."""
    loading.load()
    return Questionnaire.objects.get(slug="camp-papers")


PAPERS = {"emergency_name": "김엄마", "emergency_phone": "010-0000-0000", "health": "없음"}


@pytest.mark.parametrize("answer", [None, [], ["동의하지 않습니다"]])
def test_without_the_guardians_consent_no_place_at_the_camp(camp, camp_papers, make_family, applying, clerk, answer):
    Run.objects.filter(pk=camp.pk).update(second_form=camp_papers)
    student, parent = make_family()
    application = applying(camp, student, parent)
    seating.seat(application, by=clerk, reason="심사")
    sheet = answering.sheet(Accepted.objects.get())
    given = {**PAPERS, "guardian_agrees": answer}

    with pytest.raises(answering.Incomplete) as refused:
        answering.send(sheet.case, sheet.version, given, by=parent, revision=sheet.revision)

    assert refused.value.keys == ["guardian_agrees"]
    application.refresh_from_db()
    assert application.state == State.ACCEPTED
    page = {**PAPERS, "guardian_agrees": ["동의합니다"]}
    answering.send(sheet.case, sheet.version, page, by=parent, revision=sheet.revision)
    application.refresh_from_db()
    assert application.state == State.CONFIRMED


def test_the_camps_page_says_what_a_no_means(log_in, camp, camp_papers, make_family, applying, clerk):
    Run.objects.filter(pk=camp.pk).update(second_form=camp_papers)
    student, parent = make_family()
    seating.seat(applying(camp, student, parent), by=clerk, reason="심사")
    url = questionnaires.SECOND.fill_url(Accepted.objects.get())
    client = log_in(parent)

    assert "신청을 취소해 주세요" in client.get(url).content.decode()
    sent = {f"q_{key}": value for key, value in PAPERS.items()}
    page = client.post(url, {**sent, "send": "1"})
    assert page.status_code == 422
    assert "동의하셔야 보낼 수 있습니다." in page.content.decode()
    assert "010-0000-0000" in page.content.decode()
    assert Application.objects.get().state == State.ACCEPTED
