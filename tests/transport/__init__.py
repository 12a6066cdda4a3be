"""The websocket to the CSMS, against real servers on loopback: the library's own, and raw sockets that misbehave."""
