"""What a school asks for and what became of it: application, scores, decision, payments, report.

Money is kept in the ledger alone: a grant is a commitment (원인행위), a payment settles it, a return settles the payment.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Affiliation, School, User
from budget.models.calls import GrantCall, GrantCriterion, GrantPaper, GrantReviewer
from budget.models.entries import Entry, Stage
from budget.models.plan import Account
from lifecycle.models import Lifecycle
from lifecycle.sealed import SealedFileField

FOLDER = "grants"


def new_token() -> str:
    return secrets.token_hex(16)


def schools_of(user: User) -> models.QuerySet[School]:
    """The schools whose money somebody looks after: 학교 담당자 as staff confirmed, not every teacher."""
    mine = user.affiliations.current().filter(role=Affiliation.Role.SCHOOL)
    return School.objects.filter(pk__in=mine.values("school"))


class ApplicationQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ApplicationQuerySet:
        """Staff by their right, but never a draft; a school its own."""
        if user.is_staff and user.has_perm("budget.view_grantapplication"):
            return self.exclude(state=GrantApplication.State.DRAFT)
        return self.filter(school__in=schools_of(user))

    def for_page(self) -> ApplicationQuerySet:
        return self.select_related("call__line__year", "call__line__project", "school", "commitment", "written_by")

    def standing(self) -> ApplicationQuerySet:
        """Sent and neither withdrawn nor cancelled."""
        off = (GrantApplication.State.DRAFT, GrantApplication.State.WITHDRAWN, GrantApplication.State.CANCELLED)
        return self.exclude(state__in=off)

    def granted(self) -> ApplicationQuerySet:
        return self.filter(state__in=GrantApplication.GRANTEES)


class GrantApplication(Lifecycle):
    """One school's application to one call, until its money is settled."""

    class State(models.TextChoices):
        DRAFT = "draft", _("작성 중")
        SUBMITTED = "submitted", _("접수")
        CORRECTION = "correction", _("보완 요청")
        WITHDRAWN = "withdrawn", _("철회")
        GRANTED = "granted", _("교부 결정")
        REJECTED = "rejected", _("미선정")
        CANCELLED = "cancelled", _("교부 취소")
        REPORTED = "reported", _("정산 보고")
        REWORK = "rework", _("정산 보완")
        RETURNING = "returning", _("반납 대기")
        SETTLED = "settled", _("정산 완료")

    EDITABLE = frozenset({State.DRAFT, State.CORRECTION})
    GRANTEES = frozenset({State.GRANTED, State.REPORTED, State.REWORK, State.RETURNING, State.SETTLED})
    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN}),
        State.SUBMITTED: frozenset({State.CORRECTION, State.WITHDRAWN, State.GRANTED, State.REJECTED}),
        State.CORRECTION: frozenset({State.SUBMITTED, State.WITHDRAWN, State.REJECTED}),
        State.GRANTED: frozenset({State.REPORTED, State.CANCELLED}),
        State.REPORTED: frozenset({State.REWORK, State.RETURNING, State.SETTLED}),
        State.REWORK: frozenset({State.REPORTED}),
        State.RETURNING: frozenset({State.SETTLED}),
        **{state: frozenset() for state in (State.WITHDRAWN, State.REJECTED, State.CANCELLED, State.SETTLED)},
    }

    call = models.ForeignKey(GrantCall, on_delete=models.PROTECT, related_name="applications", verbose_name=_("공고"))
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="grants", verbose_name=_("학교"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("작성한 담당자")
    )
    state = models.CharField(_("상태"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    number = models.PositiveIntegerField(_("접수 번호"), null=True, blank=True, editable=False)
    title = models.CharField(_("사업 이름"), max_length=100, blank=True)
    purpose = models.TextField(_("사업 목적과 내용"), max_length=3000, blank=True)
    answers = models.JSONField(_("답"), default=dict, editable=False)
    asked_won = models.BigIntegerField(_("신청액(원)"), default=0, editable=False)
    revision = models.PositiveIntegerField(_("고친 횟수"), default=0, editable=False)
    created_at = models.DateTimeField(_("작성 시작"), default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(_("제출 일시"), null=True, blank=True, editable=False)
    correction = models.CharField(_("보완할 내용"), max_length=500, blank=True, editable=False)
    correction_until = models.DateTimeField(_("보완 기한"), null=True, blank=True, editable=False)
    granted_won = models.BigIntegerField(_("교부 결정액(원)"), null=True, blank=True, editable=False)
    commitment = models.OneToOneField(
        Entry, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="grant",
        verbose_name=_("원인행위"),
    )  # fmt: skip
    decided_because = models.CharField(_("결정 사유"), max_length=300, blank=True, editable=False)
    settled_at = models.DateTimeField(_("정산 완료 일시"), null=True, blank=True, editable=False)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("학교 보조금 신청")
        verbose_name_plural = _("학교 보조금 신청")
        ordering = ["-submitted_at", "-pk"]
        default_permissions = ["view", "change"]
        constraints = [
            models.UniqueConstraint(
                fields=["call", "school"],
                condition=~Q(state__in=["withdrawn", "cancelled"]),
                name="grantapplication_one_per_school",
                violation_error_message=_("이 학교의 신청이 이미 있습니다."),
            ),
            models.UniqueConstraint(
                fields=["call", "number"],
                condition=Q(number__isnull=False),
                name="grantapplication_number_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(number__isnull=False, submitted_at__isnull=False),
                name="grantapplication_sent_has_number",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["granted", "reported", "rework", "returning", "settled"])
                | Q(commitment__isnull=False, granted_won__gt=0),
                name="grantapplication_granted_is_bound",
            ),
        ]
        indexes = [models.Index(fields=["call", "state"], name="grantapplication_of_call")]

    def __str__(self) -> str:
        return f"{self.school} · {self.title or self.call}"

    @property
    def label_number(self) -> str:
        return f"{self.call_id}-{self.number:03}" if self.number else "–"

    def may_be_edited_at(self, now: datetime) -> bool:
        """A draft while the call is open; a correction until its own deadline, that moment excluded."""
        if self.state == self.State.CORRECTION:
            return self.correction_until is not None and now < self.correction_until
        return self.state == self.State.DRAFT and self.call.stand_at(now) == GrantCall.Stand.OPEN

    @property
    def paid_won(self) -> int:
        """Paid so far, as the ledger says."""
        return _sum(Entry.objects.filter(settles=self.commitment_id, stage=Stage.PAYMENT)) if self.commitment_id else 0

    @property
    def returned_won(self) -> int:
        """What came back of it, without interest, which is no money of this line."""
        if not self.commitment_id:
            return 0
        return _sum(Entry.objects.filter(settles__settles=self.commitment_id, stage=Stage.RETURN))


def _sum(entries: models.QuerySet) -> int:
    return entries.aggregate(sum=Sum("amount_won"))["sum"] or 0


class GrantLine(models.Model):
    """What a school wants to spend on one 통계목, and what it spent in the end."""

    application = models.ForeignKey(GrantApplication, on_delete=models.CASCADE, related_name="lines")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", verbose_name=_("통계목"))
    amount_won = models.BigIntegerField(_("신청액(원)"))
    basis = models.CharField(_("산출 근거"), max_length=200)
    spent_won = models.BigIntegerField(_("집행액(원)"), null=True, blank=True)

    class Meta:
        verbose_name = _("예산 항목")
        verbose_name_plural = _("예산 항목")
        ordering = ["account", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "account"], name="grantline_once"),
            models.CheckConstraint(
                condition=Q(amount_won__gt=0) & (Q(spent_won=None) | Q(spent_won__gte=0)), name="grantline_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_won:,}원"


class GrantFile(models.Model):
    """A file of an application or of its report. Receipts bear names, so its bytes lie sealed under ``token``."""

    application = models.ForeignKey(GrantApplication, on_delete=models.PROTECT, related_name="files")
    paper = models.ForeignKey(
        GrantPaper, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("서류"),
        help_text="비어 있으면 정산 증빙입니다.",
    )  # fmt: skip
    name = models.CharField(_("파일 이름"), max_length=120)
    kind = models.CharField(_("형식"), max_length=4, choices=[("pdf", "PDF"), ("jpeg", "JPG"), ("png", "PNG")])
    size = models.PositiveIntegerField(_("크기(바이트)"))
    token = models.CharField("저장 이름", max_length=32, unique=True, default=new_token, editable=False)
    file = SealedFileField("저장된 파일", bound_to="token", upload_to=FOLDER, editable=False)
    uploaded_at = models.DateTimeField(_("올린 때"), default=timezone.now, editable=False)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("보조금 파일")
        verbose_name_plural = _("보조금 파일")
        ordering = ["uploaded_at", "pk"]
        default_permissions = []

    def __str__(self) -> str:
        return self.name


class GrantReading(models.Model):
    """One reviewer has read one application: points per criterion, a remark, and when they were done."""

    application = models.ForeignKey(GrantApplication, on_delete=models.PROTECT, related_name="readings")
    reviewer = models.ForeignKey(GrantReviewer, on_delete=models.PROTECT, related_name="readings")
    remark = models.CharField(_("의견"), max_length=500, blank=True)
    done_at = models.DateTimeField(_("심사 일시"), default=timezone.now)

    class Meta:
        verbose_name = _("심사")
        verbose_name_plural = _("심사")
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["application", "reviewer"], name="grantreading_once"),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.reviewer}"


