from __future__ import annotations

from dataclasses import dataclass


class Unfit(Exception):
    """The file cannot be taken; ``code`` says why (``questionnaires.inspection`` has the sentences)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Findings:
    kind: str  # pdf, jpeg or png
    pages: int
    eyes: bool  # a person must look for what no machine can read
    data: bytes  # what to keep
