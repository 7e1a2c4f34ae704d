"""Engines: `map(task, shards)` yields each shard with its result, in any order, in this process or others."""
