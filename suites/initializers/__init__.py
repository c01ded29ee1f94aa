"""The initializers, bound to their claims, to torch and to wrong subjects."""
