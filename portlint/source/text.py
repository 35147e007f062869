"""Bytes -> source text with `\\n` line ends, or one sentence that says why it cannot be read."""

import codecs
import io
import tokenize

from portlint.errors import Unreadable

LIMIT = 4_000_000
"""Bytes of Python beyond which a file is taken for generated data; the largest hand-written
module in torch 2.13 has 1.2 MB."""


def decode(data: bytes) -> str:
    """The text by PEP 263 (BOM or coding comment, else UTF-8); UTF-16 is known by its BOM.

    Raises Unreadable for binary content, NUL bytes and bytes that are not text in that encoding.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable("is UTF-16, which Python does not read as source: save it as UTF-8")
    if b"\0" in data:
        raise Unreadable("holds NUL bytes, so it is not Python source")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not {error.encoding} at byte {error.start}") from error
    except (SyntaxError, LookupError) as error:
        raise Unreadable(f"declares an encoding that cannot be used: {error}") from error
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
