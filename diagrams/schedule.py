"""A plan of charging as a picture: the limit over time, and below it every profile with what it says by itself.

The lanes stand in the order in which they are asked, so the rule can be read off: the first lane from above that has a
limit at a moment has the say among its purpose, and the lowest of the purposes becomes the line. What sets the line is
filled; what is hidden, or higher than another purpose, is pale.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from attrs import field, frozen

from diagrams.graph import Graph, Sign
from diagrams.legend import header
from diagrams.metrics import text_width
from diagrams.xml import document, element, linked, number, text
from model.messages.charging import ChargingProfilePurpose
from model.smart_charging.composite import Period
from model.smart_charging.limits import Installed
from model.smart_charging.plan import Plan
from model.smart_charging.timeline import instant_of

MARGIN, LABELS, WIDTH, HEIGHT = 18.0, 168.0, 720.0, 170.0
LANE, BAR, FOOT = 30.0, 22.0, 26.0
MOST_TICKS = 9
DAY_S: Final = 86_400
HALF_A_YEAR_S: Final = 183 * DAY_S
TICKS_S: Final = (
    *(1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200),
    *(DAY_S * days for days in (1, 2, 7, 30, 90, 365, 730)),
)
STEPS_KW: Final = tuple(Decimal(step) for step in ("0.1", "0.5", "1", "2", "5", "10", "20", "50", "100", "500"))
MOST_LINES = 6
PURPOSES: Final = (
    ChargingProfilePurpose.CHARGE_POINT_MAX_PROFILE,
    ChargingProfilePurpose.TX_PROFILE,
    ChargingProfilePurpose.TX_DEFAULT_PROFILE,
)
LEGEND = (
    Sign("good-box", "sets the limit"),
    Sign("absent", "is hidden, or not the lowest"),
)


@frozen
class Chart:
    """A plan, and where on the paper its seconds and its watts lie."""

    plan: Plan
    periods: tuple[Period, ...] = field()
    top_w: Decimal = field()

    @periods.default
    def _walk(self) -> tuple[Period, ...]:
        return self.plan.periods()

    @top_w.default
    def _most(self) -> Decimal:
        """The highest limit of the line, or 1 kW for one that lies at 0."""
        return max((one.limit_w for one in self.periods if one.limit_w), default=Decimal(1000))

    def x(self, second: int) -> float:
        """Seconds after the window's start."""
        return LABELS + WIDTH * second / self.plan.seconds

    def y(self, limit_w: Decimal) -> float:
        """A limit in W; a twelfth of the height stays free above the highest."""
        return HEIGHT - float(limit_w / self.top_w) * HEIGHT * 11 / 12

    @property
    def lanes(self) -> list[Installed]:
        """The profiles that bear on the plan, in the order in which they are asked."""
        here = (0, self.plan.connector) if self.plan.connector else (0, *self.plan.site.connectors)
        shown = [one for one in self.plan.installed if one.connector in here]
        return sorted(shown, key=lambda one: (PURPOSES.index(one.purpose), -one.level, -one.connector))


def draw_plan(plan: Plan, name: str, title: str, says: str = "") -> str:
    """The SVG file. Raises TooManyBoundariesError, ValueError for a window without length."""
    if plan.seconds <= 0:
        raise ValueError(f"a window of {plan.seconds} s has nothing to draw; give it a length")
    chart = Chart(plan)
    of = f"connector {plan.connector}" if plan.connector else "the station"
    begun = f"; transaction from {instant_of(plan.began_s):%Y-%m-%d %H:%M:%S}"
    subtitle = f"limit of {of}{begun if any(_counts(one) for one in chart.lanes) else ''}"
    graph = Graph(name, title, says or subtitle, subtitle, nodes=(), edges=(), legend=LEGEND)
    width = LABELS + WIDTH
    head, head_height, head_width = header(graph, width)
    size = (max(width, head_width) + 3 * MARGIN, head_height + HEIGHT + FOOT + LANE * len(chart.lanes) + 3 * MARGIN)
    body = element("g", *_parts(chart), transform=f"translate({number(MARGIN)} {number(MARGIN + head_height)})")
    head = element("g", head, transform=f"translate({number(MARGIN)} {number(MARGIN)})")
    return document(name, title, f"{says} {subtitle}.".strip(), size, (head, body))


def _counts(one: Installed) -> bool:
    """Whether the transaction's start matters to it."""
    schedule = one.profile.charging_schedule
    return one.profile.charging_profile_kind == "Relative" or schedule.start_schedule is None


def _parts(chart: Chart) -> Iterator[str]:
    yield from _grid(chart)
    yield from _line(chart)
    for nth, lane in enumerate(chart.lanes):
        yield from _lane(chart, lane, HEIGHT + FOOT + LANE * nth)


