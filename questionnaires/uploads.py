"""Files that come with answers: taken in, checked, opened, sent back, destroyed.

Looking into a file, scanning and sealing it happen before any lock. Its bytes reach the disk sealed only
(``views`` keeps uploads in memory), under a name that says nothing; a file without a row is swept away.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lifecycle import destruction
from lifecycle.locks import Refused, contended, lock
from questionnaires import answering, inspection, notices, scanner
from questionnaires.inspection import Unfit
from questionnaires.models import Attachment, Version
from questionnaires.models.attachments import FOLDER

if TYPE_CHECKING:
    from accounts.models import User

State = Attachment.State

MOST_PER_QUESTION = 5
STRAY_AFTER = timedelta(hours=1)  # a file whose row did not come: the upload's transaction failed
BUSY = "잠시 뒤에 다시 시도해 주세요."
INFECTED = "악성코드 검사에서 문제가 발견되어 파일을 지웠습니다. 백신으로 검사한 다른 파일을 올려 주세요."


class NotNow(Refused):
    """The file cannot be opened or decided on in the state it is in."""


def receive(
    case: models.Model, version: Version, key: str, *, name: str, data: bytes, masked: bool, by: User
) -> Attachment:
    """Take a file in for one question.

    Args:
        masked: the family says that every registration number on it is covered.

    Raises:
        Unfit: the file cannot be taken; the words say what to do.
        answering.Closed: nothing can be added any more.
    """
    question = version.design.find(key)
    if question is None or not question.is_file:
        raise Unfit(_("파일을 올릴 수 없는 문항입니다."))
    looked = inspection.look(data, timezone.localdate())
    if looked.eyes and not masked:
        raise Unfit(
            _(
                "사진이나 스캔 파일입니다. 주민등록번호 뒷자리를 가렸는지 확인하고 "
                "‘주민등록번호가 보이지 않는 것을 확인했습니다’에 표시한 뒤 다시 올려 주세요."
            )
        )
    state = State.UNCHECKED if looked.eyes else State.CHECKED
    if scanner.is_set():
        try:
            if scanner.infection(looked.data):
                raise Unfit(_("악성코드가 들어 있는 파일입니다. 백신으로 검사한 다른 파일을 올려 주세요."))
        except scanner.Down:
            state = State.SCANNING
    attachment = Attachment(
        question=key,
        name=inspection.shown_name(name, looked.kind),
        kind=looked.kind,
        size=len(looked.data),
        pages=looked.pages,
        needs_eyes=looked.eyes,
        state=state,
        uploaded_by=by,
    )
    attachment.file.save(attachment.token, ContentFile(looked.data), save=False)
    try:
        with contended(BUSY, answering.Closed), transaction.atomic():
            response = answering.ensure(case, version, by=by)
            if response.attachments.standing().filter(question=key).count() >= MOST_PER_QUESTION:
                most = {"most": MOST_PER_QUESTION}
                raise Unfit(_("한 문항에 파일을 %(most)d개까지 올릴 수 있습니다.") % most)
            attachment.response = response
            attachment.save(force_insert=True)
            return attachment
    except BaseException:
        attachment.file.delete(save=False)
        raise


def opened(attachment: Attachment, *, to_check: bool = False) -> bytes:
    """The bytes as they were sent; for whom, the caller has asked and logged.

    Args:
        to_check: somebody who decides on it looks; all others see a file of 확인됨 only.

    Raises:
        NotNow: it waits for the scanner or for a check, or it was sent back.
    """
    if attachment.state == State.SCANNING:
        raise NotNow(_("악성코드 검사를 기다리는 파일입니다. 검사가 끝나면 열 수 있습니다."))
    if attachment.state == State.REJECTED:
        raise NotNow(_("반려되어 지운 파일입니다."))
    if attachment.state == State.UNCHECKED and not to_check:
        raise NotNow(_("주민등록번호를 가렸는지 직원이 아직 확인하지 않은 파일입니다."))
    return attachment.file.clear()


def check(attachment: Attachment, *, by: User) -> Attachment:
    """Somebody looked: no registration number is to be seen. Twice is once.

    Raises:
        NotNow: it waits for the scanner, or was sent back.
    """
    with contended(BUSY, NotNow), transaction.atomic():
        attachment = lock(Attachment.objects, attachment.pk)
        if attachment.state == State.CHECKED:
            return attachment
        if attachment.state != State.UNCHECKED:
            raise NotNow("검사가 끝나지 않았거나 이미 반려한 파일입니다.")
        attachment.move(State.CHECKED, by=by)
    return attachment


def reject(attachment: Attachment, *, by: User | None, reason: str) -> Attachment:
    """Send it back: the bytes go at once, the family is told why and may send another. Twice is once."""
    with contended(BUSY, NotNow), transaction.atomic():
        attachment = lock(Attachment.objects.select_related("response"), attachment.pk)
        if attachment.state == State.REJECTED:
            return attachment
        path = attachment.file.name
        attachment.move(State.REJECTED, by=by, reason=reason, file="", rejected_because=reason)
        destruction.on_request("questionnaires.file", attachment, remark="반려")
        notices.file_rejected(attachment, reason=reason)
        _forget_bytes([path])
    return attachment


def delete(attachment: Attachment) -> None:
    """At the family's wish, at any time, sent or not. Twice at once is once."""
    with contended(BUSY, NotNow), suppress(Attachment.DoesNotExist), transaction.atomic():
        attachment = lock(Attachment.objects, attachment.pk)
        destruction.on_request("questionnaires.file", attachment)
        destroy(Attachment.objects.filter(pk=attachment.pk))


