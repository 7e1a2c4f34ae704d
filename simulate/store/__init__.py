"""Where files of a run are kept: one protocol, on this machine's disk or at any address that fsspec knows."""
