"""A run's draw: the rule of its seed, the frozen list, and what came out."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from krds.dates import kdate
from programs.models.applications import Application
from programs.models.runs import Run
from programs.seeds import Source

if TYPE_CHECKING:
    from accounts.models import User


class DrawQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> DrawQuerySet:
        """The draws of published runs are everybody's to check; staff also see those of drafts."""
        if user.is_staff and user.has_perm("programs.view_run"):
            return self
        now = timezone.now()
        return self.filter(run__published_at__lte=now, run__program__published_at__lte=now)

    def to_freeze(self, now: datetime) -> DrawQuerySet:
        """Those whose applications are closed and whose list stands open still."""
        return self.filter(frozen_at=None, run__closes_at__lte=now, known_at__gt=now).exclude(run__state="cancelled")

    def to_draw(self) -> DrawQuerySet:
        """Those whose list is frozen and that are not drawn."""
        return self.filter(frozen_at__isnull=False, drawn_at=None)

    def drawn(self) -> DrawQuerySet:
        return self.filter(drawn_at__isnull=False)


class Draw(models.Model):
    """One draw of one run. Three moments, each final: the rule, the frozen list (``frozen_at``), the draw.

    The seed is the hash of the list with a public number that is not known before ``known_at``. What is frozen and
    what is drawn never changes again: triggers see to it.
    """

    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="draw", verbose_name=_("회차"))
    source = models.CharField("공개 숫자", max_length=10, choices=Source, default=Source.LOTTO)
    round_number = models.PositiveIntegerField(
        "로또 회차", null=True, blank=True, validators=[MinValueValidator(1)], help_text="로또일 때만 적습니다."
    )
    known_on = models.DateField("공개되는 날", help_text="로또는 추첨하는 토요일, 코스피는 장이 열리는 날입니다.")
    known_at = models.DateTimeField("공개되는 때", editable=False)
    first_time_weight = models.PositiveSmallIntegerField(
        "선정된 적 없는 신청의 가중치",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text="1이면 모두 같습니다. 2이면 우리 센터 추첨에서 뽑힌 적이 없는 신청의 추첨권이 두 배입니다.",
    )
    ruled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ruled_at = models.DateTimeField(default=timezone.now)

    frozen_at = models.DateTimeField("목록 확정", null=True, editable=False)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    list_hash = models.CharField("목록 해시(SHA-256)", max_length=64, blank=True, editable=False)
    entered = models.PositiveIntegerField("신청 수", default=0, editable=False)
    capacity = models.PositiveIntegerField("뽑는 자리", default=0, editable=False)

    public_number = models.CharField("공개된 숫자", max_length=100, blank=True, editable=False)
    fell_back = models.BooleanField("대신하는 숫자", default=False, editable=False)
    seen_where = models.CharField("확인한 곳", max_length=200, blank=True, editable=False)
    drawn_at = models.DateTimeField("추첨 일시", null=True, editable=False)
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    objects = DrawQuerySet.as_manager()

    class Meta:
        verbose_name = "추첨"
        verbose_name_plural = "추첨"
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [("hold_draw", "추첨 규칙을 정하고 추첨할 수 있음")]
        constraints = [
            models.CheckConstraint(
                condition=Q(source="lotto", round_number__isnull=False) | Q(source="kospi", round_number=None),
                name="draw_names_its_number",
                violation_error_message="로또는 회차를 적고, 코스피는 회차를 비워 주세요.",
            ),
            models.CheckConstraint(
                condition=Q(frozen_at=None, list_hash="") | (Q(frozen_at__lt=F("known_at")) & ~Q(list_hash="")),
                name="draw_frozen_before_its_number_is_known",
                violation_error_message="목록은 공개 숫자가 나오기 전에 확정해야 합니다.",
            ),
            models.CheckConstraint(
                condition=Q(drawn_at=None, drawn_by=None, public_number="", seen_where="")
                | (
                    Q(drawn_at__gte=F("known_at"), drawn_by__isnull=False, frozen_at__isnull=False)
                    & ~Q(public_number="")
                    & ~Q(seen_where="")
                ),
                name="draw_after_its_number_is_known",
            ),
            models.CheckConstraint(condition=Q(first_time_weight__range=(1, 10)), name="draw_weight_in_range"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="settled_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF OLD.frozen_at IS NOT NULL AND (
                        (NEW.run_id, NEW.source, NEW.round_number, NEW.known_at, NEW.first_time_weight, NEW.frozen_at,
                         NEW.list_hash, NEW.entered, NEW.capacity)
                        IS DISTINCT FROM
                        (OLD.run_id, OLD.source, OLD.round_number, OLD.known_at, OLD.first_time_weight, OLD.frozen_at,
                         OLD.list_hash, OLD.entered, OLD.capacity)
                    ) OR OLD.drawn_at IS NOT NULL AND (NEW.drawn_at, NEW.public_number, NEW.fell_back)
                        IS DISTINCT FROM (OLD.drawn_at, OLD.public_number, OLD.fell_back)
                    THEN
                        RAISE EXCEPTION 'draw % is settled', OLD.id USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.run} 추첨"

    def get_absolute_url(self) -> str:
        return reverse("programs:draw", args=[self.run_id])

    @property
    def rule_line(self) -> str:
        """The rule of the seed as it stands in the frozen list: ``lotto 1201 2026-12-12``."""
        return " ".join(
            str(part) for part in (self.source, self.round_number, self.known_on.isoformat()) if part is not None
        )

    @property
    def number_label(self) -> str:
        """``동행복권 로또 6/45 제1201회 당첨번호(2026. 12. 12.(토))``."""
        return Source(self.source).says(self.round_number, kdate(self.known_on))

    @property
    def fallback_label(self) -> str:
        return Source(self.source).falls_back(self.round_number)

    @property
    def fallback_at(self) -> datetime:
        """The first moment at which the number that stands in may be used."""
        return self.known_at + timedelta(days=Source(self.source).patience)

    def known_on_time(self) -> datetime:
        """``known_on`` at the hour at which this kind of number is out (KST)."""
        return timezone.make_aware(datetime.combine(self.known_on, time(Source(self.source).hour)))


