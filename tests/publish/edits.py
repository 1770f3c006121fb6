"""Edits of the small contract: where, what, and what they do to those who use it."""

from copy import deepcopy
from typing import Any

GONE = object()
SCHEMAS = ("components", "schemas")
LIST = ("paths", "/games", "get")
LAUNCH = ("paths", "/games/launch", "post")
BET = ("webhooks", "bet", "post")
LAUNCH_SCHEMA, GAME, BET_SCHEMA = (*SCHEMAS, "Launch"), (*SCHEMAS, "Game"), (*SCHEMAS, "Bet")
BET_ANSWER = (*SCHEMAS, "BetAnswer")
NEW = {"get": {"operationId": "games.kick", "tags": ["games"], "x-standing": "assumed", "responses": {}}}


def edited(document, place, value):
    """Return a copy of `document` with `value` at `place`, a tuple of keys; GONE removes what is there."""
    copy = deepcopy(document)
    node = copy
    for key in place[:-1]:
        node = node[key]
    if value is GONE:
        del node[place[-1]]
    else:
        node[place[-1]] = value
    return copy


def both(document, *edits):
    """Return a copy with several edits made."""
    for place, value in edits:
        document = edited(document, place, value)
    return document


# name: (edits, level, operation, words of the message)
EDITS: dict[str, tuple[Any, ...]] = {
    # What partners call.
    "an operation is added": ([(("paths", "/games/kick"), NEW)], "addition", "games.kick", "added"),
    "an operation is removed": ([(("paths", "/games"), GONE)], "breaking", "games.list", "GET /games removed"),
    "an operation is renamed": ([((*LIST, "operationId"), "games.all")], "breaking", "games.list", "operationId"),
    "an operation moves to another tag": ([((*LIST, "tags"), ["lobby"])], "breaking", "games.list", "tags"),
    "an operation is deprecated": ([((*LIST, "deprecated"), True)], "addition", "games.list", "deprecated"),
    "an operation is better known": ([((*LIST, "x-standing"), "documented")], "text", "games.list", "platform -> documented"),
    "an operation can meet one more code": ([((*LIST, "x-error-codes"), [1018, 1020])], "addition", "games.list", "1020"),
    "a server goes": ([(("servers",), [{"url": "https://new.example"}])], "breaking", "contract", "https://api.example removed"),
    "a server comes": ([(("servers",), [{"url": "https://api.example"}, {"url": "https://eu.example"}])], "addition", "contract", "https://eu.example added"),
    "another way to authenticate is taken": ([(("security",), [{"bearerToken": []}, {"apiKey": []}])], "addition", "games.list", "security"),
    "a way to authenticate is no longer taken": ([(("security",), [{"apiKey": []}])], "breaking", "games.launch", "security"),
    "authentication is asked of an open operation": ([((*BET, "security"), [{"apiKey": []}])], "breaking", "callback bet", "security"),
    # Parameters.
    "a required parameter is added": ([((*LIST, "parameters", 0, "name"), "page"), ((*LIST, "parameters", 0, "required"), True)], "breaking", "games.list", "parameter query page: added, required"),
    "an optional parameter becomes required": ([((*LIST, "parameters", 0, "required"), True)], "breaking", "games.list", "parameter query limit: is now required"),
    "a required parameter becomes optional": ([((*LIST, "parameters", 1, "required"), False)], "addition", "games.list", "no longer required"),
    "a parameter admits less": ([((*LIST, "parameters", 0, "schema", "maximum"), 50)], "breaking", "games.list", "maximum 100 -> 50"),
    "a parameter admits more": ([((*LIST, "parameters", 0, "schema", "maximum"), 500)], "addition", "games.list", "maximum 100 -> 500"),
    "a parameter's list loses a value": ([((*LIST, "parameters", 1, "schema", "enum"), ["EUR"])], "breaking", "games.list", 'no longer admits "USD"'),
    "a parameter is written in another style": ([((*LIST, "parameters", 1, "style"), "pipeDelimited")], "breaking", "games.list", "style"),
    # Request bodies: partners write them.
    "a required field is added to a request": ([((*LAUNCH_SCHEMA, "properties", "ip"), {"type": "string"}), ((*LAUNCH_SCHEMA, "required"), ["playerId", "ip"])], "breaking", "games.launch", "request body, ip: added"),
    "an optional field is added to a request": ([((*LAUNCH_SCHEMA, "properties", "ip"), {"type": "string"})], "addition", "games.launch", "request body, ip"),
    "a field of a request is removed": ([((*LAUNCH_SCHEMA, "properties", "mode"), GONE)], "breaking", "games.launch", "request body, mode: removed"),
    "a field of a request becomes required": ([((*LAUNCH_SCHEMA, "required"), ["playerId", "mode"])], "breaking", "games.launch", "mode: is now required"),
    "a field of a request becomes optional": ([((*LAUNCH_SCHEMA, "required"), [])], "addition", "games.launch", "no longer required"),
    "a field of a request takes fewer types": ([((*LAUNCH_SCHEMA, "properties", "gameId", "type"), "integer")], "breaking", "games.launch", "type"),
    "a field of a request takes more types": ([((*LAUNCH_SCHEMA, "properties", "playerId", "type"), ["string", "integer"])], "addition", "games.launch", "type"),
    "a field of a request takes one value more": ([((*LAUNCH_SCHEMA, "properties", "mode", "enum"), ["real", "demo", "free"])], "addition", "games.launch", 'admits "free" too'),
    "a field of a request takes one value less": ([((*LAUNCH_SCHEMA, "properties", "mode", "enum"), ["real"])], "breaking", "games.launch", 'no longer admits "demo"'),
    "a field of a request must match a pattern": ([((*LAUNCH_SCHEMA, "properties", "playerId", "pattern"), "^p")], "breaking", "games.launch", "pattern none"),
    "a field of a request may be shorter": ([((*LAUNCH_SCHEMA, "properties", "playerId", "minLength"), 0)], "addition", "games.launch", "minLength 1 -> 0"),
    "a field of a request must be longer": ([((*LAUNCH_SCHEMA, "properties", "playerId", "minLength"), 8)], "breaking", "games.launch", "minLength 1 -> 8"),
    "a field of a request has another default": ([((*LAUNCH_SCHEMA, "properties", "stake", "default"), 2)], "breaking", "games.launch", "default 1 -> 2"),
    "a field of a request has one alternative less": ([((*LAUNCH_SCHEMA, "properties", "device", "oneOf"), [{"const": "phone"}])], "breaking", "games.launch", "oneOf: 2 -> 1"),
    "a field of a request has one alternative more": ([((*LAUNCH_SCHEMA, "properties", "device", "oneOf"), [{"const": "phone"}, {"const": "desk"}, {"const": "tv"}])], "addition", "games.launch", "oneOf: 2 -> 3"),
    "a field of a request has a condition more": ([((*LAUNCH_SCHEMA, "properties", "stake", "allOf"), [{"multipleOf": 5}])], "breaking", "games.launch", "allOf"),
    "a request is opened": ([((*LAUNCH_SCHEMA, "additionalProperties"), True)], "addition", "games.launch", "additionalProperties false -> true"),
    "a request is closed": ([((*BET_ANSWER, "additionalProperties"), False)], "breaking", "callback bet", "additionalProperties true -> false"),
    "a keyword that cannot be ordered changes": ([((*LAUNCH_SCHEMA, "dependentRequired"), {"mode": ["stake"]})], "breaking", "games.launch", "dependentRequired"),
    "a body is no longer required": ([((*LAUNCH, "requestBody", "required"), False)], "addition", "games.launch", "request body"),
    "a body is removed": ([((*LAUNCH, "requestBody"), GONE)], "breaking", "games.launch", "request body removed"),
    "a body has another form": ([((*LAUNCH, "requestBody", "content"), {"text/xml": {}})], "breaking", "games.launch", "application/json removed"),
    # Answers: partners read them.
    "a field is added to an answer": ([((*GAME, "properties", "logo"), {"type": "string"})], "addition", "games.list", "logo: added"),
    "a required field is added to an answer": ([((*GAME, "properties", "logo"), {"type": "string"}), ((*GAME, "required"), ["id", "kind", "logo"])], "addition", "games.list", "logo: added"),
    "a field of an answer is removed": ([((*GAME, "properties", "name"), GONE)], "breaking", "games.list", "name: removed"),
    "a field of an answer may be missing": ([((*GAME, "required"), ["id"])], "breaking", "games.list", "kind: is no longer required"),
    "a field of an answer is always there": ([((*GAME, "required"), ["id", "kind", "name"])], "addition", "games.list", "name: is now required"),
    "an answer has a new value in a closed list": ([((*GAME, "properties", "kind", "enum"), ["slot", "live", "crash"])], "breaking", "games.list", 'kind: admits "crash" too'),
    "an answer has one value less": ([((*GAME, "properties", "kind", "enum"), ["slot"])], "addition", "games.list", "kind: no longer admits"),
    "an answer has a new value in an open list": ([((*GAME, "properties", "state", "x-known-values"), {"1": "normal", "2": "off"})], "addition", "games.list", "the list is open"),
    "a field of an answer has another type": ([((*GAME, "properties", "id", "type"), "string")], "breaking", "games.list", "id: type"),
    "a field of an answer may be null": ([((*GAME, "properties", "name", "type"), ["string", "null"])], "breaking", "games.list", "name: type"),
    "a field of an answer may be longer": ([((*GAME, "properties", "name", "maxLength"), 200)], "breaking", "games.list", "maxLength 100 -> 200"),
    "a field of an answer is shorter": ([((*GAME, "properties", "name", "maxLength"), 50)], "addition", "games.list", "maxLength 100 -> 50"),
    "a number in an answer becomes an integer": ([((*BET_SCHEMA, "properties", "amount", "type"), "integer")], "addition", "callback bet", "amount: type"),
    "a success is answered with another status": ([((*LAUNCH, "responses"), {"201": {"description": "."}, "429": {"$ref": "#/components/responses/Busy"}})], "breaking", "games.launch", "answer 200: removed"),
    "an error's status is added": ([((*LAUNCH, "responses", "404"), {"description": "."})], "addition", "games.launch", "answer 404: added"),
    "an answer's header is removed": ([((*LIST, "responses", "200", "headers"), {})], "breaking", "games.list", "header x-total: removed"),
    "an answer's header may be missing": ([((*LIST, "responses", "200", "headers", "X-Total", "required"), False)], "breaking", "games.list", "header x-total: is no longer required"),
    "a shared error loses its code": ([((*SCHEMAS, "Error", "properties"), {}), ((*SCHEMAS, "Error", "required"), [])], "breaking", "games.launch", "answer 429, code: removed"),
    # Callbacks: partners read the request and write the answer.
    "a callback is added": ([(("webhooks", "win"), {"post": {"operationId": "win", "responses": {}}})], "breaking", "callback win", "added"),
    "a callback is removed": ([(("webhooks", "bet"), GONE)], "breaking", "callback bet", "removed"),
    "a callback carries one field more": ([((*BET_SCHEMA, "properties", "round"), {"type": "integer"})], "addition", "callback bet", "round: added"),
    "a callback carries one required field more": ([((*BET_SCHEMA, "properties", "round"), {"type": "integer"}), ((*BET_SCHEMA, "required"), ["amount", "round"])], "addition", "callback bet", "round: added, required"),
    "a callback's field may be missing": ([((*BET_SCHEMA, "required"), [])], "breaking", "callback bet", "amount: is no longer required"),
    "a callback's amount may be negative": ([((*BET_SCHEMA, "properties", "amount", "minimum"), -10)], "breaking", "callback bet", "minimum 0 -> -10"),
    "a callback's answer must say more": ([((*BET_ANSWER, "required"), ["balance", "statusCode"])], "breaking", "callback bet", "statusCode: is now required"),
    "a callback's answer may say less": ([((*BET_ANSWER, "required"), [])], "addition", "callback bet", "balance: is no longer required"),
    "a callback takes one status code less": ([((*BET_ANSWER, "properties", "statusCode", "enum"), ["OK"])], "breaking", "callback bet", "no longer admits"),
    "a callback takes one status code more": ([((*BET, "x-status-codes"), ["OK", "ERR_UNKNOWN", "ERR_NEW"])], "addition", "callback bet", "admits ERR_NEW too"),
    "a callback must be answered sooner": ([((*BET, "x-callback", "answerWithin"), 2)], "breaking", "callback bet", "3 s -> 2 s"),
    "a callback may be answered later": ([((*BET, "x-callback", "answerWithin"), 5)], "addition", "callback bet", "3 s -> 5 s"),
    "a failed callback is followed by something else": ([((*BET, "x-callback", "then"), "retry")], "breaking", "callback bet", "what follows a failure"),
    # What holds everywhere.
    "the limit falls": ([(("x-concurrency-limit", "limit"), 20)], "breaking", "contract", "50 -> 20"),
    "the limit rises": ([(("x-concurrency-limit", "limit"), 100)], "addition", "contract", "50 -> 100"),
    "a header is asked for": ([(("x-required-headers",), [{"name": "Accept", "value": "application/json"}, {"name": "X-Agent", "value": "{id}"}])], "breaking", "contract", "header X-Agent"),
    "a header is no longer asked for": ([(("x-required-headers",), [])], "addition", "contract", "no longer asked for"),
    "a code is added": ([(("x-response-codes", slice(2, 2)), [{"code": 7, "name": "SEVEN"}])], "addition", "contract", "SEVEN added"),
    "a code means something else to who resends": ([(("x-response-codes", 1, "resend"), "never")], "breaking", "contract", "resend"),
    "a code has another name": ([(("x-response-codes", 1, "name"), "SERVER_BUSY")], "breaking", "contract", "name"),
    # Nothing that programs see.
    "a description is rewritten": ([((*GAME, "properties", "id", "description"), "The game's id.")], "text", "contract", "texts"),
    "an example is added": ([((*GAME, "properties", "id", "examples"), [7])], "text", "contract", "texts"),
}  # fmt: skip
