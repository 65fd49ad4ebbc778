"""A made-up council to try everything on: `fieldvisit demo`. Nobody in it exists; its log is made by the real door.

The same seed, day and time of day give the same names, addresses, visits, states and times. Ids, visit references,
keys and the password are random each time: ids that could be told beforehand would open doors elsewhere.
"""
