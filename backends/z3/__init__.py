"""Z3: the judge of what cannot be. Only this package imports z3."""


def limit_memory(mebibytes: int) -> None:
    """Have Z3 raise an exception when it takes more."""
    import z3

    z3.set_param("memory_max_size", mebibytes)
