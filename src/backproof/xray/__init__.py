"""The X-ray: the computational graph with the value going forward and the gradient coming back on every edge."""
