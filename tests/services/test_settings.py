"""What a deployment sets: a wrong value stops the start with a sentence, never later with a surprise."""

from pathlib import Path

import pytest

from fieldvisit import create_app
from fieldvisit.config import Config, ConfigError, load_config, make_keys


def test_no_host_that_people_could_reach_unless_somebody_says_so_aloud() -> None:
    with pytest.raises(ConfigError, match="FIELDVISIT_PILOT=1"):
        Config(host="visits.council.example").check_host()
    Config(host="visits.council.example", pilot=True).check_host()
    Config(host="localhost").check_host()


def test_a_pilot_over_plain_http_does_not_start(tmp_path: Path) -> None:
    make_keys(Config(home=tmp_path))
    with pytest.raises(SystemExit, match="https"):
        create_app(Config(home=tmp_path, host="visits.council.example", pilot=True))


def test_without_keys_the_start_says_which_command_makes_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="fieldvisit init"):
        create_app(Config(home=tmp_path))


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    make_keys(Config(home=tmp_path))
    with pytest.raises(FileExistsError):
        make_keys(Config(home=tmp_path))


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eight thousand")
    with pytest.raises(ConfigError, match="PORT"):
        load_config()


def test_a_face_can_be_served_alone(tmp_path: Path) -> None:
    make_keys(Config(home=tmp_path))
    verify_only = create_app(Config(home=tmp_path), faces=["verify"])
    urls = {str(rule) for rule in verify_only.url_map.iter_rules()}
    assert "/v" in urls
    assert not any(url.startswith(("/office", "/today", "/events", "/sign-in")) for url in urls)
    verify_only.extensions["fv_database"].dispose()
