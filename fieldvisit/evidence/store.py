"""Where finished pictures lie, encrypted: a folder of this home, or a bucket (security.md 5.2).

Each is named by the SHA-256 of its own ciphertext and written once: what has a name is whole, and no name is ever
written over. Neither way knows what is in it, or whose it is.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from fieldvisit.config import Config, ConfigError
from fieldvisit.evidence.service import make_folders, path_of, sync_folder


class StoreAwayError(Exception):
    """The store cannot be reached now. The text names the error, never a picture."""


class NotThereError(Exception):
    """There is nothing of that name, or it is no longer what its name says."""


class Store(Protocol):
    """Every method raises StoreAwayError where the store cannot be reached (OSError, where that is this disk)."""

    def put(self, blob: bytes) -> str:
        """Its name. When this returns, the bytes are safe."""

    def get(self, name: str) -> bytes:
        """Raises NotThereError."""

    def has(self, name: str) -> bool:
        """Something of that name is there; `get` says whether it is whole."""

    def remove(self, name: str) -> None:
        """What is gone already is no error."""


def store_of(config: Config) -> Store:
    """Raises ConfigError."""
    if not config.s3_bucket:
        return Folder(config.evidence)
    return Bucket(_client(config.s3_endpoint, config.s3_region, config.s3_key_id, config.s3_says()), config.s3_bucket)


def name_of(blob: bytes) -> str:
    return hashlib.sha256(blob).hexdigest()


def _insist(name: str, blob: bytes) -> bytes:
    if name_of(blob) != name:
        raise NotThereError("its file was changed")
    return blob


class Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, blob: bytes) -> str:
        name = name_of(blob)
        path = path_of(self._root, name)
        make_folders(self._root, path.parent)
        beside = path.with_name(f"{name}.{secrets.token_hex(8)}")  # a kill leaves it, and the sweep finds it
        try:
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
            with os.fdopen(handle, "wb") as file:
                file.write(blob)
                file.flush()
                os.fsync(file.fileno())
            os.link(beside, path)
        except FileExistsError:
            pass  # the same bytes, or they would have another name
        finally:
            beside.unlink(missing_ok=True)
        sync_folder(path.parent)
        return name

    def get(self, name: str) -> bytes:
        try:
            return _insist(name, path_of(self._root, name).read_bytes())
        except FileNotFoundError:
            raise NotThereError("its file is not here") from None

    def has(self, name: str) -> bool:
        return path_of(self._root, name).exists()

    def remove(self, name: str) -> None:
        path = path_of(self._root, name)
        try:
            path.unlink()
        except FileNotFoundError:
            return
        sync_folder(path.parent)


class Bucket:
    """client: of boto3, for one endpoint and region. The bucket is there already, and nobody else may read it."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def put(self, blob: bytes) -> str:
        name = name_of(blob)
        with _reached():
            try:
                self._client.put_object(Bucket=self._bucket, Key=_key(name), Body=blob, IfNoneMatch="*")
            except self._client.exceptions.ClientError as error:
                if _status(error) != 412:  # it is there already: the same bytes, or they would have another name
                    raise
        return name

    def get(self, name: str) -> bytes:
        with _reached():
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=_key(name))
                return _insist(name, found["Body"].read())
            except self._client.exceptions.NoSuchKey:
                raise NotThereError("it is not in the bucket") from None

    def has(self, name: str) -> bool:
        with _reached():
            try:
                self._client.head_object(Bucket=self._bucket, Key=_key(name))
            except self._client.exceptions.ClientError as error:
                if _status(error) != 404:
                    raise
                return False
        return True

    def remove(self, name: str) -> None:
        with _reached():
            self._client.delete_object(Bucket=self._bucket, Key=_key(name))


def _key(name: str) -> str:
    return f"{name[:2]}/{name[2:4]}/{name}"


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


@contextmanager
def _reached() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ClientError as error:
        raise StoreAwayError(
            f"the bucket answered {error.response.get('Error', {}).get('Code', _status(error))}"
        ) from None
    except (BotoCoreError, HTTPError) as error:
        raise StoreAwayError(f"the bucket cannot be reached ({type(error).__name__})") from None


@lru_cache(maxsize=4)
def _client(endpoint: str, region: str, key_id: str, secret: str) -> Any:
    """One for each process: threads may share it. Without a key of ours, boto3 looks where it always does.

    Raises ConfigError."""
    try:
        import boto3
        from botocore.config import Config as Limits
    except ModuleNotFoundError:
        raise ConfigError("FIELDVISIT_S3_BUCKET is set, and boto3 is not installed: make s3") from None
    limits = Limits(connect_timeout=5, read_timeout=20, retries={"max_attempts": 2, "mode": "standard"})
    return boto3.client(
        "s3", endpoint_url=endpoint or None, region_name=region or None, aws_access_key_id=key_id or None,
        aws_secret_access_key=secret or None, config=limits,
    )  # fmt: skip
