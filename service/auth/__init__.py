"""Sets authentication up: by the settings, and the issuer's keys over HTTP."""
