// The tables are all that moves on these pages.
