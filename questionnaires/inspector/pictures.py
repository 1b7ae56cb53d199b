"""Pictures: decoded and written anew, so that nothing but the picture is left."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

from questionnaires.inspector.verdict import Findings, Unfit

QUALITY = 88


def look(data: bytes, most_pixels: int) -> Findings:
    """The first picture of the file, upright, without EXIF (place, time, device), thumbnails, or a tail.

    Raises:
        Unfit: broken, or more pixels than may be decoded.
    """
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # our own limit is asked before a single pixel is decoded
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "MPO"]) as picture:
            if picture.width * picture.height > most_pixels:
                raise Unfit("pixels")
            kind = "png" if picture.format == "PNG" else "jpeg"
            picture.load()
            upright = ImageOps.exif_transpose(picture)
        return Findings(kind, 1, eyes=True, data=_written(upright, kind))
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise Unfit("broken") from error


def _written(picture: Image.Image, kind: str) -> bytes:
    modes = {"L", "RGB", "RGBA", "LA", "P", "1"} if kind == "png" else {"L", "RGB"}
    if picture.mode not in modes:
        picture = picture.convert("RGB")
    bare = Image.new(picture.mode, picture.size)
    if picture.mode == "P":
        bare.putpalette(picture.getpalette() or [])
    bare.paste(picture)
    out = io.BytesIO()
    if kind == "png":
        bare.save(out, "PNG")
    else:
        bare.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
