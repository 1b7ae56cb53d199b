"""What a form asks, as one frozen value: sections, questions, and when a question is asked.

A version keeps its design as JSON; published, it never changes, so that an answer keeps the words it
was given to. Keys outlive versions and copies: by its key an answer of last time is found again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models

from questionnaires.grades import Grade

Answers = Mapping[str, Any]

MOST_SHORT, MOST_LONG = 200, 2_000  # letters
WIDEST_SCALE = 11  # 0 to 10


class Kind(models.TextChoices):
    SHORT = "short", "짧은 글"
    LONG = "long", "긴 글"
    CHOICE = "choice", "하나 고르기"
    CHOICES = "choices", "여러 개 고르기"
    SCALE = "scale", "척도"
    NUMBER = "number", "숫자"
    DATE = "date", "날짜"
    GRADE = "grade", "성적 등급"
    FILE = "file", "파일"


class Op(models.TextChoices):
    EQUALS = "equals", "이 답일 때"
    ONE_OF = "one_of", "이 가운데 하나일 때"
    ANSWERED = "answered", "답했을 때"


class Keep(models.TextChoices):
    """How long an answer is kept; the periods stand in ``questionnaires.retention``."""

    STANDARD = "standard", "질문지와 같이"
    BRIEF = "brief", "상담이 끝나면 곧"


CHOSEN = frozenset({Kind.CHOICE, Kind.CHOICES, Kind.SCALE})  # whose answers can be compared with a value
LISTED = frozenset({Kind.CHOICE, Kind.CHOICES})


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Ask only when an earlier question, ``key``, was answered so."""

    key: str
    op: str
    values: tuple[str, ...] = ()

    def holds(self, answer: Any) -> bool:
        if is_empty(answer):
            return False
        if self.op == Op.ANSWERED:
            return True
        given = {str(one) for one in answer} if isinstance(answer, list) else {str(answer)}
        return not given.isdisjoint(self.values)


@dataclass(frozen=True, kw_only=True)
class Question:
    key: str
    kind: str
    text: str
    help: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    low: int = 1
    high: int = 5
    low_label: str = ""
    high_label: str = ""
    least: str = ""  # of a number, as a decimal; empty is no limit
    most: str = ""
    unit: str = ""
    condition: Condition | None = None
    personal: bool = False
    purpose: str = ""
    keep: str = Keep.STANDARD

    @property
    def is_file(self) -> bool:
        return self.kind == Kind.FILE

    @property
    def is_consent(self) -> bool:
        """A box that has to be ticked: the form is not handed in without it, so a no is no answer but no form."""
        return self.kind == Kind.CHOICES and self.required and len(self.choices) == 1

    @property
    def is_brief(self) -> bool:
        """Files always are."""
        return self.is_file or self.keep == Keep.BRIEF

    @property
    def kind_label(self) -> str:
        return str(Kind(self.kind).label)

    def tidy(self, answer: Any) -> Any:
        """An answer of another time if it could be given to this question too, else ``None``."""
        if is_empty(answer):
            return None
        try:
            return _TIDY[Kind(self.kind)](self, answer)
        except (ValueError, TypeError, InvalidOperation):
            return None

    def say(self, answer: Any) -> str:
        """An answer as people read it."""
        if is_empty(answer):
            return ""
        if self.kind == Kind.CHOICES:
            return ", ".join(map(str, answer))
        if self.kind == Kind.GRADE:
            return str(Grade.parse(answer))
        if self.kind == Kind.NUMBER:
            return f"{answer}{self.unit and ' '}{self.unit}"
        if self.kind == Kind.SCALE:
            ends = [f"{n}={label}" for n, label in ((self.low, self.low_label), (self.high, self.high_label)) if label]
            return f"{answer} ({', '.join(ends)})" if ends else str(answer)
        return str(answer)


