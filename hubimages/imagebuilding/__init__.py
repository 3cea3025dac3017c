"""Hubs on which users build their own images: make one, check one, try one before it is deployed."""
