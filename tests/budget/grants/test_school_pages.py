"""The school's own pages, what strangers get, the public list, the letter, reminders and retention."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts import disclosure
from budget.grants import applying, papers, reminding
from budget.models import GrantApplication, GrantFile
from lifecycle import retention
from notices.models import Notice
from tests.budget.grants.granting import paid, pdf, reported

pytestmark = pytest.mark.django_db
State = GrantApplication.State
OWN_PAGES = ["application", "edit", "withdraw", "report"]


@pytest.fixture
def begun(call, make_school):
    school, user = make_school()
    return applying.start(call, school, by=user)


def filled(found: GrantApplication, **changes: object) -> dict:
    question, account = found.call.questions.get(), found.call.accounts.get()
    values = {
        "revision": GrantApplication.objects.get(pk=found.pk).revision,
        "title": "진로 탐험대",
        "purpose": "직업인을 만납니다.",
        f"question_{question.pk}": "120명",
        f"won_{account.pk}": "1,500,000",
        f"basis_{account.pk}": "강사비",
    }
    return {**values, **changes}


def upload(found: GrantApplication) -> dict:
    return {f"file_{found.call.papers.get().pk}": SimpleUploadedFile("계획.pdf", pdf(), "application/pdf")}


def test_typed_words_survive_a_refusal_and_the_next_try_is_taken(begun, log_in):
    client = log_in(begun.written_by)
    url = reverse("grants:edit", args=[begun.pk])
    page = client.post(url, filled(begun, send="1"))
    assert "‘사업계획서’ 파일을 올려 주세요." in page.content.decode()
    assert "진로 탐험대" in page.content.decode()
    begun.refresh_from_db()
    assert (begun.state, begun.title) == (State.DRAFT, "진로 탐험대")
    assert f'name="revision" value="{begun.revision}"' in page.content.decode()
    answer = client.post(url, {**filled(begun, send="1"), **upload(begun)})
    assert answer.url == reverse("grants:application", args=[begun.pk])
    begun.refresh_from_db()
    assert begun.state == State.SUBMITTED


def test_a_file_is_removed_without_losing_what_was_typed(begun, log_in):
    client = log_in(begun.written_by)
    url = reverse("grants:edit", args=[begun.pk])
    client.post(url, {**filled(begun, save="1"), **upload(begun)})
    row = GrantFile.objects.get()
    client.post(url, filled(begun, title="고친 이름", discard=row.pk))
    begun.refresh_from_db()
    assert begun.title == "고친 이름"
    assert not GrantFile.objects.exists()


def test_a_file_that_cannot_be_taken_says_so_at_its_field(begun, log_in):
    client = log_in(begun.written_by)
    bad = {f"file_{begun.call.papers.get().pk}": SimpleUploadedFile("a.pdf", b"no pdf", "application/pdf")}
    page = client.post(reverse("grants:edit", args=[begun.pk]), {**filled(begun, save="1"), **bad})
    assert page.context["form"].errors[next(iter(bad))]
    assert not GrantFile.objects.exists()


@pytest.mark.parametrize("page", OWN_PAGES)
def test_another_school_finds_nothing(granted, make_school, log_in, page):
    _other, stranger = make_school("온누리중학교")
    assert log_in(stranger).get(reverse(f"grants:{page}", args=[granted.pk])).status_code == 404


def test_another_school_opens_no_file_and_changes_nothing(granted, make_school, log_in):
    _other, stranger = make_school("온누리중학교")
    client = log_in(stranger)
    row = granted.files.get()
    payment = granted.payments.create(amount_won=1, remark="강사비", asked_by=granted.written_by)
    assert client.get(reverse("grants:file", args=[row.pk])).status_code == 404
    for name, pk in (("ask_payment", granted.pk), ("letter", granted.pk), ("take_back", payment.pk)):
        assert client.post(reverse(f"grants:{name}", args=[pk])).status_code == 404
    payment.refresh_from_db()
    assert payment.state == "asked"


def test_who_has_left_the_school_has_no_page_any_more(granted, log_in):
    user = granted.written_by
    user.affiliations.update(ended_at=timezone.now())
    assert log_in(user).get(reverse("grants:mine")).status_code == 404


def test_the_own_file_comes_as_it_was_sent(granted, log_in):
    answer = log_in(granted.written_by).get(reverse("grants:file", args=[granted.files.get().pk]))
    assert answer.content.startswith(b"%PDF")
    assert "no-store" in answer["Cache-Control"]


def test_the_history_costs_the_same_with_more_rows(granted, sent, log_in, django_assert_max_num_queries):
    client = log_in(granted.written_by)
    with django_assert_max_num_queries(12):
        page = client.get(reverse("grants:mine")).content.decode()
    assert "1,200,000" in page


def test_everybody_reads_what_was_granted_as_page_and_file(granted, clerk, client):
    paid(granted, clerk)
    year = granted.call.line.year.year
    page = client.get(reverse("grants:home"), {"year": year}).content.decode()
    assert "새빛중학교" in page
    assert granted.written_by.name not in page
    written = client.get(reverse("grants:granted_file", args=["csv"])).content.decode("utf-8-sig")
    assert "새빛중학교" in written
    assert "1200000" in written
    assert client.get(reverse("grants:granted_file", args=["exe"])).status_code == 404


def test_a_call_that_is_not_published_is_nowhere(call, client):
    call.published_at = None
    call.save()
    assert client.get(reverse("grants:call", args=[call.pk])).status_code == 404
    assert call.title not in client.get(reverse("grants:home")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_letter_is_one_paper_however_often_it_is_asked_for(granted):
    first, again = (papers.letter(granted, by=granted.written_by) for _ in range(2))
    assert first.number == again.number
    assert first.number.startswith("교부-")
    assert "1,200,000원" in str(first.figures)


@pytest.mark.parametrize(("days", "said"), [(4, 0), (3, 1), (1, 1)])
def test_drafts_are_reminded_before_the_call_closes(begun, days, said):
    with time_machine.travel(begun.call.closes_at - timedelta(days=days), tick=False):
        reminding.remind()
        reminding.remind()
        assert Notice.objects.filter(kind="budget.grant_due", channel="email").count() == said


def test_reports_are_reminded_by_window_and_once_when_late(granted):
    due = granted.call.settle_by
    told = []
    for days in (31, 30, 20, 7, 1, 0, -1, -5):
        day = timezone.make_aware(datetime.combine(due, time(10))) - timedelta(days=days)
        with time_machine.travel(day, tick=False):
            reminding.remind()
        told.append(Notice.objects.filter(kind="budget.grant_due", channel="email").count())
    assert told == [0, 1, 1, 2, 3, 3, 4, 4]
    assert "지났습니다" in Notice.objects.filter(kind="budget.grant_due").latest("pk").body


def test_nobody_is_reminded_of_what_was_reported(granted, clerk):
    paid(granted, clerk)
    reported(granted, 1_200_000)
    with time_machine.travel(timezone.now() + timedelta(days=29), tick=False):
        reminding.remind()
    assert not Notice.objects.filter(kind="budget.grant_due").exists()


def test_files_go_five_years_after_the_settlement(granted, tmp_path, django_capture_on_commit_callbacks):
    kind = next(one for one in retention.kinds() if one.code == "budget.grant_file")
    now = timezone.now()
    assert not kind.due(now + timedelta(days=5 * 366)).exists()  # not settled yet
    GrantApplication.objects.filter(pk=granted.pk).update(settled_at=now)
    assert not kind.due(now + timedelta(days=5 * 365 - 2)).exists()
    due = kind.due(now + timedelta(days=5 * 366))
    assert due.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert kind.destroy(due) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_copy_of_one_s_data_names_what_one_wrote(granted):
    (row,) = disclosure.disclose(granted.written_by)["학교 보조금 신청(담당자로서)"]
    assert row["사업"] == "진로 탐험대"
