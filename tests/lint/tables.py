"""Three small sound machines: a hall, a lamp at each connector, a visit that begins and ends."""

from __future__ import annotations

from pathlib import Path

STATION = """
title    = "Example"
source   = "none"
machines = ["hall", "lamp", "visit"]
[projections.glow]
scope  = "connector"
means  = "what is seen"
values = ["Bright", "Dark"]
raises = "hall.seen"
[[projections.glow.row]]
when    = "lamp == On"
value   = "Bright"
clauses = ["CS-4.9-A2"]
[[projections.glow.row]]
value   = "Dark"
clauses = ["CS-4.9-A2"]
"""
HALL = """
machine = "hall"
scope   = "station"
title   = "Hall"
source  = "none"
[states.Open]
means = "open"
[states.Closed]
means = "closed"
[events.turn]
means = "somebody turns the key"
from  = "hardware"
[events.seen]
means = "a lamp has changed"
from  = "machine"
[[row]]
id      = "close"
from    = "Open"
on      = "turn"
to      = "Closed"
do      = ["raise lamp.darken"]
clauses = ["CS-4.9-A2"]
[[row]]
id      = "open"
from    = "Closed"
on      = "turn"
to      = "Open"
clauses = ["CS-4.9-A2"]
[[row]]
id      = "see"
from    = "Open"
on      = "seen"
reason  = "for the test"
[[ignored]]
on      = "seen"
in      = ["Closed"]
because = "nobody looks"
"""
LAMP = """
machine = "lamp"
scope   = "connector"
title   = "Lamp"
source  = "none"
[states.Off]
means = "dark"
[states.On]
means = "bright"
[events.press]
means = "the button"
from  = "hardware"
[events.darken]
means = "the hall is closed"
from  = "machine"
[events.tick]
means = "a minute has passed"
from  = "timer"
[events.saved]
means = "too long"
from  = "timer"
[questions.bulb_is_good]
means = "the bulb is good"
[operations."click"]
means  = "make a sound"
values = ["high", "low"]
[timers.minute]
event    = "tick"
runs_in  = ["On"]
duration = "minute"
[timers.saver]
event    = "saved"
runs_in  = ["On"]
duration = "long"
[[row]]
id      = "on"
from    = "Off"
on      = "press"
when    = "bulb_is_good and hall == Open"
to      = "On"
do      = ["click high", "create visit.begin"]
clauses = ["CS-4.9-A2"]
[[row]]
id      = "off"
from    = "On"
on      = ["press", "darken"]
to      = "Off"
do      = ["click low", "raise visit.end"]
clauses = ["CS-4.9-B1"]
[[row]]
id      = "tick"
from    = "On"
on      = "tick"
when    = "bulb_is_good"
do      = ["restart minute"]
clauses = ["CS-4.9-B1"]
[[row]]
id      = "burnt"
from    = "On"
on      = "tick"
when    = "not bulb_is_good"
to      = "Off"
do      = ["raise visit.end"]
clauses = ["CS-4.9-B1"]
[[row]]
id      = "save"
from    = "On"
on      = "saved"
to      = "Off"
do      = ["raise visit.end"]
clauses = ["CS-4.9-B1"]
[[ignored]]
on      = "press"
in      = ["Off"]
because = "no light without a bulb, or in a closed hall"
[[ignored]]
on      = "darken"
in      = ["Off"]
because = "dark already"
"""
VISIT = """
machine    = "visit"
scope      = "transaction"
title      = "Visit"
source     = "none"
persistent = true
[states.New]
means = "about to begin"
[states.Here]
means = "somebody is here"
[states.Gone]
means = "over"
final = true
[events.begin]
means = "light"
from  = "machine"
[events.end]
means = "no light"
from  = "machine"
[[row]]
id      = "begin"
from    = "New"
on      = "begin"
to      = "Here"
clauses = ["CS-4.9-A2"]
[[row]]
id      = "end"
from    = "Here"
on      = "end"
to      = "Gone"
clauses = ["CS-4.9-B1"]
[[impossible]]
on      = "begin"
in      = ["Here", "Gone"]
because = "it begins once"
[[impossible]]
on      = "end"
in      = ["New", "Gone"]
because = "it ends once, and not before it has begun"
"""
SOUND = {"station": STATION, "hall": HALL, "lamp": LAMP, "visit": VISIT}


def written(folder: Path, tables: dict[str, str]) -> Path:
    for name, text in tables.items():
        (folder / f"{name}.toml").write_text(text.lstrip(), encoding="utf-8")
    return folder
