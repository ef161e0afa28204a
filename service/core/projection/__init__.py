"""The fold of history events into what people ask for; `service.core.history` is its door."""
