"""Pure decisions over products and categories: values in, a decision out."""
