"""업무협약: what the clock says of them, the reminders before they end, and their papers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Partner, School, User
from lifecycle.locks import Refused
from notices.models import Notice
from programs import agreements
from programs.models import Agreement, AgreementFile, Stand
from tests.questionnaires.files import pdf

TODAY = date(2026, 11, 24)


@pytest.fixture
def university(db) -> Partner:
    return Partner.objects.create(name="가온누리대학교", kind=Partner.Kind.UNIVERSITY)


@pytest.fixture
def make_agreement(university):
    def make(**fields) -> Agreement:
        values = {
            "partner": university,
            "title": "진로체험 업무협약",
            "signed_on": date(2026, 3, 1),
            "first_day": date(2026, 3, 1),
            "last_day": date(2027, 2, 28),
            **fields,
        }
        return Agreement.objects.create(**values)

    return make


@pytest.fixture
def officer(db) -> User:
    user = User.objects.create_user("officer@example.com", name="윤담당", is_staff=True)
    user.groups.add(Group.objects.get_or_create(name="프로그램 담당")[0])
    return user


@pytest.mark.parametrize(
    ("fields", "stand"),
    [
        ({"first_day": TODAY + timedelta(days=1)}, Stand.UPCOMING),
        ({"first_day": TODAY}, Stand.VALID),
        ({"last_day": TODAY + timedelta(days=91)}, Stand.VALID),
        ({"last_day": TODAY + timedelta(days=90)}, Stand.ENDING),
        ({"last_day": TODAY}, Stand.ENDING),  # the last day is included
        ({"last_day": TODAY - timedelta(days=1)}, Stand.OVER),
        ({"last_day": None}, Stand.VALID),
        ({"last_day": TODAY - timedelta(days=1), "renews_years": 1}, Stand.VALID),
        ({"ended_on": TODAY, "ended_because": "합의"}, Stand.OVER),
        ({"ended_on": TODAY + timedelta(days=1), "ended_because": "합의"}, Stand.VALID),
        ({"last_day": None, "ended_on": TODAY, "ended_because": "합의"}, Stand.OVER),
    ],
)
def test_the_clock_says_whether_it_holds_in_the_list_as_on_its_page(make_agreement, fields, stand):
    agreement = make_agreement(**{"last_day": date(2027, 12, 31), **fields})

    assert agreement.stand_on(TODAY) == stand
    assert [one for one in Stand if Agreement.objects.having(one, TODAY).exists()] == [stand]
    assert Agreement.objects.in_force(TODAY).exists() == (stand in {Stand.VALID, Stand.ENDING})


@pytest.mark.parametrize(
    ("last_day", "today", "end"),
    [
        (date(2026, 2, 28), date(2026, 2, 28), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2026, 3, 1), date(2027, 2, 28)),
        (date(2027, 2, 28), date(2027, 3, 1), date(2028, 2, 29)),  # to the end of February, leap year or not
        (date(2026, 6, 30), date(2029, 7, 1), date(2030, 6, 30)),
    ],
)
def test_one_that_renews_itself_goes_on_from_term_to_term(make_agreement, last_day, today, end):
    agreement = make_agreement(first_day=date(2025, 1, 1), last_day=last_day, renews_years=1)

    assert agreement.term_end(today) == end


@pytest.mark.parametrize(
    "wrong",
    [
        {"partner": None},
        {"first_day": date(2027, 3, 1)},
        {"renews_years": 1, "last_day": None},
        {"ended_on": date(2026, 5, 1)},
        {"ended_because": "까닭만"},
        {"ended_on": date(2026, 2, 28), "ended_because": "시작도 전에"},
    ],
)
def test_the_database_refuses_what_is_no_agreement(make_agreement, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_agreement(**wrong)


def test_reminders_come_by_window_once_and_to_the_responsible_person(make_agreement, officer, today):
    other = User.objects.create_user("other@example.com", name="한담당", is_staff=True)
    agreement = make_agreement(responsible=other)
    told = []
    for day in (
        date(2026, 11, 29),
        date(2026, 11, 30),
        date(2026, 12, 1),
        date(2027, 2, 22),
        date(2027, 2, 28),
        date(2027, 3, 1),
    ):
        today.move_to(timezone.datetime(day.year, day.month, day.day, 9, tzinfo=timezone.get_current_timezone()))
        told.append((agreements.remind(), agreements.remind()))
    # 91 days before: nothing; 90: said once; the 30-day window was slept through: only what fits now is said
    assert told == [(0, 0), (1, 0), (0, 0), (1, 0), (0, 0), (0, 0)]
    notices = Notice.objects.filter(kind="programs.agreement_ends").order_by("pk")
    assert {notice.recipient for notice in notices} == {other}
    assert [notice.key.rsplit("/", 1)[1] for notice in notices] == ["90", "7"]
    assert "2027. 2. 28." in notices[0].body
    assert agreement.title in notices[0].body


def test_without_a_responsible_person_all_of_the_programmes_staff_are_told(make_agreement, officer, today):
    make_agreement(last_day=date(2026, 12, 24))

    assert agreements.remind() == 1
    assert Notice.objects.get(kind="programs.agreement_ends").recipient == officer


def test_a_new_end_is_announced_anew(make_agreement, officer):
    agreement = make_agreement(last_day=TODAY + timedelta(days=7))
    assert agreements.remind() == 1
    Agreement.objects.filter(pk=agreement.pk).update(last_day=TODAY + timedelta(days=20))

    assert agreements.remind() == 1
    assert Notice.objects.filter(kind="programs.agreement_ends").count() == 2


def test_reminding_at_the_same_time_says_it_once(transactional_db, at_once, today):
    partner = Partner.objects.create(name="해오름기업", kind=Partner.Kind.COMPANY)
    staff = User.objects.create_user("staff@example.com", name="강직원", is_staff=True)
    Agreement.objects.create(
        partner=partner,
        title="협약",
        signed_on=TODAY,
        first_day=TODAY,
        last_day=TODAY + timedelta(days=5),
        responsible=staff,
    )
    with time_machine.travel("2026-11-24 10:00+09:00", tick=False):
        results = at_once(*[agreements.remind] * 4)

    assert sorted(results) == [0, 0, 0, 1]
    assert Notice.objects.count() == 1


def test_control_without_the_lock_both_would_speak(transactional_db, at_once, meeting_point, monkeypatch, today):
    partner = Partner.objects.create(name="해오름기업", kind=Partner.Kind.COMPANY)
    Agreement.objects.create(
        partner=partner, title="협약", signed_on=TODAY, first_day=TODAY, last_day=TODAY + timedelta(days=5)
    )
    monkeypatch.setattr(agreements, "lock", lambda rows, pk: rows.get(pk=pk))
    meeting_point(agreements, "lock")
    with time_machine.travel("2026-11-24 10:00+09:00", tick=False):
        results = at_once(*[agreements.remind] * 2)

    assert results == [1, 1]


def test_it_is_ended_with_a_reason_and_once(make_agreement, officer):
    agreement = make_agreement(renews_years=1)
    with pytest.raises(Refused, match="시작일"):
        agreements.end(agreement, on=date(2026, 2, 28), reason="합의", by=officer)

    agreements.end(agreement, on=TODAY, reason="상호 합의", by=officer)

    agreement.refresh_from_db()
    assert (agreement.stand, agreement.ended_because, agreement.ended_by) == (Stand.OVER, "상호 합의", officer)
    with pytest.raises(Refused, match="이미 끝난"):
        agreements.end(agreement, on=TODAY, reason="또", by=officer)


def test_a_paper_lies_sealed_and_opens_as_it_was(make_agreement, officer, settings, tmp_path):
    agreement, sent = make_agreement(), pdf("MOU 2026")

    paper = agreements.receive(agreement, name="협약서 원본.pdf", data=sent, by=officer)

    with default_storage.open(paper.file.name, "rb") as lying:
        assert b"%PDF" not in lying.read()
    assert AgreementFile.objects.get().file.clear() == sent
    with pytest.raises(Refused):
        agreements.receive(agreement, name="이상한.pdf", data=b"MZ no paper", by=officer)
    assert AgreementFile.objects.count() == 1


def test_the_admin_shows_ends_takes_papers_and_counts_the_duty(make_agreement, officer, log_in):
    call_command("sync_roles", verbosity=0)
    agreement, client = make_agreement(last_day=TODAY + timedelta(days=10)), log_in(officer)
    make_agreement(title="다른 협약", last_day=date(2028, 1, 1))

    front = client.get(reverse("admin:index")).content.decode()
    assert "곧 끝나는 업무협약" in front
    assert "?stand=ending" in front
    page = client.get(reverse("admin:programs_agreement_changelist"), {"stand": "ending"}).content.decode()
    assert "진로체험 업무협약" in page
    assert "다른 협약" not in page
    sent = SimpleUploadedFile("협약서.pdf", pdf("MOU 2026"), "application/pdf")
    client.post(reverse("admin:programs_agreement_file_add", args=[agreement.pk]), {"file": sent})
    opened = client.get(reverse("admin:programs_agreement_file_open", args=[agreement.files.get().pk]))
    assert opened.content.startswith(b"%PDF")
    ending = reverse("admin:programs_agreement_end", args=[agreement.pk])
    assert "사유를 적어 주세요" in client.post(ending, {"on": "2026-11-24", "reason": ""}).content.decode()
    assert client.post(ending, {"on": "2026-11-24", "reason": "상호 합의"}).status_code == 302
    assert "상호 합의" in client.get(reverse("admin:programs_agreement_change", args=[agreement.pk])).content.decode()


def test_an_agreement_may_be_with_a_school(make_agreement):
    school = School.objects.create(office_code="B10", neis_code="7000001", name="새빛중학교", kind=School.Kind.MIDDLE)

    assert str(make_agreement(partner=None, school=school)) == "새빛중학교 · 진로체험 업무협약"
