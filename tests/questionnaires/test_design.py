"""What is asked depends on what was answered before, on the server, whatever a page shows."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires import editing
from questionnaires.design import Condition, Design, Question, Section


def choice(key, *, after=None, op="equals", values=("가",), **more):
    condition = Condition(key=after, op=op, values=values) if after else None
    return Question(key=key, kind="choice", text=key, choices=("가", "나", "다"), condition=condition, **more)


def form(*questions):
    return Design((Section(title="묶음", questions=questions),))


def keys(questions):
    return [question.key for question in questions]


def test_a_condition_asks_only_then():
    both = form(choice("a"), choice("b", after="a"))
    assert keys(both.asked({"a": "가"})) == ["a", "b"]
    assert keys(both.asked({"a": "나"})) == ["a"]
    assert keys(both.asked({})) == ["a"]


def test_one_of_and_answered():
    some = form(choice("a"), choice("b", after="a", op="one_of", values=("가", "나")))
    assert [len(some.asked({"a": value})) for value in ("가", "나", "다")] == [2, 2, 1]
    any_ = form(choice("a"), choice("b", after="a", op="answered", values=()))
    assert [len(any_.asked({"a": value})) for value in ("다", "", None)] == [2, 1, 1]


def test_several_choices_meet_a_condition_when_one_of_them_does():
    asked = Question(key="a", kind="choices", text="a", choices=("가", "나"))
    both = form(asked, choice("b", after="a"))
    assert len(both.asked({"a": ["나", "가"]})) == 2
    assert len(both.asked({"a": ["나"]})) == 1


def test_what_hangs_on_an_unasked_question_is_not_asked():
    chain = form(choice("a"), choice("b", after="a"), choice("c", after="b"))
    assert keys(chain.asked({"a": "나", "b": "가"})) == ["a"]
    assert chain.kept({"a": "나", "b": "가", "c": "다"}) == {"a": "나"}


def test_required_is_asked_for_only_when_the_question_is():
    both = form(choice("a"), choice("b", after="a", required=True))
    assert keys(both.missing({"a": "가"})) == ["b"]
    assert both.missing({"a": "나"}) == []


def test_a_required_file_is_there_or_not():
    file = form(Question(key="f", kind="file", text="파일", required=True))
    assert keys(file.missing({})) == ["f"]
    assert file.missing({}, {"f"}) == []


answer = st.sampled_from(["가", "나", "다", "", None])


@st.composite
def trees(draw):
    """Questions that hang on any earlier ones."""
    questions = []
    for number in range(draw(st.integers(1, 8))):
        after = draw(st.sampled_from([None, *keys(questions)]))
        op = draw(st.sampled_from(["equals", "one_of", "answered"]))
        values = draw(st.sets(st.sampled_from(["가", "나", "다"]), min_size=1))
        questions.append(choice(f"q{number}", after=after, op=op, values=tuple(sorted(values))))
    return form(*questions), {question.key: draw(answer) for question in questions}


@given(trees())
def test_conditions_by_their_definition(tree):
    design, answers = tree
    asked = set(keys(design.asked(answers)))
    for question in design.questions:
        condition = question.condition
        if condition is None:
            assert question.key in asked
            continue
        given_ = answers[condition.key] if condition.key in asked else None
        holds = bool(given_) and (condition.op == "answered" or given_ in condition.values)
        assert (question.key in asked) == holds


@given(trees())
def test_what_is_kept_leads_to_the_same_questions_again(tree):
    design, answers = tree
    kept = design.kept(answers)
    assert design.kept(kept) == kept
    assert keys(design.asked(kept)) == keys(design.asked(answers))


@given(trees())
def test_a_design_survives_its_json(tree):
    design, _answers = tree
    assert Design.read(json.loads(json.dumps(design.body()))) == design


@given(trees(), st.lists(st.tuples(st.integers(0, 7), st.sampled_from([-1, 1])), max_size=10))
def test_moving_loses_nothing(tree, steps):
    design, _answers = tree
    every = sorted(keys(design.questions))
    for number, step in steps:
        design = editing.moved(design, every[number % len(every)], step)
    assert sorted(keys(design.questions)) == every


def test_a_question_goes_over_the_edge_of_its_section():
    two = Design((Section(title="1", questions=(choice("a"),)), Section(title="2", questions=(choice("b"),))))
    assert [keys(s.questions) for s in editing.moved(two, "a", 1).sections] == [[], ["a", "b"]]
    assert [keys(s.questions) for s in editing.moved(two, "b", -1).sections] == [["a", "b"], []]
    assert editing.moved(two, "a", -1) == two
    assert editing.moved(two, "b", 1) == two


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (Question(key="x", kind="choice", text="x", choices=("가",)), "보기를 둘"),
        (Question(key="x", kind="choices", text="x", choices=("가", "가")), "보기를 둘"),
        (Question(key="x", kind="scale", text="x"), "두 끝"),
        (Question(key="x", kind="scale", text="x", low=1, high=20, low_label="a", high_label="b"), "칸"),
        (Question(key="x", kind="number", text="x", least="9", most="1"), "보다 큽니다"),
        (Question(key="x", kind="short", text="x", personal=True), "목적"),
        (Question(key="x", kind="file", text="x"), "목적"),
        (choice("x", after="later"), "앞에 있는"),
        (choice("x", after="a", values=("라",)), "보기 가운데"),
        (choice("x", after="words"), "‘답했을 때’"),
        (choice("x", after="file", op="answered"), "파일 문항"),
        (choice("a"), "이름표"),
        (Question(key="x", kind="short", text=" "), "물음"),
    ],
)
def test_faults_are_said(question, words):
    before = [
        choice("a"),
        Question(key="words", kind="short", text="글"),
        Question(key="file", kind="file", text="파일", purpose="보려고"),
    ]
    design = form(*before, question, choice("later"))
    assert any(words in fault for fault in design.faults()), design.faults()
    assert form(*before, choice("later")).faults() == []


def test_an_empty_form_has_a_fault():
    assert Design().faults()


@pytest.mark.parametrize(
    ("question", "good", "bad"),
    [
        (choice("a"), "가", "라"),
        (Question(key="a", kind="choices", text="a", choices=("가", "나")), ["가"], ["라"]),
        (Question(key="a", kind="scale", text="a"), 5, 6),
        (Question(key="a", kind="number", text="a", least="0", most="10"), "3.5", "11"),
        (Question(key="a", kind="date", text="a"), "2026-03-02", "3월"),
        (Question(key="a", kind="grade", text="a"), {"scale": 5, "value": "1.8"}, {"scale": 5, "value": "7"}),
        (Question(key="a", kind="short", text="a"), "글", "길" * 201),
        (Question(key="a", kind="short", text="a"), "글", 3),
    ],
)
def test_last_times_answer_is_taken_only_where_it_fits(question, good, bad):
    assert question.tidy(good) == good
    assert question.tidy(bad) is None
