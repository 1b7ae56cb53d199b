"""Input that no form of ours sends."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Student


@pytest.mark.parametrize("student", ["abc", "-1", "99999999999999999999", "", "1.5"])
def test_a_consent_for_a_student_who_cannot_be_is_not_found(client, person, student):
    client.force_login(person())

    answer = client.post(reverse("accounts:consent"), {"kind": "sensitive", "given": "yes", "student": student})

    assert answer.status_code == 404


@pytest.mark.parametrize("onward", ["foo", "children", "me"])
def test_a_next_that_is_no_path_is_passed_over(client, person, onward):
    client.force_login(person())

    answer = client.post(reverse("accounts:stay"), {"next": onward}, HTTP_ACCEPT="text/html")

    assert answer.url == reverse("accounts:me")


def test_an_account_without_a_birthday_cannot_register_as_a_student(client, person):
    client.force_login(person(birth_date=None))
    page = {"status": "graduate", "neighbourhood": "1"}

    assert client.post(reverse("accounts:student"), page).status_code == 403
    assert not Student.objects.exists()


def test_a_zero_byte_in_a_schools_name_is_refused_by_the_form(client, person):
    client.force_login(person())

    page = client.post(reverse("accounts:affiliations"), {"role": "teacher", "school_name": "금천\x00중"})

    assert page.status_code == 200
    assert page.context["form"].errors["school_name"]
