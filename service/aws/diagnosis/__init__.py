"""Gathers the facts that `core/diagnosis` judges. Nothing here changes anything in AWS."""
