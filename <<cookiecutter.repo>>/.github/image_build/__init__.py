"""The code behind the sessions of noxfile.py. You need not edit it to change the image.

image_name.py   which names each registry accepts
settings.py     checks that everything is set up, and logs in
sources.py      checks that the files to build from are complete
changes.py      finds pull requests that need no build
linting.py      finds mistakes without a build
building.py     runs repo2docker, with the build cache
load.py         gets the image from a builder elsewhere
registry.py     asks the registry, pushes, and checks what was pushed
network.py      repeats what a registry did not answer properly
visibility.py   finds out whether everybody can pull the image
packages.py     lists the packages in an image
refresh.py      finds out whether there are newer packages
sizes.py        finds out how much nodes pull, and keeps to the limit
report.py       reports what was built
programs.py     runs docker and git
"""
