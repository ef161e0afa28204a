"""What the service costs, as ratios measured within one run. `python -m benchmarks` prints them."""
