"""Decides who may do what: principals, origins, signed links and webhook secrets."""
