"""Certify the algorithms that train neural networks: `fiducial.certify`, `python -m fiducial`."""
