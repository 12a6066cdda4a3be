"""Campaigns: a real station process, treated badly at random for as long as one likes, and judged from outside.

A campaign is many *runs*. A run is one station with one data directory and one scripted CSMS, and everything random in
it comes from the seed; only the moments at which things happen are the machine's. What the station did is judged by
what the CSMS has recorded, as its operator would. The first violation ends the campaign, with a report that says how to
run it again; its data directory, log and record are kept.

    csms      the scripted CSMS, and its record
    station   the process under test, sound or sabotaged
    judge     what has to hold of every record
    accepted  what the station has promised to remember
    sessions  what a driver, a box and a CSMS do in between
    campaign  runs side by side, progress, the report
    kills, frames, half_open, damage: the campaigns; `python -m tests.campaigns --help`
    sabotage  stations that are wrong in one way, to show that the campaigns see
"""
