"""수료증: who gets one, that it goes back when it stops being true, and five hundred at once that survive a kill."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from datetime import time as time_of_day
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import User
from documents import issue, making
from documents.models import IssuedDocument, Print
from lifecycle import work
from lifecycle.locks import Refused
from lifecycle.models import Work
from programs import attendance, cancelling, certificates, doctor, enrolment, papers, sessions
from programs.attendance import Entry
from programs.repeating import Repeat
from tests.programs.attending import START, a_child, a_parent, a_run, seat

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(db):
    return User.objects.create_user("clerk@example.com", name="이담당", is_staff=True)


@pytest.fixture
def over(today):
    """A run of five sessions that is over."""
    run = a_run(sessions=5)
    today.move_to(START + timedelta(weeks=10))
    return run


def came(person, numbers, by, status="present"):
    for session in person.run.sessions.filter(number__in=numbers):
        attendance.mark(session.pk, [Entry(status, person.pk)], by=by)


def text_of(paper) -> str:
    return IssuedDocument.objects.get(pk=paper.pk).contents


def test_who_reached_the_bar_gets_a_certificate_and_the_same_one_again(over, clerk):
    person = seat(over, a_child(), by=clerk)
    came(person, [1, 2, 3], clerk)
    with pytest.raises(Refused, match=r"수료 기준\(80%\)에 이르지 못했습니다. 5회 가운데 3회"):
        papers.certify(person.pk, by=clerk)
    assert papers.certify(person.pk, by=clerk, kind=papers.PARTICIPATION).number.startswith("참가확인-2027-")

    came(person, [4], clerk)
    paper = papers.certify(person.pk, by=clerk)
    assert paper.is_ready
    assert "김하늘" in text_of(paper)
    assert "5회 가운데 4회(80.0%)" in text_of(paper)
    assert papers.certify(person.pk, by=clerk) == paper


def test_who_never_came_gets_nothing(over, clerk):
    person = seat(over, a_child(), by=clerk)
    came(person, [1, 2, 3, 4, 5], clerk, "excused")
    for kind in papers.OF_A_RUN.values():
        with pytest.raises(Refused):
            papers.certify(person.pk, by=clerk, kind=kind)


def test_a_paper_goes_back_when_a_correction_makes_it_untrue(over, clerk):
    person = seat(over, a_child(), by=clerk)
    came(person, [1, 2, 3, 4, 5], clerk)
    certificate, confirmation = (papers.certify(person.pk, by=clerk, kind=kind) for kind in papers.OF_A_RUN.values())
    other = seat(over, a_child(name="박구름"), by=clerk)
    came(other, [1, 2, 3, 4], clerk)
    kept = papers.certify(other.pk, by=clerk)

    written = attendance.mark(over.sessions.get(number=1).pk, [Entry("late", person.pk)], by=clerk)
    assert written.withdrawn == 0  # 지각 counts as before: every word is still true
    written = attendance.mark(over.sessions.get(number=1).pk, [Entry("absent", person.pk)], by=clerk)
    assert written.withdrawn == 2
    standing = IssuedDocument.objects.standing()
    assert not standing.filter(pk__in=[certificate.pk, confirmation.pk]).exists()
    assert standing.filter(pk=kept.pk).exists()
    again = papers.certify(person.pk, by=clerk)  # 4 of 5 still pass, on another paper
    assert again.number != certificate.number

    came(person, [2], clerk, "absent")
    assert not IssuedDocument.objects.standing().filter(pk=again.pk).exists()
    with pytest.raises(Refused):
        papers.certify(person.pk, by=clerk)


def test_a_certificate_to_be_framed_is_one_sheet(over, clerk):
    over.program.title = "우수 대학과 함께하는 진로교육: 지역인재육성 전공 체험과 대학생 멘토링 특별 과정"
    over.program.save()
    person = seat(over, a_child(), by=clerk)
    came(person, [1, 2, 3, 4], clerk)
    sheet = PdfReader(io.BytesIO(making.pdf_of(papers.certify(person.pk, by=clerk)))).pages
    assert len(sheet) == 1
    assert "이 증서를 드립니다" in sheet[0].extract_text()


def test_a_confirmation_in_the_middle_of_a_run_stays_true(clerk, today):
    """It speaks of what is over, and says until when; coming again, or cancelling the rest, takes nothing from it."""
    run = a_run(sessions=4)
    person = seat(run, a_child(), by=clerk)
    first = run.sessions.get(number=1)
    today.move_to(first.ends_at - timedelta(seconds=1))
    came(person, [1], clerk)
    with pytest.raises(Refused, match="출석한 회기가 끝난 뒤에"):
        papers.certify(person.pk, by=clerk, kind=papers.PARTICIPATION)
    today.move_to(first.ends_at)
    paper = papers.certify(person.pk, by=clerk, kind=papers.PARTICIPATION)
    assert "1회 가운데 1회" in text_of(paper)
    assert paper.known_until == first.ends_at
    assert "12. 15." not in text_of(paper)  # the day of the last session, which may never be

    today.move_to(START + timedelta(weeks=1, hours=3))
    came(person, [2], clerk)
    cancelling.cancel_rest(run.pk, by=clerk, reason="강사 사정")
    assert list(papers.all_untrue()) == []
    assert IssuedDocument.objects.standing().get() == paper
    later = papers.certify(person.pk, by=clerk, kind=papers.PARTICIPATION)
    assert "2회 가운데 2회" in text_of(later)
    assert later.known_until is None  # the run is over
    assert papers.standing_of([person.pk])[person.pk]["programs.participation"] == later

    came(person, [1], clerk, "absent")
    assert not IssuedDocument.objects.standing().exists()


def test_who_loses_the_place_loses_the_certificate_but_not_what_was_attended(over, clerk):
    person = seat(over, a_child(), by=clerk)
    came(person, [1, 2, 3, 4], clerk)
    _certificate, confirmation = (papers.certify(person.pk, by=clerk, kind=kind) for kind in papers.OF_A_RUN.values())
    enrolment.withdraw(person.application, by=clerk, by_centre=True, reason="잘못 적은 사람")
    assert list(IssuedDocument.objects.standing()) == [confirmation]
    assert doctor.check() == []


def test_a_run_with_certificates_gets_no_more_sessions(over, clerk):
    """Each of them says how many sessions there were."""
    rule = Repeat(first=timezone.localdate() + timedelta(days=1), starts=time_of_day(10), ends=time_of_day(12))
    person = seat(over, a_child(), by=clerk)
    came(person, [1, 2, 3, 4], clerk)
    papers.certify(person.pk, by=clerk)
    with pytest.raises(Refused, match="새 회차를 만들어 주세요"):
        sessions.make(over.pk, rule, sessions.Where(), by=clerk)
    issue.withdraw(papers.standing_of([person.pk])[person.pk]["programs.certificate"], by=clerk, reason="시험")
    assert sessions.make(over.pk, rule, sessions.Where(), by=clerk)


def test_the_doctor_names_papers_that_are_not_true(over, clerk):
    person = seat(over, a_child(), by=clerk)
    came(person, [1, 2, 3, 4], clerk)
    paper = papers.certify(person.pk, by=clerk)
    assert doctor.check() == []
    over.sessions.filter(number=4).update(cancelled_at=timezone.now(), cancelled_because="나중에 지움")
    (found,) = doctor.check()
    assert paper.number in found
    assert "김하늘" not in found


def correct_while_numbered(monkeypatch, person, clerk):
    """Let the correction come in while the number is taken, where no lock is held."""
    original = papers.issue.issue

    def issue(*args, **kwargs):
        came(person, [1, 2], clerk, "absent")
        return original(*args, **kwargs)

    monkeypatch.setattr(papers.issue, "issue", issue)


def test_a_correction_while_the_paper_is_made_leaves_no_untrue_paper(over, clerk, monkeypatch):
    person = seat(over, a_child(), by=clerk)
    came(person, [1, 2, 3, 4], clerk)
    correct_while_numbered(monkeypatch, person, clerk)

    with pytest.raises(Refused, match="그사이 출석이 고쳐졌습니다"):
        papers.certify(person.pk, by=clerk)
    assert not IssuedDocument.objects.standing().exists()


def test_control_without_the_second_look_an_untrue_paper_stands(over, clerk, monkeypatch):
    person = seat(over, a_child(), by=clerk)
    came(person, [1, 2, 3, 4], clerk)
    correct_while_numbered(monkeypatch, person, clerk)
    original = papers.void_untrue
    monkeypatch.setattr(papers, "void_untrue", lambda people, by: 0 if by is None else original(people, by=by))

    papers.certify(person.pk, by=clerk)
    assert IssuedDocument.objects.standing().exists()


def test_families_open_their_own_papers_and_strangers_none(over, clerk):
    mother, stranger = a_parent(1), a_parent(2)
    child = a_child(mother)
    person = seat(over, child, by=mother)
    came(person, [1, 2, 3, 4], clerk)
    paper = papers.certify(person.pk, by=mother)

    assert IssuedDocument.objects.visible_to(mother).filter(pk=paper.pk).exists()
    assert not IssuedDocument.objects.visible_to(stranger).filter(pk=paper.pk).exists()
    assert not IssuedDocument.objects.visible_to(clerk).filter(pk=paper.pk).exists()  # staff without the right


def test_a_portfolio_adds_up_hours_by_programme_and_period(over, clerk, today):
    child = a_child()
    person = seat(over, child, by=clerk)
    came(person, [1, 2, 3, 4], clerk)
    short = a_run(first=timezone.now() - timedelta(days=1))
    came(seat(short, child, by=clerk), [1], clerk)

    whole = text_of(papers.portfolio(child, by=clerk))
    assert "10시간" in whole
    assert "2개" in whole
    this_year = text_of(papers.portfolio(child, by=clerk, first=timezone.localdate() - timedelta(days=5)))
    assert "1개" in this_year
    with pytest.raises(Refused, match="출석한 프로그램이 없습니다"):
        papers.portfolio(child, by=clerk, first=timezone.localdate() + timedelta(days=5))


# --- Many at once ------------------------------------------------------------------------------


def many(run, count, clerk):
    people = [seat(run, a_child(name="김하늘"), by=clerk) for _ in range(count)]
    for session in run.sessions.all():
        attendance.mark(session.pk, [Entry("present", person.pk) for person in people], by=clerk)
    return people


def test_a_batch_makes_a_paper_for_everybody_who_passed(over, clerk):
    people = many(over, 3, clerk)
    seat(over, a_child(name="박구름"), by=clerk)  # never came
    begun = certificates.start(over, by=clerk)
    attendance.mark(over.sessions.get(number=1).pk, [Entry("absent", people[2].pk)], by=clerk)
    attendance.mark(over.sessions.get(number=2).pk, [Entry("absent", people[2].pk)], by=clerk)

    assert begun.total == 3
    work.advance("pdf", seconds=60)
    begun.refresh_from_db()
    assert (begun.state, begun.done) == ("done", 2)
    assert begun.failed[0]["item"] == "접수 번호 0003"
    assert begun.result["message"] == "수료증 2장을 만들었습니다."
    pieces = list(certificates.zipped(certificates.made(begun)))
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        assert [name[:4] for name in archive.namelist()] == ["0001", "0002"]
        assert all(archive.read(name).startswith(b"%PDF") for name in archive.namelist())
    assert len(pieces) == 3  # handed on paper by paper, and the list at the end


def test_nobody_passed_is_said_at_once(over, clerk):
    seat(over, a_child(), by=clerk)
    with pytest.raises(Refused, match="할 일이 없습니다"):
        certificates.start(over, by=clerk)


WORKER = """
import django, time
django.setup()
from lifecycle import work
while work.advance("pdf", seconds=600) == 0:
    time.sleep(0.1)