class GrantScore(models.Model):
    reading = models.ForeignKey(GrantReading, on_delete=models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(GrantCriterion, on_delete=models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField(_("점수"))

    class Meta:
        verbose_name = _("심사 점수")
        verbose_name_plural = _("심사 점수")
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["reading", "criterion"], name="grantscore_once"),
            models.CheckConstraint(condition=Q(points__lte=100), name="grantscore_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion} {self.points}"


class GrantDecision(models.Model):
    """A list of awards that a second person agrees to (교부 결정)."""

    call = models.ForeignKey(GrantCall, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("공고"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("올린 일시"), default=timezone.now)
    carried_out_at = models.DateTimeField(_("결정 일시"), null=True, blank=True)

    class Meta:
        verbose_name = _("교부 결정")
        verbose_name_plural = _("교부 결정")
        ordering = ["-made_at", "-pk"]
        default_permissions = []
        permissions = [("approve_grants", "보조금 교부를 결정할 수 있음")]

    def __str__(self) -> str:
        return f"{self.call} 교부 결정 {timezone.localdate(self.made_at).isoformat()}"


class GrantAward(models.Model):
    """What one school gets by a decision; 0 is 미선정."""

    decision = models.ForeignKey(GrantDecision, on_delete=models.CASCADE, related_name="awards")
    application = models.ForeignKey(GrantApplication, on_delete=models.PROTECT, related_name="awards")
    amount_won = models.BigIntegerField(_("교부 결정액(원)"))
    reason = models.CharField(_("사유"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("교부 결정 항목")
        verbose_name_plural = _("교부 결정 항목")
        ordering = ["pk"]
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["decision", "application"], name="grantaward_once"),
            models.CheckConstraint(
                condition=Q(amount_won__gt=0) | (Q(amount_won=0) & ~Q(reason="")),
                name="grantaward_refusal_says_why",
                violation_error_message=_("선정하지 않는 까닭을 적어 주세요."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.amount_won:,}원"


class GrantPayment(Lifecycle):
    """교부 신청: a school asks for money of its grant; ``entry`` once it is paid."""

    class State(models.TextChoices):
        ASKED = "asked", _("지급 요청")
        PAID = "paid", _("지급")
        DECLINED = "declined", _("반려")
        WITHDRAWN = "withdrawn", _("요청 취소")

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.ASKED: frozenset({State.PAID, State.DECLINED, State.WITHDRAWN}),
        State.PAID: frozenset(),
        State.DECLINED: frozenset(),
        State.WITHDRAWN: frozenset(),
    }

    application = models.ForeignKey(GrantApplication, on_delete=models.PROTECT, related_name="payments")
    amount_won = models.BigIntegerField(_("요청액(원)"))
    remark = models.CharField(_("쓸 곳"), max_length=300)
    state = models.CharField(_("상태"), max_length=10, choices=State, default=State.ASKED, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("요청 일시"), default=timezone.now)
    answer = models.CharField(_("센터의 답"), max_length=300, blank=True)
    entry = models.OneToOneField(
        Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="grant_payment", verbose_name=_("지출")
    )

    class Meta:
        verbose_name = _("보조금 지급 요청")
        verbose_name_plural = _("보조금 지급 요청")
        ordering = ["asked_at", "pk"]
        default_permissions = []
        constraints = [
            models.CheckConstraint(condition=Q(amount_won__gt=0), name="grantpayment_positive"),
            models.CheckConstraint(
                condition=~Q(state="paid") | Q(entry__isnull=False), name="grantpayment_paid_has_entry"
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(state="asked"),
                name="grantpayment_one_waits",
                violation_error_message=_("먼저 낸 지급 요청이 처리되고 있습니다."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.amount_won:,}원"


class GrantReport(models.Model):
    """정산 보고: what was done and what is left. Spending by 통계목 stands on the application's lines."""

    application = models.OneToOneField(GrantApplication, on_delete=models.PROTECT, related_name="report")
    done = models.TextField(_("추진 결과"), max_length=3000, blank=True)
    interest_won = models.BigIntegerField(_("이자(원)"), default=0)
    interest_no = models.CharField(_("이자 수입 문서번호"), max_length=50, blank=True)
    interest_paid_on = models.DateField(_("이자 받은 날"), null=True, blank=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(_("보고 일시"), null=True, blank=True)
    remark = models.CharField(_("보완할 내용"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("정산 보고")
        verbose_name_plural = _("정산 보고")
        default_permissions = []
        constraints = [models.CheckConstraint(condition=Q(interest_won__gte=0), name="grantreport_interest_sane")]

    def __str__(self) -> str:
        return f"{self.application} 정산"

    @property
    def spent_won(self) -> int:
        return self.application.lines.aggregate(sum=Sum("spent_won"))["sum"] or 0
