"""The file itself: tagged, archival, the same every time, and never with a hole in it."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from django.conf import settings
from pypdf import PdfReader

from documents import hangul, qr
from documents.making import Letterhead
from documents.models import IssuedDocument
from documents.pdf import Attachment, RenderError, render
from tables.files import as_csv


@pytest.fixture
def printed(dated):
    """Print a template with a letterhead, without a database."""

    def printed(template: str, attachments=(), **figures) -> PdfReader:
        paper = IssuedDocument(
            number="시험-2026-000001", kind="tests.confirmation", title="확인서", issued_at=dated, code="K7QM3FPX9T2B"
        )
        context = {"facts": [], "statement": "", **figures, "paper": paper, "head": Letterhead(paper, "가온센터")}
        content = render(template, context, title="확인서", dated=dated, author="가온센터", attachments=attachments)
        return PdfReader(io.BytesIO(content))

    return printed


def raw(reader: PdfReader) -> bytes:
    reader.stream.seek(0)
    return reader.stream.read()


def tags(node, found=None) -> list:
    """Every structure element below ``node``, in reading order."""
    found = [] if found is None else found
    node = node.get_object()
    if isinstance(node, list):
        for kid in node:
            tags(kid, found)
    elif hasattr(node, "get") and "/S" in node:
        found.append(node)
        if "/K" in node:
            tags(node["/K"], found)
    return found


def structure(reader: PdfReader) -> list:
    return tags(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])


def words_of(reader: PdfReader, cell) -> str:
    """The text inside one structure element."""
    page = cell["/Pg"].get_object()
    index = next(number for number, one in enumerate(reader.pages) if one.indirect_reference == page.indirect_reference)
    wanted = {kid for one in tags(cell) for kid in one["/K"].get_object() if isinstance(kid, int)}
    state = {"mcid": None, "text": ""}

    def before(operator, operands, *_):
        if operator == b"BDC":
            state["mcid"] = operands[1].get("/MCID")
        elif operator == b"EMC":
            state["mcid"] = None

    def text(part, *_):
        if state["mcid"] in wanted:
            state["text"] += part

    reader.pages[index].extract_text(visitor_operand_before=before, visitor_text=text)
    return state["text"].strip()


# --- What kind of file it is -------------------------------------------------------------------
def test_it_says_that_it_is_archival_and_accessible_and_in_which_language(printed):
    reader = printed("documents/certificate.html")
    root = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_data()

    assert b'pdfaid:part="3"' in metadata and b'pdfaid:conformance="A"' in metadata
    assert b"<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert metadata.count(b"<rdf:RDF") == 1
    assert root["/Lang"] == "ko"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/OutputIntents"]
    assert reader.metadata.title == "확인서"


def test_every_font_is_ours_and_embedded(printed):
    reader = printed("documents/certificate.html", statement="가나다 ABC 123")
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].get_object().values()]

    assert fonts
    for font in fonts:
        inner = font["/DescendantFonts"][0].get_object()
        assert "Pretendard" in inner["/BaseFont"]
        assert "/FontFile2" in inner["/FontDescriptor"].get_object()


def test_the_same_input_gives_the_same_bytes_in_another_process_too(printed, table, dated):
    file = [Attachment("monthly.csv", as_csv(table), table.title)]
    once = raw(printed("documents/figures.html", file, tables=[table]))
    again = raw(printed("documents/figures.html", file, tables=[table]))
    assert once == again

    script = (
        "import django, hashlib; django.setup()\n"
        "from datetime import datetime\nfrom zoneinfo import ZoneInfo\nfrom documents.pdf import render\n"
        "when = datetime(2026, 11, 24, 14, 0, tzinfo=ZoneInfo('Asia/Seoul'))\n"
        "out = render('documents/_table.html', {'table': None}, title='x', dated=when)\n"
        "print(hashlib.sha256(out).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_the_figures_travel_inside_as_data(printed, table):
    reader = printed("documents/figures.html", [Attachment("monthly.csv", as_csv(table), table.title)], tables=[table])

    assert reader.attachments["monthly.csv"] == [as_csv(table)]
    [file] = reader.trailer["/Root"]["/AF"]
    assert file.get_object()["/AFRelationship"] == "/Data"


# --- Tables ------------------------------------------------------------------------------------
def test_every_cell_names_its_own_heads(printed, table):
    reader = printed("documents/figures.html", tables=[table])
    cells = structure(reader)
    heads = {one["/ID"]: words_of(reader, one) for one in cells if one["/S"] == "/TH"}
    chains = [[heads[name] for name in one["/A"]["/Headers"]] for one in cells if one["/S"] == "/TD"]

    columns = [["9월", "예약"], ["9월", "완료"], ["이용률"], ["10월", "예약"], ["10월", "예산"]]
    assert chains == [[row.label, *column] for row in table.rows for column in columns]


def test_heads_say_what_they_head_and_can_be_found_by_name(printed, table):
    reader = printed("documents/figures.html", tables=[table])
    heads = [one for one in structure(reader) if one["/S"] == "/TH"]

    assert {one["/A"]["/Scope"] for one in heads if words_of(reader, one) in {"진학상담", "계"}} == {"/Row"}
    assert {one["/A"]["/Scope"] for one in heads if words_of(reader, one) in {"9월", "예산"}} == {"/Column"}
    names = reader.trailer["/Root"]["/StructTreeRoot"]["/IDTree"]["/Names"]
    assert [names[place] for place in range(0, len(names), 2)] == sorted(one["/ID"] for one in heads)


# --- Korean ------------------------------------------------------------------------------------
def test_lines_break_between_words(printed):
    text = "진로진학지원센터에서 알립니다 " * 40
    lines = printed("documents/certificate.html", statement=text).pages[0].extract_text().splitlines()
    ends = [line.strip() for line in lines if "알립니다" in line or "센터" in line]

    assert len(ends) > 3
    assert all(line.endswith(("센터에서", "알립니다")) for line in ends if "알립니다" in line)


def test_what_is_copied_out_is_clean(printed):
    text = printed("documents/certificate.html", statement="위와 같이 확인합니다.").pages[0].extract_text()
    assert "위와 같이 확인합니다." in text
    assert hangul.JOINER not in text


@pytest.mark.parametrize(
    ("plain", "kept"),
    [
        ("상담 2건", "상+담 2+건"),
        ("2026년 A반", "2026+년 A+반"),
        ("진로·진학", "진+로+·진+학"),
        ("only Latin 12", "only Latin 12"),
    ],
)
def test_only_words_with_korean_letters_are_held_together(plain, kept):
    assert hangul.joined(plain).replace(hangul.JOINER, "+") == kept


def test_every_syllable_has_a_glyph(printed):
    rare = "펲갂걃뷁쓩휗힣똠쑛"
    assert rare in printed("documents/certificate.html", statement=rare).pages[0].extract_text().replace("\n", "")


# --- Never with a hole -------------------------------------------------------------------------
def test_a_letter_without_a_glyph_stops_the_paper_and_is_named(printed):
    with pytest.raises(RenderError) as refusal:
        printed("documents/certificate.html", facts=[["학생", "김龘"]])
    assert "龘(U+9F98)" in str(refusal.value)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/hostname",
        "http://127.0.0.1:9/x.png",
        "static:img/no-such.png",
        "static:../manage.py",
        "static:js/portal.js",
    ],
)
def test_nothing_but_pictures_and_sheets_of_our_own_is_opened(address, tmp_path, settings, dated):
    (tmp_path / "quoting.html").write_text(f'<html lang="ko"><body><img alt="그림" src="{address}"></body></html>')
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    with pytest.raises(RenderError):
        render("quoting.html", {}, title="x", dated=dated)


def test_a_picture_without_words_for_it_stops_the_paper(tmp_path, settings, dated):
    (tmp_path / "silent.html").write_text('<html lang="ko"><body><img src="static:img/favicon.svg"></body></html>')
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    with pytest.raises(RenderError):
        render("silent.html", {}, title="x", dated=dated)


def test_without_our_fonts_nothing_is_printed(settings, dated):
    settings.STATICFILES_DIRS = []
    with pytest.raises(RenderError, match="글꼴"):
        render("documents/certificate.html", {}, title="x", dated=dated)


def test_a_qr_code_is_one_path_with_a_name():
    drawn = qr.svg("https://portal.example/documents/verify/K7QM-3FPX-9T2B/", label='확인 "주소"')
    assert drawn.count("<path") == 1
    assert "<title>확인 &quot;주소&quot;</title>" in drawn
