from __future__ import annotations

import json
from datetime import date

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import affiliations, consents, disclosure, leaving, retention, tasks
from accounts.models import Affiliation, Consent, ConsentText, Partner, School, Student, User
from lifecycle.append_only import expiring
from tests.accounts.conftest import code_for, told

PASSWORD = "금천의 봄 2026"
PHONE, OTHER = "01000009001", "01000009002"


# --- Addresses -------------------------------------------------------------------------------
def test_a_new_phone_is_taken_over_after_its_code_and_both_are_told(client, person):
    user = person(phone=PHONE)
    client.force_login(user)

    client.post(reverse("account_change_phone"), {"contact": "010-0000-9002"})
    client.post(reverse("accounts:contact_code"), {"code": code_for(OTHER)})

    user.refresh_from_db()
    assert user.phone == OTHER
    assert told(PHONE, "changed")
    assert told(OTHER, "changed")


def test_an_email_is_added_after_its_code(client, person):
    user = person()
    client.force_login(user)

    client.post(reverse("account_email"), {"contact": "Parent@Example.com"})
    client.post(reverse("accounts:contact_code"), {"code": code_for("parent@example.com")})

    user.refresh_from_db()
    assert user.email == "parent@example.com"


def test_somebody_elses_phone_looks_free_and_is_not_given(client, person):
    person(phone=OTHER)
    user = person(phone=PHONE)
    client.force_login(user)

    page = client.post(reverse("account_change_phone"), {"contact": OTHER})

    user.refresh_from_db()
    assert page.url == reverse("accounts:contact_code")
    assert user.phone == PHONE
    assert told(OTHER, "already")


def test_a_password_change_wants_the_old_one(client, person):
    user = person()
    client.force_login(user)

    client.post(reverse("account_change_password"), {"old_password": "틀림", "password": "독산의 가을 2027"})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    client.post(reverse("account_change_password"), {"old_password": PASSWORD, "password": "독산의 가을 2027"})

    user.refresh_from_db()
    assert user.check_password("독산의 가을 2027")
    assert client.get(reverse("accounts:me")).status_code == 200


def test_markup_in_a_name_is_refused(client, person):
    user = person()
    client.force_login(user)

    client.post(reverse("accounts:name"), {"name": "<b>김</b>"})

    user.refresh_from_db()
    assert user.name == "김보호"


# --- Consents --------------------------------------------------------------------------------
def answer(client, kind, given, **extra):
    return client.post(reverse("accounts:consent"), {"kind": kind, "given": given, **extra})


def test_a_consent_is_withdrawn_as_easily_as_given(client, person):
    user = person()
    client.force_login(user)

    answer(client, "marketing", "yes")
    assert consents.agreed("marketing", user=user)
    answer(client, "marketing", "no")

    assert not consents.agreed("marketing", user=user)
    assert Consent.objects.filter(user=user).count() == 2


def test_a_withdrawal_speaks_of_the_words_that_were_agreed_to(person):
    user = person()
    consents.answer("marketing", True, by=user, user=user)
    ConsentText.objects.create(kind="marketing", version=2, title="새 문안", body="…")

    consents.answer("marketing", False, by=user, user=user)

    assert Consent.objects.latest("pk").text.version == 1


def test_consents_about_another_familys_child_do_not_exist(client, person, pupil):
    student = pupil(person())
    client.force_login(person())

    assert answer(client, "sensitive", "yes", student=student.pk).status_code == 404
    assert not Consent.objects.exists()


