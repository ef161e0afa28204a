"""What tests of one's own use: a pytest plugin, and the engine behind it."""
