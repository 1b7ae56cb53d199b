"""Hand out official papers: with a reason, by signed links that expire, every download written down."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import models
from django.urls import reverse
from django.utils import timezone

from documents.models import Download, IssuedDocument, Lending
from lifecycle.locks import Refused

AT_ONCE = timedelta(minutes=10)  # the link behind a click of one's own
DAYS = (1, 7, 30)
TAKEN_BACK = "회수한 문서입니다. 새로 발급한 문서를 찾아 주세요."
MAKING = "아직 만들고 있는 문서입니다. 다 되면 다시 눌러 주세요."
OVER = "기한이 지난 주소입니다. 문서를 보내 준 담당자에게 새 주소를 받아 주세요."

_signer = Signer(salt="documents.lending")


def lend(paper: IssuedDocument, *, by: models.Model, reason: str, lasts: timedelta = AT_ONCE) -> Lending:
    """A link to the file of ``paper``. The caller has checked that ``by`` may open it.

    Raises:
        Refused: no reason, not an official paper, withdrawn, or not made yet.
    """
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise Refused("내려받는 사유를 적어 주세요.")
    if not paper.is_official:
        raise Refused("개인에게 발급한 문서는 주소로 내주지 않습니다.")
    _holds(paper)
    now = timezone.now()
    return Lending.objects.create(paper=paper, made_by=by, made_at=now, until=now + lasts, reason=reason)


def path_of(lending: Lending) -> str:
    return reverse("documents:lent", args=[_signer.sign(lending.pk)])


def url_of(lending: Lending) -> str:
    return settings.SITE_URL + path_of(lending)


def lent(token: str) -> Lending | None:
    """The lending that a link names; ``None`` for a link that is not ours."""
    try:
        key = _signer.unsign(token)
    except BadSignature:
        return None
    return Lending.objects.select_related("paper__print", "paper__withdrawal").filter(pk=key).first()


def take(lending: Lending, *, by: models.Model | None) -> bytes:
    """The file, written down.

    Raises:
        Refused: the link is over, or the paper was withdrawn.
    """
    if lending.until <= timezone.now():
        raise Refused(OVER)
    return hand_over(lending.paper, reason=lending.reason, lending=lending, by=by)


def hand_over(
    paper: IssuedDocument, *, reason: str, lending: Lending | None = None, by: models.Model | None = None
) -> bytes:
    """The file of an official paper, and a row that says so; without a ``lending`` it lies open to all.

    Raises:
        Refused: withdrawn, or not made yet.
    """
    _holds(paper)
    Download.objects.create(paper=paper, lending=lending, by=by, reason=reason)
    return b"".join(paper.print.pieces())


def _holds(paper: IssuedDocument) -> None:
    if paper.is_withdrawn:
        raise Refused(TAKEN_BACK)
    if not paper.is_ready:
        raise Refused(MAKING)
