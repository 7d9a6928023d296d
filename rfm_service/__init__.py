"""Every night: sales out of 1C:ERP, customers into segments, a report into the managers' folder."""

__version__ = "0.1.0"
