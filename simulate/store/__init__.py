"""Storage of run files: one protocol, on this machine's disk or at any address known to fsspec."""
