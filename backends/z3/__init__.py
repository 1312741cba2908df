"""Z3, the SMT solver that proves unsatisfiability. Only this package imports z3."""


def limit_memory(mebibytes: int) -> None:
    """Set Z3's memory limit in MiB; Z3 raises an exception beyond it."""
    import z3

    z3.set_param("memory_max_size", mebibytes)
