"""Image repositories at a glance: which template they have, their newest image, who runs it, and what is open."""
