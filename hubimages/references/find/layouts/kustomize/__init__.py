"""Kustomize: what a kustomization takes in, with the charts that it renders, and what its patches override."""

from hubimages.references.find.layouts.kustomize.kustomizations import all_of as all_of
from hubimages.references.find.layouts.kustomize.kustomizations import chain as chain
from hubimages.references.find.layouts.kustomize.kustomizations import hubs as hubs
from hubimages.references.find.layouts.kustomize.kustomizations import layers_of as layers_of
from hubimages.references.find.layouts.kustomize.kustomizations import of_folder as of_folder
from hubimages.references.find.layouts.kustomize.kustomizations import patches_of as patches_of
from hubimages.references.find.layouts.kustomize.kustomizations import roots as roots
from hubimages.references.find.layouts.kustomize.kustomizations import runs_hub as runs_hub
