"""Short words for what a grant goes through."""

from __future__ import annotations

from io import BytesIO

from django.contrib.auth.models import Permission
from django.utils import timezone
from pypdf import PdfWriter

from accounts.models import User
from budget.grants import deciding, filing, paying, reviewing, settling
from budget.grants.applying import Cost, Draft
from budget.grants.deciding import Wish
from budget.models import GrantApplication, GrantCall, GrantPayment
from lifecycle.models import Approval


def pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def may(user: User, *codes: str) -> User:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codes, content_type__app_label="budget"))
    return User.objects.get(pk=user.pk)


def draft(found: GrantApplication, won: int = 1_500_000, **changes: object) -> Draft:
    question = found.call.questions.get()
    values: dict = {
        "title": "진로 탐험대",
        "purpose": "직업인을 만납니다.",
        "costs": (Cost(found.call.accounts.get(), won, "강사비"),),
        "answers": {question.pk: "120명"},
        "revision": GrantApplication.objects.get(pk=found.pk).revision,
    }
    return Draft(**{**values, **changes})


def rate(found: GrantApplication, reviewer: User, *points: int) -> None:
    reviewing.rate(found, dict(zip(found.call.criteria.values_list("pk", flat=True), points, strict=True)), by=reviewer)


def asked(call: GrantCall, clerk: User, *wishes: tuple[GrantApplication, int]) -> Approval:
    made = [Wish(GrantApplication.objects.get(pk=one.pk), won, "" if won else "순위 밖") for one, won in wishes]
    decision = deciding.propose(call, made, by=clerk, reason="심사 결과")
    return Approval.objects.of(decision).get()


def paid(found: GrantApplication, clerk: User, won: int | None = None) -> GrantPayment:
    payment = paying.ask(found, won or found.granted_won, remark="전액", by=found.written_by)
    return paying.pay(payment, effective_on=timezone.localdate(), document_no="지급-1", by=clerk)


def reported(found: GrantApplication, won: int, interest: int = 0) -> GrantApplication:
    filing.receive(found, paper=None, name="영수증.pdf", data=pdf(), by=found.written_by)
    spent = {found.lines.get().pk: won}
    settling.report(found, spent, done="네 번 열었습니다.", interest_won=interest, by=found.written_by)
    return GrantApplication.objects.get(pk=found.pk)
