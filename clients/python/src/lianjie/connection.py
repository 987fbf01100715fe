"""The channel to a server, and how calls go over it."""

from __future__ import annotations

import pathlib
from typing import Any

import grpc

from . import errors

# Answers come in batches of about 1 MiB; a page or a list of bad rows may have 3 MiB.
_MAX_MESSAGE_BYTES = 64 << 20


def _bytes(value: str | pathlib.Path | bytes | None) -> bytes | None:
    return value if value is None or isinstance(value, bytes) else pathlib.Path(value).read_bytes()


def open_channel(
    address: str,
    *,
    ca: str | pathlib.Path | bytes | None,
    certificate: str | pathlib.Path | bytes | None,
    key: str | pathlib.Path | bytes | None,
    tls: bool,
    token: str | None,
) -> grpc.Channel:
    """A channel: plain unless tls, ca or certificate is given."""
    options = [
        ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
        ("grpc.primary_user_agent", "lianjie-python"),
    ]
    if (certificate is None) != (key is None):
        raise ValueError("certificate and key are given together")
    if not (tls or ca is not None or certificate is not None):
        if token is not None:
            raise ValueError("a token is sent over TLS alone; give ca or tls=True")
        return grpc.insecure_channel(address, options)
    credentials = grpc.ssl_channel_credentials(_bytes(ca), _bytes(key), _bytes(certificate))
    if token is not None:
        credentials = grpc.composite_channel_credentials(credentials, grpc.access_token_call_credentials(token))
    return grpc.secure_channel(address, credentials, options)


def unary(method: grpc.UnaryUnaryMultiCallable, request: Any, timeout: float | None) -> Any:
    """One request, one answer; LianjieError when it is refused."""
    try:
        return method(request, timeout=timeout)
    except grpc.RpcError as error:
        raise errors.from_rpc(error) from None
