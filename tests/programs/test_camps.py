"""A camp: rooms with so many beds and no more, teams, mentors who are cleared, and what each may see when."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import Guardianship, User
from lifecycle.models import AccessLog
from programs import camp_plan, camp_privacy, camp_sheets, camps, enrolment
from programs.camp_plan import Person, Room
from programs.camps import Change, NotPlaced
from programs.models import Accepted, Application, Mentor, Program, Stay
from questionnaires import answering
from questionnaires.models import Questionnaire, Response
from tests.programs.people import apply, child, parent

KIND = Program.Kind.CAMP
SECRET = "땅콩 알레르기가 있어요"


@pytest.fixture
def run(make_program, make_run):
    """From 12 December 10:00 to 14 December 18:00."""
    return make_run(make_program("별 따는 기숙사", kind=KIND), ends_at="2026-12-14 18:00")


@pytest.fixture
def people(run):
    """Four children of three families: the first two are siblings."""
    first, second, third = parent("김보호", 1), parent("이보호", 2), parent("박보호", 3)
    pairs = [(first, "김하늘"), (first, "김바다"), (second, "이나무"), (third, "박구름")]
    return [apply(run, by, child(by, name)).participants.get() for by, name in pairs]


@pytest.fixture
def staff(db) -> User:
    call_command("sync_roles", verbosity=0)
    user = User.objects.create_user("staff@example.com", name="강직원", is_staff=True)
    user.groups.add(Group.objects.get(name="프로그램 담당"))
    return user


@pytest.fixture
def mentor_user(db) -> User:
    return User.objects.create_user("mentor@example.com", name="윤멘토")


@pytest.fixture
def mentor(run, mentor_user) -> Mentor:
    return camps.put_mentor(run.pk, user=mentor_user, role="team", cleared_on=date(2026, 11, 20))


@pytest.fixture
def team(run, mentor, people, staff):
    """The mentor's own; the first two children belong to it."""
    team = camps.put_team(run.pk, name="1조", mentors=[mentor.pk], in_charge=mentor.pk)
    camps.assign(run.pk, [Change(one.pk, "", None, team.pk) for one in people[:2]], by=staff)
    return team


def put(run, one, room=None, team=None, kind="", was=None, by=None):
    return camps.assign(run.pk, [Change(one.pk, kind, room and room.pk, team and team.pk, was=was)], by=by)


# --- Beds ----------------------------------------------------------------------------------------
def test_a_room_takes_as_many_as_it_has_beds_and_not_one_more(run, people, staff):
    room = camps.put_room(run.pk, name="301호", capacity=2)
    put(run, people[0], room, by=staff)
    put(run, people[1], room, by=staff)
    with pytest.raises(NotPlaced, match="정원은 2명인데 3명"):
        put(run, people[2], room, by=staff)
    assert room.stays.count() == 2
    with pytest.raises(NotPlaced, match="정원은 1명인데 2명"):
        camps.put_room(run.pk, pk=room.pk, name="301호", capacity=1)
    camps.put_room(run.pk, pk=room.pk, name="301호", capacity=2)


def test_all_of_a_table_is_saved_or_nothing(run, people, staff):
    room = camps.put_room(run.pk, name="301호", capacity=1)
    with pytest.raises(NotPlaced):
        camps.assign(run.pk, [Change(one.pk, "", room.pk, None) for one in people[:2]], by=staff)
    assert not Stay.objects.exists()


@pytest.mark.parametrize(
    ("kept", "stated", "sentence"),
    [
        ("female", ["female", "female"], ""),
        ("female", ["female", "male"], "‘여’ 방"),
        ("female", ["female", ""], "‘여’ 방"),  # nothing is guessed
        ("", ["female", "male"], "함께"),
        ("", ["", ""], ""),
        ("", ["female", ""], ""),
    ],
)
def test_who_may_sleep_in_a_room_is_what_staff_stated(run, people, staff, kept, stated, sentence):
    room = camps.put_room(run.pk, name="301호", capacity=4, kind=kept)
    changes = [Change(one.pk, kind, room.pk, None) for one, kind in zip(people, stated, strict=False)]
    if sentence:
        with pytest.raises(NotPlaced, match=sentence):
            camps.assign(run.pk, changes, by=staff)
    else:
        assert camps.assign(run.pk, changes, by=staff) == 2


