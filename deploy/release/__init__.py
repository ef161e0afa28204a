"""Makes what is published: the sdist and the wheel."""
