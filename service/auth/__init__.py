"""What authentication needs from outside: the issuer's keys over HTTP, and the settings' wishes."""
