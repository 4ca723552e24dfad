"""Pure decisions over stock: values in, a decision out."""
