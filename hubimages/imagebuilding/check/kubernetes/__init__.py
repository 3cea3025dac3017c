"""What Kubernetes makes of rendered objects, and of the pods of user servers."""
