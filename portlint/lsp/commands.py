"""The commands of the server: another target, the page of a rule, a line for the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from portlint.lsp.actions import OPEN_RULE, SHOW_IGNORE
from portlint.lsp.server import Server
from portlint.lsp.wire import Choose, Write

SET_TARGET = "portlint.setTarget"


async def set_target(ls: Server, *given: Any) -> Any:
    """Judge for another target: `{"chip": …, "stack": …}`; without one, ask; `null` undoes it."""
    if not given:
        wanted = await _chosen(ls)
        if wanted is None:
            return None
    elif given[0] is None:
        ls.session.target = None
        ls.session.again()
        return None
    else:
        wanted = given[0]
    if not isinstance(wanted, Mapping) or not all(isinstance(v, str) for v in wanted.values()):
        raise JsonRpcInvalidParams("a target is a table of chip, stack, sdk and workload")
    order = Choose(id=next(ls.child.numbers), wanted=dict(wanted))
    chosen = await ls.child.choose(order)
    if chosen.target is None:
        ls.say(f"target {wanted}", chosen.wrong or "")
        raise JsonRpcInvalidParams(chosen.wrong or "")
    ls.session.target = chosen.target
    ls.session.again()
    return msgspec.structs.asdict(chosen.target)


async def _chosen(ls: Server) -> dict[str, str] | None:
    """The pair that the user takes from a list of all."""
    every = await ls.child.choose(Choose(id=next(ls.child.numbers), wanted={}))
    titles = [f"{chip} {stack}" for chip, stack in every.pairs]
    request = types.ShowMessageRequestParams(
        type=types.MessageType.Info,
        message="portlint: judge for which chip and stack?",
        actions=[types.MessageActionItem(title=title) for title in titles],
    )
    answer = await ls.window_show_message_request_async(request)
    return dict(zip(("chip", "stack"), answer.title.split(), strict=True)) if answer else None


async def open_rule(ls: Server, *given: Any) -> str | None:
    """Open the page of a rule in the editor; the answer is its URL."""
    if len(given) != 1 or not isinstance(given[0], str):
        raise JsonRpcInvalidParams("give one rule, by code or name")
    done = await ls.child.write(Write(id=next(ls.child.numbers), rule=given[0]))
    if done.url is None:
        raise JsonRpcInvalidParams(done.wrong or "")
    window = ls.client_capabilities.window
    if window and window.show_document and window.show_document.support:
        await ls.window_show_document_async(
            types.ShowDocumentParams(uri=done.url, take_focus=True, external=False)
        )
    else:
        ls.tell_user(f"{given[0]}: {done.url}")
    return done.url


def show_ignore(ls: Server, *given: Any) -> str | None:
    """Show the line of the configuration that silences a finding where no comment can."""
    text = str(given[0]) if given else None
    if text:
        ls.tell_user(text)
    return text


COMMANDS: Sequence[tuple[str, Any]] = (
    (SET_TARGET, set_target),
    (OPEN_RULE, open_rule),
    (SHOW_IGNORE, show_ignore),
)
