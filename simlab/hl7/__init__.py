"""HL7 version 2: messages without loss, acknowledgements, MLLP, and durable delivery."""
