"""A bucket of this machine: moto's server, on a port that is free."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldvisit.config import Config
from fieldvisit.evidence.store import Bucket, store_of


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[Config]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    config = Config.model_construct(
        home=Path("nowhere"), s3_bucket="evidence", s3_endpoint=f"http://{host}:{port}", s3_region="eu-west-2",
        s3_key_id="a key", s3_secret=Config(s3_secret="a secret", _env_file=None).s3_secret,
    )  # fmt: skip
    found = store_of(config)
    assert isinstance(found, Bucket)
    found._client.create_bucket(Bucket="evidence", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    yield config
    server.stop()
