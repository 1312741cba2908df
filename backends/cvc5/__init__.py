"""cvc5: a second judge. Only this package imports cvc5, which the extra of that name installs."""
