"""Mistakes of the contract: where something is changed, to what, and what the lint must say of it."""

GONE = object()
"""What is changed to this is taken out."""
END = object()
"""Where something is added to a list."""
PATHS, SCHEMAS = ("paths",), ("components", "schemas")
LIST = (*PATHS, "/v1/game/list/{providerId}", "get")
LAUNCH = (*PATHS, "/v1/game/launch", "post")
CREATE = (*PATHS, "/v1/player/create", "post")
WINDOW = (*PATHS, "/v1/transaction/list", "get")
BET = ("webhooks", "bet", "post")
GAME = (*SCHEMAS, "Game", "properties")
TRANSACTION = (*SCHEMAS, "Transaction", "properties")
DEPOSIT = (*SCHEMAS, "DepositToPlayer", "properties")
JACKPOT = (*SCHEMAS, "Game", "properties", "jackpotId")
CODE = ("x-response-codes", 5)

MISTAKES: dict[str, tuple[tuple, object, str]] = {
    # Schemas.
    "an integer alone": (JACKPOT, {"type": "integer", "description": "The jackpot's id."}, "Game.jackpotId: an integer needs format, minimum, maximum and an example"),
    "a text without words": (JACKPOT, {"type": "string"}, "Game.jackpotId: a text needs a description and an example"),
    "a number alone": (JACKPOT, {"type": "number"}, "Game.jackpotId: a number needs format: decimal, a description and an example"),
    "a list's integer alone": (JACKPOT, {"type": "array", "items": {"type": "integer"}}, "Game.jackpotId[]: an integer needs format, minimum and maximum"),
    "an alternative's integer alone": (JACKPOT, {"oneOf": [{"type": "integer"}]}, "Game.jackpotId, oneOf 0: an integer needs format, minimum and maximum"),
    "a width that there is not": ((*TRANSACTION, "userCode", "format"), "int16", "Transaction.userCode: format 'int16' is no width: use int32 or int64"),
    "bounds beyond the width": ((*TRANSACTION, "transType", "maximum"), 2**40, "minimum must be less than maximum, and maximum at most 2147483647, for int32"),
    "bounds upside down": ((*TRANSACTION, "transType", "minimum"), 2**31 - 1, "minimum must be less than maximum"),
    "a float": ((*TRANSACTION, "amount", "format"), "double", "Transaction.amount: write `format: decimal`"),
    "a number without a unit": ((*TRANSACTION, "amount", "description"), "The amount.", "must say its unit"),
    "an amount without its digits": ((*TRANSACTION, "amount", "description"), "In major units.", "must say its digits"),
    "a text that we send without bounds": ((*DEPOSIT, "playerExternalId", "maxLength"), GONE, "DepositToPlayer.playerExternalId: a text needs maxLength, since our side sends it"),
    "an amount of nothing": ((*DEPOSIT, "amount", "exclusiveMinimum"), GONE, "an amount that we send needs `exclusiveMinimum: 0` and a maximum"),
    "a currency of two letters": ((*DEPOSIT, "currency", "pattern"), "^..$", "DepositToPlayer.currency: a currency needs `pattern: ^[A-Z]{3}$`"),
    "a currency that is not said to be one": ((*DEPOSIT, "currency", "description"), "Which.", "ISO 4217"),
    "a schema without words": ((*SCHEMAS, "Game", "description"), GONE, "Game: a schema needs a description"),
    "an open request": ((*SCHEMAS, "LaunchGame", "additionalProperties"), True, "LaunchGame: our side sends it: write `additionalProperties: false`"),
    "a closed answer": ((*SCHEMAS, "Game", "additionalProperties"), GONE, "Game: the vendor sends it and may add fields"),
    "what is sent and received": ((*LIST, "requestBody"), {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Game"}}}}, "Game: it is both sent and received"),
    "a closed list in an answer": ((*TRANSACTION, "roundType", "enum"), ["spin"], "Transaction.roundType: the vendor may send values that nobody knows yet"),
    "a constant boolean": ((*SCHEMAS, "GameListAnswer", "properties", "success", "const"), True, "GameListAnswer.success: leave out const"),
    "nullable": ((*TRANSACTION, "roundType", "nullable"), True, "nullable is not a keyword of OpenAPI 3.1"),
    "a required property that is not there": ((*SCHEMAS, "Game", "required"), ["gameID", "id"], "Game: required names 'id', which is none of its properties"),
    # Open lists.
    "an open enum without a name": ((*TRANSACTION, "transType", "x-enum-name"), GONE, "known values of an integer need x-enum-name, such as TransactionType"),
    "an open enum without values": ((*TRANSACTION, "transType", "x-known-values"), GONE, "Transaction.transType: x-enum-name needs x-known-values"),
    "a value that is no integer": ((*TRANSACTION, "transType", "x-known-values", "one"), "Bet", "x-known-values: 'one' is no integer"),
    "a value that the description leaves out": ((*TRANSACTION, "transType", "x-known-values", "64"), "Jackpot", "the description must name the known value too: `64 Jackpot`"),
    "a word that the description leaves out": ((*TRANSACTION, "roundType", "x-known-values", "bonus"), "a bonus", "the description must name the known value too: `bonus`"),
    "a class for words": ((*TRANSACTION, "roundType", "x-enum-name"), "RoundType", "x-enum-name is for integers alone"),
    "one class of two lists": ((*SCHEMAS, "BonusCall", "properties", "bonusType", "x-enum-name"), "TransactionType", "TransactionType: has different x-known-values at different places"),
    # Opaque ids.
    "an id of no kind": ((*TRANSACTION, "transId", "x-opaque-id"), "either", "x-opaque-id says how our side sends the id: number or text"),
    "an id without a bound": ((*TRANSACTION, "transId", "pattern"), GONE, "Transaction.transId: an opaque id needs pattern"),
    "an id too long": ((*TRANSACTION, "transId", "maxLength"), 200, "an opaque id has 1 to 128 characters"),
    "an id of one type": ((*TRANSACTION, "transId", "type"), "string", "an opaque id needs `type: [string, integer]`"),
    "an id with a width": ((*TRANSACTION, "transId", "format"), "int64", "an opaque id has no format"),
    # Times.
    "a time without a zone": ((*TRANSACTION, "createdAt", "x-time-zone"), GONE, "Transaction.createdAt: a time needs `x-time-zone`"),
    "a zone by name": ((*TRANSACTION, "createdAt", "x-time-zone", "offset"), "KST", "x-time-zone needs an offset in quotes"),
    "a zone without a standing": ((*TRANSACTION, "createdAt", "x-time-zone", "standing"), GONE, "x-time-zone needs a standing"),
    "a time without a form": ((*TRANSACTION, "createdAt", "pattern"), GONE, "a time needs a pattern that begins with the year"),
    "a time whose zone is not said to be unknown": ((*TRANSACTION, "createdAt", "description"), "HH:mm:ss", "must say that the time zone is not documented"),
    "a time whose form is not said": ((*TRANSACTION, "createdAt", "description"), "Its time zone is not documented.", "must say its format"),
    "a time of a parameter": ((*WINDOW, "parameters", 0, "schema", "x-time-zone"), GONE, "transactions.list, parameter startTime: a time needs `x-time-zone`"),
    # Markers.
    "a standing that there is not": ((*TRANSACTION, "roundType", "x-standing"), "platform", "Transaction.roundType: x-standing is 'platform'; use documented, probed, sister, observed, older or assumed"),
    "a constraint that is not there": ((*TRANSACTION, "roundType", "x-assumed"), ["maxLength"], "Transaction.roundType: x-assumed names 'maxLength', which does not stand beside it"),
    "an old constraint that is not there": ((*TRANSACTION, "roundType", "x-older"), ["maxLength"], "x-older names 'maxLength'"),
    # Operations.
    "an operation without a name": ((*LIST, "operationId"), GONE, "GET /v1/game/list/{providerId}: needs an operationId of tag and verb"),
    "two operations of one name": ((*LIST, "operationId"), "games.launch", "games.launch: another operation has the same operationId"),
    "an operation of another tag": ((*LIST, "tags"), ["players"], "games.list: needs one tag, the part of its operationId before the point: [games]"),
    "a tag that is not listed": (("tags", 1, "name"), "slots", "games.list: tag 'games' is not among the tags of spec/openapi.yaml"),
    "a summary with a full stop": ((*LIST, "summary"), "Lists games.", "games.list: needs a summary of less than 60 characters without a full stop"),
    "a short description": ((*LIST, "description"), "Games.", "games.list: needs a description of more than 60 characters"),
    "no standing": ((*LIST, "x-standing"), GONE, "games.list: needs x-standing: documented, probed"),
    "no source": ((*LIST, "externalDocs"), GONE, "games.list: needs externalDocs that say where it is stated"),
    "a parameter alone": ((*LIST, "parameters", 0), {"name": "size", "in": "query", "schema": {"type": "integer"}}, "games.list, parameter size: needs a description of more than 20 characters, an example, format in its schema, minimum in its schema and maximum in its schema"),
    "an optional part of the path": (("components", "parameters", "ProviderId", "required"), False, "parameter providerId: needs `required: true`, since it is a part of the path"),
    "an optional body": ((*LAUNCH, "requestBody", "required"), GONE, "games.launch: a request body needs `required: true`"),
    "a body without examples": ((*LAUNCH, "requestBody", "content", "application/json", "examples"), GONE, "games.launch: a request body needs examples"),
    "a body's schema in place": ((*LAUNCH, "requestBody", "content", "application/json", "schema"), {"type": "object"}, "games.launch: a request body needs a schema in a file of spec/schemas"),
    "no success": ((*LIST, "responses", "200"), GONE, "games.list: needs an answer 200 in application/json"),
    "an answer without an envelope": ((*LIST, "responses", "200", "content", "application/json", "schema"), {"$ref": "#/components/schemas/Game"}, "games.list: the answer is an envelope: it needs a property success of type boolean"),
    "an envelope that may be empty": ((*SCHEMAS, "GameListAnswer", "required"), ["success"], "games.list: the answer is an envelope: write `required: [success, data]`"),
    "an answer without examples": ((*LIST, "responses", "200", "content", "application/json", "examples"), GONE, "games.list: the answer needs examples"),
    "an example without OK": ((*CREATE, "responses", "200", "content", "application/json", "examples"), {"linked": {"summary": "Linked", "value": {"success": True}}}, "players.create: example linked: a success has `success: true` and `message: OK`"),
    # Walks.
    "a walk of a write": ((*LAUNCH, "x-walk"), {}, "games.launch: x-walk is for operations that only read: those of GET"),
    "a walk without a key": ((*WINDOW, "x-walk", "key"), GONE, "transactions.list: x-walk needs key"),
    "a walk with a part that there is not": ((*WINDOW, "x-walk", "speed"), {}, "x-walk: speed is not a part; use window, page, pause, items, total, key, time or retention"),
    "a part of a walk with too much": ((*WINDOW, "x-walk", "page", "largest"), 2000, "x-walk, page: needs exactly offset, limit and standing"),
    "a part of a walk of no standing": ((*WINDOW, "x-walk", "pause", "standing"), "platform", "x-walk, pause: standing must be documented"),
    "a part of a walk known better than the operation": ((*WINDOW, "x-walk", "window", "standing"), "documented", "x-walk, window: is documented, but the operation is sister"),
    "a window of no length": ((*WINDOW, "x-walk", "window", "longestSeconds"), 0, "x-walk, window: longestSeconds must be a positive integer"),
    "a pause between pages": ((*WINDOW, "x-walk", "pause", "between"), "pages", "x-walk, pause: between must be windows"),
    "a window's start that is no parameter": ((*WINDOW, "x-walk", "window", "start"), "since", "x-walk, window: start must be the name of a query parameter"),
    "a window's start that is no time": ((*WINDOW, "x-walk", "window", "start"), "offset", "x-walk, window: offset must be of type time"),
    "a page's offset that is no integer": ((*WINDOW, "x-walk", "page", "offset"), "startTime", "x-walk, page: startTime must be of type integer"),
    "items that are no array": ((*WINDOW, "x-walk", "items", "property"), "total", "x-walk, items: property must be the array of objects"),
    "a total that is no integer": ((*WINDOW, "x-walk", "total", "property"), "list", "x-walk, total: property must be an integer"),
    "a key that items do not have": ((*WINDOW, "x-walk", "key", "properties"), ["transId", "id"], "x-walk, key: properties must be names of properties of an item"),
    "a time that items do not have": ((*WINDOW, "x-walk", "time", "property"), "amount", "x-walk, time: property must be a time of an item"),
    # Codes of operations.
    "codes that lack what all can meet": ((*LIST, "x-error-codes"), [1, 1001, 1002, 1003, 1007, 1009, 1010, 1020, 2007], "games.list: x-error-codes lacks what every caller can meet: 1018 (SERVER_IS_BUSY)"),
    "codes in disorder": ((*LIST, "x-error-codes", 0), 2013, "games.list: x-error-codes must be numbers in ascending order"),
    "a code that there is not": ((*LIST, "x-error-codes", 0), 2, "games.list: x-error-codes has 2, which is no code of spec/response_codes.yaml"),
    "a code that is not shown": ((*LIST, "responses", "404"), GONE, "games.list: x-error-codes has 2007 (PROVIDER_NOT_FOUND): answer 404 must show an example of it"),
    "a code that is not listed": ((*LIST, "x-error-codes"), [1, 1001, 1002, 1003, 1007, 1009, 1010, 1018, 1020], "games.list, answer 404: shows 2007 (PROVIDER_NOT_FOUND), which x-error-codes lacks"),
    "an example of another code": (("components", "examples", "SERVER_IS_BUSY", "value", "code"), 7, "answer 429: example SERVER_IS_BUSY: its key and `message` must be the name of a response code"),
    "a status of no standing": (("components", "responses", "TooManyRequests", "x-standing"), GONE, "games.list, answer 429: needs x-standing"),
    "nothing else to come": ((*LIST, "responses", "default"), GONE, "games.list: needs a default answer"),
    "a part known better than the whole": ((*WINDOW, "responses", "200", "x-standing"), "documented", "transactions.list: is sister, but a part of it is documented"),
    "a shared part known better than all that use it": ((*SCHEMAS, "Transaction", "properties", "amount", "x-standing"), "documented", "Transaction: is sister, but a part of it is documented"),
    # Response codes.
    "a code without words": ((*CODE, "meaning"), GONE, "code 1007: needs meaning (what happened)"),
    "a code with a new field": ((*CODE, "color"), "red", "code 1007: color is not a field of a code"),
    "a code of a new kind": ((*CODE, "kind"), "strange", "code 1007: kind is 'strange'; use ok, busy"),
    "a code sent again somehow": ((*CODE, "resend"), "maybe", "code 1007: resend is 'maybe'; use done, never, reads, later or drained"),
    "a code of no standing": ((*CODE, "nameStanding"), "platform", "code 1007: nameStanding is 'platform'"),
    "a wallet rule without words": (("x-wallet-rules", "idempotent", "text"), GONE, "wallet rule idempotent: needs text, and standing: documented, probed"),
    "a wallet rule of no standing": (("x-wallet-rules", "idempotent", "standing"), "platform", "wallet rule idempotent: needs text, and standing: documented, probed"),
    "two codes of one number": ((*CODE, "code"), 1018, "code 1018: 2 codes have this number"),
    "two codes of one name": ((*CODE, "aliases"), ["SERVER_IS_BUSY"], "code SERVER_IS_BUSY: 2 codes have this name"),
    "a code that nobody meets": ((*CODE, "code"), 1008, "code 1008: no operation can meet it"),
    # Callbacks.
    "a callback without a rule": ((*BET, "x-callback", "then"), GONE, "bet: x-callback needs then"),
    "a callback of another tag": ((*BET, "tags"), ["games"], "bet: a callback needs one tag: [callbacks]"),
    "an unsigned callback": ((*BET, "parameters"), [], "bet: a callback is signed"),
    "a callback refused by status": ((*BET, "responses", "400"), {}, "bet: a callback is answered with 200 alone"),
    "a callback of another command": ((*SCHEMAS, "BetCallback", "properties", "command", "const"), "stake", "bet: the body needs a property command with `const: bet`"),
    "a status code without an example": ((*BET, "x-status-codes", 0), "ERR_NEW", "bet: x-status-codes has ERR_NEW, but no example of the answer shows it"),
    "a status code of the schema alone": ((*SCHEMAS, "CallbackAnswer", "properties", "statusCode", "enum", 0), "ERR_NEW", "status code ERR_NEW: no callback has it"),
    # Links.
    "a link to nothing": ((*CREATE, "responses", "200", "links", "deposit", "operationId"), "players.pay", "players.create, link deposit: leads to 'players.pay', which is no operation"),
    "a link without words": ((*CREATE, "responses", "200", "links", "deposit", "description"), GONE, "link deposit: needs a description"),
    "a link with a body": ((*CREATE, "responses", "200", "links", "deposit", "requestBody"), {}, "link deposit: write x-request-body"),
    "a link that fills nothing": ((*CREATE, "responses", "200", "links", "deposit", "x-request-body", "player"), "$request.body#/playerExternalId", "x-request-body: players.deposit takes no 'player'"),
    "a link that takes nothing": ((*CREATE, "responses", "200", "links", "readPlayer", "parameters", "playerExternalId"), "$response.body#/data/id", "parameters, playerExternalId: '$response.body#/data/id' takes nothing out of the first example"),
    # The document.
    "a tag that nothing has": (("tags", END), {"name": "unheard"}, "tag unheard: no operation has it: remove it"),
    "a tag without words": (("tags", 1, "description"), "Games.", "tag games: needs x-displayName, and a description of more than 100 characters"),
    "an open enum that does not say so": ((*TRANSACTION, "transType", "description"), "1 Bet, 2 Win, 4 Deposit, 8 Withdraw, 16 BetCancel, 32 BonusCall.", "must say: The list is open"),
    "a schema that nothing uses": ((*SCHEMAS, "Orphan"), {"type": "string", "description": "None."}, "Orphan: nothing refers to it"),
    "a reference to nothing": ((*SCHEMAS, "Money"), GONE, "#/components/schemas/Money: something refers to it, and it is not there"),
    "an example of a schema": ((*SCHEMAS, "Money", "properties", "currency", "examples"), ["usd"], "Money.currency: an example does not fit the schema"),
    "an example of a parameter": (("components", "parameters", "ProviderId", "example"), "one", "an example does not fit the schema"),
    "an example of an error": (("components", "examples", "SERVER_IS_BUSY", "value", "success"), "no", "an example does not fit the schema"),
    "an example of an answer to a callback": (("components", "examples", "ERR_UNKNOWN", "value", "statusCode"), "ERR_NEW", "an example does not fit the schema"),
    "no schema": ((*TRANSACTION, "roundType", "type"), "word", "Transaction.roundType: is no schema"),
}  # fmt: skip
