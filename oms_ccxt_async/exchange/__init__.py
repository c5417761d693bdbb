"""What users call: the class `oms`, made of layers: base, reading, trading, positions."""
