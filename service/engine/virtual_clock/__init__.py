"""Every wait of the engine goes by one clock: real time, faster time, or time that jumps."""
