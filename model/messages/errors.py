"""The one way in which a payload is refused.

A refusal has three parts: the CALLERROR code that the other side is told (OCPP-J 4.2.3), the path of the
offending field as it stands on the wire, and a sentence. It grows its path from the inside out: the check of a
value knows only what is wrong with it, and each enclosing field or list adds its own step.

Which code for what (one mapping, stated; J-4.2.3-12 to -18):

| fault | code | clause |
|---|---|---|
| payload is no object; a field that the message does not have | FormationViolation | J-4.2.3-14, JERR-3.1-02 |
| required field missing | ProtocolError | J-4.2.3-12 |
| fewer list elements than allowed | OccurenceConstraintViolation | J-4.2.3-16 |
| another JSON type than the field's; null | TypeConstraintViolation | J-4.2.3-17 |
| too long, out of range, no enumeration value, no date, no multiple of 0.1 | PropertyConstraintViolation | J-4.2.3-15 |
"""

from enum import StrEnum


class CallErrorCode(StrEnum):
    """The error codes of OCPP-J 4.2.3, in the spelling that stays on the wire (JERR-5.1-01, JERR-5.2-01).

    InternalError and SecurityError are read and not sent (J-4.2.3-11, J-4.2.3-13): a step that fails ends the process.
    """

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL_ERROR = "InternalError"
    PROTOCOL_ERROR = "ProtocolError"
    SECURITY_ERROR = "SecurityError"
    FORMATION_VIOLATION = "FormationViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    OCCURENCE_CONSTRAINT_VIOLATION = "OccurenceConstraintViolation"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"
    GENERIC_ERROR = "GenericError"


class BadPayloadError(ValueError):
    """A value that the specification does not allow where it stands.

    `code` is what a CALLERROR says of it, `path` the field in wire names (`chargingProfile.chargingSchedule`; empty
    for the payload as a whole), `why` a sentence that names what would have been accepted. The offending value itself
    is not quoted: it may be a megabyte long, or a secret.
    """

    def __init__(self, code: CallErrorCode, path: str, why: str) -> None:
        super().__init__(code, path, why)
        self.code = code
        self.path = path
        self.why = why

    def __str__(self) -> str:
        return f"{self.code}: {self.path or 'payload'}: {self.why}"

    def within(self, step: str) -> "BadPayloadError":
        """The same refusal, seen from the field or list element `step` that encloses it."""
        joint = "" if not self.path or self.path.startswith("[") else "."
        return BadPayloadError(self.code, f"{step}{joint}{self.path}", self.why)


def wrong_type(wanted: str) -> BadPayloadError:
    """A value of another JSON type than the field's (J-4.2.3-17)."""
    return BadPayloadError(CallErrorCode.TYPE_CONSTRAINT_VIOLATION, "", f"must be {wanted}")


def wrong_value(why: str) -> BadPayloadError:
    """A value of the right type outside the field's limits (J-4.2.3-15)."""
    return BadPayloadError(CallErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "", why)


def wrong_count(why: str) -> BadPayloadError:
    """A list with too few elements (J-4.2.3-16)."""
    return BadPayloadError(CallErrorCode.OCCURENCE_CONSTRAINT_VIOLATION, "", why)


def missing_field(name: str) -> BadPayloadError:
    """A required field that is not there (J-4.2.3-12)."""
    return BadPayloadError(CallErrorCode.PROTOCOL_ERROR, name, "required field is missing")


def unknown_field(name: str) -> BadPayloadError:
    """A field that the message does not have (JERR-3.1-02); a long name is cut."""
    return BadPayloadError(CallErrorCode.FORMATION_VIOLATION, name[:64], "no such field in this message")


def not_an_object() -> BadPayloadError:
    """A payload that is no JSON object (J-4.2.1-04)."""
    return BadPayloadError(CallErrorCode.FORMATION_VIOLATION, "", "must be a JSON object")
