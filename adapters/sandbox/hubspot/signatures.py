"""How HubSpot signs a webhook: v3 and, beside it, v1 (facts/hubspot.md §6.3)."""

import base64
import hashlib
import hmac
import re
from urllib.parse import unquote

_DECODED = re.compile(r"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


def signature_v1(secret: str, body: bytes) -> str:
    """Hex SHA-256 of secret and body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def signature_v3(secret: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    """Base64 HMAC-SHA256 of method, URL (some escapes decoded), body and timestamp (ms)."""
    plain = _DECODED.sub(lambda match: unquote(match.group()), url)
    text = method.encode() + plain.encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def signed_headers(secret: str, method: str, url: str, body: bytes, now_ms: int) -> dict[str, str]:
    """Every signature header of one delivery."""
    timestamp = str(now_ms)
    return {
        "X-HubSpot-Signature": signature_v1(secret, body),
        "X-HubSpot-Signature-Version": "v1",
        "X-HubSpot-Signature-v3": signature_v3(secret, method, url, body, timestamp),
        "X-HubSpot-Request-Timestamp": timestamp,
    }
