"""Engines: `map(task, shards)` gives each shard with its result, in any order, here or elsewhere."""
