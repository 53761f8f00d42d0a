"""Bytes of a watch file to an Activity; imports nobody of this project."""
