"""The parts of the benchmark, each a function of a ``Session`` that returns what JSON can hold."""
