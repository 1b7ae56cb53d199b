"""Whom the centre asks to come by a link: an admission officer, a speaker's guests, a pupil whom a school named."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models.invitations import LinkQuerySet, TokenLink
from lifecycle.models import Lifecycle
from programs.models.applications import Application
from programs.models.runs import Run

if TYPE_CHECKING:
    from accounts.models import User


class RunInvitationQuerySet(LinkQuerySet):
    def waiting(self, now: datetime) -> RunInvitationQuerySet:
        """Neither answered nor called back, and the link still opens."""
        return self.filter(state=RunInvitation.State.SENT, expires_at__gt=now)

    def visible_to(self, user: User) -> RunInvitationQuerySet:
        """Staff who may see invitations; nobody else has a list of them."""
        return self if user.is_staff and user.has_perm("programs.view_runinvitation") else self.none()


class RunInvitation(TokenLink, Lifecycle):
    """One link for one person into one run: it takes one place, once.

    Only the hash of the link is kept. ``contact`` is where it was sent, a mobile number or a mail address; who
    takes part without an account is told there of what becomes of the place. It goes with a no, with an account
    that takes over, and with a link that is called back.
    """

    class State(models.TextChoices):
        SENT = "sent", _("답을 기다림")
        ACCEPTED = "accepted", _("참여")
        DECLINED = "declined", _("참여 안 함")
        REVOKED = "revoked", _("거둠")

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.SENT: frozenset({State.ACCEPTED, State.DECLINED, State.REVOKED}),
        State.ACCEPTED: frozenset(),
        State.DECLINED: frozenset(),
        State.REVOKED: frozenset(),
    }

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="invitations", verbose_name=_("회차"))
    name = models.CharField(_("받는 사람"), max_length=50, blank=True, validators=[names.validate])
    contact = models.CharField(_("보낸 곳"), max_length=254, blank=True)
    state = models.CharField(_("상태"), max_length=10, choices=State, default=State.SENT)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("초대한 사람")
    )
    invited_at = models.DateTimeField(_("초대 일시"), default=timezone.now, editable=False)
    sent = models.PositiveSmallIntegerField("보낸 횟수", default=1, editable=False)
    expires_at = models.DateTimeField(_("기한"))
    answered_at = models.DateTimeField(_("답한 일시"), null=True, blank=True, editable=False)
    consented_at = models.DateTimeField(
        _("개인정보 동의 일시"), null=True, blank=True, editable=False, help_text="계정 없이 참여하는 사람이 남깁니다."
    )
    application = models.OneToOneField(
        Application,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="invitation",
        verbose_name=_("신청"),
    )

    objects = RunInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("행사 초대")
        verbose_name_plural = _("행사 초대")
        ordering = ["-invited_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "contact"],
                condition=Q(state="sent"),
                name="runinvitation_once_at_a_time",
                violation_error_message="이 연락처로 보낸 초대가 답을 기다리고 있습니다.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "accepted"]) | Q(contact=""),
                name="runinvitation_forgets_contact",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", application__isnull=False)
                | (~Q(state="accepted") & Q(application__isnull=True)),
                name="runinvitation_accepted_has_a_place",
            ),
        ]
        indexes = [models.Index(fields=["run", "state"], name="runinvitation_run")]

    def __str__(self) -> str:
        return f"{self.run} {self.pk or ''}".strip()

    def is_open(self, now: datetime) -> bool:
        """Whether it may still be answered."""
        return self.state == self.State.SENT and now < self.expires_at
