"""Five hundred certificates at once: long work with a progress bar, each a paper of its own, taken out as one zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from lifecycle import work
from lifecycle.models import Work
from programs import completion, papers
from programs.models import Participant, Run

if TYPE_CHECKING:
    from accounts.models import User
    from documents.models import IssuedDocument


def _items(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Whoever may have the paper now, in the order of their application numbers."""
    kind = papers.OF_A_RUN[params["kind"]]
    return [
        {"participant": person.pk, "number": person.application.number_label}
        for person, found in everybody(params["run"])
        if not papers.obstacle(kind, person, found)
    ]


def _do(done: Work, item: dict[str, Any]) -> None:
    papers.certify(item["participant"], by=done.started_by, kind=papers.OF_A_RUN[done.params["kind"]])


def _finish(done: Work) -> dict[str, Any]:
    label = papers.OF_A_RUN[done.params["kind"]].label
    return {
        "message": f"{label} {done.done:,}장을 만들었습니다.",
        "url": reverse("admin:programs_certificates_file", args=[done.pk]),
        "label": "압축 파일(zip)로 내려받기",
    }


KIND = work.register(
    work.Kind(
        code="programs.certificates",
        label="수료증 만들기",
        items=_items,
        do=_do,
        finish=_finish,
        name=lambda item: f"접수 번호 {item['number']}",
        queue="pdf",
        permission=papers.ISSUE,
    )
)


def everybody(run_id: int) -> list[tuple[Participant, completion.Completion]]:
    """The people who have a place in a run, with how they fared; by application number."""
    people = list(papers.for_paper().seated().filter(run=run_id, left_at=None).order_by("application__number", "pk"))
    found = completion.of(people)
    return [(person, found[person.pk]) for person in people]


def start(run: Run, *, by: User, kind: str = papers.CERTIFICATE.code) -> Work:
    """Begin to make the papers of everybody who may have them. The caller has checked that ``by`` may.

    Raises:
        Refused: nobody may have one.
    """
    label = papers.OF_A_RUN[kind].label
    return work.start(KIND, by=by, params={"run": run.pk, "kind": kind}, title=f"{label} 만들기: {run}")


def made(done: Work) -> list[tuple[str, IssuedDocument]]:
    """The papers of this batch that hold today, each with the name of its file: ``0042 수료-2026-000123.pdf``."""
    standing = papers.standing_of(item["participant"] for item in done.items)
    found = []
    for item in done.items:
        paper = standing.get(item["participant"], {}).get(done.params["kind"])
        if paper is not None:
            found.append((f"{item['number']} {paper.number}.pdf", paper))
    return found


class _Outlet(io.RawIOBase):
    """What ``zipfile`` writes to when nothing may be held: taken away piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        whole = b"".join(self.pieces)
        self.pieces.clear()
        return whole


def zipped(files: list[tuple[str, IssuedDocument]]) -> Iterator[bytes]:
    """The papers as one zip, streamed: one paper in memory at a time. A PDF is not pressed twice."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for name, paper in files:
            if not paper.is_ready:
                continue
            info = zipfile.ZipInfo(name, date_time=paper.issued_at.timetuple()[:6])
            archive.writestr(info, b"".join(paper.print.pieces()))
            yield outlet.taken()
    yield outlet.taken()
