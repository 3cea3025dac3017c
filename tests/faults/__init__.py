"""Every task that writes, stopped in every way at moments spread over its run: all of it, or nothing."""
