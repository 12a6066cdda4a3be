"""Each way in which the sound tables are broken on purpose, and the rule that has to see it."""

from __future__ import annotations

from attrs import frozen


@frozen
class Break:
    """What is broken, in which table, and where the lint has to see what: ``at`` stands below the place's header."""

    rule: str
    table: str
    old: str
    new: str
    at: str
    says: str
    in_table: str = ""


ROW_ON = 'id      = "on"'
ASKED = (
    '[events.asked]\nmeans = "?"\nfrom = "csms"\nrequest = "Reset"\n'
    '[[row]]\nid = "asked"\nfrom = {}\non = "asked"\nanswer = "Accepted"\nreason = "?"\n'
)
BREAKS = (
    Break(
        "L025",
        "lamp",
        "[operations.",
        ASKED.format('["Off", "On"]') + "[operations.",
        "[events.asked]",
        "Reset may be for no connector there is, and nothing is answered then",
    ),
    Break(
        "L025",
        "hall",
        "[[row]]",
        ASKED.format('["Open", "Closed"]')
        + '[[unaddressed]]\nrequest = "Reset"\nanswer = "Rejected"\nbecause = "?"\n[[row]]',
        "[[unaddressed]]",
        "Reset always finds hall, and this entry never applies",
    ),
    Break(
        "L001",
        "lamp",
        "[operations.",
        '[conditions.late]\nmeans = "?"\nwhen = "hall == Closed"\n[operations.',
        "[conditions.late]",
        "no guard names condition 'late'",
    ),
    Break(
        "L002",
        "hall",
        'do      = ["raise lamp.darken"]\n',
        "",
        "[events.darken]",
        "'darken' is from hall, and no row there announces it",
        "lamp",
    ),
    Break(
        "L013",
        "hall",
        '"raise lamp.darken"',
        '"raise lamp.darken", "announce dusk"',
        'id      = "close"',
        "row close announces 'dusk', and no machine listens",
    ),
    Break(
        "L021",
        "lamp",
        'when    = "bulb_is_good and hall == Open"',
        f'when    = "bulb_is_good and hall == Open{" and hall == Open" * 6}"',
        ROW_ON,
        "a guard of 131 characters; at most 120",
    ),
    Break(
        "L022",
        "lamp",
        f'[[row]]\n{ROW_ON}\nfrom    = "Off"\non      = "press"\nwhen    = "bulb_is_good and hall == Open"',
        '[conditions.day]\nmeans = "?"\nwhen = "hall == Open"\n'
        '[conditions.lit]\nmeans = "?"\nwhen = "hall != Closed"\n'
        f'[[row]]\n{ROW_ON}\nfrom    = "Off"\non      = "press"\nwhen    = "bulb_is_good and day and lit"',
        "[conditions.lit]",
        "condition 'lit' always equals 'day'",
    ),
    Break(
        "L001",
        "lamp",
        "[operations.",
        '[questions.idle]\nmeans = "?"\n[operations.',
        "[questions.idle]",
        "no guard asks 'idle'",
    ),
    Break("L001", "lamp", '"low"]\n', '"low", "odd"]\n', '[operations."click"]', "no row performs 'click odd'"),
    Break(
        "L001",
        "hall",
        "[[row]]",
        '[events.rain]\nmeans = "?"\nfrom = "hardware"\n[[row]]',
        "[events.rain]",
        "no row is on event 'rain'",
    ),
    Break(
        "L002", "hall", 'do      = ["raise lamp.darken"]\n', "", "[events.darken]", "no row raises lamp.darken", "lamp"
    ),
    Break(
        "L002",
        "hall",
        'from  = "hardware"',
        'from  = ["hardware", "machine"]',
        "[events.turn]",
        "no row raises hall.turn",
    ),
    Break(
        "L003",
        "lamp",
        'when    = "not bulb_is_good"\n',
        "",
        'id      = "burnt"',
        "rows tick (49) and burnt could both fire",
    ),
    Break(
        "L004",
        "lamp",
        'when    = "not bulb_is_good"',
        'when    = "not bulb_is_good and hall == Open"',
        'id      = "tick"',
        "leave a case open",
    ),
    Break(
        "L004",
        "hall",
        '[[ignored]]\non      = "seen"\nin      = ["Closed"]\nbecause = "nobody looks"',
        "",
        "[events.seen]",
        "'seen' in Closed: nothing says",
    ),
    Break(
        "L005",
        "lamp",
        'when    = "bulb_is_good and hall == Open"\n',
        "",
        'on      = "press"\nin ',
        "always answered by on",
    ),
    Break(
        "L005",
        "lamp",
        'on      = "darken"\nin ',
        'on      = ["darken", "tick"]\nin ',
        'on      = ["darken", "tick"]',
        "no timer that brings it runs there",
    ),
    Break(
        "L005",
        "visit",
        'in      = ["New", "Gone"]',
        'in      = ["New", "Gone", "New"]',
        'on      = "end"\nin ',
        "impossible already",
    ),
    Break("L006", "lamp", 'hall == Open"', 'hall == Open and lamp == On"', ROW_ON, "its guard never holds in Off"),
    Break("L007", "hall", 'to      = "Closed"\n', "", "[states.Closed]", "no row leads from Open to Closed"),
    Break("L008", "hall", 'to      = "Open"\n', "", "[states.Closed]", "no row leaves Closed"),
    Break(
        "L009", "visit", 'from    = "Here"', 'from    = ["Here", "Gone"]', 'id      = "end"', "row end begins in Gone"
    ),
    Break(
        "L009", "hall", 'means = "closed"', 'means = "closed"\nfinal = true', "[states.Closed]", "never ceases to be"
    ),
    Break(
        "L010",
        "lamp",
        'runs_in  = ["On"]\nduration = "long"',
        'runs_in  = ["On", "Off"]\nduration = "long"',
        "[timers.saver]",
        "runs in Off, where no row",
    ),
    Break(
        "L010",
        "lamp",
        'runs_in  = ["On"]\nduration = "long"',
        'runs_in  = []\nduration = "long"',
        "[timers.saver]",
        "runs in no state",
    ),
    Break(
        "L010",
        "lamp",
        "[[ignored]]",
        '[[impossible]]\non = "saved"\nin = ["On"]\nbecause = "?"\n[[ignored]]',
        'on = "saved"',
        "runs there",
    ),
    Break(
        "L011",
        "lamp",
        'too long"\nfrom  = "timer"',
        'too long"\nfrom  = "hardware"',
        "[timers.saver]",
        "which is from hardware",
    ),
    Break("L011", "hall", 'from  = "hardware"', 'from  = "timer"', "[events.turn]", "no timer raises it"),
    Break("L012", "lamp", '"click low"', '"click low", "restart saver"', 'id      = "off"', "does not run in Off"),
    Break("L012", "lamp", '"click high"', '"click high", "restart saver"', ROW_ON, "starts anyway"),
    Break(
        "L013",
        "visit",
        'on      = "end"\nto ',
        'on      = "begin"\nto ',
        'id      = "off"',
        "which no row of visit answers",
        "lamp",
    ),
    Break("L013", "station", '"hall.seen"', '"lamp.saw"', "[projections.glow]", "which no row of lamp answers"),
    Break(
        "L013", "visit", 'from    = "New"', 'from    = "Here"', ROW_ON, "New, its first state, does not answer", "lamp"
    ),
    Break("L014", "lamp", '"create visit.begin"', '"create hall.seen"', ROW_ON, "exists from the beginning"),
    Break(
        "L014", "hall", '"raise lamp.darken"', '"create visit.begin"', 'id      = "close"', "belongs to no connector"
    ),
    Break(
        "L015",
        "hall",
        'reason  = "for the test"',
        'do = ["raise hall.seen"]\nreason  = "for the test"',
        'id      = "see"',
        "without end",
    ),
    Break("L016", "lamp", 'clauses = ["CS-4.9-A2"]', 'clauses = ["CS-4.9-Z9"]', ROW_ON, "clause 'CS-4.9-Z9'"),
    Break(
        "L016",
        "station",
        'clauses = ["CS-4.9-A2"]',
        'clauses = ["CS-0.0"]',
        'when    = "lamp == On"',
        "clause 'CS-0.0'",
    ),
    Break(
        "L017", "station", '"Dark"]', '"Dark", "Grey"]', "[projections.glow]", "no row of projection glow gives 'Grey'"
    ),
    Break(
        "L017",
        "station",
        'value   = "Dark"',
        'when = "hall == Open"\nvalue   = "Dark"',
        "[projections.glow]",
        "has no value, as when",
    ),
    Break("L017", "station", 'when    = "lamp == On"\n', "", 'value   = "Dark"', "the rows above leave nothing"),
    Break("L017", "station", '"lamp == On"', '"sunny"', 'when    = "sunny"', "follows from states alone"),
    Break("L018", "station", ', "visit"]', "]", "", "visit.toml is a machine that", "visit"),
    Break("L019", "lamp", 'do      = ["restart minute"]', 'do = ["click low"]', 'id      = "tick"', "stands still"),
    Break(
        "L024",
        "hall",
        "[[row]]",
        "".join(f'[[preference]]\nid = "{name}"\non = "turn"\nreason = "?"\n' for name in ("any", "late")) + "[[row]]",
        'id = "late"',
        "preference late never decides 'turn'",
    ),
    Break(
        "L023",
        "hall",
        'from  = "hardware"',
        'from  = ["hardware", "operations.clock"]',
        "[events.turn]",
        "'turn' is from operations.clock, which does not raise hall.turn",
    ),
    Break(
        "L023",
        "hall",
        'from  = "hardware"',
        'from  = ["hardware", "configuration"]',
        "[events.turn]",
        "'turn' is from configuration, which does not raise hall.turn",
    ),
    Break(
        "L020",
        "lamp",
        "bulb_is_good and hall == Open",
        " or ".join(f"some visit == S{n}" for n in range(18)),
        ROW_ON,
        "combinations",
    ),
)
