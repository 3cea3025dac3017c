"""Flux: HelmReleases, the ConfigMaps and patches that they take values from, and what a Kustomization puts in."""

from hubimages.references.find.layouts.flux.releases import CONFIG_MAPS as CONFIG_MAPS
from hubimages.references.find.layouts.flux.releases import SIGN as SIGN
from hubimages.references.find.layouts.flux.releases import hubs as hubs
