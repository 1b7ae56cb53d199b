from __future__ import annotations

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import School

HEADINGS = ["시도교육청코드", "시도교육청명", "행정표준코드", "학교명", "학교종류명", "고등학교구분명", "도로명주소"]
ROWS = [
    ["B10", "서울특별시교육청", "7010001", "금천고등학교", "고등학교", "일반고", "서울특별시 금천구 시흥대로 1"],
    ["B10", "서울특별시교육청", "0010002", "독산초등학교", "초등학교", "", "서울특별시 금천구 독산로 2"],
    ["C10", "부산광역시교육청", "7150003", "바다학교", "각종학교(중)", "", "부산광역시 해운대구 3"],
]


@pytest.fixture
def file(tmp_path):
    def write(rows=ROWS, headings=HEADINGS, encoding="utf-8-sig"):
        text = io.StringIO(newline="")
        csv.writer(text).writerows([headings, *rows])
        path = tmp_path / "학교 목록.csv"
        path.write_bytes(text.getvalue().encode(encoding))
        return path

    return write


def load(path, **options) -> str:
    out = io.StringIO()
    call_command("load_schools", path, stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_file_is_read_in_either_encoding_and_codes_keep_their_zeros(file, encoding):
    load(file(encoding=encoding))

    assert list(School.objects.order_by("neis_code").values_list("neis_code", "kind", "high_kind", "is_local")) == [
        ("0010002", "elementary", "", True),
        ("7010001", "high", "일반고", True),
        ("7150003", "other", "", False),
    ]


def test_loading_twice_changes_nothing(file):
    load(file())

    assert "새로 0곳, 바뀜 0곳, 그대로 3곳" in load(file())


def test_a_new_name_keeps_the_school(file):
    load(file())
    before = School.objects.get(neis_code="7010001").pk

    assert "바뀜 1곳" in load(file([[*ROWS[0][:3], "새금천고등학교", *ROWS[0][4:]], *ROWS[1:]]))
    assert School.objects.get(pk=before).name == "새금천고등학교"


def test_the_answer_of_the_api_is_read_as_well(tmp_path):
    row = {
        "ATPT_OFCDC_SC_CODE": "B10",
        "SD_SCHUL_CODE": "7010001",
        "SCHUL_NM": "금천중학교",
        "SCHUL_KND_SC_NM": "중학교",
    }
    row |= {"HS_SC_NM": "  ", "ORG_RDNMA": None}
    path = tmp_path / "schools.json"
    path.write_text(json.dumps({"schoolInfo": [{"head": [{"list_total_count": 1}]}, {"row": [row]}]}), encoding="utf-8")

    load(path)

    assert School.objects.values_list("name", "kind", "address").get() == ("금천중학교", "middle", "")


def test_missing_schools_stay_unless_told_otherwise_and_other_offices_always(file):
    load(file())

    load(file(ROWS[:1]))
    assert School.objects.current().count() == 3
    assert "닫음 1곳" in load(file(ROWS[:1]), close_missing=True)
    assert set(School.objects.current().values_list("name", flat=True)) == {"금천고등학교", "바다학교"}
    load(file())
    assert School.objects.current().count() == 3


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (["B10", "", "10002", "독산초등학교", "초등학교", "", ""], "앞자리 0을 지웠을 수 있습니다"),
        (["서울", "", "7010009", "독산초등학교", "초등학교", "", ""], "B10 같은 꼴이 아닙니다"),
        (["B10", "", "7010009", "", "초등학교", "", ""], "학교명이(가) 비어 있습니다"),
        (["B10", "", "7010001", "다른학교", "초등학교", "", ""], "두 번 나옵니다"),
        (["B10", "", "7010009", "가" * 101, "초등학교", "", ""], "100자를 넘습니다"),
    ],
)
def test_one_faulty_row_is_named_and_nothing_is_changed(file, row, sentence):
    with pytest.raises(CommandError, match="5행") as error:
        load(file([*ROWS, row]))

    assert sentence in str(error.value)
    assert not School.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01\xff", b"a,b\n1,2\n", b"{", b'{"RESULT": {}}', b"[1]"])
def test_another_file_is_a_sentence(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content)

    with pytest.raises(CommandError):
        load(path)


def test_no_file_is_a_sentence(tmp_path):
    with pytest.raises(CommandError, match="읽을 수 없습니다"):
        load(tmp_path / "none.csv")


def test_suggestions_come_exact_first_then_ours(client, file):
    load(file())
    School.objects.create(office_code="C10", neis_code="7150009", name="가금천고등학교", kind="high")

    found = client.get(reverse("accounts:schools"), {"q": "금천"}).json()["schools"]

    assert [school["name"] for school in found] == ["금천고등학교", "가금천고등학교"]
    assert client.get(reverse("accounts:schools"), {"q": "금"}).json() == {"schools": []}
