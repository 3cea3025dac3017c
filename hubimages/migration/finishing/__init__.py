"""Take images that have moved out of the deployment repository: the plan of finish-migration, and what it edits."""
