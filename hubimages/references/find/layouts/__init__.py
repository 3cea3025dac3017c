"""The layouts of deployment repositories: what says which hubs there are, and which values each hub gets."""
