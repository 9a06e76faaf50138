"""The life of a statement: drafted, submitted, approved, published. An approval is for exact bytes."""