class DrawEntry(models.Model):
    """An application in the hat, as it was when the list was frozen; afterwards its place in the order.

    ``key`` is the family's proof that ``code`` was theirs; it opens nothing else.
    """

    class Outcome(models.TextChoices):
        SELECTED = "selected", _("선정")
        RESERVE = "reserve", _("예비")
        OUT = "out", _("미선정")
        WITHDRAWN = "withdrawn", _("취소")

    draw = models.ForeignKey(Draw, on_delete=models.CASCADE, related_name="entries")
    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="draw_entry")
    number = models.PositiveIntegerField("접수 번호")
    key = models.CharField("확인 열쇠", max_length=32)
    code = models.CharField("추첨표 코드", max_length=32)
    places = models.PositiveSmallIntegerField("자리 수")
    group = models.CharField("그룹", max_length=6)
    weight = models.PositiveSmallIntegerField("추첨권 수")
    place = models.PositiveIntegerField("추첨 순서", null=True)
    outcome = models.CharField("결과", max_length=10, choices=Outcome, blank=True)
    rank = models.PositiveIntegerField("예비 순위", null=True)

    class Meta:
        verbose_name = "추첨표"
        verbose_name_plural = "추첨표"
        ordering = ["number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["draw", "code"], name="drawentry_code_once"),
            models.UniqueConstraint(fields=["draw", "place"], name="drawentry_place_once"),
        ]
        indexes = [models.Index(fields=["draw", "outcome", "number"], name="drawentry_result")]
        triggers = [
            pgtrigger.ReadOnly(
                name="frozen_stays",
                fields=["draw", "application", "number", "key", "code", "places", "group", "weight"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.number:04d}"


class DrawFile(models.Model):
    """What is handed out, byte for byte: the list from its freezing on, the proof from the draw on. Names nobody."""

    class Kind(models.TextChoices):
        LIST = "list", "목록"
        PROOF = "proof", "증명"

    draw = models.ForeignKey(Draw, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=5, choices=Kind)
    text = models.TextField()

    class Meta:
        verbose_name = "추첨 파일"
        verbose_name_plural = "추첨 파일"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["draw", "kind"], name="drawfile_one_of_a_kind")]
        triggers = [pgtrigger.Protect(name="handed_out_stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.draw_id} {self.kind}"
