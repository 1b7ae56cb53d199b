"""Side doors of the admin through which a name, a number or a hash could be read without a reason in the log."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts import roles
from lifecycle.models import AccessLog

USERS = reverse("admin:accounts_user_changelist")


@pytest.fixture
def clerk(log_in, person):
    """The client of somebody with one role."""

    def clerk(role: str):
        user = person(email="clerk@example.com", name="오직원", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        return log_in(user)

    return clerk


@pytest.fixture(autouse=True)
def roles_at_work(people_room):
    roles.sync()


@pytest.mark.parametrize(
    "question",
    ["password__startswith=md5", "phone__startswith=010", "email__contains=example", "name=x", "is_superuser__exact=1",
     "birth_date__year=1985", "groups__name=x", "authenticator__data__has_key=secret"],
)  # fmt: skip
def test_a_list_does_not_answer_questions_about_what_it_hides(clerk, question):
    assert clerk(roles.PRIVACY).get(f"{USERS}?{question}").status_code == 400


@pytest.mark.parametrize("question", ["is_staff__exact=1", "date_joined__year=2026", "id__exact=1", "q=x", "all=1"])
def test_a_list_answers_what_its_columns_and_filters_show(clerk, question):
    assert clerk(roles.PRIVACY).get(f"{USERS}?{question}").status_code in {200, 302}


def test_a_hidden_column_of_a_notice_cannot_be_asked_about(clerk):
    notices = clerk(roles.PROGRAMS).get(reverse("admin:notices_notice_changelist") + "?sealed__startswith=gA")

    assert notices.status_code == 400


def test_a_form_filled_in_from_the_address_names_nobody(clerk, person, pupil):
    guardian = person(name="남궁보호")
    student = pupil(name="김하늘")
    address = reverse("admin:accounts_guardianship_add")

    page = clerk(roles.PROGRAMS).get(f"{address}?student={student.pk}&guardian={guardian.pk}").content.decode()

    assert "김*늘" in page
    assert "김하늘" not in page
    assert "남궁보호" not in page


def test_reading_a_persons_history_is_a_look_in_the_access_log(clerk, pupil):
    student = pupil(name="김하늘")

    clerk(roles.PRIVACY).get(reverse("admin:accounts_student_history", args=[student.pk]))

    assert AccessLog.objects.about(student).filter(act=AccessLog.Act.VIEW).count() == 1


def test_the_history_of_nobody_is_no_error(clerk):
    nowhere = reverse("admin:accounts_student_history", args=[99_999_999_999_999_999_999])

    assert clerk(roles.PRIVACY).get(nowhere).status_code == 302


def test_a_form_that_comes_back_with_its_mistakes_is_a_look_in_the_access_log(clerk, pupil):
    student = pupil(name="김하늘")

    page = clerk(roles.PRIVACY).post(reverse("admin:accounts_student_change", args=[student.pk]), {"status": ""})

    assert "김하늘" in page.content.decode()
    assert AccessLog.objects.about(student).filter(act=AccessLog.Act.VIEW).count() == 1


def test_an_empty_to_field_is_none(clerk, pupil):
    address = reverse("admin:accounts_student_change", args=[pupil().pk])

    assert clerk(roles.PRIVACY).get(f"{address}?_to_field=").status_code == 200
