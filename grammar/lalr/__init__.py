"""The LALR driver and its precompiled tables."""
