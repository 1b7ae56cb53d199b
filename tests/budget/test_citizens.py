"""예산 공개: what anybody sees of the money, and what can be taken along."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from budget import open_data, papers, releasing, tables
from budget.models import PublishedFigure, Release, Stage
from budget.reports import REPORTS
from budget.sums import Known
from documents import issue
from documents.models import Download, IssuedDocument
from gumcheon_portal.plan import money
from lifecycle.locks import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def spent(funded, put):
    put(funded, Stage.COMMITMENT, 300_000)
    return funded


@pytest.fixture
def paper(spent, clerk):
    return papers.print_out(REPORTS["source"], Known(TODAY), 2026, by=clerk)


def page(client, **query):
    return client.get(reverse("budget:home"), query).content.decode()


def test_an_empty_ledger_has_its_page(client):
    assert "아직 적은 예산이 없습니다" in page(client)


def test_it_says_the_day_the_years_and_what_it_paid_for(client, spent):
    told = page(client)
    assert "2026. 11. 24.(화)까지 적은 기록" in told
    assert "2026년에는 어디에 썼나요" in told
    assert "학력향상 지원 › 진학 아카데미" in told


@pytest.mark.parametrize("typed", ["2031", "0000", "x", "٢٠٢٦", "20261"])
def test_a_year_that_there_is_not_falls_back(client, spent, typed):
    assert "2026년에는 어디에 썼나요" in page(client, year=typed)


def test_differences_from_the_plan_are_said_plainly(client):
    money.load()
    assert "모두 같습니다" in page(client)
    PublishedFigure.objects.filter(row="계", column="합계.확보액및투자수요").update(value=4955)
    told = page(client)
    assert "계획에는 4,955,000,000원" in told
    assert "지금 장부에는 5,852,000,000원" in told
    assert "아직 정리하지 않음" in told


def test_by_year_agrees_with_the_plans_table(db):
    money.load()
    plan, years = tables.plan_table(Known(TODAY)), tables.by_year(Known(TODAY))
    assert years.rows[0].cells[0] == plan.rows[0].cells[0] == 5_852_000_000
    assert years.rows[0].cells[-1] == plan.rows[0].cells[1] == 569_000_000
    assert years.rows[1].cells[1] is None  # 국비 has no entry: blank


def test_the_page_costs_the_same_with_more_of_everything(
    client, spent, make_line, put, clerk, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    page(client)
    with CaptureQueriesContext(connection) as before:
        page(client)
    for number in range(5):
        line = make_line(year=2021 + number, account=f"201-1{number}")
        put(line, Stage.BUDGET, 5_000, date(2021 + number, 2, 1))
    for code in ("source", "project", "monthly"):
        releasing.release(papers.print_out(REPORTS[code], Known(TODAY), 2026, by=clerk), by=clerk)
    with django_assert_num_queries(len(before)):
        page(client)


# --- Papers ------------------------------------------------------------------------------------------
def test_a_paper_lies_open_only_after_an_official_said_so_and_until_it_is_taken_down(client, paper, clerk):
    assert "아직 공개한 문서가 없습니다" in page(client)
    release = releasing.release(paper, by=clerk)
    path = reverse("budget:paper", args=[release.pk])
    assert path in page(client)
    assert client.get(path)["Content-Type"] == "application/pdf"
    [row] = Download.objects.all()
    assert (row.by, row.lending, row.reason) == (None, None, "주민 화면(예산 공개)에서 받음")
    releasing.take_down(paper, by=clerk)
    assert client.get(path).status_code == 404
    with pytest.raises(Refused, match="없는 문서"):
        releasing.take_down(paper, by=clerk)


def test_a_withdrawn_paper_is_gone_for_citizens_too(client, paper, clerk):
    release = releasing.release(paper, by=clerk)
    issue.withdraw(paper, by=clerk, reason="틀림")
    assert client.get(reverse("budget:paper", args=[release.pk])).status_code == 404
    assert "아직 공개한 문서가 없습니다" in page(client)
    with pytest.raises(Refused, match="회수한"):
        releasing.release(IssuedDocument.objects.with_rest().get(), by=clerk)


@pytest.mark.parametrize("code", ["entries", "moves", "cost"])
def test_what_holds_remarks_is_never_shown_to_citizens(spent, clerk, code):
    paper = IssuedDocument(kind=f"budget.{code}")
    with pytest.raises(Refused, match="싣지 않습니다"):
        releasing.release(paper, by=clerk)


def test_the_same_paper_twice_is_refused_by_the_database(paper, clerk):
    releasing.release(paper, by=clerk)
    with pytest.raises(Refused, match="이미 주민 화면에"):
        releasing.release(paper, by=clerk)
    assert Release.objects.count() == 1


def test_officials_release_with_a_button_and_only_with_the_right(client, log_in, paper, clerk):
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_money"]))
    browser = log_in(User.objects.get(pk=clerk.pk))
    where = reverse("admin:budget_papers_release")
    assert browser.post(where, {"paper": paper.pk}).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="release_paper"))
    assert "주민 화면에 싣기" in browser.get(reverse("admin:budget_papers")).content.decode()
    assert "실었습니다" in browser.post(where, {"paper": paper.pk}, follow=True).content.decode()
    assert "내렸습니다" in browser.post(where, {"paper": paper.pk, "act": "end"}, follow=True).content.decode()
    assert browser.post(where, {"paper": "x"}).status_code == 404


# --- Data ----------------------------------------------------------------------------------------------
def test_the_data_adds_up_to_what_the_page_says_and_every_column_is_described(client, spent):
    money.load()
    answer = client.get(reverse("budget:data", args=["csv"]))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    needed = sum(int(row["amount_won"]) for row in rows if row["stage_code"] == "need")
    assert needed == 5_852_000_000
    assert list(rows[0]) == list(open_data.FIELDS)
    told = json.loads(client.get(reverse("budget:data", args=["json"])).content)
    assert [{name: str(value) for name, value in row.items()} for row in told["rows"]] == rows
    assert {row["phase"] for row in rows} == {"proposed", "approved", "executed"}


def test_the_descriptor_is_a_fiscal_data_package(client, spent):
    told = client.get(reverse("budget:package")).json()
    assert told["profile"] == "fiscal-data-package"
    [resource, _] = told["resources"]
    fields = resource["schema"]["fields"]
    assert [field["name"] for field in fields] == list(open_data.FIELDS)
    types = {field["columnType"] for field in fields + resource["schema"]["extraFields"]}
    assert {"value", "date:fiscal-year", "phase:id", "fin-source:generic:code", "value-currency:code"} <= types
    assert all(field["title"] for field in fields)
    assert resource["path"].endswith("/budget/data/budget.csv")


def test_nobody_and_no_remark_is_in_the_data(client, spent, clerk):
    for form in ("csv", "json"):
        told = client.get(reverse("budget:data", args=[form])).content.decode()
        assert clerk.name not in told
        assert "기록" not in told  # the remark of every entry here
    assert client.get(reverse("budget:data", args=["xml"])).status_code == 404
