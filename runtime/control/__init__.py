"""The control interface: what a hand could do to the box, and what an eye could see of it, as HTTP and WebSocket.

It is for a person who tries things, for the live page, and for other people's test suites. It goes to the simulated
hardware (``runtime/adapters/charger.py``) and never around it: a plug that goes in here is the plug that the station
sees. Loaded only where ``--control`` asks for it.

    gate      who may come in: bodies of a bounded size, no foreign Origin, no foreign Host
    bodies    what may be said: one attrs class for each body
    hand      what can be done: one small function for each action
    sight     what can be seen: the state as JSON
    watch     what happens: rows and frames to those who listen
    serve     the routes, and the server in the station's own loop
"""
