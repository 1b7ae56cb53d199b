"""Looking through what people wrote for what tells who somebody is. A hint for whoever reads it, no judgement."""

from __future__ import annotations

import re

PATTERNS = {
    "주민등록번호": re.compile(r"\d{6}\s*[-–]?\s*[1-8]\d{6}"),
    "전화번호": re.compile(r"0\d{1,2}[-.\s)]*\d{3,4}[-.\s]*\d{4}"),
    "이메일": re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    "이름": re.compile(
        r"[김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진나엄원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국]"
        r"[가-힣]{1,2}\s*(?:선생님|쌤|상담사|강사|교수|담당자|주무관|학생|군|양|씨|님)"
    ),
    "학년·반": re.compile(r"\d\s*학년\s*\d{1,2}\s*반"),
}


def found(text: str) -> list[str]:
    """What the text seems to hold, in words; nothing when it looks harmless."""
    return [label for label, pattern in PATTERNS.items() if pattern.search(text)]
