"""Configuration keys: which there have to be, and how a value changes or does not; and unknown vendor messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from model.messages.registry import Profile
from properties.conformance.bench import Bench
from properties.conformance.case import case
from properties.conformance.expectation import one_of

R, RW = "R", "RW"

REQUIRED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    Profile.CORE: {
        "AuthorizeRemoteTxRequests": (R, RW),
        "ClockAlignedDataInterval": (RW,),
        "ConnectionTimeOut": (RW,),
        "ConnectorPhaseRotation": (RW,),
        "GetConfigurationMaxKeys": (R,),
        "HeartbeatInterval": (RW,),
        "LocalAuthorizeOffline": (RW,),
        "LocalPreAuthorize": (RW,),
        "MeterValuesAlignedData": (RW,),
        "MeterValuesSampledData": (RW,),
        "MeterValueSampleInterval": (RW,),
        "NumberOfConnectors": (R,),
        "ResetRetries": (RW,),
        "StopTransactionOnEVSideDisconnect": (R, RW),
        "StopTransactionOnInvalidId": (RW,),
        "StopTxnAlignedData": (RW,),
        "StopTxnSampledData": (RW,),
        "SupportedFeatureProfiles": (R,),
        "TransactionMessageAttempts": (RW,),
        "TransactionMessageRetryInterval": (RW,),
        "UnlockConnectorOnEVSideDisconnect": (R, RW),
    },
    Profile.LOCAL_AUTH_LIST_MANAGEMENT: {
        "LocalAuthListEnabled": (RW,),
        "LocalAuthListMaxLength": (R,),
        "SendLocalListMaxLength": (R,),
    },
    Profile.SMART_CHARGING: {
        "ChargeProfileMaxStackLevel": (R,),
        "ChargingScheduleAllowedChargingRateUnit": (R,),
        "ChargingScheduleMaxPeriods": (R,),
        "MaxChargingProfilesInstalled": (R,),
    },
}
"""The keys that a profile cannot do without, and what access each may have (CS clause 9; ERR-3.79, ERR-3.84)."""

NO_KEY: Final = "Testing"


@case(
    "TC_019_CS",
    "Configuration is retrieved: one key, all keys, a key that is none",
    clauses=("CS-5.8-02", "CS-5.8-03", "CS-5.8-04", "CS-9.1.29-01"),
)
def keys_are_told(t: Bench) -> None:
    """SupportedFeatureProfiles; every key that its profiles need, with its access; an unknown key as unknown."""
    profiles = (t.value("SupportedFeatureProfiles") or "").split(",")
    t.check("the profiles have Core among them", "Core" in profiles, profiles)
    told = {entry["key"]: entry["readonly"] for entry in t.call("GetConfiguration").get("configurationKey", [])}
    wanted = {key: access for profile in profiles for key, access in REQUIRED.get(profile, {}).items()}
    missing = sorted(set(wanted) - set(told))
    t.check("all keys that these profiles need are reported", not missing, f"no {', '.join(missing)}")
    wrong = sorted(key for key, access in wanted.items() if (R if told[key] else RW) not in access)
    t.check("each of them may be written or not, as it has to be", not wrong, ", ".join(wrong))
    t.check("no key that may only be written is reported", "AuthorizationKey" not in told, "AuthorizationKey")
    t.call("GetConfiguration", {"key": [NO_KEY]}, unknownKey=[NO_KEY])


@case("TC_021_CS", "A configuration key is set", clauses=("CS-5.3-02", "CS-5.3-04"))
def key_is_set(t: Bench) -> None:
    """ChangeConfiguration, Accepted; GetConfiguration, the new value."""
    t.set("MeterValueSampleInterval", 77)
    value = t.value("MeterValueSampleInterval")
    t.check("the new value is reported", value == "77", value)


@case("TC_040_1_CS", "A key that is none is not set", clauses=("CS-5.3-06",))
def no_such_key(t: Bench) -> None:
    """NotSupported."""
    t.call("ChangeConfiguration", {"key": NO_KEY, "value": "true"}, status="NotSupported")


@case("TC_040_2_CS", "A value that is none is not set", clauses=("CS-5.3-07", "CS-5.3-08"))
def no_such_value(t: Bench) -> None:
    """Rejected, or a CALLERROR that says so; the value stays."""
    before = t.value("MeterValueSampleInterval")
    payload = {"key": "MeterValueSampleInterval", "value": "-1"}
    t.call_refused("ChangeConfiguration", payload, "PropertyConstraintViolation", status="Rejected")
    after = t.value("MeterValueSampleInterval")
    t.check("the value is what it was", after == before, after)


@case("TC_062_CS", "A vendor message that the station does not know", clauses=("CS-5.6-02",))
def strange_vendor(t: Bench) -> None:
    """Not accepted: UnknownVendorId, UnknownMessageId or Rejected."""
    payload = {"vendorId": "nobody.example", "messageId": "hello", "data": "?"}
    t.call("DataTransfer", payload, status=one_of("UnknownVendorId", "UnknownMessageId", "Rejected"))
