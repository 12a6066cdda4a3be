"""The control interface: actions on the hardware, and what can be seen of the station, as HTTP and WebSocket.

It is for a person who tries things, for the live page, and for other people's test suites. It goes to the simulated
hardware (``runtime/adapters/charger.py``) and never around it: a plug that goes in here is the plug that the station
sees. Loaded only where ``--control`` asks for it.

    access    which requests are let in: bodies of a bounded size, no foreign Origin, no foreign Host
    exchange  how long a request may take, and how many connections there may be
    requests  the bodies of requests: one attrs class for each
    actions   one small function for each action
    answers   what came of an action: a verdict at the reader, an answer of the CSMS
    snapshot  the state as JSON
    watch     what happens: rows and frames, sent to the listeners
    place     the address, in a file of the data directory
    serve     the routes, and the server in the station's own loop
"""
