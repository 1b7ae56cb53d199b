"""What the portal costs and withstands, measured beside a floor in the same run.

``python -m benchmarks`` (``make bench``) runs everything; ``python -m benchmarks --help`` lists the
parts. Figures of one machine mean little elsewhere: compare the ratios, which are taken between
processes that took turns on the same machine with the same server settings.
"""
