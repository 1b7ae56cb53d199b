"""A number without gaps, one paper for the same contents, and nothing lost on the way."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from documents import issue, kinds, making, tasks
from documents.models import IssuedDocument, Print, Series
from documents.pdf import RenderError
from lifecycle import retention
from lifecycle.locks import Refused

SEOUL = ZoneInfo("Asia/Seoul")


# --- One paper ---------------------------------------------------------------------------------
def test_a_paper_has_a_number_a_file_and_its_hash(confirm, parent):
    paper = confirm()
    with paper.print.file.open("rb") as file:
        content = file.read()

    assert paper.number == f"시험-{timezone.localdate().year}-000001"
    assert content.startswith(b"%PDF-")
    assert paper.print.sha256 == hashlib.sha256(content).hexdigest()
    assert paper.print.size == len(content)
    assert paper.subject == parent


def test_asking_again_returns_the_paper_already_issued(confirm, uploads):
    paper = confirm()
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        again = confirm(known_until=timezone.now())

    assert again == paper
    assert IssuedDocument.objects.count() == Print.objects.count() == 1
    assert len([one for one in uploads.rglob("*") if one.is_file()]) == 1


@pytest.mark.parametrize(
    "other", [{"statement": "다른 말"}, {"title": "다른 제목"}, {"to": "다른 사람"}, {"subject": None}]
)
def test_anything_that_differs_makes_another_paper(confirm, other):
    assert [confirm().number[-6:], confirm(**other).number[-6:]] == ["000001", "000002"]


def test_numbers_begin_anew_with_the_korean_year(confirm):
    with time_machine.travel(datetime(2026, 12, 31, 23, 59, 59, tzinfo=SEOUL), tick=False):
        last = confirm("하나")
    with time_machine.travel(datetime(2027, 1, 1, 0, 0, 0, tzinfo=SEOUL), tick=False):
        first = confirm("둘")

    assert (last.number, first.number) == ("시험-2026-000001", "시험-2027-000001")


def test_an_unknown_kind_is_refused(db):
    with pytest.raises(LookupError):
        issue.issue("tests.nothing", {}, title="x", by=None)


def test_a_number_is_never_taken_inside_somebody_elses_transaction(transactional_db):
    with pytest.raises(RuntimeError), transaction.atomic():
        issue.issue("tests.figures", {"tables": []}, title="통계", by=None)
    assert not Series.objects.exists()


# --- What goes wrong ---------------------------------------------------------------------------
def test_a_paper_that_cannot_be_made_keeps_its_number_and_says_why(confirm):
    with pytest.raises(RenderError, match="龘"):
        confirm("龘")
    with pytest.raises(RenderError):
        confirm("龘")

    failed = IssuedDocument.objects.order_by("number")
    assert [one.number[-6:] for one in failed] == ["000001", "000002"]
    assert all("龘" in one.withdrawal.reason and one.withdrawal.by is None for one in failed)
    assert confirm().number.endswith("000003")


def test_a_crash_between_number_and_file_is_finished_by_the_next_call(confirm):
    paper = confirm()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.retention', 'on', true)")
        cursor.execute("DELETE FROM documents_print")
        cursor.execute("SELECT set_config('portal.retention', 'off', true)")
    assert list(IssuedDocument.objects.unfinished()) == [paper]

    again = confirm()

    assert (again.number, again.print.sha256) == (paper.number, paper.print.sha256)
    assert not IssuedDocument.objects.unfinished().exists()


def test_whoever_finishes_second_leaves_no_second_file(confirm, uploads):
    paper = confirm()
    assert making.finish(paper).print == paper.print
    assert len([one for one in uploads.rglob("*") if one.is_file()]) == 1


def test_the_register_cannot_be_rewritten(confirm):
    paper = confirm()
    for rows, change in ((IssuedDocument.objects.all(), {"title": "x"}), (Print.objects.all(), {"sha256": "0" * 64})):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        paper.delete()


# --- Withdrawing -------------------------------------------------------------------------------
def test_a_withdrawn_paper_stays_withdrawn_and_the_next_one_has_a_new_number(confirm, parent):
    first = confirm()
    issue.withdraw(first, by=parent, reason="예약을 취소함")

    second = confirm()

    assert second != first
    assert second.number.endswith("000002")
    assert second.code != first.code
    assert list(IssuedDocument.objects.standing()) == [second]


def test_a_paper_is_withdrawn_once_and_with_a_reason(confirm, parent):
    paper = confirm()
    with pytest.raises(Refused, match="사유"):
        issue.withdraw(paper, by=parent, reason=" ")
    issue.withdraw(paper, by=parent, reason="잘못 발급함")
    with pytest.raises(Refused, match="이미"):
        issue.withdraw(paper, by=parent, reason="다시")


# --- By a worker -------------------------------------------------------------------------------
@pytest.fixture
def slow(db, table):
    return issue.issue("tests.figures", {"tables": [table]}, title="상담 통계", by=None)


def test_a_slow_paper_comes_back_at_once_and_a_worker_makes_it(slow):
    assert not slow.is_ready
    tasks.make(slow.pk)
    tasks.make(slow.pk)  # a task may run twice
    assert IssuedDocument.objects.get(pk=slow.pk).is_ready


def test_the_sweep_leaves_a_young_paper_to_its_worker_and_finishes_an_old_one(slow):
    with time_machine.travel(slow.issued_at + tasks.REST, tick=False):
        tasks.sweep()
    assert IssuedDocument.objects.unfinished().exists()
    with time_machine.travel(slow.issued_at + tasks.REST + timedelta(seconds=1), tick=False):
        tasks.sweep()
    assert not IssuedDocument.objects.unfinished().exists()


def test_a_slow_paper_that_cannot_be_made_is_withdrawn(db):
    paper = issue.issue("tests.figures", {"lead": ["龘"], "tables": []}, title="상담 통계", by=None)
    tasks.make(paper.pk)
    assert "龘" in IssuedDocument.objects.get(pk=paper.pk).withdrawal.reason


# --- Who may see -------------------------------------------------------------------------------
def test_each_kind_says_who_opens_its_papers(confirm, parent, slow, django_user_model):
    mine = confirm()
    clerk = django_user_model.objects.create_user("clerk@example.com", name="이직원", is_staff=True)
    stranger = django_user_model.objects.create_user("stranger@example.com", name="박남")

    assert list(IssuedDocument.objects.visible_to(parent)) == [mine]
    assert list(IssuedDocument.objects.visible_to(clerk)) == [slow]
    assert list(IssuedDocument.objects.visible_to(stranger)) == []


def test_two_kinds_cannot_share_a_code():
    with pytest.raises(ValueError, match=r"tests\.confirmation"):
        kinds.register(
            kinds.Kind(
                code="tests.confirmation", label="x", series="x", template="x", visible=lambda user: kinds.NOBODY
            )
        )


# --- The end -----------------------------------------------------------------------------------
def test_papers_about_people_go_after_three_years_with_their_files(
    confirm, slow, uploads, django_capture_on_commit_callbacks
):
    paper = confirm()
    kind = retention.kind("documents.issued")
    over = kind.period.before(timezone.now())
    assert not kind.due(timezone.now()).exists()
    with time_machine.travel(paper.issued_at + (timezone.now() - over) + timedelta(days=2)):
        due = kind.due(timezone.now())
        assert list(due) == [paper]
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('portal.retention', 'on', true)")
            assert kind.destroy(due) == 1
            cursor.execute("SELECT set_config('portal.retention', 'off', true)")

    assert list(IssuedDocument.objects.all()) == [slow]
    assert list(uploads.rglob("*.pdf")) == []


# --- Races -------------------------------------------------------------------------------------
RACERS = 20


def _years_numbers() -> list[int]:
    return sorted(int(number[-6:]) for number in IssuedDocument.objects.values_list("number", flat=True))


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_get_twenty_numbers_without_a_gap(at_once):
    def one(n: int):
        return lambda: issue.issue("tests.figures", {"lead": [str(n)], "tables": []}, title="통계", by=None)

    results = at_once(*(one(n) for n in range(RACERS)))

    assert [result for result in results if isinstance(result, Exception)] == []
    assert _years_numbers() == list(range(1, RACERS + 1))
    assert Series.objects.get().last == RACERS


@pytest.mark.django_db(transaction=True)
def test_twenty_who_want_the_same_paper_get_the_same_one(at_once):
    results = at_once(
        *[lambda: issue.issue("tests.figures", {"tables": []}, title="통계", by=None) for _ in range(RACERS)]
    )

    assert {getattr(result, "number", result) for result in results} == {IssuedDocument.objects.get().number}


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_numbers_are_given_out_twice(at_once):
    """The control: everybody reads the last number before anybody writes the next."""
    series = Series.objects.create(name="통계", year=2026)
    read = threading.Barrier(RACERS, timeout=10)

    def one() -> int:
        mine = Series.objects.get(pk=series.pk)
        read.wait()
        mine.last += 1
        mine.save(update_fields=["last"])
        return mine.last

    assert len(set(at_once(*[one] * RACERS))) < RACERS
