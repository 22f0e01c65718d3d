"""Checks of how a network is trained: the loss, its gradients, its steps."""
