"""What the clock says of a run or of a programme."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """What the clock says of a run or of a programme, the most useful to a visitor first."""

    OPEN = "open", _("접수중")
    COMING = "coming", _("접수예정")
    WALK_IN = "walk-in", _("신청 없이 참여")
    ANNOUNCED = "announced", _("일정 준비 중")
    CLOSED = "closed", _("접수마감")
    OVER = "over", _("종료")

    @property
    def badge(self) -> str:
        """The colour of its badge; the word carries the meaning."""
        return {Status.OPEN: "success", Status.COMING: "information", Status.WALK_IN: "primary"}.get(self, "")