# ---- the grid -------------------------------------------------------------------------------------------------


def _grid(chart: Chart) -> Iterator[str]:
    bottom = HEIGHT + FOOT + LANE * len(chart.lanes)
    yield _small(f"{instant_of(chart.plan.from_s):%Y-%m-%d}, UTC", 0, HEIGHT + 15)
    for second in _ticks(chart.plan):
        x = chart.x(second)
        yield element("line", x1=x, x2=x, y1=0, y2=bottom, class_="rule")
        yield _small(_tick_text(chart.plan, second), x, HEIGHT + 15, anchor="middle")
    for kilowatts in _watts(chart):
        y = chart.y(kilowatts * 1000)
        yield element("line", x1=LABELS, x2=LABELS + WIDTH, y1=y, y2=y, class_="rule")
        yield _small(f"{kilowatts:f} kW", LABELS - 6, y + 3, anchor="end")


def _ticks(plan: Plan) -> Iterator[int]:
    """Full seconds, minutes, hours or days, as many as there is space for."""
    every_s = next((step for step in TICKS_S if plan.seconds / step <= MOST_TICKS), plan.seconds)
    first = -plan.from_s % every_s
    yield from range(first, plan.seconds + 1, every_s)


def _tick_text(plan: Plan, second: int) -> str:
    instant = instant_of(plan.from_s + second)
    if (plan.from_s + second) % DAY_S == 0:
        return f"{instant:%d %b %Y}" if plan.seconds > HALF_A_YEAR_S else f"{instant:%a %d %b}"
    return f"{instant:%H:%M:%S}" if instant.second else f"{instant:%H:%M}"


def _watts(chart: Chart) -> Iterator[Decimal]:
    """Levels in kW, as many as there is space for."""
    most_kw = chart.top_w / 1000
    step = next((one for one in STEPS_KW if most_kw / one <= MOST_LINES), most_kw)
    level = Decimal(0)
    while level <= most_kw:
        yield level
        level += step


def _small(content: str, x: float, y: float, anchor: str = "start") -> str:
    return element("text", element("tspan", text(content), class_="small"), x=x, y=y, text_anchor=anchor)


# ---- the line -------------------------------------------------------------------------------------------------


def _line(chart: Chart) -> Iterator[str]:
    """The limit: a step at each boundary, with its value where there is space."""
    points: list[tuple[float, float]] = []
    for period, end_s in chart.plan.ends(chart.periods):
        left, right, y = chart.x(period.start_s), chart.x(end_s), chart.y(period.limit_w or Decimal(0))
        points += [(left, y), (right, y)]
        yield element("rect", x=left, y=y, width=right - left, height=HEIGHT - y, class_="good-box")
        label = _kilowatts(period.limit_w)
        if text_width(label) + 6 <= right - left:
            yield element("text", text(label), x=left + 4, y=max(y - 4, 9))
    path = " L".join(f"{number(x)},{number(y)}" for x, y in points)
    yield element("path", d=f"M{path}", class_="edge limit")


def _kilowatts(limit_w: Decimal | None) -> str:
    return "no limit" if limit_w is None else f"{(limit_w / 1000).normalize():f} kW"


# ---- the lanes ------------------------------------------------------------------------------------------------


def _lane(chart: Chart, lane: Installed, y: float) -> Iterator[str]:
    profile = lane.profile
    place = f"connector {lane.connector}" if lane.connector else "station"
    yield element("text", element("tspan", text(str(lane.purpose)), class_="rowid"), x=0, y=y + 12)
    yield _small(f"level {lane.level}, {place}, id {profile.charging_profile_id}", 0, y + 24)
    for period, end_s in chart.plan.ends(chart.plan.alone(profile)):
        if period.limit_w is not None:
            yield from _bars(chart, period, end_s, y)


def _bars(chart: Chart, said: Period, end_s: int, y: float) -> Iterator[str]:
    """One step of one profile: pale, with the parts filled in which it sets the line."""
    left, right = chart.x(said.start_s), chart.x(end_s)
    label = _kilowatts(said.limit_w)
    bar = element("rect", x=left, y=y + 4, width=right - left, height=BAR, class_="absent")
    for period, until_s in chart.plan.ends(chart.periods):
        start, stop = max(period.start_s, said.start_s), min(until_s, end_s)
        if start < stop and period.by is not None and period.by == said.by:
            bar += element(
                "rect", x=chart.x(start), y=y + 4, width=chart.x(stop) - chart.x(start), height=BAR, class_="good-box"
            )
    bar += element("rect", x=left, y=y + 4, width=right - left, height=BAR, class_="ring")
    if text_width(label) + 6 <= right - left:
        bar += element("text", text(label), x=left + 4, y=y + 19)
    yield linked(bar, f"{label}, {end_s - said.start_s} s")