def test_a_room_cannot_be_kept_for_others_than_those_in_it(run, people, staff):
    room = camps.put_room(run.pk, name="301호", capacity=4)
    put(run, people[0], room, kind="female", by=staff)
    with pytest.raises(NotPlaced, match="‘남’ 방"):
        camps.put_room(run.pk, pk=room.pk, name="301호", capacity=4, kind="male")


def test_two_desks_do_not_undo_each_other(run, people, staff):
    one, two = (camps.put_room(run.pk, name=name, capacity=2) for name in ("301호", "302호"))
    put(run, people[0], one, was=("", None, None), by=staff)
    with pytest.raises(NotPlaced, match="다른 직원"):
        put(run, people[0], two, was=("", None, None), by=staff)
    put(run, people[1], two, was=("", None, None), by=staff)
    assert [stay.room for stay in Stay.objects.order_by("participant")] == [one, two]


def test_rooms_of_another_run_are_refused(run, people, staff, make_run, make_program):
    other = make_run(make_program("다른 캠프", kind=KIND))
    with pytest.raises(NotPlaced):
        put(run, people[0], camps.put_room(other.pk, name="1호", capacity=2), by=staff)
    with pytest.raises(NotPlaced, match="캠프로 운영"):
        camps.put_room(make_run(make_program("강의")).pk, name="1호", capacity=2)


def test_who_leaves_frees_bed_and_team_and_who_comes_back_has_none(run, people, team, staff):
    room = camps.put_room(run.pk, name="301호", capacity=1)
    put(run, people[0], room, team, by=staff)
    enrolment.withdraw(people[0].application, by=staff, by_centre=True)
    assert not Stay.objects.filter(participant=people[0]).exists()
    put(run, people[2], room, team, by=staff)  # the bed is free
    with pytest.raises(NotPlaced):
        put(run, people[0], None, team, by=staff)
    type(people[0]).objects.filter(pk=people[0].pk).update(left_at=None)
    assert room.stays.count() == 1


def test_nothing_that_holds_people_is_removed(run, people, team, staff):
    room = camps.put_room(run.pk, name="301호", capacity=1)
    put(run, people[0], room, team, by=staff)
    for remove, row in ((camps.remove_room, room), (camps.remove_team, team)):
        with pytest.raises(NotPlaced, match="배정된 사람"):
            remove(run.pk, row.pk)
    put(run, people[0], None, team, by=staff)
    camps.remove_room(run.pk, room.pk)
    camps.remove_room(run.pk, room.pk)  # a second click


def test_the_same_name_twice_is_refused_in_words(run):
    camps.put_room(run.pk, name="301호", capacity=1)
    with pytest.raises(NotPlaced, match="이미 있습니다"):
        camps.put_room(run.pk, name=" 301호 ", capacity=1)


# --- Mentors -------------------------------------------------------------------------------------
def test_no_team_without_clearance(run, mentor_user):
    mentor = camps.put_mentor(run.pk, user=mentor_user, role="team")
    with pytest.raises(NotPlaced, match="성범죄 경력 조회"):
        camps.put_team(run.pk, name="1조", in_charge=mentor.pk)
    with pytest.raises(NotPlaced, match="오늘이거나"):
        camps.put_mentor(run.pk, pk=mentor.pk, role="team", cleared_on=date(2026, 11, 25))
    camps.put_mentor(run.pk, pk=mentor.pk, role="team", cleared_on=date(2026, 11, 24))
    team = camps.put_team(run.pk, name="1조", in_charge=mentor.pk)
    assert list(team.mentors.all()) == [mentor]
    with pytest.raises(NotPlaced, match="비울 수 없습니다"):
        camps.put_mentor(run.pk, pk=mentor.pk, role="team", cleared_on=None)


def test_a_mentor_is_one_person_once(run, mentor, mentor_user):
    for who in ({"user": mentor_user}, {}, {"user": mentor_user, "name": "윤멘토"}):
        with pytest.raises(NotPlaced):
            camps.put_mentor(run.pk, role="team", **who)
    camps.put_mentor(run.pk, role="night", name="나루비")


