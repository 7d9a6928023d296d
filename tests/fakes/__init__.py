"""Servers that behave like the real ones, over real HTTP on this machine."""
