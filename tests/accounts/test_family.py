from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts import family
from accounts.models import Consent, GuardianConsentRequest, Guardianship, Invitation, Neighbourhood, School, Student
from lifecycle.locks import Refused
from tests.accounts.conftest import code_for, path_for, told

PHONE, OTHER = "01000009001", "01000009002"


def child_form(**changes):
    values = {
        "name": "김하늘",
        "birth_date": "2020-05-05",
        "relation": "mother",
        "status": "enrolled",
        "grade": "1",
        "school_name": "",
        "neighbourhood": Neighbourhood.objects.get(name="가산동").pk,
        "consented": "on",
    }
    return values | changes


def sign_up(client, contact, who="guardian", birth_date="1985-05-05", name="이보호", **extra):
    client.post(reverse("account_signup"), {"who": who, "birth_date": birth_date, **extra})
    client.post(reverse("accounts:signup_contact"), {"contact": contact})
    client.post(reverse("accounts:signup_code"), {"code": code_for(contact)})
    client.post(reverse("accounts:signup_account"), {"name": name, "password": "금천의 봄 2026"})


# --- Both doors under 14 ---------------------------------------------------------------------
def test_a_guardian_consents_on_site_and_gets_the_confirming_message(client, person):
    guardian = person(phone=PHONE)
    client.force_login(guardian)

    client.post(reverse("accounts:child_add"), child_form())

    student = Student.objects.get()
    consent = Consent.objects.get(student=student)
    assert (consent.given, consent.by, consent.verified) == (True, guardian, "sms_notice")
    assert "김하늘" in told(PHONE, "child_consented")[0]
    assert list(student.people_to_tell()) == [guardian]


def test_without_the_consent_no_child_under_14_is_registered(client, person):
    client.force_login(person())

    page = client.post(reverse("accounts:child_add"), child_form(consented=""))

    assert not Student.objects.exists()
    assert "법정대리인의 동의가 있어야" in page.content.decode()


def test_without_a_proved_phone_the_guardian_is_led_to_prove_one(client, person):
    client.force_login(person(email="parent@example.com"))

    page = client.post(reverse("accounts:child_add"), child_form())

    assert not Student.objects.exists()
    assert page.url.startswith(reverse("account_change_phone"))


def test_a_child_of_14_needs_no_consent(client, person):
    client.force_login(person(email="parent@example.com"))

    client.post(reverse("accounts:child_add"), child_form(birth_date="2010-05-05", grade="10", consented=""))

    assert Student.objects.get().guardianships.current().count() == 1
    assert not Consent.objects.exists()


def test_the_childs_own_door_from_the_first_page_to_the_registered_child(client):
    client.post(reverse("account_signup"), {"who": "student", "birth_date": "2020-05-05"})
    client.post(reverse("accounts:ask_guardian"), {"guardian_name": "이보호", "guardian_phone": PHONE})
    link = path_for(PHONE, "guardian_asked")
    client.session.flush()

    opened = client.get(link)
    client.post(link, {"answer": "sign_up"})
    sign_up(client, PHONE)
    client.post(reverse("accounts:child_add"), child_form())

    assert "이보호" in opened.content.decode()
    assert Student.objects.get().guardians.get().phone == PHONE
    assert not GuardianConsentRequest.objects.exists()
    assert client.get(link).status_code == 410


def test_a_guardian_who_says_no_leaves_nothing_behind(client):
    client.post(reverse("accounts:ask_guardian"), {"guardian_name": "이보호", "guardian_phone": PHONE})

    client.post(path_for(PHONE, "guardian_asked"), {"answer": "no"})

    assert not GuardianConsentRequest.objects.exists()


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 410)])
def test_the_guardians_link_lives_five_days(client, seconds, status):
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False) as clock:
        client.post(reverse("accounts:ask_guardian"), {"guardian_name": "이보호", "guardian_phone": PHONE})
        link = path_for(PHONE, "guardian_asked")
        clock.shift(5 * 24 * 60 * 60 + seconds)

        assert client.get(link).status_code == status


