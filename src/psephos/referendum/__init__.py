"""What was asked and what follows from it: the definition, the rule, the outcome. Pure."""
