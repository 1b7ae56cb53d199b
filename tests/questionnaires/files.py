"""Files as families and enemies send them, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

READABLE = "Report card of the first term. All pages can be read as text."


def pdf(text: str = READABLE, pages: int = 1, change=None, **options) -> bytes:
    """A PDF with a text layer; ``change`` gets the writer before it writes."""
    writer = PdfWriter()
    for _ in range(pages):
        page = writer.add_blank_page(595, 842)
        content = DecodedStreamObject()
        safe = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        content.set_data(f"BT /F1 12 Tf 50 700 Td ({safe}) Tj ET".encode("latin-1") if text else b"")
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        page[NameObject("/Contents")] = writer._add_object(content)
    if change:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def action(kind: str, **more) -> DictionaryObject:
    return DictionaryObject({NameObject("/S"): NameObject(f"/{kind}"), **more})


def with_javascript(writer: PdfWriter) -> None:
    names = ArrayObject([TextStringObject("hello"), action("JavaScript", **{NameObject("/JS"): TextStringObject("1")})])
    tree = DictionaryObject({NameObject("/Names"): names})
    writer._root_object[NameObject("/Names")] = DictionaryObject({NameObject("/JavaScript"): tree})


def with_open_action(kind: str):
    def change(writer: PdfWriter) -> None:
        more = {NameObject("/F"): TextStringObject("calc.exe")}
        writer._root_object[NameObject("/OpenAction")] = action(kind, **more)

    return change


def with_page_action(writer: PdfWriter) -> None:
    writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): action("Launch")})


def with_annotation_action(writer: PdfWriter) -> None:
    note = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): action("JavaScript")})
    writer.pages[0][NameObject("/Annots")] = ArrayObject([note])


def with_file(writer: PdfWriter) -> None:
    writer.add_attachment("hidden.exe", b"MZ")


def with_form(writer: PdfWriter) -> None:
    xfa = DecodedStreamObject()
    xfa.set_data(b"<xdp/>")
    writer._root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/XFA"): writer._add_object(xfa)})


def with_password(writer: PdfWriter) -> None:
    writer.encrypt("", "owner", algorithm="AES-128")


def with_note(text: str):
    """A comment on the page, which the page's own text does not hold."""

    def change(writer: PdfWriter) -> None:
        note = DictionaryObject(
            {NameObject("/Subtype"): NameObject("/Text"), NameObject("/Contents"): TextStringObject(text)}
        )
        writer.pages[0][NameObject("/Annots")] = ArrayObject([note])

    return change


def with_picture(width: int, height: int):
    """A scan behind the text."""

    def change(writer: PdfWriter) -> None:
        picture = DecodedStreamObject()
        picture.set_data(b"\0" * 8)
        picture.update(
            {
                NameObject("/Type"): NameObject("/XObject"),
                NameObject("/Subtype"): NameObject("/Image"),
                NameObject("/Width"): NumberObject(width),
                NameObject("/Height"): NumberObject(height),
            }
        )
        drawn = DictionaryObject({NameObject("/I"): writer._add_object(picture)})
        writer.pages[0]["/Resources"][NameObject("/XObject")] = drawn

    return change


def infected() -> bytes:
    """A PDF that can be read, with the scanners' test word in a remark of its page."""

    def change(writer: PdfWriter) -> None:
        content = writer.pages[0]["/Contents"].get_object()
        content.set_data(content.get_data() + b"\n% " + EICAR + b"\n")

    return pdf(change=change)


def pdf_bomb(size: int = 2_000_000_000) -> bytes:
    """A page whose content is two billion blanks, in some kilobytes."""
    squeezer = zlib.compressobj(9)
    once = squeezer.compress(b" " * 1_000_000)
    parts = [once] + [squeezer.compress(b" " * 1_000_000) for _ in range(size // 1_000_000 - 1)] + [squeezer.flush()]
    stream = b"".join(parts)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(stream), stream),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in offsets)
    return out + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start


def picture(form: str = "JPEG", size=(300, 200), exif: bool = False) -> bytes:
    image = Image.new("RGB", size, "white")
    image.paste("black", (0, 0, size[0] // 3, size[1] // 3))
    out = io.BytesIO()
    if exif:
        data = Image.Exif()
        data[0x0110] = "SECRET-PHONE"
        data[0x0112] = 6  # lying on its side
        data.get_ifd(0x8825)[1] = "N"
        image.save(out, form, exif=data)
    else:
        image.save(out, form)
    return out.getvalue()


def png_bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """3.6 thousand million pixels that the header promises."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    head = struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
