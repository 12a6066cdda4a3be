"""Loading that is put off: nothing is loaded by an import, and everything is there for who uses it."""

from __future__ import annotations

import subprocess
import sys

import pytest

LAZILY = "import sys; from runtime.adapters.lazily import lazily; "
BEGIN = f'{LAZILY}lazily("importlib.metadata"); import importlib.metadata; '
LOADED = "print('email' in sys.modules)"
USES = [
    "importlib.metadata.version('websockets')",
    "from importlib.metadata import version; version('websockets')",
    "import importlib.metadata._meta",
    "lazily('importlib.metadata'); importlib.metadata.version('websockets'); importlib.metadata.files('websockets')",
]


def said(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_an_import_loads_nothing() -> None:
    assert said(f"{BEGIN} import websockets.version; {LOADED}") == "False"


@pytest.mark.parametrize("use", USES)
def test_whoever_uses_it_has_the_real_module(use: str) -> None:
    real = "print(importlib.metadata is sys.modules['importlib.metadata'], hasattr(importlib.metadata, '__file__'))"
    assert said(f"{BEGIN} {use}; {real}") == "True True"


def test_what_is_loaded_stays_what_it_is() -> None:
    begin = f"import importlib.metadata as real; {LAZILY}lazily('importlib.metadata')"
    assert said(f"{begin}; print(sys.modules['importlib.metadata'] is real)") == "True"
