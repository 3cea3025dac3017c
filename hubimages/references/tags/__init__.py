"""The tags of one image in its registry: which hubs run them, ran them, or will lose them."""
