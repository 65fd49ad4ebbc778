"""`fieldvisit purge`."""

import argparse
import sys

from fieldvisit.config import load_config
from fieldvisit.db import Database
from fieldvisit.evidence.store import store_of
from fieldvisit.ground.clock import london_date, now
from fieldvisit.ground.policy import load_policy
from fieldvisit.ground.roles import PURGING
from fieldvisit.outbox import purging


def purge(told: argparse.Namespace) -> int:
    config, at = load_config(), now()
    policy, database = load_policy(config.policy_name), Database(config.url)
    try:
        if told.dry_run:
            with database.reading(PURGING) as session:
                for line in purging.lines(purging.schedule(session, policy), london_date(at)):
                    print(line)
            return 0
        after, deleted, stuck, store = "", 0, 0, store_of(config)
        while True:
            done = purging.purge_some(database, config.attachments, store, policy, at, after)
            after, deleted, stuck = done.after, deleted + done.deleted, stuck + done.stuck
            if not after:
                break
    finally:
        database.dispose()
    print(f"{deleted} deleted.")
    if stuck:
        print(f"{stuck} could not be deleted: see the log. They are tried again tomorrow.", file=sys.stderr)
    return 1 if stuck else 0
