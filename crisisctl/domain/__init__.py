"""The rules of a crisis room. Pure: no input or output, no clock, no randomness."""
