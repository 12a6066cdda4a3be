"""The main job, shown: a charging session that is killed in its middle and comes back, between real processes.

    children   the processes, and what they say
    csms       the central system's process: what it saw, and what it is made to call
    box        the station's process, and the client of its control interface
    story      what happens, step by step, each with what has to follow and by when
    verdict    what the central system has to have seen, as exact checks on its frames
    screen     what the terminal shows: a live table, or plain lines
    pictures   what stays behind in ./demo-output/

Nothing here waits without a bound, and what did not come is said in one sentence: what was awaited, what was seen last.
"""