def test_opening_a_link_changes_nothing(client):
    client.post(reverse("accounts:ask_guardian"), {"guardian_name": "이보호", "guardian_phone": PHONE})

    client.get(path_for(PHONE, "guardian_asked"))

    assert GuardianConsentRequest.objects.count() == 1


def test_a_made_up_link_is_no_link(client):
    assert client.get(reverse("accounts:guardian_consent", args=["x" * 22])).status_code == 410
    assert client.get(reverse("accounts:invitation", args=["x" * 22])).status_code == 410


def test_somebody_under_19_cannot_register_a_child(client, person):
    client.force_login(person(birth_date=date(2010, 1, 1)))

    client.post(reverse("accounts:child_add"), child_form())

    assert not Student.objects.exists()


def test_the_same_child_twice_is_a_sentence(client, person):
    client.force_login(person())
    client.post(reverse("accounts:child_add"), child_form())

    page = client.post(reverse("accounts:child_add"), child_form())

    assert Student.objects.count() == 1
    assert "이미 등록한 자녀" in page.content.decode()


# --- Visibility ------------------------------------------------------------------------------
def test_two_parents_see_the_child_and_not_each_other(client, person, pupil):
    mother, father = person(name="박어머니", phone=PHONE), person(name="최아버지", phone=OTHER)
    student = pupil(mother, father)
    client.force_login(mother)

    page = client.get(reverse("accounts:child", args=[student.pk])).content.decode()

    assert "최**지" in page
    assert "최아버지" not in page
    assert OTHER not in page
    assert "0000-9002" not in page


def test_a_stranger_gets_404_everywhere(client, person, pupil):
    student = pupil(person())
    client.force_login(person())
    link = student.guardianships.get()

    for name, pk in [("child", student.pk), ("child_leave", student.pk), ("invite", student.pk), ("unlink", link.pk)]:
        assert client.get(reverse(f"accounts:{name}", args=[pk])).status_code == 404
    assert not Student.objects.visible_to(person()).exists()


def test_an_ended_guardianship_shows_nothing_any_more(client, person, pupil):
    mother, father = person(), person()
    student = pupil(mother, father)
    family.unlink(student.guardianships.get(guardian=father), by=father)
    client.force_login(father)

    assert client.get(reverse("accounts:child", args=[student.pk])).status_code == 404
    assert student.people_to_tell() == [mother]


def test_the_last_guardian_of_a_child_cannot_just_walk_away(person, pupil):
    student = pupil(person())

    with pytest.raises(Refused):
        family.unlink(student.guardianships.get(), by=student.guardians.get())


# --- Invitations -----------------------------------------------------------------------------
def invite(client, student, role="guardian", contact=OTHER):
    return client.post(reverse("accounts:invite", args=[student.pk]), {"role": role, "contact": contact})


def test_a_second_guardian_comes_by_invitation(client, person, pupil):
    mother, father = person(phone=PHONE), person(phone=OTHER)
    student = pupil(mother)
    client.force_login(mother)
    invite(client, student)
    client.force_login(father)

    client.post(path_for(OTHER, "invited"), {"relation": "father"})

    assert set(student.guardians.all()) == {mother, father}
    assert told(PHONE, "accepted")


def test_a_newcomer_signs_up_from_the_invitation_and_comes_back_to_it(client, person, pupil):
    mother = person()
    student = pupil(mother)
    client.force_login(mother)
    invite(client, student)
    client.logout()
    link = path_for(OTHER, "invited")

    onward = client.post(link, {"answer": "sign_up"})
    sign_up(client, OTHER, next=link)
    done = client.get(reverse("accounts:signup_done")).content.decode()
    client.post(link, {"relation": "father"})

    assert onward.url.startswith(reverse("account_signup"))
    assert link in done
    assert student.guardians.count() == 2


def test_a_child_with_consent_takes_their_own_account_by_invitation(client, person):
    mother = person(phone=PHONE)
    client.force_login(mother)
    client.post(reverse("accounts:child_add"), child_form())
    student = Student.objects.get()
    invite(client, student, role="student")
    client.logout()
    link = path_for(OTHER, "invited")

    client.post(link, {"answer": "sign_up"})
    sign_up(client, OTHER, who="student", birth_date="2020-05-05", name="김하늘", next=link)
    client.post(link)

    student.refresh_from_db()
    assert student.user.phone == OTHER


