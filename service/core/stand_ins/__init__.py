"""What answers for a task instead of what it calls, and the cases that hold such answers."""
