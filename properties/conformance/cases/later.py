"""Cases of the blocks that are not built yet: they come with their block, and are listed so that none is forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from model.messages.registry import Profile
from properties.conformance.case import Case, supports

_LATER: Mapping[Profile, tuple[tuple[str, str], ...]] = {
    Profile.SECURITY: (
        ("TC_073_CS", "A new password for basic authentication"),
        ("TC_074_CS", "A new certificate of the station"),
        ("TC_075_1_CS", "A root certificate of the manufacturer is installed"),
        ("TC_075_2_CS", "A root certificate of the central system is installed"),
        ("TC_076_CS", "A certificate is deleted"),
        ("TC_077_CS", "A certificate of the station that is invalid"),
        ("TC_078_CS", "A certificate of the central system that is invalid"),
        ("TC_079_CS", "The security log is uploaded"),
        ("TC_080_CS", "Signed firmware is installed"),
        ("TC_081_CS", "Signed firmware with a signature that is invalid"),
        ("TC_083_CS", "A higher security profile"),
        ("TC_084_CS", "A higher security profile that cannot be had"),
        ("TC_085_CS", "Basic authentication"),
        ("TC_086_CS", "The certificate of the server"),
        ("TC_087_CS", "The certificate of the client"),
    ),
}

LATER = tuple(
    Case(case_id, title, profile, needs=(supports(profile),), waits_for=f"comes with the block of {profile}")
    for profile, listed in _LATER.items()
    for case_id, title in listed
)
