"""Step Functions' operations, answered over moto's interpreter as AWS answers them."""
