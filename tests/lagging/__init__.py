"""AWS's reads lag its writes: the same things done over every route and transport, with a lag and
without. `python -m tests.lagging --seconds 0.3 2 8` prints what each came to."""
