"""The bindings: subjects bound to rules and claims, the runner, the command line, and the tests of the project."""
