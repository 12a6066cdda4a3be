"""A picture as PNG or PDF, for documents that take no SVG.

CairoSVG draws on the system's cairo (Debian: libcairo2), with the fonts of the system; both come with every desktop,
and neither is needed for SVG.
"""

from __future__ import annotations

from typing import Final

from model.remedy import RemediableError

SCALE: Final = 2.0
"""Pixels of a PNG for each of the picture's own: sharp on paper and on screens of today."""


class RasterMissingError(RemediableError, RuntimeError):
    """CairoSVG or the cairo library is not installed."""


def render(svg: str, form: str) -> bytes:
    """The picture in that form, "png" or "pdf". Raises RasterMissingError."""
    try:
        import cairosvg  # noqa: PLC0415 - loads a library of the system, which only these forms need
    except (ImportError, OSError) as missing:
        what = "the cairo library" if isinstance(missing, OSError) else f"the package {missing.name!r}"
        remedy = "install libcairo2 (Debian), and pip install 'provenpoint[pictures]'; or draw svg"
        raise RasterMissingError(f"{what} is not installed; {remedy}") from missing
    if form == "pdf":
        return bytes(cairosvg.svg2pdf(bytestring=svg.encode()))
    return bytes(cairosvg.svg2png(bytestring=svg.encode(), scale=SCALE))
