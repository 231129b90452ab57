"""The oracle: a slow second implementation of the Belenios protocol, version 1, for tests only.

Plain integers, the standard library, and AES-GCM of a library. It imports nothing from `psephos` or its kernel, so
an agreement between the two is worth something. Modules are named after the stages of an election.
"""
