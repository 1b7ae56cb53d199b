"""The floor: the least that Django can do for a page and for a guarded write.

It is pinned (``benchmarks.floor.pin``): whoever changes it changes the measure of every figure that
was ever compared with it, and has to say so.
"""
