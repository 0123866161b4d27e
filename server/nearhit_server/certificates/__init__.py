"""TLS: what the server shows its callers, whom it lets in, and how both change while it runs."""

from nearhit_server.certificates.loading import CertificateError, CertificateFiles
from nearhit_server.certificates.reloading import Certificates, open_certificates

__all__ = ["CertificateError", "CertificateFiles", "Certificates", "open_certificates"]
