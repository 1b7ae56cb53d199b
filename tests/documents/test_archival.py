"""PDF/UA-1 and PDF/A-3, as far as the structure of the file shows it; no validator is at hand on every machine."""

from __future__ import annotations

import io
import itertools
import re

import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream

from documents.making import unnumbered
from tables.values import Column, Kind, Row, Table
from tests.documents.test_pdf import structure

pytestmark = pytest.mark.django_db
PAINTS = {b"Tj", b"TJ", b"'", b'"', b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s", b"sh", b"Do"}


@pytest.fixture
def reader(table, dated):
    """A paper of several pages: heads of two levels, then a long list."""
    rows = tuple(Row(f"{number}번", (number * 1_000,)) for number in range(90))
    long = Table("list", "긴 목록", "번호", (Column("금액", Kind.WON),), rows)
    return PdfReader(io.BytesIO(unnumbered([table, long], title="표", dated=dated)))


def told(reader) -> set[tuple[int, int]]:
    """Page and number of every marked text that a tag of the tree names."""
    found = set()
    for one in structure(reader):
        kids = one["/K"].get_object()
        for kid in kids if isinstance(kids, list) else [kids]:
            if isinstance(kid, int):
                found.add((one.raw_get("/Pg").idnum, int(kid)))
    return found


def test_everything_painted_is_in_the_tree_of_tags_or_an_artifact(reader):
    known, artifacts = told(reader), 0
    for page in reader.pages:
        marks = []
        for operands, operator in ContentStream(page.get_contents(), reader).operations:
            if operator == b"BDC":
                marks.append((operands[0], operands[1].get("/MCID")))
            elif operator == b"BMC":
                marks.append((operands[0], None))
            elif operator == b"EMC":
                marks.pop()
            elif operator in PAINTS:
                assert marks, f"{operator} outside any mark"
                tag, number = marks[-1]
                artifacts += tag == "/Artifact"
                assert tag == "/Artifact" or (page.indirect_reference.idnum, number) in known
    assert len(reader.pages) > 2
    assert artifacts > len(reader.pages)


def test_the_page_number_is_read_to_nobody(reader):
    words = "".join(str(one.get("/ActualText", "")) for one in structure(reader))
    assert "1 / " not in words
    streams = b"".join(page.get_contents().get_data() for page in reader.pages)
    assert len(re.findall(rb"/Artifact\s*<</Type /Pagination>>\s*BDC", streams)) == len(reader.pages)


def test_headings_begin_with_one_and_leave_none_out(reader):
    levels = [int(one["/S"][2:]) for one in structure(reader) if re.fullmatch(r"/H\d", one["/S"])]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))


def test_every_data_cell_names_heads_that_are_there_and_every_head_its_scope(reader):
    cells = structure(reader)
    heads = {one["/ID"]: one for one in cells if one["/S"] == "/TH"}
    for cell in (one for one in cells if one["/S"] == "/TD"):
        assert cell["/A"]["/Headers"], "no head"
        assert set(cell["/A"]["/Headers"]) <= set(heads)
    assert {one["/A"]["/Scope"] for one in heads.values()} == {"/Row", "/Column"}
    assert all(one.get("/Alt") for one in cells if one["/S"] == "/Figure")


def test_every_tag_is_one_that_the_standard_knows(reader):
    known = re.compile(
        "Document|Part|Art|Sect|Div|Caption|NonStruct|P|H[1-6]|L|LI|Lbl|LBody|Table|T[RHD]|THead|TBody|TFoot|Span|Figure"
    )
    assert all(known.fullmatch(one["/S"][1:]) for one in structure(reader))


def test_it_carries_what_an_archive_asks_for_and_nothing_that_it_forbids(reader):
    root = reader.trailer["/Root"]
    assert reader.trailer["/ID"]
    assert "/Encrypt" not in reader.trailer
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/MarkInfo"]["/Marked"]
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(root)
    assert "/JavaScript" not in root["/Names"]
    for page in reader.pages:
        assert page["/Tabs"] == "/S"
        assert not {"/AA", "/Group"} & set(page) or page["/Group"]["/CS"]
        for font in page["/Resources"]["/Font"].get_object().values():
            inner = font.get_object()
            assert "/ToUnicode" in inner
            assert "/FontFile2" in inner["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()


def test_what_travels_inside_is_named_typed_dated_and_related(reader, dated):
    files = [one.get_object() for one in reader.trailer["/Root"]["/AF"]]
    assert [file["/F"] for file in files] == [f"data-{n}.{form}" for n, form in enumerate(("csv", "json") * 2, start=1)]
    for file in files:
        stream = file["/EF"]["/F"].get_object()
        assert file["/AFRelationship"] == "/Data"
        assert file["/UF"]
        assert file["/Desc"]
        assert stream["/Subtype"] in {"/text/csv", "/application/json"}
        assert stream["/Params"]["/ModDate"].startswith("D:20261124050000")
