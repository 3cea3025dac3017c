"""What the sessions of noxfile.py do, one file for each part: nothing here needs to be changed to change the image.

image_name.py   which names a registry takes
settings.py     is everything set up, and the login
building.py     repo2docker, and the build cache
registry.py     what the registry has; push, and make sure of what was pushed
report.py       what was made, for the page of the run
programs.py     docker and git
"""