def test_the_history_of_consents_cannot_be_rewritten(person):
    user = person()
    consent = consents.answer("marketing", True, by=user, user=user)

    for change in (lambda: Consent.objects.filter(pk=consent.pk).update(given=False), consent.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    with expiring():
        consent.delete()


def test_withdrawing_the_guardians_consent_leads_to_the_end_of_use(client, person, pupil):
    mother = person()
    student = pupil(mother, birth_date=date(2020, 1, 1), grade=1)
    client.force_login(mother)

    assert answer(client, "child", "no", student=student.pk).url == reverse("accounts:child_leave", args=[student.pk])


def test_the_page_of_consents_shows_what_needs_none_and_why(client, person):
    client.force_login(person())

    page = client.get(reverse("accounts:consents")).content.decode()

    assert "서비스에 필요한 정보" in page
    assert "제15조제1항제4호" in page


# --- Taking data away ------------------------------------------------------------------------
def test_ones_own_data_come_as_json_with_children_and_consents(client, person, pupil):
    user = person(phone=PHONE)
    pupil(user)
    consents.answer("marketing", True, by=user, user=user)
    client.force_login(user)

    page = client.get(reverse("accounts:download"))

    told_of = json.loads(page.content)
    assert told_of["회원 정보"]["휴대폰 번호"] == PHONE
    assert told_of["학생"][0]["이름"] == "김하늘"
    assert told_of["동의 기록"][0]["답"] == "동의"
    assert "attachment" in page["Content-Disposition"]


def test_a_student_who_manages_their_own_data_is_not_in_the_guardians_file(person, pupil):
    mother, own = person(), person(birth_date=date(2009, 1, 1))
    student = pupil(mother, birth_date=date(2009, 1, 1), user=own)
    Student.objects.filter(pk=student.pk).update(handed_over_at=student.registered_at)

    assert disclosure.disclose(mother)["학생"] == []
    assert len(disclosure.disclose(own)["학생"]) == 1


def test_the_file_tells_no_code_and_no_link(client, person):
    person(phone=PHONE)
    client.post(reverse("account_request_login_code"), {"contact": PHONE})
    code = code_for(PHONE)
    client.post(reverse("account_confirm_login_code"), {"code": code})

    assert code not in client.get(reverse("accounts:download")).content.decode()


# --- Leaving ---------------------------------------------------------------------------------
def leave(client, password=PASSWORD):
    return client.post(reverse("accounts:leave"), {"because": "done", "password": password})


def test_whoever_leaves_is_nameless_at_once(client, person, pupil):
    user = person(phone=PHONE)
    student = pupil(user)
    client.force_login(user)

    leave(client)

    user.refresh_from_db()
    student.refresh_from_db()
    assert (user.name, user.phone, user.email, user.birth_date) == ("탈퇴한 이용자", None, None, None)
    assert (student.name, student.birth_date, student.neighbourhood) == ("이용을 마친 학생", date(2013, 1, 1), None)
    assert user.withdrawn_because == "done"
    assert "_auth_user_id" not in client.session
    assert told(PHONE, "left")


def test_the_address_is_free_for_a_new_account(client, person):
    client.force_login(person(phone=PHONE))
    leave(client)

    assert person(phone=PHONE)


def test_leaving_wants_the_password(client, person):
    user = person()
    client.force_login(user)

    leave(client, "틀림")

    user.refresh_from_db()
    assert user.withdrawn_at is None


def test_a_child_with_another_guardian_stays(client, person, pupil):
    mother, father = person(), person()
    student = pupil(mother, father)
    client.force_login(father)

    leave(client)

    student.refresh_from_db()
    assert student.left_at is None
    assert student.people_to_tell() == [mother]


def test_a_guardian_is_told_what_to_settle_first(client, person, pupil, monkeypatch):
    user = person()
    student = pupil(user)
    monkeypatch.setattr(leaving, "_checks", [lambda user, students: [leaving.Blocker("예약을 취소해 주세요.", "/x/")]])
    client.force_login(user)

    page = client.get(reverse("accounts:leave")).content.decode()
    leave(client)

    user.refresh_from_db()
    student.refresh_from_db()
    assert "예약을 취소해 주세요." in page
    assert user.withdrawn_at is None
    assert student.left_at is None


def test_a_child_without_anybody_else_can_stop(client, person, pupil):
    user = person()
    student = pupil(user)
    client.force_login(user)

    client.post(reverse("accounts:child_leave", args=[student.pk]))

    student.refresh_from_db()
    assert student.left_at is not None
    assert client.get(reverse("accounts:child", args=[student.pk])).status_code == 404


def test_staff_do_not_leave_by_this_door(client, log_in, person):
    user = person(is_staff=True)

    leave(log_in(user))

    user.refresh_from_db()
    assert user.withdrawn_at is None


# --- Where one works -------------------------------------------------------------------------
def test_an_affiliation_opens_nothing_until_staff_confirm_it(client, person):
    School.objects.create(office_code="B10", neis_code="7010001", name="금천중학교", kind="middle")
    teacher = person(phone=PHONE)
    client.force_login(teacher)

    client.post(reverse("accounts:affiliations"), {"role": "teacher", "school_name": "금천중학교"})
    assert not Affiliation.objects.current().exists()
    affiliation = Affiliation.objects.get()
    assert affiliations.confirm(affiliation, by=person(is_staff=True))
    assert not affiliations.confirm(affiliation, by=person(is_staff=True))

    assert Affiliation.objects.current().get().user == teacher
    assert len(told(PHONE, "affiliation_confirmed")) == 1


def test_a_partner_picks_a_partner_and_no_school(client, person):
    partner = Partner.objects.create(name="하늘대학교", kind="university")
    client.force_login(person())

    client.post(reverse("accounts:affiliations"), {"role": "partner", "school_name": "", "partner": partner.pk})

    assert Affiliation.objects.get().partner == partner


def test_nobody_ends_anothers_affiliation(client, person):
    partner = Partner.objects.create(name="하늘대학교", kind="university")
    affiliation = affiliations.ask(person(), "partner", partner=partner)
    client.force_login(person())

    assert client.post(reverse("accounts:affiliation_end", args=[affiliation.pk])).status_code == 404


# --- What time does --------------------------------------------------------------------------
@pytest.mark.parametrize(("now", "count"), [("2026-11-28 13:59:59+09:00", 0), ("2026-11-28 14:00:00+09:00", 1)])
def test_an_unanswered_request_of_a_child_is_over_after_five_days(client, now, count):
    from lifecycle.retention import kind

    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False):
        client.post(reverse("accounts:ask_guardian"), {"guardian_name": "김보호", "guardian_phone": PHONE})
    with time_machine.travel(now, tick=False):
        from django.utils import timezone

        assert kind("accounts.guardian_request").due(timezone.now()).count() == count


