"""The settings of the embeddings endpoint, which include a secret."""

import pytest
from pydantic import ValidationError

from nearhit_server.settings import Settings


@pytest.mark.parametrize(
    "url",
    [
        *("api.openai.com/v1", "ftp://host/v1", "https://", "https:///v1", "https://host/v1 "),
        *("https://user:secret@host/v1", "https://host/v1?key=secret", "https://host/v1#secret"),
    ],
)
def test_base_url_is_refused_without_being_shown(url):
    with pytest.raises(ValidationError, match="openai_base_url") as refused:
        Settings(openai_base_url=url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "https://host/a/v1/", "http://[::1]:80/v1"]
)
def test_base_url_is_any_http_url(url):
    assert Settings(openai_base_url=url).openai_base_url == url


@pytest.mark.parametrize("key", ["a secret", "secret\n", "sécret"])
def test_key_that_cannot_be_sent_is_refused_without_being_shown(key):
    with pytest.raises(ValidationError, match="openai_api_key") as refused:
        Settings(openai_api_key=key)
    assert "cret" not in str(refused.value)


def test_key_is_read_from_its_variable_and_not_shown(monkeypatch):
    monkeypatch.setenv("NEARHIT_OPENAI_API_KEY", "sk-secret")
    settings = Settings()
    assert settings.openai_api_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in repr(settings)


def test_key_of_other_programs_is_not_taken(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert Settings().openai_api_key is None
