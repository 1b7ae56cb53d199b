"""The officials' pages: every write goes through the ledger, and nothing typed is lost."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from budget import balance, ledger
from budget.models import Entry, FiscalYear, Line, Proposal, Stage
from lifecycle.models import Approval

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def official(clerk, client, log_in):
    may = Permission.objects.filter(content_type__app_label="budget").exclude(codename="approve_fiscalyear")
    clerk.user_permissions.set([*may, *Permission.objects.filter(codename="view_approval")])
    return log_in(User.objects.get(pk=clerk.pk))


@pytest.fixture
def add():
    return reverse("admin:budget_entry_add")


def typed(line, **other):
    return {
        "line": line.pk,
        "act": "commitment",
        "amount_won": "300,000",
        "effective_on": "2026-03-02",
        "reason": "강사료",
        "document_no": "2026-원인-0012",
        **other,
    }


def test_an_entry_is_written_and_what_is_left_is_said(official, funded, add):
    page = official.post(add, typed(funded), follow=True).content.decode()
    entry = Entry.objects.get(stage=Stage.COMMITMENT)
    assert (entry.amount_won, entry.document_no) == (300_000, "2026-원인-0012")
    assert "남은 금액은 700,000원" in page
    assert "지출 적기(남은 300,000원)" in page


@pytest.mark.parametrize("amount", ["300000", "300,000원", " 300 000 "])
def test_amounts_as_people_type_them(official, funded, add, amount):
    official.post(add, typed(funded, amount_won=amount))
    assert Entry.objects.get(stage=Stage.COMMITMENT).amount_won == 300_000


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("", "금액을 적어 주세요"),
        ("삼십만", "숫자로"),
        ("1.5", "숫자로"),
        ("9" * 18, "너무 큽니다"),
        ("-5", "0보다 커야"),
        ("0", "금액을 적어 주세요"),
        ("1,000,001", "남은 금액은 1,000,000원"),
    ],
)
def test_a_slip_gets_a_sentence_and_keeps_what_was_typed(official, funded, add, amount, sentence):
    page = official.post(add, typed(funded, amount_won=amount)).content.decode()
    assert sentence in page
    assert 'value="강사료"' in page
    assert 'value="2026-원인-0012"' in page
    assert not Entry.objects.filter(stage=Stage.COMMITMENT).exists()


def test_the_same_written_twice_is_asked_about_first(official, funded, add):
    official.post(add, typed(funded))
    page = official.post(add, typed(funded, amount_won="5")).content.decode()  # the same document number
    assert "같은 기록이 이미" in page
    page = official.post(add, typed(funded, document_no="")).content.decode()  # the same line, sum and day
    assert "같은 기록이 이미" in page
    assert Entry.objects.filter(stage=Stage.COMMITMENT).count() == 1
    official.post(add, typed(funded, amount_won="5", sure="on"))
    assert Entry.objects.filter(stage=Stage.COMMITMENT).count() == 2


def test_a_similar_entry_and_what_is_left_come_with_the_address(official, funded, add):
    official.post(add, typed(funded))
    entry = Entry.objects.get(stage=Stage.COMMITMENT)
    page = official.get(f"{add}?like={entry.pk}").content.decode()
    assert 'value="300,000"' in page
    assert "2026-원인-0012" not in page  # a number belongs to one thing
    page = official.get(f"{add}?line={funded.pk}&amount_won=12345&reason=다과").content.decode()
    assert "700,000원" in page
    assert 'value="다과"' in page
    assert official.get(f"{add}?line=²&like=999999999999999999999").status_code == 200
    left = reverse("admin:budget_entry_left")
    assert official.get(f"{left}?line={funded.pk}").json()["left"] == 700_000
    assert official.get(f"{left}?line=x").status_code == 404


def test_an_overrun_is_asked_for_from_the_same_page(official, funded, add):
    big = typed(funded, amount_won="1,000,500")
    assert "초과 승인 요청" in official.post(add, big).content.decode()
    official.post(add, big | {"overrun_reason": "추경 전 긴급"})
    assert Proposal.objects.get().amount_won == 1_000_500
    assert Approval.objects.get().state == "pending"
    assert balance.of(funded.pk).committed == 0


def test_paying_giving_back_and_reversing_from_the_entry(official, funded, put):
    commitment = put(funded, Stage.COMMITMENT, 300_000)
    follow = reverse("admin:budget_entry_follow", args=[commitment.pk])
    pay = {"effective_on": "2026-03-05", "reason": "강사료", "document_no": "2026-지결-1"}
    assert "300,000원" in official.post(follow, pay | {"amount_won": "300,001"}).content.decode()
    official.post(follow, pay | {"amount_won": "300,000"})
    payment = Entry.objects.get(stage=Stage.PAYMENT)
    back = reverse("admin:budget_entry_follow", args=[payment.pk])
    official.post(back, {"amount_won": "1,000", "effective_on": "2026-03-06", "reason": "반납"})
    assert balance.of(funded.pk).paid == 299_000

    reverse_url = reverse("admin:budget_entry_reverse", args=[payment.pk])
    assert "그 기록부터" in official.post(reverse_url, {"reason": "이중 지급"}).content.decode()
    returned = Entry.objects.get(stage=Stage.RETURN)
    official.post(reverse("admin:budget_entry_reverse", args=[returned.pk]), {"reason": "잘못"})
    assert "사유를 적어" in official.post(reverse_url, {"reason": ""}).content.decode()
    official.post(reverse_url, {"reason": "이중 지급"})
    assert balance.of(funded.pk).paid == 0
    page = official.get(reverse("admin:budget_entry_change", args=[payment.pk])).content.decode()
    assert "취소된 기록입니다" in page
    assert official.post(reverse_url, {"reason": "다시"}).status_code == 200
    assert Entry.objects.filter(reverses=payment).count() == 1


def test_moving_and_carrying(official, funded, make_line):
    other = make_line(account="201-01")
    day = {"effective_on": "2026-05-01", "reason": "변경", "amount_won": "100,000"}
    official.post(reverse("admin:budget_entry_shift"), {"giving": funded.pk, "taking": other.pk, **day})
    assert balance.of(other.pk).current == 100_000
    same = official.post(reverse("admin:budget_entry_shift"), {"giving": funded.pk, "taking": funded.pk, **day})
    assert "과목이 같습니다" in same.content.decode()
    official.post(reverse("admin:budget_entry_carry"), {"line": funded.pk, "kind": "express", **day})
    assert Line.objects.filter(year__year=2027).count() == 1


def test_a_year_is_closed_by_asking_and_the_line_shows_what_is_left(official, funded, put):
    year = funded.year
    page = reverse("admin:budget_fiscalyear_change", args=[year.pk])
    put(funded, Stage.COMMITMENT, 1)
    assert "지출하지 않은 원인행위" in official.get(page).content.decode()
    ledger.reverse(
        Entry.objects.get(stage=Stage.COMMITMENT), reason="해지", by=User.objects.get(email="clerk@example.com")
    )
    official.post(reverse("admin:budget_fiscalyear_close", args=[year.pk]), {"reason": "결산"})
    assert Approval.objects.get().kind == "budget.close"
    assert FiscalYear.objects.get(pk=year.pk).is_open
    listed = official.get(reverse("admin:budget_line_changelist")).content.decode()
    assert "1,000,000" in listed


def test_who_may_only_read_cannot_write(client, log_in, funded, add, boss):
    boss.user_permissions.add(*Permission.objects.filter(codename__in=["view_entry", "view_line", "view_fiscalyear"]))
    log_in(User.objects.get(pk=boss.pk))
    entry = Entry.objects.get()
    for url in (add, reverse("admin:budget_entry_shift"), reverse("admin:budget_entry_reverse", args=[entry.pk])):
        assert client.get(url).status_code == 403, url
    assert "비슷하게 적기" not in client.get(reverse("admin:budget_entry_change", args=[entry.pk])).content.decode()
    assert (
        client.post(reverse("admin:budget_fiscalyear_close", args=[funded.year_id]), {"reason": "x"}).status_code == 403
    )


def test_queries_do_not_grow_with_the_lines(official, make_line, put, django_assert_max_num_queries):
    for number in range(1, 30):
        put(make_line(account=f"201-{number:02d}"), Stage.BUDGET, 1000 * number, date(2026, 1, 2))
    for url in (
        reverse("admin:budget_line_changelist"),
        reverse("admin:budget_entry_changelist"),
        reverse("admin:budget_entry_add"),
    ):
        with django_assert_max_num_queries(15):
            official.get(url)
