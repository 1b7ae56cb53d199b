"""Staff at the applications: masked lists, one application with its trail, and what is done by hand."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from lifecycle.models import AccessLog
from programs import enrolment, seating
from programs.models import Application, Group

pytestmark = pytest.mark.django_db

State = Application.State


@pytest.fixture
def staff(client, log_in):
    return log_in(User.objects.create_superuser("boss@example.com", name="박팀장"))


@pytest.fixture
def line(open_run, make_family, applying):
    run = open_run(capacity=1)
    return run, [applying(run, *make_family(f"남궁{n}수")) for n in "가나다"]


def act(staff, what, application, reason="보호자의 전화"):
    url = reverse(f"admin:programs_application_{what}", args=[application.pk])
    assert staff.get(url).status_code == 200
    answer = staff.post(url, {"reason": reason})
    application.refresh_from_db()
    return answer


def test_the_list_is_masked_narrowed_by_run_and_cheap(staff, line, open_run, make_family, applying):
    run, _three = line
    other = open_run(capacity=1)
    applying(other, *make_family("독고하늘"))
    url = reverse("admin:programs_application_changelist")
    staff.get(url)
    with CaptureQueriesContext(connection) as seen:
        page = staff.get(url, {"run": run.pk}).content.decode()

    assert len(seen) <= 15
    assert "남**수" in page and "남궁가수" not in page
    assert "독**늘" not in page


def test_a_group_of_priority_is_named_on_no_page(staff, line):
    run, (seated, *_rest) = line
    hidden = Group.objects.create(run=run, name="비밀 그룹", capacity=1, for_priority=True)
    Application.objects.filter(pk=seated.pk).update(group=hidden)

    for url in (
        reverse("admin:programs_application_changelist") + f"?run={run.pk}",
        reverse("admin:programs_application_change", args=[seated.pk]),
    ):
        assert "비밀 그룹" not in staff.get(url).content.decode()


def test_one_application_shows_its_people_its_offers_and_its_trail(staff, line):
    _run, (seated, second, _third) = line
    enrolment.withdraw(seated, by=seated.applicant)

    url = reverse("admin:programs_application_change", args=[second.pk])
    staff.get(url)
    with CaptureQueriesContext(connection) as seen:
        page = staff.get(url).content.decode()

    assert len(seen) <= 15
    for words in ("남궁나수", "대기 → 자리 제안", "답을 기다림", "신청 취소하기"):
        assert words in page
    assert AccessLog.objects.filter(subject_id=second.participants.get().student_id).exists()


def test_staff_cancel_with_a_reason_that_the_family_reads(staff, line, texts):
    _run, (seated, second, _third) = line
    assert "사유를 적어" in act(staff, "cancel", seated, reason="").content.decode()
    assert seated.state == State.CONFIRMED

    act(staff, "cancel", seated, "강사 사정")

    second.refresh_from_db()
    assert (seated.state, second.state) == (State.CANCELLED, State.OFFERED)
    assert "강사 사정" in texts("cancelled_by_centre")[0].body


def test_seating_rejecting_and_putting_back_pass_through_the_use_case(staff, line, clerk):
    run, (_seated, second, third) = line
    assert "남은 자리가 모자랍니다" in act(staff, "seat", third).content.decode()
    assert third.state == State.WAITING
    act(staff, "reject", second)
    assert second.state == State.REJECTED
    act(staff, "queue", second)
    assert second.state == State.WAITING
    seating.resize(run.pk, capacity=2, by=clerk)
    act(staff, "cancel", second)
    third.refresh_from_db()
    assert third.state == State.OFFERED


def test_a_caller_is_found_and_entered_by_keyboard(staff, open_run, make_family):
    run = open_run(capacity=1)
    student, _parent = make_family("남궁하늘")
    url = reverse("admin:programs_caller")
    page = staff.get(url, {"q": "남궁하늘"}).content.decode()
    assert "남**늘" in page and "남은 자리 1" in page
    assert "찾은 학생이 없습니다" in staff.get(url, {"q": "없음"}).content.decode()

    answer = staff.post(f"{url}?q=남궁하늘", {"student": student.pk, "run": run.pk, "remark": "창가 자리"})

    made = run.applications.get()
    assert answer.url == reverse("admin:programs_application_change", args=[made.pk])
    assert (made.on_behalf, made.state, made.remark) == (True, State.CONFIRMED, "창가 자리")
    again = staff.post(f"{url}?q=남궁하늘", {"student": student.pk, "run": run.pk, "remark": "다시"})
    assert "이미 신청" in again.content.decode() and "다시" in again.content.decode()


def test_whoever_may_only_read_presses_nothing(client, log_in, line):
    _run, (seated, *_rest) = line
    reader = User.objects.create_user("reader@example.com", name="감사", is_staff=True)

    reader.user_permissions.add(Permission.objects.get(codename="view_application"))
    log_in(reader)

    page = client.get(reverse("admin:programs_application_change", args=[seated.pk])).content.decode()
    assert "신청 취소하기" not in page
    assert client.get(reverse("admin:programs_application_cancel", args=[seated.pk])).status_code == 403
    assert client.get(reverse("admin:programs_caller")).status_code == 403
