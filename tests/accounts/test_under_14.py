"""What a child under 14 with an account of its own leaves to its guardians (개인정보 보호법 제22조의2)."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from accounts.forms.entrance import AccountForm
from accounts.models import Consent, Invitation


@pytest.mark.parametrize("kind", ["sensitive", "third_party"])
@pytest.mark.parametrize(("born", "kept"), [(date(2012, 11, 24), 0), (date(2012, 11, 23), 1)])
def test_a_student_under_14_consents_to_nothing_alone(client, person, pupil, time_machine, kind, born, kept):
    time_machine.move_to("2026-11-23 09:00+09:00", tick=False)
    child = person(name="김하늘", birth_date=born)
    student = pupil(person(), birth_date=born, user=child)
    client.force_login(child)

    client.post(reverse("accounts:consent"), {"kind": kind, "given": "yes", "student": student.pk})

    assert Consent.objects.filter(student=student).count() == kept


@pytest.mark.parametrize(("born", "sent"), [(date(2012, 11, 24), 0), (date(2012, 11, 23), 1)])
def test_a_student_under_14_names_no_guardians(client, person, pupil, time_machine, born, sent):
    time_machine.move_to("2026-11-23 09:00+09:00", tick=False)
    child = person(name="김하늘", birth_date=born)
    student = pupil(person(), birth_date=born, user=child)
    client.force_login(child)

    client.post(reverse("accounts:invite", args=[student.pk]), {"role": "guardian", "contact": "01000007777"})

    assert Invitation.objects.count() == sent


@pytest.mark.parametrize(("born", "kept"), [(date(2012, 11, 24), 0), (date(2012, 11, 23), 1)])
def test_a_child_under_14_agrees_to_no_advertisements(client, person, time_machine, born, kept):
    time_machine.move_to("2026-11-23 09:00+09:00", tick=False)
    client.force_login(person(name="김하늘", birth_date=born))

    client.post(reverse("accounts:consent"), {"kind": "marketing", "given": "yes"})

    assert Consent.objects.count() == kept


@pytest.mark.parametrize("child", [True, False])
def test_the_last_page_of_signing_up_asks_no_child_for_advertisements(child):
    words = {"marketing_title": "홍보·소식 수신", "marketing_terms": "문안"}
    form = AccountForm(
        {"name": "김하늘", "password": "금천의 봄 2026", "marketing": "on"},
        contact="a@example.com",
        child=child,
        **words,
    )

    assert form.is_valid()
    assert ("marketing" in form.cleaned_data) is not child
