"""Files of an application and of its report: looked at and scanned before any lock, sealed before they reach the disk."""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from budget.grants.applying import NotNow, held
from budget.models import GrantApplication, GrantFile, GrantPaper
from questionnaires import inspection, scanner

MOST_FILES = 30
State = GrantApplication.State


def receive(application: GrantApplication, *, paper: GrantPaper | None, name: str, data: bytes, by: User) -> GrantFile:
    """Take in a file: for a ``paper`` of the call while the application may be edited, or as evidence of the report.

    Raises:
        Refused: the file cannot be taken, nothing can be added now, or the scanner is down.
    """
    looked = inspection.look(data, timezone.localdate())
    if scanner.is_set():
        try:
            if scanner.infection(looked.data):
                raise inspection.Unfit(_("악성코드가 들어 있는 파일입니다. 백신으로 검사한 다른 파일을 올려 주세요."))
        except scanner.Down as down:
            raise NotNow(_("악성코드 검사기가 쉬고 있습니다. 잠시 뒤에 다시 올려 주세요.")) from down
    row = GrantFile(
        application=application,
        paper=paper,
        name=inspection.shown_name(name, looked.kind),
        kind=looked.kind,
        size=len(looked.data),
        uploaded_by=by,
    )
    row.file.save(row.token, ContentFile(looked.data), save=False)
    try:
        with held(application) as found:
            _may_change(found, paper)
            if found.files.count() >= MOST_FILES:
                raise NotNow(_("파일은 %(most)d개까지 올릴 수 있습니다.") % {"most": MOST_FILES})
            row.save(force_insert=True)
    except BaseException:
        row.file.delete(save=False)
        raise
    return row


def discard(row: GrantFile) -> None:
    """Remove a file while it may be changed: the row at once, its bytes when the transaction is sure."""
    with held(row.application) as found:
        _may_change(found, row.paper)
        destroy(GrantFile.objects.filter(pk=row.pk))


def destroy(rows: models.QuerySet[GrantFile]) -> int:
    """Rows at once, bytes when the transaction is sure; how many rows went."""
    paths = [path for path in rows.values_list("file", flat=True) if path]
    gone = rows.delete()[1].get(GrantFile._meta.label, 0)
    transaction.on_commit(lambda: [default_storage.delete(path) for path in paths])
    return gone


def _may_change(found: GrantApplication, paper: GrantPaper | None) -> None:
    if paper is None:
        if found.state not in (State.GRANTED, State.REWORK):
            raise NotNow(_("지금은 정산 증빙을 올리거나 지울 수 없습니다."))
    elif paper.call_id != found.call_id or not found.may_be_edited_at(timezone.now()):
        raise NotNow(_("지금은 신청 서류를 올리거나 지울 수 없습니다."))