# --- The proposal --------------------------------------------------------------------------------
def test_grades_and_schools_are_spread_evenly():
    people = [Person(n, 8 if n < 6 else 9, "가중" if n % 2 else "나중") for n in range(12)]
    after = camp_plan.fill(people, [Room(1, 4), Room(2, 4), Room(3, 4)], [7, 8, 9])
    for key in (7, 8, 9):
        mine = [one for one in after if one.team == key]
        assert (len(mine), sum(one.grade == 8 for one in mine)) == (4, 2)
        assert 1 <= sum(one.school == "가중" for one in mine) <= 3
    assert {key: sum(one.room == key for one in after) for key in (1, 2, 3)} == {1: 4, 2: 4, 3: 4}


def test_who_fits_nowhere_stays_without_and_hands_are_respected():
    people = [Person(1, 8, "", "male"), Person(2, 8, "", "female", room=1, team=5), Person(3, 8, "")]
    after = camp_plan.fill(people, [Room(1, 9, "female")], [4, 5])
    assert [(one.room, one.team) for one in after] == [(None, 4), (1, 5), (None, 4)]
    assert camp_plan.fill(after, [Room(1, 9, "female")], [4, 5]) == after


def test_what_was_seen_is_done_or_nothing(run, people, staff):
    camps.put_room(run.pk, name="301호", capacity=3)
    camps.put_team(run.pk, name="1조")
    seen = camps.propose(run)
    assert seen.roomless == 1
    assert not Stay.objects.exists()  # a look writes nothing
    put(run, people[3], by=staff, kind="female")
    with pytest.raises(NotPlaced, match="달라졌습니다"):
        camps.fill(run.pk, seen=seen.digest, by=staff)
    assert camps.fill(run.pk, seen=camps.propose(run).digest, by=staff) == 4
    assert Stay.objects.filter(room__isnull=False).count() == 3


def test_siblings_are_seen(run, people):
    lines = camp_sheets.lines(run)
    assert [line.siblings for line in lines] == [("0002 김*다",), ("0001 김*늘",), (), ()]
    Guardianship.objects.filter(student=people[1].student).update(ended_at=timezone.now())
    assert all(line.siblings == () for line in camp_sheets.lines(run))


# --- What a mentor sees --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("moment", "seen"),
    [
        ("2026-12-10 23:59:59+09:00", False),
        ("2026-12-11 00:00+09:00", True),
        ("2026-12-15 23:59:59+09:00", True),
        ("2026-12-16 00:00+09:00", False),
    ],
)
def test_a_mentor_looks_from_the_day_before_to_the_day_after(client, team, mentor_user, moment, seen):
    with time_machine.travel(moment, tick=False):
        client.force_login(mentor_user)
        answers = [
            client.get(reverse("programs:camps")),
            client.get(reverse("programs:camp_team", args=[team.pk])),
            client.post(reverse("programs:camp_contacts", args=[team.pk])),
        ]
    assert {answer.status_code for answer in answers} == {200 if seen else 404}


def test_a_mentor_sees_the_own_team_and_no_other(client, run, team, people, mentor_user, staff):
    other = camps.put_team(run.pk, name="2조")
    camps.assign(run.pk, [Change(people[2].pk, "", None, other.pk)], by=staff)
    with time_machine.travel("2026-12-12 12:00+09:00", tick=False):
        client.force_login(mentor_user)
        page = client.get(reverse("programs:camp_team", args=[team.pk])).content.decode()
        assert client.get(reverse("programs:camp_team", args=[other.pk])).status_code == 404
        assert "2조" not in client.get(reverse("programs:camps")).content.decode()
    assert "김하늘" in page
    assert "이나무" not in page
    assert AccessLog.objects.get().subject_ids == sorted(one.student_id for one in people[:2])


@pytest.mark.parametrize("why", ["stranger", "no clearance", "called off", "taken out", "not in charge"])
def test_for_others_there_is_no_such_page(client, run, team, mentor, mentor_user, why):
    user = mentor_user
    if why == "stranger":
        user = parent("남", 9)
    elif why == "no clearance":
        Mentor.objects.update(cleared_on=None)
    elif why == "called off":
        run.move("cancelled", by=None)
    elif why == "taken out":
        camps.remove_mentor(run.pk, mentor.pk)
    else:
        team.in_charge = None
        team.save()
    with time_machine.travel("2026-12-12 12:00+09:00", tick=False):
        client.force_login(user)
        page = client.get(reverse("programs:camp_team", args=[team.pk])).status_code
        contacts = client.post(reverse("programs:camp_contacts", args=[team.pk])).status_code
    assert (page, contacts) == (200 if why == "not in charge" else 404, 404)


