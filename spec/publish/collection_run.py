"""Makes a collection one that can be run: on the sandbox, from top to bottom, as often as one likes.

The converter gives each request the contract's example, which names accounts and addresses of nobody. Here
they become variables that earlier requests fill. The contract itself stays as it is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .document import Object

_FIRST_TAGS: Final = ("providers", "players", "games", "bonus_calls", "transactions")
"""The folders whose requests fill variables for later ones, in that order; a new tag comes after them."""
LAST: Final = "operators.update"
"""The request that changes allowed addresses: whoever is locked out by it can send no other."""
_OF_OPERATORS: Final = frozenset({"operators.create", "operators.transfer_balance"})

_VARIABLES: Final = {
    "token": "The account's API token. Empty: the first request takes that of the sandbox's demo agent.",
    "operatorToken": "The token of the operator above it, for the requests that only operators may send.",
    "sandboxToken": "The token that was taken from the sandbox, which may make another when it starts again.",
    "currency": "The account's currency; the first request of `operators` finds it.",
    "playerId": "Your own id of a player.",
    "providerId": "A provider, from providers.list.",
    "gameId": "A game of it, from games.list.",
    "issueId": "A bonus call, from bonus_calls.register.",
    "roundId": "A round, from transactions.list.",
    "newOperatorId": "The account that operators.create makes: another one in each run.",
    "allowedIPs": "The allowed addresses of the account, as JSON, from operators.info.",
    "startTime": "An hour ago, in Korea time.",
    "endTime": "Now, in Korea time.",
    "expireAt": "Tomorrow, in UTC.",
}
_DEFAULTS: Final = {"currency": "USD", "playerId": "user123", "providerId": "1", "gameId": "655"}

# What is set in the example of a request. A value that stands alone in braces is written without quotes.
_BODIES: Final[dict[str, Object]] = {
    "players.create": {"playerExternalId": "{{playerId}}"},
    "players.deposit": {
        "playerExternalId": "{{playerId}}",
        "currency": "{{currency}}",
        "transactionId": "dep-{{$guid}}",
    },
    "players.withdraw": {
        "playerExternalId": "{{playerId}}",
        "currency": "{{currency}}",
        "transactionId": "wd-{{$guid}}",
    },
    "games.launch": {
        "playerId": "{{playerId}}",
        "providerId": "{{{providerId}}}",
        "gameId": "{{{gameId}}}",
    },
    "games.kick": {"playerExternalId": "{{playerId}}"},
    "bonus_calls.register": {
        "platformId": "promo-{{$guid}}",
        "playerId": "{{playerId}}",
        "providerId": "{{{providerId}}}",
        "gameId": "{{{gameId}}}",
        "expireAt": "{{expireAt}}",
    },
    "bonus_calls.cancel": {"playerId": "{{playerId}}", "issueId": "{{{issueId}}}"},
    "operators.create": {"operatorId": "{{newOperatorId}}", "currency": ["{{currency}}"], "allowedIPs": []},
    "operators.transfer_balance": {
        "targetOperatorId": "{{newOperatorId}}",
        "currency": "{{currency}}",
        "amount": 10,
    },
    LAST: {"allowedIPs": "{{{allowedIPs}}}"},
}
_PARAMETERS: Final = {
    "providerId": "{{providerId}}",
    "currency": "{{currency}}",
    "playerExternalId": "{{playerId}}",
    "issueId": "{{issueId}}",
    "roundId": "{{roundId}}",
    "gameCode": "{{gameId}}",
    "startTime": "{{startTime}}",
    "endTime": "{{endTime}}",
}
_SAVED: Final = {
    "bonus_calls.register": ["pm.collectionVariables.set('issueId', answer.data.issueId);"],
    "transactions.list": [
        "const [latest] = answer.data.list;",
        "if (latest) pm.collectionVariables.set('roundId', latest.roundId);",
    ],
    "operators.info": [
        "pm.collectionVariables.set('allowedIPs', JSON.stringify(answer.data.allowedIPs || []));",
        "const [money] = answer.data.balance;",
        "if (money) pm.collectionVariables.set('currency', money.currency);",
    ],
}
_ABOUT_LAST: Final = (
    "**Read this before you send it.** The request sets which addresses may call with this token. Whoever "
    "leaves out the address that they call from is locked out, and can only be let in again in the back "
    "office. As it stands here it is harmless: it puts the list back that *Read your own account* has read, "
    "and is not sent when that has not been run.\n\n"
)
_ABOUT_SANDBOX: Final = (
    "Finds the tokens of the demo agent and of its operator, unless you have set `token` yourself. Only the "
    "sandbox has this request; it is not sent anywhere else."
)
_START: Final = [
    "// The times of this run. Korea time is UTC+9.",
    "const text = (ms) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');",
    "const korea = Date.now() + 9 * 3600e3;",
    "pm.collectionVariables.set('startTime', text(korea - 3600e3 + 1000));",
    "pm.collectionVariables.set('endTime', text(korea));",
    "pm.collectionVariables.set('expireAt', text(Date.now() + 24 * 3600e3));",
]
_NEW_ID: Final = ["pm.collectionVariables.set('newOperatorId', 'postman-' + Date.now().toString(36));"]
_CHECK: Final = [
    "pm.test('answered with success', () => {",
    "  pm.response.to.have.status(200);",
    "  pm.expect(pm.response.json().success, pm.response.text()).to.equal(true);",
    "});",
]
_READ: Final = ["const answer = pm.response.json();", "if (!answer.success) return;"]
_ONLY_SANDBOX: Final = [
    "// Another host has no such request, and a token that somebody has set stays.",
    "const local = /^https?:\\/\\/(127\\.0\\.0\\.1|localhost|\\[::1\\])(:\\d+)?$/;",
    "const own = local.test(pm.variables.get('baseUrl'));",
    "const [token, taken] = ['token', 'sandboxToken'].map((name) => pm.variables.get(name));",
    "if (!own || (token && token !== taken)) pm.execution.skipRequest();",
]
_TAKE_TOKENS: Final = [
    "const { accounts } = pm.response.json();",
    "const agent = accounts.find((account) => account.parent);",
    "pm.collectionVariables.set('token', agent.token);",
    "pm.collectionVariables.set('sandboxToken', agent.token);",
    "const above = accounts.find((account) => account.id === agent.parent);",
    "pm.collectionVariables.set('operatorToken', above.token);",
]
_ONLY_KNOWN: Final = [
    "// What is not known cannot be put back.",
    "if (!pm.collectionVariables.get('allowedIPs')) pm.execution.skipRequest();",
]


def make_runnable(content: Object, document: Object) -> None:
    """Change the collection of `document` in place."""
    operations = dict(_operations(document))
    folders: dict[str, Object] = {folder["name"]: folder for folder in content["item"]}
    found: set[str] = set()
    for folder in folders.values():
        for item in folder["item"]:
            operation = operations[_place(item["request"])]
            found.add(operation)
            _patch(item, operation)
        folder["item"].sort(key=lambda item: operations[_place(item["request"])] == LAST)
    missing = {*_BODIES, *_SAVED, *_OF_OPERATORS} - found
    if missing:
        raise ValueError(
            f"the contract has no {', '.join(sorted(missing))}: change spec/publish/collection_run.py"
        )
    first = [folders.pop(tag) for tag in _FIRST_TAGS]
    last = folders.pop(LAST.partition(".")[0])
    content["item"] = [_sandbox_folder(), *first, *folders.values(), last]
    content["auth"] = _bearer("token")
    content["event"] = [_script("prerequest", _START)]
    content["variable"] = _variables(document)


def _operations(document: Object) -> Iterator[tuple[tuple[str, str], str]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if "operationId" in operation:
                yield (method.upper(), path.replace("{", ":").replace("}", "")), operation["operationId"]


def _place(request: Object) -> tuple[str, str]:
    return request["method"], "/" + "/".join(request["url"]["path"])


def _patch(item: Object, operation: str) -> None:
    request: Object = item["request"]
    if operation in _BODIES:
        body = {**json.loads(request["body"]["raw"]), **_BODIES[operation]}
        written = json.dumps(body, indent=2, ensure_ascii=False)
        request["body"]["raw"] = written.replace('"{{{', "{{").replace('}}}"', "}}")
    for parameter in (*request["url"].get("query", []), *request["url"].get("variable", [])):
        parameter["value"] = _PARAMETERS.get(parameter["key"], parameter["value"])
    if operation in _OF_OPERATORS:
        request["auth"] = _bearer("operatorToken")
    if operation == LAST:
        item["name"] = request["name"] = f"{item['name']} (puts the allowed addresses back as they are)"
        request["description"]["content"] = _ABOUT_LAST + request["description"]["content"]
        request["description"]["type"] = "text/markdown"
    saved = [*_READ, *_SAVED[operation]] if operation in _SAVED else []
    before = {LAST: _ONLY_KNOWN, "operators.create": _NEW_ID}.get(operation)
    item["event"] = [
        *([_script("prerequest", before)] if before else []),
        _script("test", [*_CHECK, *saved]),
    ]


def _sandbox_folder() -> Object:
    request = {
        "name": "Find the tokens of the sandbox",
        "description": {"content": _ABOUT_SANDBOX, "type": "text/markdown"},
        "url": {"host": ["{{baseUrl}}"], "path": ["_sandbox", "export"], "query": [], "variable": []},
        "header": [{"key": "Accept", "value": "application/json"}],
        "method": "GET",
        "auth": {"type": "noauth"},
    }
    item = {
        "id": "",
        "name": request["name"],
        "request": request,
        "event": [_script("prerequest", _ONLY_SANDBOX), _script("test", _TAKE_TOKENS)],
        "response": [],
    }
    return {"name": "sandbox", "description": "What only the sandbox has.", "item": [item]}


def _variables(document: Object) -> list[Object]:
    production, sandbox = (server["url"] for server in document["servers"])
    hosts = {
        "baseUrl": (sandbox, "Where requests go: the sandbox, `igamingace sandbox`."),
        "productionUrl": (production, "The platform itself. Put it into `baseUrl` when you mean it."),
    }
    others = {name: (_DEFAULTS.get(name, ""), about) for name, about in _VARIABLES.items()}
    return [
        {"key": name, "value": value, "description": about}
        for name, (value, about) in {**hosts, **others}.items()
    ]


def _bearer(variable: str) -> Object:
    return {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{variable}}}}}", "type": "string"}]}


def _script(listen: str, lines: list[str]) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}
