"""Files are judged by their content, in a process of its own that a hostile one may break."""

from __future__ import annotations

import io
import re
import time
from datetime import date

import pytest
from PIL import Image

from questionnaires import inspection
from questionnaires.inspection import SENTENCES, Unfit, look, shown_name
from tests.questionnaires import files

TODAY = date(2026, 11, 23)


def refused(data: bytes) -> str:
    """Which sentence a file is refused with."""
    with pytest.raises(Unfit) as unfit:
        look(data, TODAY)
    return next((code for code, sentence in SENTENCES.items() if str(sentence) == str(unfit.value)), str(unfit.value))


def test_a_pdf_with_a_text_layer_is_taken_as_it_is():
    data = files.pdf(pages=3)
    looked = look(data, TODAY)
    assert (looked.data, looked.kind, looked.pages, looked.eyes) == (data, "pdf", 3, False)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_picture_is_taken_for_eyes_to_check(form):
    looked = look(files.picture(form), TODAY)
    assert (looked.kind, looked.eyes) == (form.lower(), True)
    with Image.open(io.BytesIO(looked.data)) as kept:
        assert kept.size == (300, 200)


def test_place_and_device_are_taken_out_and_the_picture_stands_upright():
    data = files.picture(exif=True)
    assert b"SECRET-PHONE" in data
    kept = look(data, TODAY).data
    assert b"SECRET-PHONE" not in kept
    with Image.open(io.BytesIO(kept)) as picture:
        assert dict(picture.getexif()) == {}
        assert picture.size == (200, 300)


def test_a_picture_that_is_also_an_archive_is_only_a_picture_afterwards():
    kept = look(files.picture() + b"PK\x03\x04" + b"evil" * 50, TODAY).data
    assert b"evil" not in kept


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "kind"),
        (b"MZ\x90\0", "kind"),
        (b"<html><script>alert(1)</script></html>", "kind"),
        (b"GIF89a" + b"\0" * 50, "kind"),
        (b"PK\x03\x04" + b"\0" * 50, "kind"),
        (b" " + files.pdf(), "kind"),
        (files.HEIC, "heic"),
        (b"%PDF-1.7\nnothing", "broken"),
        (b"%PDF-1.7\n%%EOF", "broken"),
        (files.pdf()[:300], "broken"),
        (files.pdf() + b"<script>alert(1)</script>", "broken"),
        (files.pdf() + b"PK\x03\x04" + b"\0" * 20 + b"x", "broken"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "broken"),
        (files.picture()[:400], "broken"),
        (files.pdf(pages=61), "pages"),
        (files.pdf(change=files.with_password), "encrypted"),
        (files.pdf(change=files.with_javascript), "active"),
        (files.pdf(change=files.with_open_action("JavaScript")), "active"),
        (files.pdf(change=files.with_open_action("Launch")), "active"),
        (files.pdf(change=files.with_open_action("SubmitForm")), "active"),
        (files.pdf(change=files.with_open_action("GoToR")), "active"),
        (files.pdf(change=files.with_page_action), "active"),
        (files.pdf(change=files.with_annotation_action), "active"),
        (files.pdf(change=files.with_file), "active"),
        (files.pdf(change=files.with_form), "active"),
        (files.png_bomb(), "pixels"),
        (files.pdf("RRN 030101-3123456 of a pupil who is in grade three"), "number"),
        (files.pdf("RRN 850615-5123456 of a pupil who is in grade three"), "number"),
        (files.pdf(change=files.with_note("030101-3123456")), "number"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(data, code):
    assert refused(data) == code


def test_names_spelled_otherwise_hide_nothing():
    data = files.pdf(change=files.with_open_action("Launch"))
    assert b"/Launch" in data
    hidden = data.replace(b"/Launch", b"/L#61unch")
    assert refused(hidden) == "active"


def test_a_page_that_unpacks_to_gigabytes_is_refused_in_time():
    bomb = files.pdf_bomb()
    assert len(bomb) < 3_000_000
    begun = time.monotonic()
    assert refused(bomb) == "broken"
    assert time.monotonic() - begun < inspection.SECONDS


@pytest.mark.parametrize(
    "data",
    [files.pdf(""), files.pdf("short"), files.pdf(change=files.with_picture(1200, 1600))],
    ids=["no text", "hardly any", "a scan with text"],
)
def test_a_page_that_no_machine_can_read_wants_eyes(data):
    assert look(data, TODAY).eyes


def test_a_small_picture_beside_text_wants_no_eyes():
    assert not look(files.pdf(change=files.with_picture(100, 100)), TODAY).eyes


def test_size_is_asked_first(settings):
    settings.UPLOAD_MOST_BYTES = 1000
    data = files.pdf()
    assert len(data) > 500
    assert "큰 파일" in refused(data + b"\0" * 1000)


def test_sixty_pages_are_taken():
    assert look(files.pdf(pages=60), TODAY).pages == 60


def test_the_process_knows_no_secret_and_none_of_our_code():
    from pathlib import Path

    folder = Path(inspection.__file__).parent / "inspector"
    for path in folder.glob("*.py"):
        imported = re.findall(r"^(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.M)
        assert set(imported) <= {
            "__future__", "collections", "dataclasses", "datetime", "io", "json", "logging", "re", "resource", "sys",
            "typing", "unicodedata", "warnings", "PIL", "pypdf", "questionnaires",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("성적표.pdf", "pdf", "성적표.pdf"),
        ("성적표.pdf".encode().decode(), "jpeg", "성적표.jpg"),
        ("성적표.PDF", "pdf", "성적표.pdf"),
        ("../../etc/passwd", "pdf", "passwd.pdf"),
        (r"C:\Users\me\record.exe", "png", "record.png"),
        ("a\0b\r\nc.pdf", "pdf", "abc.pdf"),
        ("\u202egpj.exe", "png", "gpj.png"),
        ("", "pdf", "첨부.pdf"),
        (".pdf", "pdf", "첨부.pdf"),
        ("x" * 300 + ".pdf", "pdf", "x" * 100 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(name, kind, shown):
    assert shown_name(name, kind) == shown


def test_hangul_in_pieces_is_put_together():
    import unicodedata

    assert shown_name(unicodedata.normalize("NFD", "성적표.pdf"), "pdf") == "성적표.pdf"