# --- Contacts ------------------------------------------------------------------------------------
@pytest.fixture
def papers(run, people, team) -> Response:
    """The first child's family handed in the second form."""
    call_command("load_plan", verbosity=0)
    form = Questionnaire.objects.get(slug="camp-papers")
    run.second_form, run.second_form_until = form, run.starts_at
    run.save()
    one = Accepted.objects.get(pk=people[0].pk)
    sheet = answering.sheet(one)
    answers = {
        "emergency_name": "김보호", "emergency_phone": "010-0000-0001", "health": SECRET,
        "guardian_agrees": ["동의합니다"],
    }  # fmt: skip
    return answering.send(one, sheet.version, answers, by=one.application.applicant, revision=0)


def test_the_mentor_in_charge_opens_the_contacts_and_it_is_written_down(client, team, papers, mentor_user, people):
    with time_machine.travel("2026-12-12 12:00+09:00", tick=False):
        client.force_login(mentor_user)
        answer = client.post(reverse("programs:camp_contacts", args=[team.pk]))
    page = answer.content.decode()
    assert SECRET in page
    assert "동의합니다" not in page  # not needed in an emergency
    assert "아직 서류를 내지 않았습니다" in page  # the sibling's
    assert "no-store" in answer["Cache-Control"]
    log = AccessLog.objects.get()
    assert (log.by, log.subject_ids) == (mentor_user, sorted(one.student_id for one in people[:2]))
    assert SECRET not in log.what


def test_staff_open_the_contacts_after_a_reason(log_in, run, team, papers, staff):
    client, url = log_in(staff), reverse("admin:programs_camp_contacts", args=[run.pk, team.pk])
    for answer in (client.get(url), client.post(url, {"reason": ""}), client.post(url, {"paper": "1"})):
        assert SECRET not in answer.content.decode()
        assert answer["Content-Type"].startswith("text/html")
    assert not AccessLog.objects.exists()
    assert SECRET in client.post(url, {"reason": "야간 응급 상황"}).content.decode()
    paper = client.post(url, {"reason": "담당 멘토에게 건넴", "paper": "1"})
    assert paper.content[:4] == b"%PDF"
    assert list(AccessLog.objects.order_by("pk").values_list("act", flat=True)) == ["unmask", "export"]


def test_what_is_stored_is_sealed(papers):
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers::text FROM questionnaires_response WHERE id = %s", [papers.pk])
        assert SECRET not in cursor.fetchone()[0]


@pytest.mark.parametrize(("moment", "due"), [("2026-12-28 18:00+09:00", False), ("2026-12-28 18:00:01+09:00", True)])
def test_the_contacts_go_two_weeks_after_the_camp(papers, moment, due):
    now = datetime.fromisoformat(moment)
    rows = camp_privacy.CONTACTS.due(now)
    assert rows.exists() is due
    if due:
        assert camp_privacy.CONTACTS.destroy(rows) == 1
        papers.refresh_from_db()
        assert papers.answers == {"guardian_agrees": ["동의합니다"]}
        assert not camp_privacy.CONTACTS.due(now).exists()
        assert camp_sheets.contacts(Mentor.objects.get().teams.get())[0].missing[:5] == "보존 기간"


def test_another_programmes_papers_are_not_the_camps(papers, run):
    Program.objects.update(kind=Program.Kind.LECTURE)
    assert not camp_privacy.CONTACTS.due(datetime.fromisoformat("2027-06-01 00:00+09:00")).exists()


@pytest.mark.parametrize(("moment", "due"), [("2027-12-14 18:00+09:00", False), ("2027-12-14 18:00:01+09:00", True)])
def test_mentors_go_a_year_after_the_camp(mentor, team, moment, due):
    rows = camp_privacy.MENTORS.due(datetime.fromisoformat(moment))
    assert rows.exists() is due
    if due:
        assert camp_privacy.MENTORS.destroy(rows) == 1