def test_another_birthday_does_not_pass_as_the_invited_child(client, person):
    client.force_login(person())
    client.post(reverse("accounts:child_add"), child_form())
    invite(client, Student.objects.get(), role="student")
    client.logout()
    client.post(path_for(OTHER, "invited"), {"answer": "sign_up"})

    page = client.post(reverse("account_signup"), {"who": "student", "birth_date": "2019-01-01"})

    assert page.url == reverse("accounts:ask_guardian")


def test_a_link_works_once(client, person, pupil):
    mother, third = person(), person()
    student = pupil(mother)
    client.force_login(mother)
    invite(client, student)
    link = path_for(OTHER, "invited")
    client.force_login(person())
    client.post(link, {"relation": "father"})
    client.force_login(third)

    page = client.post(link, {"relation": "father"})

    assert page.status_code == 410
    assert student.guardians.count() == 2


@pytest.mark.parametrize(("seconds", "accepted"), [(-1, True), (0, False)])
def test_a_link_lives_seven_days(client, person, pupil, seconds, accepted):
    student = pupil(person())
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False) as clock:
        family.invite(student, "guardian", OTHER, by=student.guardians.get())
        clock.shift(7 * 24 * 60 * 60 + seconds)
        client.force_login(person())
        client.post(path_for(OTHER, "invited"), {"relation": "father"})

    assert (student.guardians.count() == 2) is accepted


def test_a_called_back_link_is_dead_and_its_address_forgotten(client, person, pupil):
    mother = person()
    student = pupil(mother)
    client.force_login(mother)
    invite(client, student)
    invitation = Invitation.objects.get()
    client.post(reverse("accounts:invitation_cancel", args=[invitation.pk]))
    client.force_login(person())

    page = client.post(path_for(OTHER, "invited"), {"relation": "father"})

    invitation.refresh_from_db()
    assert page.status_code == 410
    assert invitation.contact == ""


def test_one_cannot_accept_ones_own_invitation(client, person, pupil):
    mother = person()
    client.force_login(mother)
    invite(client, pupil(mother), role="student")

    page = client.post(path_for(OTHER, "invited"))

    assert "본인이 보낸 초대" in page.content.decode()


def test_a_guardian_account_cannot_become_the_student(client, person, pupil):
    mother, father = person(), person()
    student = pupil(mother, father)
    family.invite(student, "student", OTHER, by=mother)
    client.force_login(father)

    client.post(path_for(OTHER, "invited"))

    student.refresh_from_db()
    assert student.user is None


def test_two_who_accept_at_once_make_one_guardian(client, person, pupil, at_once, transactional_db):
    mother, father = person(), person()
    student = pupil(mother)
    invitation = family.invite(student, "guardian", OTHER, by=mother)

    results = at_once(*[lambda: family.accept(invitation, by=father, relation="father")] * 4)

    assert sum(isinstance(result, Student) for result in results) == 1
    assert all(isinstance(result, Student | Refused) for result in results)
    assert student.guardianships.current().filter(guardian=father).count() == 1


# --- Fourteen --------------------------------------------------------------------------------
def test_a_student_of_14_takes_their_data_into_their_own_hands(client, person, pupil):
    mother = person()
    own = person(birth_date=date(2010, 1, 1))
    student = pupil(mother, birth_date=date(2010, 1, 1), grade=10, user=own)
    client.force_login(own)

    client.post(reverse("accounts:handover"))

    assert Student.objects.visible_to(mother).filter(pk=student.pk).exists()
    assert not Student.objects.editable_by(mother).filter(pk=student.pk).exists()
    client.force_login(mother)
    form = {"status": "enrolled", "grade": "11", "neighbourhood": Neighbourhood.objects.get(name="가산동").pk}
    assert client.post(reverse("accounts:child", args=[student.pk]), form).status_code == 403


