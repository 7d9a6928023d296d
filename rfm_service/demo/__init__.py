"""A shop that never existed, and a 1C server that serves it, with faults on request."""
