from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Partner
from programs import search
from programs.finding import Wish, find
from programs.models import Program, ProgramWords


def found(words: str) -> list[str]:
    return [program.title for program in find(Wish(words=search.clean(words))).programs]


@pytest.mark.parametrize(
    "words",
    [
        "진로진학",
        "진로 진학",
        "로진",
        "학 진로",
        "특",
        "ㅈㄹㅈㅎ",
        "ㅈㄹ ㅈㅎ",
        "진로ㅈㅎ",
        "ㅈ로",
        "2027",
        "ai",
        "AI·특강!",
        "진학전문가",
        "ᄌᄅ",  # consonants as a phone writes them
        "진로",
    ],
)
def test_a_part_of_a_word_its_consonants_and_any_spacing_find_it(make_program, words):
    make_program("진로 진학 전문가 AI 특강(2027)", summary="강연을 듣고 묻습니다.")
    make_program("별 관찰 교실")

    assert found(words) == ["진로 진학 전문가 AI 특강(2027)"]


def test_joined_consonants_are_taken_apart(make_program):
    make_program("몫과 나눗셈, 감사 인사")

    assert found("ㄳ") == ["몫과 나눗셈, 감사 인사"]  # 감사


@pytest.mark.parametrize("words", ["학진로", "ㅎㅈㄹㄱㅅ", "진학로", "%", "_", "강특", "ㅈㄹㅎ"])
def test_letters_that_do_not_stand_side_by_side_find_nothing_or_all(make_program, words):
    make_program("진로 진학 특강", summary="강연")

    assert found(words) == (["진로 진학 특강"] if words in {"%", "_"} else [])


def test_the_words_of_two_fields_never_run_together(make_program):
    make_program("별", summary="관찰")

    assert not found("별관찰")
    assert found("별 관찰") == ["별"]


def test_a_title_comes_before_a_mention(make_program, make_run):
    mention = make_program("가. 다른 것", summary="코딩도 합니다.", position=1)
    make_run(mention, opens_at="2026-11-01 09:00")  # and may be applied for at once
    make_program("나. 코딩 교실", summary="컴퓨터와 놉니다.", position=2)

    assert found("코딩") == ["나. 코딩 교실", "가. 다른 것"]


def test_runs_and_partners_are_found_too(make_program, make_run):
    program = make_program()
    run = make_run(program, "한빛 편")
    draft = make_run(program, "감춘 편", published_at=None)
    partner = Partner.objects.create(name="새벽대학교", kind=Partner.Kind.UNIVERSITY)

    assert (found("한빛"), found("감춘")) == ([program.title], [])
    run.partners.add(partner)
    assert found("새벽대") == [program.title]
    Partner.objects.filter(pk=partner.pk).update(name="노을대학교")
    assert (found("새벽대"), found("노을대")) == ([], [program.title])
    run.partners.clear()
    assert not found("노을대")
    type(draft).objects.filter(pk=draft.pk).update(published_at=timezone.now())
    assert found("감춘") == [program.title]
    draft.delete()
    assert not found("감춘")


def test_no_way_of_writing_forgets_the_words(make_program):
    Program.objects.bulk_create(
        [Program(title="한꺼번에", area="career", kind="lecture", summary="요약", published_at=timezone.now())]
    )
    assert found("한꺼번에") == ["한꺼번에"]
    Program.objects.update(title="고쳐 쓴 것")
    assert (found("한꺼번에"), found("ㄱㅊㅆ")) == ([], ["고쳐 쓴 것"])
    Program.objects.all().delete()
    assert not ProgramWords.objects.exists()


def test_the_words_can_be_written_anew(make_program):
    make_program()
    ProgramWords.objects.update(words="", title="", grams=[])

    assert not found("관찰")
    call_command("rebuild_search")
    assert found("관찰") == ["별 관찰 교실"]


def test_the_index_answers(make_program):
    Program.objects.bulk_create(
        Program(title=f"{n} 특강", area="career", kind="lecture", summary="요약", published_at=timezone.now())
        for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE programs_programwords")
        cursor.execute(
            "EXPLAIN SELECT program_id FROM programs_programwords WHERE grams @> %s", [search.Word("2741").grams]
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "program_grams" in plan
    assert found("2741") == ["2741 특강"]
