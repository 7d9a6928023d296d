"""What the service promises about faults, tried on the real program. `docs/reliability.md` has the long forms."""
