"""Hubs whose users build their own image: make one, check one, try one out before it is deployed."""
