"""What Handrail decides, without a loop, a clock, a network or an environment."""
