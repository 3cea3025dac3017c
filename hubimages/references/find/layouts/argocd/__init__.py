"""Argo CD: Applications, the ApplicationSets that make them, and the program that updates their images."""

from hubimages.references.find.layouts.argocd.applications import hubs as hubs
from hubimages.references.find.layouts.argocd.generators import SIGN as SIGN
from hubimages.references.find.layouts.argocd.image_updater import PREFIX as PREFIX
