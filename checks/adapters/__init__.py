"""The adapters: the only modules of the checks that know a framework."""
