"""Long papers as long work: a progress bar that moves with the pages, and a notice at the end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import models

from documents import making
from documents.figures import loads, tables_in
from documents.models import IssuedDocument, Withdrawal
from documents.pdf import RenderError
from lifecycle import work
from lifecycle.models import Work

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS_A_PAGE = 22  # of a table on a wide sheet: only to guess how far the press is
TELL_SECONDS = 1.0


def _items(params: dict[str, Any]) -> list[Any]:
    return [params["paper"]]


def _do(done: Work, pk: int) -> None:
    paper = IssuedDocument.objects.unfinished().filter(pk=pk).first()
    if paper is None:
        return
    try:
        making.finish(paper, laid_out=_bar(done, _pages(paper)))
    except RenderError as error:
        Withdrawal.objects.get_or_create(paper=paper, defaults={"by": None, "reason": str(error)[:500]})
        raise


def _pages(paper: IssuedDocument) -> int:
    return 1 + sum(len(table.rows) for table in tables_in(loads(paper.contents))) // ROWS_A_PAGE


def _bar(done: Work, expected: int) -> Callable[[int], None]:
    """Tell the work how far the press is, at most once a second. Laying out is most of it, writing the rest."""
    last = 0.0

    def laid_out(page: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= TELL_SECONDS:
            last = now
            work.told(done, min(90, 90 * page // expected))

    return laid_out


def _finish(done: Work) -> dict[str, Any]:
    paper = IssuedDocument.objects.get(pk=done.params["paper"])
    return {"message": f"{paper.title}({paper.number})", "url": paper.get_absolute_url(), "label": "문서 열기"}


KIND = work.register(
    work.Kind(
        code="documents.print",
        label="긴 문서 만들기",
        items=_items,
        do=_do,
        finish=_finish,
        name=lambda pk: f"발급 문서 {pk}",
        queue="pdf",
    )
)


def start(paper: IssuedDocument, *, by: models.Model) -> Work:
    """Have the file made; whoever asks again while it is being made gets the work that goes on."""
    return under_way(paper) or work.start(KIND, by=by, params={"paper": paper.pk}, title=f"{paper.title} 만들기")


def under_way(paper: IssuedDocument) -> Work | None:
    """The running work that makes this paper."""
    return Work.objects.filter(kind=KIND.code, state=Work.State.RUNNING, params__paper=paper.pk).first()


def in_hand() -> list[int]:
    """The papers that running work is making; the sweep leaves them alone."""
    running = Work.objects.filter(kind=KIND.code, state=Work.State.RUNNING)
    return [params["paper"] for params in running.values_list("params", flat=True)]