@dataclass(frozen=True, kw_only=True)
class Section:
    title: str
    description: str = ""
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Design:
    sections: tuple[Section, ...] = field(default_factory=tuple)

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Design:
        return cls(
            tuple(
                Section(**{**section, "questions": tuple(_question(row) for row in section["questions"])})
                for section in body.get("sections", [])
            )
        )

    def body(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @property
    def questions(self) -> list[Question]:
        """In the order in which they are asked."""
        return [question for section in self.sections for question in section.questions]

    def find(self, key: str) -> Question | None:
        return next((question for question in self.questions if question.key == key), None)

    def asked(self, answers: Answers) -> list[Question]:
        """The questions that these answers lead to. What is not asked counts as not answered."""
        told: dict[str, Any] = {}
        asked = []
        for question in self.questions:
            if question.condition is None or question.condition.holds(told.get(question.condition.key)):
                asked.append(question)
                told[question.key] = answers.get(question.key)
        return asked

    def kept(self, answers: Answers) -> dict[str, Any]:
        """The answers that were asked for, less the empty ones: what a sent form holds."""
        given = {question.key: answers.get(question.key) for question in self.asked(answers)}
        return {key: answer for key, answer in given.items() if not is_empty(answer)}

    def missing(self, answers: Answers, files: Collection[str] = ()) -> list[Question]:
        """Required questions that are asked and have no answer; ``files`` are the keys that have one."""
        return [
            question
            for question in self.asked(answers)
            if question.required
            and (question.key not in files if question.is_file else not self._says(question, answers))
        ]

    def _says(self, question: Question, answers: Answers) -> bool:
        """Whether there is an answer; to a consent no other than its box."""
        answer = answers.get(question.key)
        return not is_empty(question.tidy(answer) if question.is_consent else answer)

    def faults(self) -> list[str]:
        """Why this cannot be published, as sentences; empty when all is well."""
        return list(_faults(self))

    @property
    def has_brief(self) -> bool:
        return any(question.is_brief and not question.is_file for question in self.questions)


def is_empty(answer: Any) -> bool:
    return answer is None or answer in ("", [], {})


def _question(row: Mapping[str, Any]) -> Question:
    condition = row.get("condition")
    if condition:
        condition = Condition(**{**condition, "values": tuple(condition["values"])})
    return Question(**{**row, "choices": tuple(row.get("choices", ())), "condition": condition or None})


# --- What is wrong -----------------------------------------------------------------------------
def _faults(design: Design) -> Iterator[str]:
    if not design.questions:
        yield "문항을 하나 이상 넣어 주세요."
    earlier: dict[str, Question] = {}
    for number, question in enumerate(design.questions, 1):
        name = f"{number}번 문항"
        if question.key in earlier:
            yield f"{name}: 다른 문항과 이름표가 같습니다."
        if not question.text.strip():
            yield f"{name}: 물음을 적어 주세요."
        yield from (f"{name}: {fault}" for fault in question_faults(question, earlier))
        earlier[question.key] = question


def question_faults(question: Question, earlier: Mapping[str, Question]) -> Iterator[str]:
    """What is wrong with one question that stands after ``earlier`` ones."""
    least_choices = 1 if question.is_consent else 2
    choices = len(set(question.choices))
    if question.kind in LISTED and (choices < least_choices or choices != len(question.choices)):
        yield "서로 다른 보기를 둘 이상 적어 주세요."
    if question.kind == Kind.SCALE and not 1 <= question.high - question.low < WIDEST_SCALE:
        yield f"척도는 2칸에서 {WIDEST_SCALE}칸까지 만들 수 있습니다."
    if question.kind == Kind.SCALE and not (question.low_label and question.high_label):
        yield "척도의 두 끝이 무엇을 뜻하는지 적어 주세요."
    least, most = (Decimal(limit or 0) for limit in (question.least, question.most))
    if question.kind == Kind.NUMBER and question.least and question.most and least > most:
        yield "가장 작은 수가 가장 큰 수보다 큽니다."
    if (question.personal or question.is_file) and not question.purpose.strip():
        yield "개인정보를 묻는 문항에는 쓰는 목적을 적어 주세요."
    if question.condition:
        yield from _condition_faults(question.condition, earlier)


def _condition_faults(condition: Condition, earlier: Mapping[str, Question]) -> Iterator[str]:
    asked = earlier.get(condition.key)
    if asked is None:
        yield "조건은 앞에 있는 문항에만 걸 수 있습니다."
    elif asked.is_file:
        yield "파일 문항에는 조건을 걸 수 없습니다."
    elif condition.op != Op.ANSWERED:
        if asked.kind not in CHOSEN:
            yield "글이나 숫자를 적는 문항에는 ‘답했을 때’ 조건만 걸 수 있습니다."
        elif not condition.values or set(condition.values) - set(possible(asked)):
            yield "조건의 답은 앞 문항의 보기 가운데에서 적어 주세요."


def possible(question: Question) -> list[str]:
    """Every answer that can be compared with."""
    if question.kind == Kind.SCALE:
        return [str(number) for number in range(question.low, question.high + 1)]
    return list(question.choices) if question.kind in LISTED else []


# --- Answers of another time -------------------------------------------------------------------
def _text(question: Question, answer: Any) -> str | None:
    most = MOST_SHORT if question.kind == Kind.SHORT else MOST_LONG
    return answer if isinstance(answer, str) and len(answer) <= most else None


def _choice(question: Question, answer: Any) -> str | None:
    return answer if answer in question.choices else None


def _choices(question: Question, answer: Any) -> list[str] | None:
    return [one for one in answer if one in question.choices] or None if isinstance(answer, list) else None


def _scale(question: Question, answer: Any) -> int | None:
    return answer if isinstance(answer, int) and question.low <= answer <= question.high else None


def _number(question: Question, answer: Any) -> str | None:
    number = Decimal(answer)
    low, high = (Decimal(one) if one else number for one in (question.least, question.most))
    return str(answer) if low <= number <= high else None


_TIDY = {
    Kind.SHORT: _text,
    Kind.LONG: _text,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.SCALE: _scale,
    Kind.NUMBER: _number,
    Kind.DATE: lambda _question, answer: date.fromisoformat(answer).isoformat(),
    Kind.GRADE: lambda _question, answer: Grade.parse(answer).keep(),
    Kind.FILE: lambda _question, _answer: None,
}
