"""The authorization cache: what the station learns of id tags, how long it holds, and who makes space for whom.

Online the CSMS is asked unless LocalPreAuthorize says otherwise; offline the cache speaks where the list is silent.
"""