# --- Staff's pages -------------------------------------------------------------------------------
def test_the_table_keeps_what_was_typed_when_it_is_refused(log_in, run, people, staff):
    room = camps.put_room(run.pk, name="301호", capacity=1)
    client, url = log_in(staff), reverse("admin:programs_camp", args=[run.pk])
    typed = {"assign": "배정 저장"}
    for one in people[:2]:
        typed |= {
            f"was-{one.pk}": "::",
            f"kind-{one.pk}": "female",
            f"room-{one.pk}": str(room.pk),
            f"team-{one.pk}": "",
        }
    page = client.post(url, typed).content.decode()
    assert "정원은 1명인데 2명" in page
    assert page.count(f'<option value="{room.pk}" selected>') == 2
    typed[f"room-{people[1].pk}"] = ""
    assert client.post(url, typed).status_code == 302
    assert Stay.objects.filter(kind="female").count() == 2
    assert "김하늘" not in client.get(url).content.decode()


def test_days_sheets_are_printed_after_a_reason(log_in, run, team, staff):
    client = log_in(staff)
    page = client.get(reverse("admin:programs_camp_day", args=[run.pk, "2026-12-12"]))
    assert "1조" in page.content.decode()
    assert "김하늘" not in page.content.decode()
    url = reverse("admin:programs_camp_day_paper", args=[run.pk, "2026-12-12"])
    assert client.get(url)["Content-Type"].startswith("text/html")
    assert client.post(url, {"reason": "첫날 배부"}).content[:4] == b"%PDF"
    for day in ("2026-12-11", "nonsense"):
        assert client.get(reverse("admin:programs_camp_day", args=[run.pk, day])).status_code == 404


def test_rooms_teams_and_mentors_are_put_and_removed_on_a_page(log_in, run, staff, mentor_user):
    client = log_in(staff)

    def send(part, key=None, **typed):
        args = [run.pk, part, *([key] if key else [])]
        return client.post(reverse(f"admin:programs_camp_{'put' if key else 'add'}", args=args), typed)

    assert send("room", name="301호", capacity=2, kind="").status_code == 302
    refused = send("room", name="301호", capacity=2, kind="").content.decode()
    assert "이미 있습니다" in refused
    assert 'value="301호"' in refused
    assert "가입한 사람이 없습니다" in send("mentor", login="nobody@example.com", role="team").content.decode()
    assert send("mentor", login="MENTOR@example.com", role="lead", cleared_on="2026-11-01").status_code == 302
    mentor = Mentor.objects.get()
    assert mentor.user == mentor_user
    assert send("team", name="1조", mentors=[mentor.pk], in_charge=mentor.pk).status_code == 302
    team = mentor.teams.get()
    assert send("team", team.pk, remove="1").status_code == 302
    assert send("mentor", mentor.pk, role="night", cleared_on="").status_code == 302
    assert send("mentor", mentor.pk, remove="1").status_code == 302
    assert not Mentor.objects.exists()
    assert send("nothing", name="x").status_code == 404


def test_only_a_camp_has_these_pages(log_in, make_run, make_program, staff):
    other = make_run(make_program("강의"))
    assert log_in(staff).get(reverse("admin:programs_camp", args=[other.pk])).status_code == 404
    assert "캠프 운영" not in log_in(staff).get(reverse("admin:programs_run_change", args=[other.pk])).content.decode()


def test_the_camps_page_costs_the_same_for_any_number(log_in, run, people, team, staff, django_assert_max_num_queries):
    client = log_in(staff)
    assert "캠프 운영" in client.get(reverse("admin:programs_run_change", args=[run.pk])).content.decode()
    with django_assert_max_num_queries(15):
        client.get(reverse("admin:programs_camp", args=[run.pk]))
    with django_assert_max_num_queries(15):
        client.get(reverse("admin:programs_camp_proposal", args=[run.pk]))


def test_an_application_that_lapses_frees_the_bed(run, people, team):
    Application.objects.filter(pk=people[0].application_id).update(state="cancelled")
    people[0].application.participants.update(left_at=timezone.now())
    assert not Stay.objects.filter(participant=people[0]).exists()
