"""The HTTP door: routers, wire models, problems. It opens transactions and speaks the contract; it computes nothing."""
