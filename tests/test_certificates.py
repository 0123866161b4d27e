"""TLS on both ports: what is shown, who is let in, and how that changes under way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from nearhit_server.certificates import (
    CertificateError,
    CertificateFiles,
    open_certificates,
    reloading,
)
from polling import until
from tls_files import Authority, MountedSecret, encrypted, write_pair
from tls_ports import grpc_port, http_port

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(days=30)
OFTEN_SECONDS = 0.01

authority = Authority()
other_authority = Authority()


@pytest.fixture(params=[grpc_port, http_port], ids=["grpc", "http"])
def open_port(request):
    return request.param


@pytest.fixture
def secret(tmp_path):
    return MountedSecret(tmp_path / "tls")


class WatchedPath(type(Path())):
    """A path that knows how often it was read, and may look different each time."""

    reads = 0
    changing = False

    def read_bytes(self):
        self.reads += 1
        return super().read_bytes() + b"\n" * (self.reads if self.changing else 0)

    async def to_be_read(self, times):
        before = self.reads
        await until(lambda: self.reads >= before + times)


def followed(files, told=None):
    """The certificates of `files`; `told` gets what each loading tells."""
    on_loaded = [].append if told is None else told.append
    return open_certificates(files, on_loaded=on_loaded, interval_seconds=OFTEN_SECONDS)


async def test_new_connections_are_shown_the_renewed_certificate_and_old_ones_stay(
    open_port, secret
):
    told = []
    files = secret.publish(authority.issue())
    async with (
        followed(files, told) as certificates,
        open_port(certificates) as port,
        port.connect(authority.pem, None) as ask_as_before,
    ):
        await ask_as_before()

        secret.publish(other_authority.issue())
        await until(lambda: len(told) == 2)

        assert await port.answers(other_authority.pem)
        assert not await port.answers(authority.pem)
        await ask_as_before()


async def test_client_is_let_in_with_a_certificate_of_the_required_authority_alone(
    open_port, secret
):
    files = secret.publish(authority.issue(), authority.pem)
    async with followed(files) as certificates, open_port(certificates) as port:
        assert await port.answers(authority.pem, authority.issue("client.example"))
        assert not await port.answers(authority.pem, other_authority.issue("client.example"))
        assert not await port.answers(authority.pem)


async def test_client_is_refused_when_its_authority_was_withdrawn(open_port, secret):
    told = []
    client, other_client = authority.issue("a.example"), other_authority.issue("b.example")
    pair = authority.issue()
    files = secret.publish(pair, authority.pem)
    async with followed(files, told) as certificates, open_port(certificates) as port:
        assert await port.answers(authority.pem, client)

        secret.publish(pair, other_authority.pem)
        await until(lambda: len(told) == 2)

        assert not await port.answers(authority.pem, client)
        assert await port.answers(authority.pem, other_client)


def missing_key(certificate, key):
    key.unlink()
    return "No such file"


def key_of_another(certificate, key):
    key.write_bytes(authority.issue().key)
    return "is not the key of"


def encrypted_key(certificate, key):
    key.write_bytes(encrypted(key.read_bytes()))
    return "is encrypted"


def half_a_certificate(certificate, key):
    content = certificate.read_bytes()
    certificate.write_bytes(content[: len(content) // 2])
    return "in PEM"


def no_certificate(certificate, key):
    certificate.write_bytes(b"\xff nonsense")
    return "in PEM"


def expired(certificate, key):
    write_over(certificate, key, authority.issue(not_after=NOW - timedelta(hours=1)))
    return "certificate has expired"


def not_valid_yet(certificate, key):
    pair = authority.issue(not_before=NOW + timedelta(hours=1), not_after=SOON)
    write_over(certificate, key, pair)
    return "certificate is not yet valid"


def write_over(certificate, key, pair):
    certificate.write_bytes(pair.certificate)
    key.write_bytes(pair.key)


BREAKAGES = [
    *(missing_key, key_of_another, encrypted_key, half_a_certificate, no_certificate),
    *(expired, not_valid_yet),
]


@pytest.mark.parametrize("broken_by", BREAKAGES)
async def test_start_fails_with_one_sentence_when_files_are_of_no_use(tmp_path, broken_by):
    certificate, key = write_pair(tmp_path, authority.issue())
    complaint = broken_by(certificate, key)

    with pytest.raises(CertificateError, match=complaint) as failure:
        async with followed(CertificateFiles(certificate, key)):
            pass

    assert str(tmp_path) in str(failure.value)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAA\n"])
async def test_start_fails_with_one_sentence_when_client_authorities_are_of_no_use(
    tmp_path, content
):
    client_ca = tmp_path / "ca.crt"
    client_ca.write_bytes(content)
    files = CertificateFiles(*write_pair(tmp_path, authority.issue()), client_ca)

    with pytest.raises(CertificateError, match=r"tls_client_ca .*ca\.crt does not hold"):
        async with followed(files):
            pass


@pytest.mark.parametrize("broken_by", BREAKAGES)
async def test_old_certificate_stays_when_the_new_one_is_of_no_use(tmp_path, broken_by):
    told = []
    certificate, key = write_pair(tmp_path, authority.issue())
    watched = WatchedPath(certificate)
    with capture_logs() as logs:
        async with (
            followed(CertificateFiles(watched, key), told) as certificates,
            http_port(certificates) as port,
        ):
            complaint = broken_by(certificate, key)
            await until(lambda: bool(logs))
            await watched.to_be_read(times=5)
            # Once, however often it is looked at.
            (line,) = logs
            assert (line["log_level"], complaint in line["error"]) == ("error", True)
            assert await port.answers(authority.pem)

            write_over(certificate, key, other_authority.issue())
            await until(lambda: len(told) == 2)

            assert await port.answers(other_authority.pem)
    assert logs[-1]["event"] == "certificate reloaded"


async def test_start_fails_when_files_change_while_they_are_read(tmp_path):
    certificate, key = write_pair(tmp_path, authority.issue())
    watched = WatchedPath(certificate)
    watched.changing = True

    with pytest.raises(CertificateError, match="changed while it was read"):
        async with followed(CertificateFiles(watched, key)):
            pass


async def test_files_are_left_alone_while_they_are_being_written(tmp_path):
    told = []
    certificate, key = write_pair(tmp_path, authority.issue())
    watched = WatchedPath(certificate)
    with capture_logs() as logs:
        async with followed(CertificateFiles(watched, key), told):
            watched.changing = True
            await watched.to_be_read(times=10)
            assert (len(told), logs) == (1, [])

            watched.changing = False
            write_over(certificate, key, authority.issue())
            await until(lambda: len(told) == 2)


async def test_renewal_is_not_missed_when_the_one_before_hit_a_bug(secret, monkeypatch):
    told = []
    files = secret.publish(authority.issue())
    async with followed(files, told):
        with capture_logs() as logs, monkeypatch.context() as patch:
            patch.setattr(reloading, "load_identity", lambda _: 1 / 0)
            secret.publish(authority.issue())
            await until(lambda: bool(logs))
        secret.publish(authority.issue())
        await until(lambda: len(told) == 2)

    assert logs[0]["exc_info"]


async def test_end_of_the_certificate_is_told_at_each_loading(secret):
    told = []
    files = secret.publish(authority.issue(not_after=SOON))
    async with followed(files, told) as certificates:
        assert told == [certificates.expires_at] == [SOON]

        secret.publish(authority.issue(not_after=SOON + timedelta(days=90)))
        await until(lambda: len(told) == 2)

        assert told[1] == certificates.expires_at == SOON + timedelta(days=90)
