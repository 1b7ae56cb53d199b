"""예산 표와 문서: one click each, last made first; taken out with a reason, by links that end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from budget import papers
from budget.models import Stage
from budget.reports import REPORTS
from budget.sums import Known
from documents import issue, lending
from documents.models import Download, IssuedDocument, Lending
from lifecycle.locks import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def official(clerk, client, log_in):
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_money", "view_issueddocument"]))
    return log_in(User.objects.get(pk=clerk.pk))


@pytest.fixture
def money(funded, put):
    put(funded, Stage.COMMITMENT, 300_000)
    return funded


@pytest.fixture
def paper(money, clerk):
    return papers.print_out(REPORTS["source"], Known(date(2026, 11, 24)), 2026, by=clerk)


def issued(client, code, **other):
    return client.post(
        reverse("admin:budget_papers_issue", args=[code]), {"year": "2026", "day": "2026-11-24", **other}
    )


def test_one_click_issues_and_the_last_made_stands_first(official, money):
    listed = official.get(reverse("admin:budget_papers")).context["reports"]
    assert [report.code for report, _ in listed] == list(REPORTS)
    answer = issued(official, "account")
    made = IssuedDocument.objects.get()
    assert answer["Location"] == made.get_absolute_url()
    page = official.get(reverse("admin:budget_papers"))
    assert page.context["reports"][0][0].code == "account"
    assert made.number in page.content.decode()


@pytest.mark.parametrize("code", REPORTS)
def test_every_report_has_its_page_and_files(official, money, code):
    page = official.get(reverse("admin:budget_papers_table", args=[code]), {"unit": "원"})
    assert page.status_code == 200
    for form in ("csv", "xlsx", "json"):
        answer = official.get(reverse("admin:budget_papers_file", args=[code, form]), {"day": "2026-11-24"})
        assert "attachment" in answer["Content-Disposition"], form


@pytest.mark.parametrize("query", [{"day": "gestern"}, {"day": "9999-01-01"}])
def test_a_day_that_is_none_falls_back_on_pages_and_is_refused_by_files(official, money, query):
    assert official.get(reverse("admin:budget_papers"), query).context["asked"].day == date(2026, 11, 24)
    assert official.get(reverse("admin:budget_papers_file", args=["source", "csv"]), query).status_code == 404


def test_what_cannot_be_issued_is_said(official, money):
    answer = official.post(
        reverse("admin:budget_papers_issue", args=["source"]), {"year": "2031", "day": "2026-11-24"}, follow=True
    )
    assert "기록이 없어" in answer.content.decode()


def test_whoever_may_not_see_money_gets_nothing(client, log_in, paper, boss):
    other = log_in(User.objects.create_user("x@example.com", name="남직원", is_staff=True))
    assert other.get(reverse("admin:budget_papers")).status_code == 403
    assert issued(other, "source").status_code == 403
    assert other.get(paper.get_absolute_url()).status_code == 404
    assert other.post(reverse("documents:lend", args=[paper.pk]), {"reason": "x", "days": "0"}).status_code == 404


def test_the_number_of_queries_does_not_grow(official, money, django_assert_max_num_queries, clerk, put, make_line):
    for number in range(3):
        put(make_line(account=f"201-0{number + 4}"), Stage.BUDGET, 1_000)
        papers.print_out(REPORTS["account"], Known(date(2026, 11, 24)), 2026, by=clerk)
    for name, args in (("budget_papers", []), ("budget_papers_table", ["account"]), ("budget_papers_table", ["cost"])):
        with django_assert_max_num_queries(15):
            official.get(reverse(f"admin:{name}", args=args))


# --- Taking a paper out ----------------------------------------------------------------------------
def lend(client, paper, **given):
    return client.post(reverse("documents:lend", args=[paper.pk]), given)


def test_a_paper_is_opened_with_a_reason_that_is_written_down(official, paper, clerk):
    refused = lend(official, paper, reason=" ", days="0")
    assert "사유를 적어 주세요" in refused.content.decode()
    assert not Lending.objects.exists()
    answer = official.get(lend(official, paper, reason="11월 결재 첨부", days="0")["Location"])
    assert answer["Content-Type"] == "application/pdf"
    [row] = Download.objects.all()
    assert (row.paper_id, row.by, row.reason) == (paper.pk, clerk, "11월 결재 첨부")


def test_the_direct_address_of_a_file_asks_for_the_reason_first(official, paper):
    answer = official.get(reverse("documents:file", args=[paper.pk]))
    assert answer["Location"] == paper.get_absolute_url()
    assert not Download.objects.exists()


def test_a_link_works_for_a_stranger_until_its_moment_and_not_at_it(official, paper, client):
    page = lend(official, paper, reason="구의회 제출", days="7").content.decode()
    [made] = Lending.objects.all()
    assert lending.url_of(made) in page
    client.logout()
    path = lending.path_of(made)
    with time_machine.travel(made.until - timedelta(seconds=1), tick=False):
        assert client.get(path)["Content-Type"] == "application/pdf"
    with time_machine.travel(made.until, tick=False):
        answer = client.get(path)
        assert answer.status_code == 410
        assert "기한이 지난 주소" in answer.content.decode()
    [row] = Download.objects.all()
    assert (row.by, row.reason) == (None, "구의회 제출")


def other(letter):
    return "2" if letter != "2" else "3"


@pytest.mark.parametrize(
    "change",
    [lambda token: token[:-1] + other(token[-1]), lambda token: other(token[0]) + token[1:], lambda token: "1"],
)
def test_a_forged_link_is_not_ours(client, paper, clerk, change):
    token = lending.path_of(lending.lend(paper, by=clerk, reason="시험")).split("/")[-2]
    assert client.get(reverse("documents:lent", args=[change(token)])).status_code == 404
    assert not Download.objects.exists()


def test_a_withdrawn_paper_is_handed_out_no_more(client, paper, clerk):
    made = lending.lend(paper, by=clerk, reason="시험", lasts=timedelta(days=7))
    issue.withdraw(paper, by=clerk, reason="숫자가 틀림")
    assert client.get(lending.path_of(made)).status_code == 410
    with pytest.raises(Refused, match="회수한"):
        lending.lend(IssuedDocument.objects.with_rest().get(), by=clerk, reason="시험")


def test_the_verification_page_knows_the_paper(client, paper):
    page = client.get(paper.verify_path).content.decode()
    assert paper.print.sha256 in page
    assert "유효한 문서" in page
    assert timezone.localdate(paper.known_until) == date(2026, 11, 24)


def test_the_register_says_who_took_a_paper_when_and_why(official, paper, clerk):
    lending.take(lending.lend(paper, by=clerk, reason="감사 제출"), by=clerk)
    page = official.get(reverse("admin:documents_issueddocument_change", args=[paper.pk])).content.decode()
    assert "감사 제출" in page
    assert clerk.name in page
