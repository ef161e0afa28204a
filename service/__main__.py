"""`python -m service` is `handrail`."""

from service.cli import main

main(prog_name="handrail")
