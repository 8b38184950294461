"""The early warning beside what people use instead, on worlds in which it is known what happened."""
