"""What a family sends is looked at before it is kept, by a process that can do no harm."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lifecycle.locks import Refused
from questionnaires.inspector import registration

SECONDS = 30  # by the wall; the process has 15 of its own
LONGEST_NAME = 100

SENTENCES = {
    "kind": gettext_lazy(
        "PDF, JPG, PNG 파일만 올릴 수 있습니다. 다른 형식은 PDF로 저장하거나 사진으로 찍어 올려 주세요."
    ),
    "heic": gettext_lazy(
        "HEIC 사진은 올릴 수 없습니다. 사진을 JPG로 바꾸거나 화면을 캡처해서 올려 주세요. "
        "아이폰은 설정 > 카메라 > 포맷에서 ‘높은 호환성’을 고르면 JPG로 찍힙니다."
    ),
    "broken": gettext_lazy(
        "파일을 열 수 없습니다. 파일이 온전한지 확인하고, PDF라면 ‘PDF로 인쇄’해서 다시 올려 주세요."
    ),
    "encrypted": gettext_lazy(
        "암호나 보안 설정이 걸린 PDF는 올릴 수 없습니다. 파일을 연 뒤 ‘PDF로 인쇄’해서 저장한 파일을 올려 주세요."
    ),
    "active": gettext_lazy(
        "자동으로 실행되는 내용이나 다른 파일이 들어 있는 PDF는 올릴 수 없습니다. ‘PDF로 인쇄’해서 저장한 파일을 올려 주세요."
    ),
    "pages": gettext_lazy("쪽수가 너무 많습니다. 상담에 필요한 쪽만 골라 올려 주세요."),
    "pixels": gettext_lazy("사진이 너무 큽니다. 크기를 줄이거나 화면을 캡처해서 올려 주세요."),
    "number": gettext_lazy(
        "파일에 주민등록번호나 외국인등록번호가 보입니다. 센터는 이 번호를 받을 수 없습니다(개인정보 보호법 제24조의2). "
        "발급할 때 ‘주민등록번호 뒷자리 비공개’를 고르거나, 뒷자리를 가린 종이를 사진으로 찍어 올려 주세요. "
        "PDF 위에 검은 네모를 덮기만 하면 번호가 그대로 남습니다."
    ),
}


class Unfit(Refused):
    """The file cannot be taken; the words say what to do."""


@dataclass(frozen=True)
class Looked:
    """A file that may be kept. ``eyes``: a person has to see that no registration number is on it."""

    data: bytes
    kind: str
    pages: int
    eyes: bool


def look(data: bytes, today: date) -> Looked:
    """Judge a file by its content, and give back what is to be kept of it.

    A picture comes back written anew, without EXIF; a PDF as it was.

    Raises:
        Unfit: too big, of a kind that is not taken, dangerous, or with a registration number in its text.
    """
    if len(data) > settings.UPLOAD_MOST_BYTES:
        most = filesizeformat(settings.UPLOAD_MOST_BYTES)
        raise Unfit(_("%(most)s보다 큰 파일은 올릴 수 없습니다. 파일을 나누거나 크기를 줄여 주세요.") % {"most": most})
    limits = [today.isoformat(), str(settings.UPLOAD_MOST_PAGES), str(settings.UPLOAD_MOST_PIXELS)]
    try:
        run = subprocess.run(
            [sys.executable, "-B", "-m", "questionnaires.inspector", *limits],
            input=data,
            capture_output=True,
            cwd=settings.BASE_DIR,
            env={"LANG": "C.UTF-8"},
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unfit(str(SENTENCES["broken"])) from error
    head, _newline, kept = run.stdout.partition(b"\n")
    if run.returncode or not head:
        raise Unfit(str(SENTENCES["broken"]))
    said = json.loads(head)
    if code := said.get("refused"):
        raise Unfit(str(SENTENCES[code]))
    return Looked(kept or data, said["kind"], said["pages"], said["eyes"])


def has_registration_number(text: str, today: date) -> bool:
    return registration.found(text, today)


def shown_name(name: str, kind: str) -> str:
    """What to call a file: never a path, in NFC as Windows and people write Hangul, with the ending it deserves."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C").strip()
    stem = name.rpartition(".")[0].strip(" .") if "." in name else name
    ending = {"pdf": "pdf", "jpeg": "jpg", "png": "png"}[kind]
    return f"{stem[:LONGEST_NAME] or '첨부'}.{ending}"
