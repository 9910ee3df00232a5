"""Construction plans (建设方案): their rules, their views, their gRPC methods."""
