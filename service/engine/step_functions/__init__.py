"""Answers the operations of Step Functions over moto's interpreter, as AWS answers them."""
