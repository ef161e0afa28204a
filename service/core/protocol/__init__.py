"""The wire protocol `handrail.v1`: messages, rules, documents and close codes."""