@pytest.mark.parametrize(("day", "works"), [("2027-03-01 12:00:00+09:00", False), ("2027-03-02 00:00:00+09:00", True)])
def test_nobody_takes_over_before_the_birthday(person, pupil, day, works):
    own = person(birth_date=date(2013, 3, 2))
    student = pupil(person(), user=own)
    with time_machine.travel(day, tick=False):
        if works:
            family.hand_over(student, by=own)
        else:
            with pytest.raises(Refused):
                family.hand_over(student, by=own)

    student.refresh_from_db()
    assert (student.handed_over_at is not None) is works


# --- Schools and grades ----------------------------------------------------------------------
@pytest.fixture
def schools():
    rows = [
        ("7010001", "금천중학교", "서울 금천구"),
        ("7010002", "신흥초등학교", "서울 금천구"),
        ("7010003", "신흥초등학교", "부산"),
    ]
    for code, name, address in rows:
        School.objects.create(office_code="B10", neis_code=code, name=name, kind="middle", address=address)


def test_a_name_that_says_it_all_is_enough(client, person, schools):
    client.force_login(person())

    client.post(reverse("accounts:child_add"), child_form(school_name=" 금천중학교 "))

    assert Student.objects.get().school.neis_code == "7010001"


def test_two_schools_of_one_name_are_asked_back_and_chosen(client, person, schools):
    client.force_login(person())

    page = client.post(reverse("accounts:child_add"), child_form(school_name="신흥초등학교"))
    assert "신흥초등학교 (부산)" in page.content.decode()
    chosen = School.objects.get(neis_code="7010003")
    client.post(reverse("accounts:child_add"), child_form(school_name="신흥초등학교", school=chosen.pk))

    assert Student.objects.get().school == chosen


def test_a_school_that_no_list_knows_is_kept_as_typed(client, person, schools):
    client.force_login(person())

    client.post(reverse("accounts:child_add"), child_form(school_name="하늘대안학교"))

    assert Student.objects.get().school_name == "하늘대안학교"


@pytest.mark.parametrize("status", ["graduate", "out_of_school"])
def test_graduates_and_young_people_out_of_school_are_first_class(client, person, status):
    client.force_login(person())

    client.post(reverse("accounts:child_add"), child_form(birth_date="2008-01-01", status=status, grade=""))

    assert Student.objects.get().status == status


def test_a_pupil_needs_a_grade(client, person):
    client.force_login(person())

    page = client.post(reverse("accounts:child_add"), child_form(grade=""))

    assert "학년을 골라" in page.content.decode()


@pytest.mark.parametrize(
    ("day", "label"),
    [
        ("2027-02-28 23:59:59+09:00", "중1"),
        ("2027-03-01 00:00:00+09:00", "중2"),
        ("2032-02-29 12:00:00+09:00", "고3"),
        ("2032-03-01 00:00:00+09:00", "졸업생(N수생)"),
    ],
)
def test_grades_move_up_on_1_march(pupil, day, label):
    with time_machine.travel("2026-11-23 12:00:00+09:00", tick=False):
        student = pupil()
    with time_machine.travel(day, tick=False):
        assert Student.objects.get(pk=student.pk).grade_label == label


def test_an_edit_in_the_new_school_year_is_true_of_that_year(client, person, pupil):
    mother = person()
    with time_machine.travel("2026-11-23 12:00:00+09:00", tick=False):
        student = pupil(mother)
    with time_machine.travel("2027-04-01 12:00:00+09:00", tick=False):
        client.force_login(mother)
        form = {"status": "enrolled", "grade": "8", "neighbourhood": Neighbourhood.objects.get(name="가산동").pk}
        client.post(reverse("accounts:child", args=[student.pk]), form)
        student.refresh_from_db()
        assert (student.grade, student.grade_year, student.grade_label) == (8, 2027, "중2")


def test_a_guardianship_is_unique_while_it_lasts(person, pupil):
    mother = person()
    student = pupil(mother)
    Guardianship.objects.filter(student=student).update(ended_at=timezone.now())
    Guardianship.objects.create(guardian=mother, student=student, relation="mother", confirmed_at=timezone.now())

    assert student.guardianships.current().count() == 1
