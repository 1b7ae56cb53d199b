"""업무협약: reminded of before they end, ended early with a reason, and their signed papers."""

from __future__ import annotations

from datetime import date

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import roles
from accounts.models import User
from lifecycle.locks import Refused, contended, lock
from programs.models import Agreement, AgreementFile, Stand
from programs.notices import partners as say
from questionnaires import inspection, scanner

REMIND_DAYS = (90, 30, 7)  # before the last day
MOST_FILES = 10
BUSY = "다른 사람이 이 협약을 고치고 있습니다. 잠시 뒤에 다시 시도해 주세요."


class NotNow(Refused):
    """The agreement does not allow it in the state it is in."""


def ending_for(user: User) -> QuerySet[Agreement]:
    """Those that end soon and do not renew themselves: everybody's who may act on them."""
    return Agreement.objects.having(Stand.ENDING, timezone.localdate())


def due(agreement: Agreement, today: date) -> int | None:
    """The reminder to send now, in days before the end; ``None``: nothing new to say.

    A window and not a day: whoever was down for a week sends the one that fits now, and no older one.
    """
    end = agreement.term_end(today)
    if end is None or not agreement.first_day <= today <= end or agreement.stand_on(today) == Stand.OVER:
        return None
    left = (end - today).days
    window = min((days for days in REMIND_DAYS if left <= days), default=None)
    said = agreement.told_days if agreement.told_for == end else None
    return window if window is not None and (said is None or window < said) else None


def remind() -> int:
    """Tell the responsible staff of every agreement whose window has come; run it as often as you like."""
    today = timezone.localdate()
    waiting = [one.pk for one in Agreement.objects.in_force(today).order_by("pk") if due(one, today) is not None]
    return sum(_remind_of(pk) for pk in waiting)


@transaction.atomic
def _remind_of(pk: int) -> bool:
    today = timezone.localdate()
    agreement = lock(Agreement.objects.select_related("partner", "school", "responsible"), pk)
    window = due(agreement, today)
    if window is None:
        return False
    agreement.told_for, agreement.told_days = agreement.term_end(today), window
    agreement.save(update_fields=["told_for", "told_days"])
    say.agreement_ends(agreement, window, today, to=responsible_for(agreement))
    return True


def responsible_for(agreement: Agreement) -> list[User]:
    """Who looks after it: the person named, as long as they are staff, or all of 프로그램 담당."""
    named = agreement.responsible
    if named is not None and named.is_active and named.is_staff:
        return [named]
    return list(User.objects.present().filter(is_staff=True, groups__name=roles.PROGRAMS).order_by("pk"))


def end(agreement: Agreement, *, on: date, reason: str, by: User) -> Agreement:
    """End it before its time, or a self-renewing one at all; from ``on`` it holds no more.

    Raises:
        NotNow: it is over or ended already, or ``on`` lies before its first day.
    """
    with contended(BUSY, NotNow), transaction.atomic():
        agreement = lock(Agreement.objects, agreement.pk)
        if agreement.ended_on is not None or agreement.stand == Stand.OVER:
            raise NotNow("이미 끝난 협약입니다.")
        if on < agreement.first_day:
            raise NotNow("종료일은 시작일과 같거나 그 뒤여야 합니다.")
        agreement.ended_on, agreement.ended_because, agreement.ended_by = on, reason, by
        agreement.save(update_fields=["ended_on", "ended_because", "ended_by"])
    return agreement


def receive(agreement: Agreement, *, name: str, data: bytes, by: User) -> AgreementFile:
    """Take in a signed paper: looked at and scanned before any lock, sealed before it reaches the disk.

    Raises:
        Refused: the file cannot be taken, the scanner is down, or there are too many.
    """
    looked = inspection.look(data, timezone.localdate())
    if scanner.is_set():
        try:
            if scanner.infection(looked.data):
                raise inspection.Unfit("악성코드가 들어 있는 파일입니다. 백신으로 검사한 다른 파일을 올려 주세요.")
        except scanner.Down as down:
            raise NotNow("악성코드 검사기가 쉬고 있습니다. 잠시 뒤에 다시 올려 주세요.") from down
    paper = AgreementFile(
        agreement=agreement,
        name=inspection.shown_name(name, looked.kind),
        kind=looked.kind,
        size=len(looked.data),
        uploaded_by=by,
    )
    paper.file.save(paper.token, ContentFile(looked.data), save=False)
    try:
        with contended(BUSY, NotNow), transaction.atomic():
            held = lock(Agreement.objects, agreement.pk)
            if held.files.count() >= MOST_FILES:
                raise NotNow(f"한 협약에 파일을 {MOST_FILES}개까지 둘 수 있습니다. 필요 없는 파일을 지워 주세요.")
            paper.save(force_insert=True)
            return paper
    except BaseException:
        paper.file.delete(save=False)
        raise


def discard(paper: AgreementFile) -> None:
    """Remove a paper: the row at once, its bytes when the transaction is sure."""
    with transaction.atomic():
        path = paper.file.name
        paper.delete()
        transaction.on_commit(lambda: default_storage.delete(path))
