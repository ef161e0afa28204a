"""What a distributed Map does: its fields, where its items come from and its results go, and the
Map Run that has one child execution an item, or a batch of them. moto has none of it."""
