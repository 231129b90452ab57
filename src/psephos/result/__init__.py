"""What people read once a vote is over: pages and papers that are made from a verified record, and say nothing else."""