"""


@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
def test_killed_workers_lose_no_certificate_and_number_none_twice(over, clerk, today, tmp_path):
    people = many(over, 30, clerk)
    begun = certificates.start(over, by=clerk)
    Work.objects.update(started_at=timezone.now())
    today_stop = timezone.now()
    database = {name: str(connection.settings_dict[name]) for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.notices.worker_settings",
        "PYTHONPATH": str(settings.BASE_DIR),
        "TEST_DATABASE": json.dumps(database),
        "SECRET_KEY": settings.SECRET_KEY,
    }
    clock = "import time_machine; time_machine.travel('2027-02-02 10:00+09:00').start();"

    def begin() -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "-c", clock + WORKER], env=environ, start_new_session=True)

    def position() -> int:
        return Work.objects.get(pk=begun.pk).position

    for kill in (1, 2):
        worker = begin()
        deadline = time.perf_counter() + 60
        while position() < kill * 8:
            assert worker.poll() is None
            assert time.perf_counter() < deadline
            os.sched_yield()
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        Work.objects.update(lease_until=today_stop)  # two minutes later
    before = IssuedDocument.objects.count()
    work.advance("pdf", seconds=120)

    begun.refresh_from_db()
    assert before < 30
    assert (begun.state, begun.position, begun.failed) == ("done", 30, [])
    issued = IssuedDocument.objects.standing()
    assert issued.count() == 30 == len(set(issued.values_list("subject_id", flat=True)))
    assert Print.objects.count() == 30
    assert {person.pk for person in people} == set(issued.values_list("subject_id", flat=True))
