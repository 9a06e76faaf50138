"""One file for each thing outside. None imports another; bootstrap joins them."""
