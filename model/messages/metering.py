"""What the meters say: MeterValues, and the sampled values that StopTransaction carries too.

Absent fields of a sampled value have defaults in the specification (Sample.Periodic, Raw,
Energy.Active.Import.Register, Outlet, Wh; CS-7.43-02 to -07). They stay absent here: a reader applies them, the
station sends context and unit explicitly.
"""

from enum import StrEnum

from model.messages.message import message
from model.messages.types import ConnectorId, DateTime, FreeText, Integer, OneOrMore


class ReadingContext(StrEnum):
    """Why a value was taken (CS-7.35-01 to -08)."""

    INTERRUPTION_BEGIN = "Interruption.Begin"
    INTERRUPTION_END = "Interruption.End"
    OTHER = "Other"
    SAMPLE_CLOCK = "Sample.Clock"
    SAMPLE_PERIODIC = "Sample.Periodic"
    TRANSACTION_BEGIN = "Transaction.Begin"
    TRANSACTION_END = "Transaction.End"
    TRIGGER = "Trigger"


class ValueFormat(StrEnum):
    """Plain decimal text, or a signed block in hexadecimal (CS-7.49-01, CS-7.49-02)."""

    RAW = "Raw"
    SIGNED_DATA = "SignedData"


class Measurand(StrEnum):
    """What was measured (CS-7.31-01 to -24, ERR-3.77-01 to -03, ERR-4.29-01)."""

    CURRENT_EXPORT = "Current.Export"
    CURRENT_IMPORT = "Current.Import"
    CURRENT_OFFERED = "Current.Offered"
    ENERGY_ACTIVE_EXPORT_REGISTER = "Energy.Active.Export.Register"
    ENERGY_ACTIVE_IMPORT_REGISTER = "Energy.Active.Import.Register"
    ENERGY_REACTIVE_EXPORT_REGISTER = "Energy.Reactive.Export.Register"
    ENERGY_REACTIVE_IMPORT_REGISTER = "Energy.Reactive.Import.Register"
    ENERGY_ACTIVE_EXPORT_INTERVAL = "Energy.Active.Export.Interval"
    ENERGY_ACTIVE_IMPORT_INTERVAL = "Energy.Active.Import.Interval"
    ENERGY_REACTIVE_EXPORT_INTERVAL = "Energy.Reactive.Export.Interval"
    ENERGY_REACTIVE_IMPORT_INTERVAL = "Energy.Reactive.Import.Interval"
    FREQUENCY = "Frequency"
    POWER_ACTIVE_EXPORT = "Power.Active.Export"
    POWER_ACTIVE_IMPORT = "Power.Active.Import"
    POWER_FACTOR = "Power.Factor"
    POWER_OFFERED = "Power.Offered"
    POWER_REACTIVE_EXPORT = "Power.Reactive.Export"
    POWER_REACTIVE_IMPORT = "Power.Reactive.Import"
    RPM = "RPM"
    SOC = "SoC"
    TEMPERATURE = "Temperature"
    VOLTAGE = "Voltage"


class Phase(StrEnum):
    """Where in a polyphase supply a value belongs; absent, it is an overall value (CS-7.34-01 to -02, CS-7.43-05)."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    N = "N"
    L1_N = "L1-N"
    L2_N = "L2-N"
    L3_N = "L3-N"
    L1_L2 = "L1-L2"
    L2_L3 = "L2-L3"
    L3_L1 = "L3-L1"


class Location(StrEnum):
    """Where a value was measured (CS-7.30-01 to -05)."""

    BODY = "Body"
    CABLE = "Cable"
    EV = "EV"
    INLET = "Inlet"
    OUTLET = "Outlet"


class UnitOfMeasure(StrEnum):
    """The unit of a value (CS-7.45-01 to -03). Of two spellings of Celsius the station sends CELCIUS (ERR5-J2.1-01)."""

    WH = "Wh"
    KWH = "kWh"
    VARH = "varh"
    KVARH = "kvarh"
    W = "W"
    KW = "kW"
    VA = "VA"
    KVA = "kVA"
    VAR = "var"
    KVAR = "kvar"
    A = "A"
    V = "V"
    CELSIUS = "Celsius"
    CELCIUS = "Celcius"
    FAHRENHEIT = "Fahrenheit"
    K = "K"
    PERCENT = "Percent"


@message
class SampledValue:
    """One value, as text in a plain decimal form or as signed data (CS-7.43-01), in `unit` (CS-4.7-09 to -17)."""

    value: FreeText
    context: ReadingContext | None = None
    format: ValueFormat | None = None
    measurand: Measurand | None = None
    phase: Phase | None = None
    location: Location | None = None
    unit: UnitOfMeasure | None = None


@message
class MeterValue:
    """All values of one sampling instant (CS-7.33-01 to -03)."""

    timestamp: DateTime
    sampled_value: OneOrMore[SampledValue]


@message
class MeterValuesReq:
    """Samples of a connector, or with 0 of the main meter, with or without a transaction (CS-6.31-01).

    It names the connector (CS-4.7-04), and has one MeterValue or more (CS-4.7-07).
    """

    connector_id: ConnectorId
    meter_value: OneOrMore[MeterValue]
    transaction_id: Integer | None = None


@message
class MeterValuesConf:
    """No fields (CS-6.32-01)."""
