"""Messages -> calls as pygls makes them, where it would leave a client without an answer."""

from __future__ import annotations

from typing import Any

from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol


class Protocol(LanguageServerProtocol):
    """pygls' protocol for messages that cannot be read, and for requests that the end cuts off."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """A message as values; one that is malformed is answered as far as it has a number."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if isinstance(data.get("id"), int | str) and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise

    def drop(self) -> None:
        """Cancel all requests but the one at work.

        pygls does so while it walks through the table that a cancelled command is taken out of,
        which raises, so that the end would not count as one that was asked for.
        """
        for number, request in list(self._request_futures.items()):
            if number != self.msg_id:
                request.cancel()
