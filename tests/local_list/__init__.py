"""The local authorization list: what a CSMS can send, what it is told, and whom the list then speaks for.

Online the CSMS is asked unless LocalPreAuthorize says otherwise; offline the list is asked first, then the cache.
"""
