"""What the clock and the places left say of a run or of a programme."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """What can be done about a run or a programme now, the most useful to a visitor first. Never stored."""

    OPEN = "open", _("접수중")
    WAITING = "waiting", _("대기접수")  # every place is taken, and one may wait
    COMING = "coming", _("접수예정")
    WALK_IN = "walk-in", _("신청 없이 참여")
    ANNOUNCED = "announced", _("일정 준비 중")
    CLOSED = "closed", _("마감")  # the time to apply is over, or every place is taken and nobody may wait
    CANCELLED = "cancelled", _("취소")
    OVER = "over", _("종료")

    @property
    def badge(self) -> str:
        """The colour of its badge; the word carries the meaning."""
        colours = {
            Status.OPEN: "success",
            Status.WAITING: "warning",
            Status.COMING: "information",
            Status.WALK_IN: "primary",
            Status.CANCELLED: "danger",
        }
        return colours.get(self, "")
