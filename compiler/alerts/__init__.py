"""Alerts: which of many rules fire on which events of a stream."""
