"""Answers for tasks in place of what they call: by stand-ins, or by mocks of a MockConfigFile."""
