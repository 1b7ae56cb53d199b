"""Give out a paper: a number without gaps, then its file.

The number is committed before the file is made, so nobody waits for a press under the lock of the
series. Whatever dies in between leaves a numbered row without a file, which the next call for the same
paper, or the sweep, finishes from the stored figures.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from documents import figures as written
from documents import hint, kinds, making, printing
from documents.models import IssuedDocument, Series, Withdrawal
from documents.pdf import RenderError
from lifecycle.locks import Refused, contended, lock

# Digits and capitals without those that look alike; twelve of them are 59 bits of chance.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 12
BUSY = "다른 문서를 발급하는 중입니다. 잠시 뒤에 다시 시도해 주세요."


def issue(
    code: str,
    figures: Mapping[str, Any],
    *,
    title: str,
    by: models.Model | None,
    subject: models.Model | None = None,
    to: str = "",
    known_until: datetime | None = None,
    known_entry: int | None = None,
) -> IssuedDocument:
    """Issue a paper of the kind ``code``, or return the one already issued with the same contents.

    Call it outside a transaction: the number is committed here. ``figures`` are what the template shows,
    plain values and ``tables.values.Table``; its tables also travel inside the file as CSV and JSON. A slow or long
    kind comes back without its file (``is_ready``); a worker makes it. ``known_until`` and ``known_entry`` say what
    had been seen; they do not make another paper of the same figures.

    Raises:
        RenderError: the file cannot be made. The number is kept and withdrawn with that reason.
        Refused: too many wait for a number of this series.
    """
    kind = kinds.get(code)
    text = written.dumps(figures)
    about = f"{subject._meta.label_lower}:{subject.pk}" if subject is not None else ""
    content = written.digest(kind.code, title, about, to, text)
    if kind.sealed:  # a bare hash would let a guess at the contents be tried
        content = salted_hmac("documents.issue", content, algorithm="sha256").hexdigest()
    paper = _standing(content)
    if paper is None:
        with contended(BUSY), transaction.atomic(durable=True):
            paper = _numbered(
                kind,
                content,
                year=figures["as_of"].year if kind.official else None,
                title=title,
                **({"sealed_figures": text} if kind.sealed else {"figures": text}),
                subject=subject,
                issued_to=to,
                issued_by=by,
                known_until=known_until,
                known_entry=known_entry,
            )
    if paper.is_ready:
        return paper
    if kind.long and by is not None:
        printing.start(paper, by=by)
        return paper
    if kind.slow or kind.long:
        hint.make(paper)
        return paper
    try:
        return making.finish(paper)
    except RenderError as error:
        withdraw(paper, by=None, reason=str(error))
        raise


def withdraw(paper: IssuedDocument, *, by: models.Model | None, reason: str) -> Withdrawal:
    """Declare that a paper holds no longer; ``by=None`` is the system.

    Raises:
        Refused: no reason, or it was withdrawn before.
    """
    if not reason.strip():
        raise Refused("회수하는 사유를 적어 주세요.")
    try:
        with transaction.atomic():
            return Withdrawal.objects.create(paper=paper, by=by, reason=reason.strip()[:500])
    except IntegrityError as error:
        raise Refused("이미 회수한 문서입니다.") from error


def _standing(content: str) -> IssuedDocument | None:
    return IssuedDocument.objects.standing().with_rest().filter(content_hash=content).first()


def _numbered(kind: kinds.Kind, content: str, *, year: int | None, **values: Any) -> IssuedDocument:
    """Take the next number of ``year`` (or this one) under the lock of its series; whoever waited gets the same."""
    now = timezone.now()
    series, _ = Series.objects.get_or_create(name=kind.series, year=year or timezone.localdate(now).year)
    series = lock(Series.objects, series.pk)
    if paper := _standing(content):
        return paper
    series.last += 1
    series.save(update_fields=["last"])
    subject = values["subject"]
    edition = IssuedDocument.objects.filter(content_hash=content).count()
    return IssuedDocument.objects.create(
        **values,
        subject_type=ContentType.objects.get_for_model(subject) if subject is not None else None,
        number=f"{series.name}-{series.year}-{series.last:06d}",
        kind=kind.code,
        issued_at=now,
        content_hash=content,
        edition=edition,
        code=_derived(f"{content}:{edition}") if kind.official else _drawn(),
    )


def _drawn() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def _derived(what: str) -> str:
    """The 문서확인번호 of an official paper: nobody without our key can work it out, and we always find it again."""
    number, code = int(salted_hmac("documents.code", what, algorithm="sha256").hexdigest(), 16), ""
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        code += ALPHABET[place]
    return code
