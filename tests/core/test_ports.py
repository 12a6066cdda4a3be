"""What the hardware may tell: an input that no message could carry cannot be built."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runtime.core.inputs import DataTransferAsked, FaultRaised, SecurityEventNoted, TokenPresented
from tests.covering import covers


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: TokenPresented("A" * 21), id="a token of 21 characters"),
        pytest.param(lambda: TokenPresented(""), id="an empty token"),
        pytest.param(lambda: FaultRaised(1, "OtherError", "x" * 51), id="an info of 51 characters"),
        pytest.param(lambda: SecurityEventNoted("x" * 51), id="a security event with a name of 51 characters"),
        pytest.param(lambda: SecurityEventNoted("x", "y" * 256), id="technical detail of 256 characters"),
        pytest.param(lambda: DataTransferAsked("v" * 256), id="a vendor of 256 characters"),
        pytest.param(lambda: DataTransferAsked("v", "m" * 51), id="a message id of 51 characters"),
    ],
)
@covers("CS-7.28-01", "CS-6.47-01", "CS-6.15-01", "SEC-5.15-01")
def test_what_is_too_long_for_the_wire_is_refused_before_it_reaches_the_station(build: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="Length of"):
        build()


def test_what_just_fits_is_taken() -> None:
    assert TokenPresented("A" * 20).id_tag == "A" * 20
    assert FaultRaised(0, "OtherError", "x" * 50).info == "x" * 50
