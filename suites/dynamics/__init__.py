"""The reference optimizers, objectives and layers in motion, held to what lectures claim of them."""