def destroy(rows: models.QuerySet[Attachment]) -> int:
    """Rows at once, bytes when the transaction is sure; how many rows went."""
    paths = [path for path in rows.values_list("file", flat=True) if path]
    gone = rows.delete()[1].get(Attachment._meta.label, 0)
    _forget_bytes(paths)
    return gone


def scan_waiting() -> int:
    """Scan what waits for the scanner, oldest first; return how many got their verdict. Stops when it is down."""
    done = 0
    for pk in Attachment.objects.filter(state=State.SCANNING).order_by("uploaded_at").values_list("pk", flat=True):
        attachment = Attachment.objects.filter(pk=pk, state=State.SCANNING).first()
        if attachment is None:
            continue
        try:
            virus = scanner.infection(attachment.file.clear()) if scanner.is_set() else ""
        except scanner.Down:
            break
        except FileNotFoundError:
            continue  # deleted under our hands, or lost: the doctor says so
        if virus:
            reject(attachment, by=None, reason=INFECTED)
        else:
            _passed(pk)
        done += 1
    return done


def _passed(pk: int) -> None:
    with transaction.atomic():
        attachment = Attachment.objects.select_for_update(no_key=True).filter(pk=pk, state=State.SCANNING).first()
        if attachment is not None:
            attachment.move(State.UNCHECKED if attachment.needs_eyes else State.CHECKED, by=None)


def strays() -> list[str]:
    """Files that lie on the disk and belong to no row: left by a crash between file and row, or after the row."""
    before = timezone.now() - STRAY_AFTER
    try:
        lying = [f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]]
    except FileNotFoundError:
        return []
    known = set(Attachment.objects.filter(file__in=lying).values_list("file", flat=True))
    return [path for path in lying if path not in known and default_storage.get_modified_time(path) < before]


def sweep() -> int:
    """Remove what belongs to nobody; return how many files that were."""
    found = strays()
    for path in found:
        default_storage.delete(path)
    return len(found)


def _forget_bytes(paths: Iterable[str | None]) -> None:
    gone = [path for path in paths if path]
    transaction.on_commit(lambda: [default_storage.delete(path) for path in gone])
