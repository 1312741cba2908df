"""The compiler: typed IR, lowering, matcher, explanations."""
