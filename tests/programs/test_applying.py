"""The pages on which families and teachers apply, see how it stands, and give it up."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Affiliation, School, User
from programs import enrolment
from programs.models import Application, Participant, Run, RunOffer
from programs.parties import Entrant, People

pytestmark = pytest.mark.django_db

State = Application.State


def url(run: Run) -> str:
    return reverse("programs:apply", args=[run.pk])


def words(response) -> str:
    return response.content.decode()


@pytest.fixture
def two_children(make_parent, make_student):
    parent = make_parent()
    return parent, make_student("김하늘", parent), make_student("김바다", parent)


# --- Applying ------------------------------------------------------------------------------------


def test_a_stranger_is_asked_to_log_in_and_comes_back(client, open_run):
    run = open_run()

    assert client.get(url(run)).url == f"/accounts/login/?next={url(run)}"


def test_a_parent_applies_for_two_children_in_one_go(log_in, open_run, two_children):
    parent, sky, sea = two_children
    run = open_run(capacity=5)
    client = log_in(parent)

    page = client.get(url(run))
    assert "선착순입니다" in words(page)
    assert "모두 함께가 아니면 신청하지 않습니다" in words(page)
    done = client.post(
        url(run), {"who": [f"student-{sky.pk}", f"student-{sea.pk}"], "accept_waiting": "on"}, follow=True
    )

    assert "신청이 확정되었습니다" in words(done)
    assert done.request["PATH_INFO"] == reverse("programs:applied", args=[run.pk])
    assert run.applications.count() == 2
    assert set(Participant.objects.values_list("student__name", flat=True)) == {"김하늘", "김바다"}


def test_sent_twice_it_counts_once(log_in, open_run, two_children):
    parent, sky, _sea = two_children
    run = open_run()
    client = log_in(parent)
    sent = {"who": [f"student-{sky.pk}"], "accept_waiting": "on"}

    client.post(url(run), sent)
    again = client.post(url(run), sent)

    assert again.url == reverse("programs:applied", args=[run.pk])
    assert run.applications.count() == 1


def test_the_second_of_two_clicks_at_one_moment_leads_to_the_same_page(log_in, open_run, two_children, monkeypatch):
    """Both pages looked before either had applied; the index says no to the second."""
    parent, sky, _sea = two_children
    run = open_run()
    client = log_in(parent)
    real = enrolment.apply

    def somebody_was_first(*args, **options):
        real(*args, **options)
        return real(*args, **options)

    monkeypatch.setattr("programs.views.applying.enrolment.apply", somebody_was_first)
    again = client.post(url(run), {"who": [f"student-{sky.pk}"], "accept_waiting": "on"})

    assert again.url == reverse("programs:applied", args=[run.pk])
    assert run.applications.count() == 1


def test_who_may_not_come_is_shown_with_the_reason_and_cannot_be_chosen(
    log_in, make_program, open_run, two_children, make_student
):
    parent, sky, _sea = two_children
    small = make_student("김새싹", parent, grade=1, birth_date="2019-05-05")
    run = open_run(make_program(first_grade=7, last_grade=9))
    client = log_in(parent)

    page = words(client.get(url(run)))
    assert "중1~중3" in page
    assert f'value="student-{small.pk}"' in page
    assert page.count("disabled") >= 1
    refused = client.post(url(run), {"who": [f"student-{sky.pk}", f"student-{small.pk}"], "remark": "창가 자리"})

    assert refused.status_code == 422
    assert "창가 자리" in words(refused)
    assert not Application.objects.exists()


def test_somebody_elses_child_is_not_on_the_list(log_in, open_run, make_family, two_children):
    parent, _sky, _sea = two_children
    other, _other_parent = make_family("박이웃")
    run = open_run()

    refused = log_in(parent).post(url(run), {"who": [f"student-{other.pk}"]})

    assert refused.status_code == 422
    assert not Application.objects.exists()


def test_all_together_or_not_at_all(log_in, open_run, two_children):
    parent, sky, sea = two_children
    run = open_run(capacity=1)
    sent = {"who": [f"student-{sky.pk}", f"student-{sea.pk}"], "together": "on", "accept_waiting": "on"}

    refused = log_in(parent).post(url(run), sent)

    assert refused.status_code == 409
    assert "그사이 자리가 찼습니다" in words(refused)
    assert not Application.objects.exists()


def test_too_few_places_are_said_before_it_counts(log_in, open_run, two_children):
    parent, sky, sea = two_children
    run = open_run(capacity=1)
    client = log_in(parent)
    sent = {"who": [f"student-{sky.pk}", f"student-{sea.pk}"], "accept_waiting": "on"}

    asked = client.post(url(run), sent)
    assert "아직 신청되지 않았습니다" in words(asked)
    assert not Application.objects.exists()
    client.post(url(run), {**sent, "sure": "1"})

    assert sorted(run.applications.values_list("state", flat=True)) == [State.CONFIRMED, State.WAITING]


def test_a_full_run_says_the_place_in_line_and_offers_other_runs(
    log_in, open_run, make_run, applying, make_family, two_children
):
    parent, sky, _sea = two_children
    run = open_run(capacity=1)
    make_run(run.program, "2회", opens_at="2026-11-20 09:00", starts_at="2026-12-13 10:00", ends_at="2026-12-13 12:00")
    applying(run, *make_family("먼저"))
    client = log_in(parent)

    page = words(client.get(url(run)))
    assert "대기 신청하기" in page
    assert "지금 신청할 수 있는 다른 회차" in page
    assert "2회" in page
    done = client.post(url(run), {"who": [f"student-{sky.pk}"], "accept_waiting": "on"}, follow=True)

    assert "대기 1번째입니다" in words(done)


def test_without_the_wish_to_wait_a_full_run_takes_nobody(log_in, open_run, applying, make_family, two_children):
    parent, sky, _sea = two_children
    run = open_run(capacity=1)
    applying(run, *make_family("먼저"))

    refused = log_in(parent).post(url(run), {"who": [f"student-{sky.pk}"], "remark": "휠체어를 탑니다"})

    assert refused.status_code == 409
    assert "휠체어를 탑니다" in words(refused)
    assert run.applications.count() == 1


def test_child_and_parent_come_as_a_pair(log_in, open_run, two_children):
    parent, sky, _sea = two_children
    run = open_run(party="pair")
    client = log_in(parent)

    assert "한 사람만 참여할 수는 없습니다" in words(client.get(url(run)))
    client.post(url(run), {"who": [f"student-{sky.pk}"], "accept_waiting": "on"})

    application = run.applications.get()
    assert application.places == 2
    assert {(one.role, one.user_id or one.student_id) for one in application.participants.all()} == {
        ("student", sky.pk),
        ("guardian", parent.pk),
    }


def test_a_companion_comes_by_name_and_takes_a_place(log_in, open_run, two_children):
    parent, sky, _sea = two_children
    run = open_run(companions=1)

    log_in(parent).post(url(run), {"who": [f"student-{sky.pk}"], "companion": "김할머니", "accept_waiting": "on"})

    application = run.applications.get()
    assert application.places == 2
    assert application.participants.get(role="companion").name == "김할머니"


def test_a_guardian_comes_alone_where_the_programme_is_for_guardians(log_in, make_program, open_run, two_children):
    parent, sky, _sea = two_children
    run = open_run(make_program("학부모아카데미", audience=["guardian"]))
    client = log_in(parent)

    assert sky.name not in words(client.get(url(run)))
    client.post(url(run), {"who": ["guardian"], "accept_waiting": "on"})

    assert run.participants.get().user == parent


@pytest.fixture
def teacher(db):
    school = School.objects.create(
        office_code="B10", neis_code="7000001", name="가람중학교", kind="middle", is_local=True
    )
    user = User.objects.create_user("teacher@example.com", name="오선생")
    Affiliation.objects.create(user=user, role="teacher", school=school, confirmed_at=timezone.now())
    return user


def test_a_teacher_enters_a_class_by_heads(log_in, make_program, open_run, teacher):
    run = open_run(make_program("찾아가는 진로", audience=["school"]), party="class", capacity=60)
    client = log_in(teacher)
    sent = {
        "school": teacher.affiliations.get().school_id,
        "class_name": "2학년 3반",
        "headcount": "27",
        "accept_waiting": "on",
    }

    assert "학생 이름은 받지 않습니다" in words(client.get(url(run)))
    done = client.post(url(run), sent, follow=True)
    again = client.post(url(run), sent)

    application = run.applications.get()
    assert (application.places, application.headcount, application.state) == (27, 27, State.CONFIRMED)
    assert "가람중학교 2학년 3반" in words(done)
    assert again.url == reverse("programs:applied", args=[run.pk])


def test_no_class_without_a_confirmed_school(log_in, make_program, open_run, teacher):
    teacher.affiliations.update(confirmed_at=None)
    run = open_run(make_program("찾아가는 진로", audience=["school"]), party="class")

    assert "소속 등록하기" in words(log_in(teacher).get(url(run)))


def test_a_parent_without_children_is_led_to_register_one(log_in, open_run, make_parent):
    run = open_run()
    page = words(log_in(make_parent()).get(url(run)))

    assert f"{reverse('accounts:child_add')}?next={quote(url(run), safe='')}" in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"opens_at": "2026-11-24 10:00:01"}, "부터 신청할 수 있습니다"),
        ({"opens_at": "2026-11-24 10:00"}, "참가할 사람"),
        ({"closes_at": "2026-11-24 10:00:01"}, "참가할 사람"),
        ({"closes_at": "2026-11-24 10:00"}, "접수가 마감되었습니다"),
        ({"opens_at": None, "closes_at": None}, "신청 없이 오시면 되는"),
        ({"state": "cancelled"}, "취소된 회차입니다"),
        ({"admission": "invitation"}, "초대받은 분만"),
    ],
)
def test_the_page_says_when_nobody_can_apply(log_in, open_run, two_children, fields, sentence):
    page = log_in(two_children[0]).get(url(open_run(**fields)))

    assert page.status_code == 200
    assert sentence in words(page)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"opens_at": "2026-11-24 10:00:01"}, "2026. 11. 24.(화) 10:00부터 신청할 수 있습니다."),
        ({"closes_at": "2026-11-24 10:00"}, "참여 조건에 맞습니다."),
    ],
    ids=["coming", "closed"],
)
def test_each_childs_reason_is_said_before_the_opening_and_after_the_end(
    log_in, open_run, make_program, make_parent, make_student, fields, sentence
):
    parent = make_parent()
    make_student("김하늘", parent)
    make_student("김바다", parent, grade=5)
    run = open_run(make_program(first_grade=9, last_grade=12), **fields)

    page = words(log_in(parent).get(url(run)))

    assert f"김하늘 (중3): {sentence}" in page
    assert re.search(r"김바다 \(초5\): (?!참여 조건|2026)[^<]+", page)
    assert 'name="who"' not in page


def test_a_cancelled_run_speaks_of_nobody_who_has_not_applied(log_in, open_run, applying, two_children):
    parent, sky, _sea = two_children
    run = open_run()
    applying(run, sky, parent)
    Run.objects.filter(pk=run.pk).update(state="cancelled")

    page = words(log_in(parent).get(url(run)))

    assert "김하늘" in page
    assert "김바다" not in page


def test_a_run_that_is_not_published_does_not_exist(log_in, open_run, two_children, make_program):
    client = log_in(two_children[0])

    assert client.get(url(open_run(published_at=None))).status_code == 404
    assert client.get(url(open_run(make_program("초안", published_at=None)))).status_code == 404


def test_the_page_costs_the_same_for_one_child_and_for_five(
    log_in, open_run, make_parent, make_student, django_assert_max_num_queries
):
    parent, run = make_parent(), open_run()
    client = log_in(parent)
    make_student("하나", parent)
    client.get(url(run))
    with django_assert_max_num_queries(40) as one:
        client.get(url(run))
    for name in "가나다라":
        make_student(name, parent)
    with django_assert_max_num_queries(40) as five:
        client.get(url(run))

    assert len(five) == len(one)


# --- Other things at the same hours ----------------------------------------------------------------


def test_another_programme_at_the_same_hour_is_said_and_asked_about(
    log_in, open_run, make_program, applying, two_children
):
    parent, sky, _sea = two_children
    applying(open_run(make_program("코딩 캠프")), sky, parent)
    run = open_run(starts_at="2026-12-12 11:59", ends_at="2026-12-12 13:00")
    client = log_in(parent)

    assert "코딩 캠프" in words(client.get(url(run)))
    asked = client.post(url(run), {"who": [f"student-{sky.pk}"], "accept_waiting": "on"})
    assert "아직 신청되지 않았습니다" in words(asked)
    assert not run.applications.exists()
    client.post(url(run), {"who": [f"student-{sky.pk}"], "accept_waiting": "on", "sure": "1"})
    assert run.applications.exists()


def test_one_that_ends_as_this_one_begins_is_no_clash(log_in, open_run, make_program, applying, two_children):
    parent, sky, _sea = two_children
    applying(open_run(make_program("코딩 캠프")), sky, parent)
    run = open_run(starts_at="2026-12-12 12:00", ends_at="2026-12-12 13:00")

    assert "코딩 캠프" not in words(log_in(parent).get(url(run)))


# --- One application -------------------------------------------------------------------------------


def test_the_page_of_an_application_says_how_it_stands(log_in, open_run, applying, two_children):
    parent, sky, _sea = two_children
    application = applying(open_run(place="새벽관"), sky, parent)
    page = words(log_in(parent).get(application.get_absolute_url()))

    assert "참여가 확정되었습니다" in page
    assert application.number_label in page
    assert "새벽관" in page
    assert "내 달력에 넣기" in page


def test_a_stranger_finds_nothing(log_in, open_run, applying, two_children, make_parent):
    parent, sky, _sea = two_children
    application = applying(open_run(), sky, parent)
    client = log_in(make_parent("남"))

    for name in ("application", "withdraw", "ics"):
        assert client.get(reverse(f"programs:{name}", args=[application.pk])).status_code == 404
        assert client.post(reverse(f"programs:{name}", args=[application.pk])).status_code in {404, 405}
    assert application.run.applications.get().state == State.CONFIRMED


def test_a_place_is_given_back_with_a_reason(log_in, open_run, applying, two_children):
    parent, sky, _sea = two_children
    application = applying(open_run(), sky, parent)
    client, leave = log_in(parent), reverse("programs:withdraw", args=[application.pk])

    assert client.post(leave, {}).status_code == 200  # no reason yet: the form again
    application.refresh_from_db()
    assert application.state == State.CONFIRMED
    gone = client.post(leave, {"reason": "일정이 생겼어요", "detail": "가족 여행"}, follow=True)

    application.refresh_from_db()
    assert application.state == State.CANCELLED
    assert "일정이 생겼어요: 가족 여행" in words(gone)
    assert "다시 신청하기" in words(gone)


def test_the_line_is_left_by_one_button(log_in, open_run, applying, make_family, two_children):
    parent, sky, _sea = two_children
    run = open_run(capacity=1)
    applying(run, *make_family("먼저"))
    application = applying(run, sky, parent)
    client = log_in(parent)

    assert "대기 취소하기" in words(client.get(application.get_absolute_url()))
    client.post(reverse("programs:withdraw", args=[application.pk]))

    application.refresh_from_db()
    assert application.state == State.CANCELLED


@pytest.fixture
def offered(open_run, applying, make_family, two_children):
    """A place that became free and is offered to the first child."""
    parent, sky, _sea = two_children
    run = open_run(capacity=1)
    first = applying(run, *make_family("먼저"))
    application = applying(run, sky, parent)
    enrolment.withdraw(first, by=first.applicant)
    return RunOffer.objects.get(application=application)


@pytest.mark.parametrize(("answer", "state"), [("accept", State.CONFIRMED), ("decline", State.DECLINED)])
def test_an_offer_is_answered_by_one_button(log_in, offered, two_children, answer, state):
    client, page = log_in(two_children[0]), reverse("programs:offer", args=[offered.pk])

    assert "이 자리 받기" in words(client.get(page))
    offered.application.refresh_from_db()
    assert offered.application.state == State.OFFERED  # opening it answers nothing
    client.post(page, {"answer": answer})
    client.post(page, {"answer": answer})

    offered.application.refresh_from_db()
    assert offered.application.state == state


def test_no_button_of_an_application_or_of_an_offer_leads_nowhere(log_in, offered, two_children, today):
    """An address that was made for another block of the page is empty in this one."""
    client, offer = log_in(two_children[0]), reverse("programs:offer", args=[offered.pk])

    assert 'href=""' not in words(client.get(offered.application.get_absolute_url()))
    today.move_to(offered.deadline)
    assert 'href=""' not in words(client.get(offer))


def test_notices_lead_to_the_page_where_one_acts(offered, open_run, make_program, two_children, texts):
    """An offer to its answer, one application to its page, two to the list of them."""
    parent, sky, sea = two_children

    assert texts("offered")[0].body.count(reverse("programs:offer", args=[offered.pk])) == 1
    assert f"{offered.application.get_absolute_url()}\n" in texts("waiting")[0].body
    run = open_run(make_program("둘이서"), capacity=5)
    parties = [People((Entrant(Participant.Role.STUDENT, student_id=one.pk),)) for one in (sky, sea)]
    enrolment.apply(run.pk, parties, by=parent)
    assert f"{reverse('programs:applications')}\n" in texts("confirmed")[-1].body


def test_an_offer_past_its_deadline_says_so(log_in, offered, two_children, today):
    today.move_to(offered.deadline)
    page = reverse("programs:offer", args=[offered.pk])
    client = log_in(two_children[0])

    assert "답할 기한이 지난 제안입니다" in words(client.get(page))
    assert client.post(page, {"answer": "accept"}).status_code == 409
    offered.application.refresh_from_db()
    assert offered.application.state != State.CONFIRMED


def test_an_offer_of_others_does_not_exist(log_in, offered, make_parent):
    client = log_in(make_parent("남"))

    assert client.post(reverse("programs:offer", args=[offered.pk]), {"answer": "accept"}).status_code == 404


def test_the_list_of_applications_has_three_parts(log_in, open_run, applying, two_children, make_program, today):
    parent, sky, sea = two_children
    applying(open_run(), sky, parent)
    gone = applying(open_run(make_program("코딩")), sea, parent)
    enrolment.withdraw(gone, by=parent)
    client = log_in(parent)
    mine = reverse("programs:applications")

    assert "별 관찰 교실" in words(client.get(mine))
    assert "코딩" not in words(client.get(mine))
    assert "코딩" in words(client.get(mine, {"show": "ended"}))
    assert "참여한 프로그램이 없습니다" in words(client.get(mine, {"show": "past"}))
    today.move_to("2026-12-12 12:00+09:00")
    client = log_in(parent)
    assert "별 관찰 교실" in words(client.get(mine, {"show": "past"}))


def test_a_class_that_staff_entered_for_a_caller_is_not_their_own(log_in, open_run, make_family, clerk, applying):
    student, parent = make_family()
    applying(open_run(), student, clerk, on_behalf=True)

    assert not Application.objects.of_family(clerk).exists()
    assert Application.objects.of_family(parent).count() == 1


def test_the_calendar_file_holds_every_session_and_says_what_is_cancelled(log_in, open_run, applying, two_children):
    parent, sky, _sea = two_children
    run = open_run()
    second = {"starts_at": timezone.make_aware(timezone.datetime(2026, 12, 19, 10)), "number": 2}
    second["ends_at"] = timezone.make_aware(timezone.datetime(2026, 12, 19, 12))
    run.sessions.create(**second)
    application = applying(run, sky, parent)
    client, file = log_in(parent), reverse("programs:ics", args=[application.pk])

    said = words(client.get(file))
    assert said.count("BEGIN:VEVENT") == 2
    assert said.count("STATUS:CONFIRMED") == 2
    assert "METHOD:PUBLISH" in said
    enrolment.withdraw(application, by=parent)
    assert words(client.get(file)).count("STATUS:CANCELLED") == 2
