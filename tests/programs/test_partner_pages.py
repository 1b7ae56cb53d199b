"""A partner's login: its own runs, the roster for some days and without contacts, each hand-over written down."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Affiliation, Guardianship, Partner, School, Student, User
from lifecycle.locks import Refused
from lifecycle.models import AccessLog
from notices.models import Notice
from programs import rosters
from programs.models import Application, HandOver, Participant, RosterAnswer, RosterShare, Run

BASIS = RosterShare.Basis


@pytest.fixture
def company(db) -> Partner:
    return Partner.objects.create(name="해오름기업", kind=Partner.Kind.COMPANY)


@pytest.fixture
def partner_user(company) -> User:
    user = User.objects.create_user("work@example.com", name="현누리")
    Affiliation.objects.create(user=user, role="partner", partner=company, confirmed_at=timezone.now())
    return user


@pytest.fixture
def staff(db) -> User:
    return User.objects.create_user("staff@example.com", name="강직원", is_staff=True)


@pytest.fixture
def run(make_program, make_run, company) -> Run:
    """On 12 December, 10:00 to 12:00, with the company."""
    run = make_run(make_program("기업 탐방"), capacity=20)
    run.partners.add(company)
    return run


@pytest.fixture
def parent(db) -> User:
    return User.objects.create_user("mother@example.com", name="김보호", phone="01000009876")


@pytest.fixture
def seat(run, parent):
    """A student with a place; ``seat("김하늘")``."""

    def seat(name: str, *, state: str = Application.State.CONFIRMED) -> Application:
        student = Student.objects.create(name=name, birth_date=date(2013, 3, 2), grade=7, school_name="비밀중학교")
        Guardianship.objects.create(guardian=parent, student=student, relation="mother", confirmed_at=timezone.now())
        number = run.applications.count() + 1
        application = Application.objects.create(
            run=run, number=number, applicant=parent, state=state, confirmed_at=timezone.now()
        )
        Participant.objects.create(application=application, run=run, role="student", student=student)
        return application

    return seat


@pytest.fixture
def share(run, company, staff):
    def share(basis: str = BASIS.ENTRUSTED) -> RosterShare:
        row = RosterShare(run=run, partner=company, basis=basis, purpose="출석 확인과 조 편성")
        return rosters.announce(row, by=staff)

    return share


def _open(client, run: Run):
    return client.get(reverse("partner:roster", args=[run.pk]))


def test_the_partner_sees_its_own_runs_and_nobody_elses(client, partner_user, run, make_program, make_run):
    other = make_run(make_program("남의 프로그램"))
    client.force_login(partner_user)

    home = client.get(reverse("partner:home")).content.decode()

    assert "기업 탐방" in home
    assert "남의 프로그램" not in home
    assert client.get(reverse("partner:run", args=[run.pk])).status_code == 200
    assert client.get(reverse("partner:run", args=[other.pk])).status_code == 404


@pytest.mark.parametrize("change", ["unconfirmed", "ended", "teacher"])
def test_who_is_no_partner_finds_no_such_page(client, partner_user, run, share, change, today):
    share()
    today.move_to("2026-12-12 09:00+09:00")
    rows = Affiliation.objects.filter(user=partner_user)
    if change == "unconfirmed":
        rows.update(confirmed_at=None)
    elif change == "ended":
        rows.update(ended_at=timezone.now())
    else:
        school = School.objects.create(office_code="B10", neis_code="7000001", name="새빛중학교", kind="middle")
        rows.update(role="teacher", partner=None, school=school)
    client.force_login(partner_user)

    assert client.get(reverse("partner:home")).status_code == 404
    assert client.get(reverse("partner:run", args=[run.pk])).status_code == 404
    assert _open(client, run).status_code == 404
    assert not HandOver.objects.exists()


def test_a_draft_is_not_shown(client, partner_user, run):
    Run.objects.filter(pk=run.pk).update(published_at=None)
    client.force_login(partner_user)

    assert client.get(reverse("partner:run", args=[run.pk])).status_code == 404


def test_the_roster_names_who_has_a_place_without_contacts_and_is_written_down(
    client, partner_user, run, seat, share, today
):
    seated = seat("김하늘")
    seat("이대기", state=Application.State.CANCELLED)
    share()
    today.move_to("2026-12-12 09:00+09:00")
    client.force_login(partner_user)

    page = _open(client, run).content.decode()

    assert "김하늘" in page
    assert "중1" in page
    for secret in ("이대기", "비밀중학교", "01000009876", "010-0000-9876", "mother@example.com", "김보호"):
        assert secret not in page
    row = HandOver.objects.get()
    assert (row.run, row.by, row.act, row.people) == (run, partner_user, HandOver.Act.VIEW, 1)
    student = seated.participants.get().student
    assert AccessLog.objects.about(student).get().by == partner_user
    sent = client.post(reverse("partner:roster_file", args=[run.pk, "csv"]))
    assert "김하늘" in sent.content.decode("utf-8-sig")
    assert HandOver.objects.filter(act=HandOver.Act.FILE).count() == 1
    assert AccessLog.objects.about(student).filter(act=AccessLog.Act.EXPORT).get().reason


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-12-05 09:59+09:00", False),
        ("2026-12-05 10:00+09:00", True),  # 7 days before the beginning
        ("2026-12-19 11:59+09:00", True),
        ("2026-12-19 12:00+09:00", False),  # 7 days after the end
    ],
)
def test_it_opens_only_as_long_as_the_work_needs_it(client, partner_user, run, seat, share, today, moment, opens):
    seat("김하늘")
    share()
    today.move_to(moment)
    client.force_login(partner_user)

    answer = _open(client, run)

    assert (answer.status_code == 200) is opens
    assert HandOver.objects.exists() is opens
    if not opens:
        assert "김하늘" not in client.get(answer.headers["Location"]).content.decode()


def test_without_a_word_to_families_there_is_no_roster(client, partner_user, run, seat, today):
    seat("김하늘")
    today.move_to("2026-12-12 09:00+09:00")
    client.force_login(partner_user)

    assert _open(client, run).status_code == 404


@pytest.mark.parametrize("how", ["removed", "cancelled", "withdrawn"])
def test_what_is_taken_from_the_partner_vanishes_at_once(client, partner_user, run, company, seat, share, today, how):
    seat("김하늘")
    given = share()
    today.move_to("2026-12-12 09:00+09:00")
    client.force_login(partner_user)
    assert _open(client, run).status_code == 200

    if how == "removed":
        run.partners.remove(company)
    elif how == "cancelled":
        run.move(Run.State.CANCELLED, by=None, reason="폐강")
    else:
        rosters.withdraw(given)

    assert _open(client, run).status_code == 404
    assert (client.get(reverse("partner:run", args=[run.pk])).status_code == 404) is (how == "removed")


def test_two_partners_of_one_run_have_one_door_each(client, partner_user, run, seat, share, staff, today):
    """What is announced for one partner opens nothing for the other."""
    other = Partner.objects.create(name="다른기업", kind=Partner.Kind.COMPANY)
    run.partners.add(other)
    seat("김하늘")
    rosters.announce(RosterShare(run=run, partner=other, purpose="진행"), by=staff)
    today.move_to("2026-12-12 09:00+09:00")
    client.force_login(partner_user)

    assert client.get(reverse("partner:run", args=[run.pk])).status_code == 200
    assert _open(client, run).status_code == 404


def test_for_aims_of_its_own_the_partner_gets_only_who_agreed(client, partner_user, parent, run, seat, share, today):
    agreed, refused, _silent = seat("김하늘"), seat("이바다"), seat("박구름")
    given = share(BASIS.PROVIDED)
    notice = reverse("programs:roster_notice", args=[run.pk])
    client.force_login(parent)
    for application, answer in ((agreed, "yes"), (refused, "yes"), (refused, "no")):
        client.post(notice, {"share": given.pk, "application": application.pk, "agreed": answer})
    page = client.get(notice).content.decode()
    assert "김하늘" in page
    assert "해오름기업" in page
    today.move_to("2026-12-12 09:00+09:00")
    client.force_login(partner_user)

    roster = _open(client, run).content.decode()

    assert "김하늘" in roster
    assert "이바다" not in roster
    assert "박구름" not in roster
    assert "동의하지 않은 2명" in roster
    assert HandOver.objects.get().people == 1
    assert RosterAnswer.objects.count() == 3


def test_nobody_answers_for_another_family(client, run, seat, share):
    application, given = seat("김하늘"), share(BASIS.PROVIDED)
    client.force_login(User.objects.create_user("other@example.com", name="남"))
    notice = reverse("programs:roster_notice", args=[run.pk])

    answer = client.post(notice, {"share": given.pk, "application": application.pk, "agreed": "yes"})

    assert answer.status_code == 404
    assert "김하늘" not in client.get(notice).content.decode()
    assert not RosterAnswer.objects.exists()


def test_families_that_applied_before_are_told_once_and_all_read_it(client, run, seat, share, parent):
    seat("김하늘")
    seat("이바다")
    share()

    told = Notice.objects.filter(kind="programs.roster_shared", channel="email")
    assert [notice.recipient for notice in told] == [parent]
    assert "해오름기업" in told[0].body
    page = client.get(reverse("programs:roster_notice", args=[run.pk])).content.decode()  # nobody is logged in
    assert "출석 확인과 조 편성" in page
    assert "2026. 12. 19." in page


def test_a_roster_is_announced_for_partners_of_the_run_and_once(run, staff, share, company, today):
    stranger = Partner.objects.create(name="남의기업", kind=Partner.Kind.COMPANY)
    with pytest.raises(Refused, match="함께하는 기관이 아닙니다"):
        rosters.announce(RosterShare(run=run, partner=stranger, purpose="진행"), by=staff)
    first = share()
    with pytest.raises(Refused, match="이미"):
        share()
    rosters.withdraw(first)
    share()
    today.move_to("2026-12-12 12:00+09:00")
    run.partners.add(stranger)
    with pytest.raises(Refused, match="끝났거나"):
        rosters.announce(RosterShare(run=run, partner=stranger, purpose="진행"), by=staff)


def test_a_class_is_a_line_without_names(client, partner_user, parent, run, share, today):
    school = School.objects.create(office_code="B10", neis_code="7000001", name="새빛중학교", kind="middle")
    Application.objects.create(
        run=run, number=1, applicant=parent, state="confirmed", confirmed_at=timezone.now(),
        school=school, class_name="2학년 3반", headcount=25, places=25,
    )  # fmt: skip
    share(BASIS.PROVIDED)
    today.move_to("2026-12-12 09:00+09:00")
    client.force_login(partner_user)

    page = _open(client, run).content.decode()

    assert "새빛중학교 2학년 3반" in page
    assert "25명" in page


def test_the_list_of_partners_is_public_and_names_what_was_run_together(client, run, company):
    Partner.objects.create(name="아직 함께하지 않은 곳", kind=Partner.Kind.AGENCY)

    page = client.get(reverse("programs:partners")).content.decode()

    assert "해오름기업" in page
    assert "기업 탐방" in page
    assert "아직 함께하지 않은 곳" not in page


def test_the_pages_cost_the_same_for_many_people(
    client, partner_user, run, seat, share, today, django_assert_max_num_queries
):
    for number in range(30):
        seat(f"학생{number}")
    share()
    today.move_to("2026-12-12 09:00+09:00")
    client.force_login(partner_user)
    with django_assert_max_num_queries(15):
        _open(client, run)
    with django_assert_max_num_queries(12):
        client.get(reverse("partner:run", args=[run.pk]))
