"""What the house can say: one ``Kind`` per occasion, declared by the room that says it.

A room puts ``register(Kind(...))`` calls into its ``notices.py``; this app imports those modules at
start-up. The wording here is the default; staff may override it (``notices.models.Wording``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notices import words

LINK, NAME, CENTRE = "링크", "이름", "센터"


class Channel(models.TextChoices):
    SMS = "sms", _("문자")
    EMAIL = "email", _("이메일")


SMS, EMAIL = Channel.SMS, Channel.EMAIL


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One occasion on which people are told something.

    ``variables`` names what the wording may use, each with a sample for the preview. ``이름`` (the
    recipient), ``센터`` and ``링크`` are known to every kind. ``secret`` variables are never stored
    in the clear. Only ``urgent`` text messages leave between 21:00 and 08:00; ``capped`` ones count
    against the daily allowance of login codes. After ``valid_for`` it is no use saying it any more.
    """

    code: str
    label: str
    variables: dict[str, str]
    channels: tuple[Channel, ...] = (SMS, EMAIL)
    urgent: bool = False
    capped: bool = False
    secret: frozenset[str] = field(default_factory=frozenset)
    sms: str | Promise = ""
    subject: str | Promise = ""
    email: str | Promise = ""
    valid_for: timedelta = timedelta(days=3)

    def __hash__(self) -> int:
        return hash(self.code)

    @property
    def names(self) -> set[str]:
        """Every variable that the wording of this kind may use."""
        return {*self.variables, LINK, NAME, CENTRE}

    def sample(self) -> dict[str, str]:
        """Values to preview the wording with."""
        return {NAME: "홍길동", CENTRE: settings.SITE_NAME, LINK: f"{settings.SITE_URL}/", **self.variables}

    def faults(self, sms: str, subject: str, email: str) -> dict[str, str]:
        """What is wrong with a wording, as sentences by part: ``{"sms": "…"}``. Empty when all is well."""
        found: dict[str, str] = {}
        for part, text in {"sms": sms, "subject": subject, "email": email}.items():
            if sentence := self._fault(part, text):
                found[part] = sentence
        return found

    def _fault(self, part: str, text: str) -> str:
        if (SMS if part == "sms" else EMAIL) not in self.channels:
            return ""
        if not text.strip():
            return "문구를 비워 둘 수 없습니다."
        if unknown := [name for name in words.placeholders(text) if name not in self.names]:
            known = ", ".join(f"#{{{name}}}" for name in sorted(self.names))
            return f"모르는 변수입니다: {', '.join(f'#{{{name}}}' for name in unknown)}. 쓸 수 있는 변수: {known}"
        return {"sms": self._sms_fault, "subject": self._subject_fault}.get(part, lambda _text: "")(text)

    def _sms_fault(self, text: str) -> str:
        if odd := words.unsendable(words.normalise(text)):
            return f"문자로 보낼 수 없는 글자가 있습니다: {' '.join(odd)}"
        length = words.size(words.sendable(words.fill(text, self.sample())))
        if length > words.LMS_BYTES:
            return f"문자는 {words.LMS_BYTES:,}바이트까지 보낼 수 있습니다. 예시를 넣으면 {length:,}바이트입니다."
        return ""

    def _subject_fault(self, text: str) -> str:
        if leaks := [name for name in words.placeholders(text) if name in self.secret]:
            return f"제목은 잠금 화면에 보이므로 #{{{leaks[0]}}} 변수를 쓸 수 없습니다."
        return ""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Make a kind known to the house.

    Raises:
        ValueError: another kind has this code.
    """
    if _kinds.setdefault(kind.code, kind) != kind:
        raise ValueError(f"Two kinds of notice are called {kind.code}.")
    return kind


def get(code: str) -> Kind:
    """The kind called ``code``.

    Raises:
        LookupError: nobody registered it.
    """
    try:
        return _kinds[code]
    except KeyError:
        raise LookupError(f"No kind of notice is called {code!r}; register it in <app>/notices.py.") from None


def find(code: str) -> Kind | None:
    """Like ``get`` for codes that come from old rows: a kind may have been given up since."""
    return _kinds.get(code)


def everything() -> Iterable[Kind]:
    """Every kind, by label."""
    return sorted(_kinds.values(), key=lambda kind: kind.label)
