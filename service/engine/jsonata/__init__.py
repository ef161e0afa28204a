"""JSONata as Step Functions evaluates it: the language of JSONata 2.0.6, as its reference
implementation (https://github.com/jsonata-js/jsonata) has it, with functions of Step Functions' own
and bounds. The library underneath is jsonata-python; what it does otherwise is mended here."""
