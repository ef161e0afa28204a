"""Kills the process that tells news, at each of its awaits, and looks at what the receiver heard.

`python -m tests.killed_news` plays every moment of many seeds; the suite plays some of them."""
