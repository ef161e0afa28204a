"""JSONPath as Jayway JsonPath has it, whose rules AWS follows: it differs from RFC 9535 in what a
path to one place gives, in its functions and in the operators of its filters."""
