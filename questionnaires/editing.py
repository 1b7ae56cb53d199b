"""Changing what a form asks: every change is a new design, and the old one stays as it was."""

from __future__ import annotations

from dataclasses import replace

from questionnaires.design import Design, Question, Section


def put(design: Design, question: Question, section: int) -> Design:
    """Add ``question`` at the end of a section, or replace the one with its key; it may change section."""
    sections = []
    for number, one in enumerate(design.sections):
        questions = list(one.questions)
        at = next((n for n, old in enumerate(questions) if old.key == question.key), None)
        if number == section:
            if at is None:
                questions.append(question)
            else:
                questions[at] = question
        elif at is not None:
            del questions[at]
        sections.append(replace(one, questions=tuple(questions)))
    return Design(tuple(sections))


def without(design: Design, key: str) -> Design:
    return Design(
        tuple(replace(one, questions=tuple(q for q in one.questions if q.key != key)) for one in design.sections)
    )


def moved(design: Design, key: str, step: int) -> Design:
    """One place up (-1) or down (1); over the edge of its section it goes to the next one."""
    sections = [list(one.questions) for one in design.sections]
    number, at = next((n, i) for n, row in enumerate(sections) for i, q in enumerate(row) if q.key == key)
    question = sections[number].pop(at)
    if 0 <= at + step <= len(sections[number]):
        sections[number].insert(at + step, question)
    elif 0 <= number + step < len(sections):
        other = sections[number + step]
        other.insert(0 if step > 0 else len(other), question)
    else:
        sections[number].insert(at, question)
    return Design(tuple(replace(one, questions=tuple(row)) for one, row in zip(design.sections, sections, strict=True)))


def with_section(design: Design, section: Section, number: int | None = None) -> Design:
    """Add a section, or give section ``number`` another title and description."""
    sections = list(design.sections)
    if number is None:
        sections.append(section)
    else:
        sections[number] = replace(section, questions=sections[number].questions)
    return Design(tuple(sections))


def without_section(design: Design, number: int) -> Design:
    return Design(design.sections[:number] + design.sections[number + 1 :])


def section_moved(design: Design, number: int, step: int) -> Design:
    sections = list(design.sections)
    if 0 <= number + step < len(sections):
        sections.insert(number + step, sections.pop(number))
    return Design(tuple(sections))