def test_a_nameless_account_goes_only_when_no_record_needs_it(person, pupil):
    free, needed = person(), person()
    pupil(needed)
    for user in (free, needed):
        leaving.leave(user)

    from django.utils import timezone

    rows = retention._withdrawn(timezone.now())
    assert list(rows) == [User.objects.get(pk=free.pk)]
    assert retention._erase(rows) == 1


@pytest.mark.parametrize(
    ("now", "times"),
    [("2027-03-01 09:00:00+09:00", 0), ("2027-03-02 09:00:00+09:00", 1), ("2027-05-01 09:00:00+09:00", 0)],
)
def test_families_are_told_once_when_a_student_turns_14(person, pupil, now, times):
    pupil(person(phone=PHONE))
    with time_machine.travel(now, tick=False):
        tasks.tell_turned_14()
        tasks.tell_turned_14()

    assert len(told(PHONE, "turned_14")) == times


@pytest.mark.parametrize(
    ("now", "times"),
    [("2028-11-21 14:00:00+09:00", 0), ("2028-11-22 14:00:00+09:00", 1), ("2030-11-23 14:00:00+09:00", 1)],
)
def test_consent_to_news_is_recalled_every_two_years(person, now, times):
    user = person(phone=PHONE)
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False):
        consents.answer("marketing", True, by=user, user=user)
    with time_machine.travel(now, tick=False):
        tasks.recheck_marketing()
        tasks.recheck_marketing()

    assert len(told(PHONE, "consent_recheck")) == times


def test_who_withdrew_is_not_reminded(person):
    user = person(phone=PHONE)
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False) as clock:
        consents.answer("marketing", True, by=user, user=user)
        clock.shift(60)
        consents.answer("marketing", False, by=user, user=user)
    with time_machine.travel("2029-11-23 14:00:00+09:00", tick=False):
        tasks.recheck_marketing()

    assert not told(PHONE, "consent_recheck")
