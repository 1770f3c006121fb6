"""The callbacks of the facts, one by one."""

COMMON = "command playerId timestamp"
ROUND = f"{COMMON} transactionId roundId providerId gameCode"
ALWAYS = {"OK", "ERR_NOT_AUTHENTICATED", "ERR_INTEGRITY_CHECK_FAILED", "ERR_UNKNOWN"}

# api-facts section 4. Fields, seconds to answer within, retries, what follows, statusCodes beside ALWAYS.
CALLBACKS = {
    "balance": (COMMON, None, 0, "none", {"ERR_INVALID_ACCOUNT", "ERR_INVALID_PLAYER_ID"}),
    "bet": (f"{ROUND} currency amount isBonusBusy bonusId", 3, 0, "cancel", {"ERR_NOT_ENOUGH_MONEY"}),
    "win": (f"{ROUND} amount isRoundFinished bonusId", 4, 2, "retry", set()),
    "betwin": (f"{ROUND} betAmount winAmount bonusId", 3, 0, "cancel", {"ERR_NOT_ENOUGH_MONEY"}),
    "cancel": (
        ROUND, 4, 2, "retry",
        {"ERR_TRANSACTION_DOES_NOT_EXIST", "ERR_TRANSACTION_ROLLED_BACK"},
    ),
}  # fmt: skip
SISTERS = {
    "balance": "currency",
    "bet": "isRoundFinished providerName gameName isCall",
    "win": "currency providerName gameName isCall",
    "betwin": "currency",
    "cancel": "currency amount referenceId",
}
"""What the callbacks of a sister deployment carry beside; the table of `cancel` lacks `referenceId`."""
DECIDING = "command playerId transactionId amount betAmount winAmount currency"
"""What a callback must not be read without; of a cancel, either of its two ids."""
TITLES = {"balance": "Balance", "bet": "Bet", "win": "Win", "betwin": "BetWin", "cancel": "Cancel"}


def test_the_contract_has_the_callbacks_of_the_facts_and_no_others(contract, document):
    assert list(contract["webhooks"]) == list(CALLBACKS)
    assert list(document.callbacks()) == list(CALLBACKS)


def test_a_callback_carries_the_fields_of_the_facts(callback, document):
    schema = document.body(callback)
    fields = CALLBACKS[callback["operationId"]][0].split()

    known = [name for name, each in schema["properties"].items() if "x-standing" not in each]
    assert sorted(schema["required"]) == sorted(known) == sorted(fields)
    sisters = [name for name, each in schema["properties"].items() if each.get("x-standing") == "sister"]
    assert sorted(sisters) == sorted(SISTERS[callback["operationId"]].split())
    assert schema["properties"]["command"]["const"] == callback["operationId"]
    assert schema["title"] == TITLES[callback["operationId"]]


def test_a_callback_may_be_missing_what_does_not_decide_about_money(callback, document):
    schema = document.body(callback)
    needed = set(schema["required"]) - set(schema["x-may-be-missing"])
    deciding = set(DECIDING.split()) - ({"transactionId"} if callback["operationId"] == "cancel" else set())

    assert set(schema["x-may-be-missing"]) <= set(schema["required"])
    assert needed == deciding & set(schema["required"])


def test_a_callback_says_how_soon_to_answer_and_what_follows_a_failure(callback):
    _, within, retries, then, _ = CALLBACKS[callback["operationId"]]

    assert callback["x-callback"] == {"answerWithin": within, "retries": retries, "then": then}
    assert callback["x-standing"] == "documented"


def test_a_callback_knows_its_status_codes_and_shows_an_answer_with_each(callback, document):
    codes = ALWAYS | CALLBACKS[callback["operationId"]][4]
    examples = document.answer(callback)["examples"]

    assert set(callback["x-status-codes"]) == codes
    assert list(examples) == callback["x-status-codes"]
    assert [document.resolve(example)["value"]["statusCode"] for example in examples.values()] == list(
        examples
    )


def test_a_callback_is_signed(callback, document):
    (signature,) = document.parameters(callback)

    assert (signature["name"], signature["in"], signature["required"]) == (
        "X-Request-Signature",
        "header",
        True,
    )
    assert (signature["schema"]["minLength"], signature["schema"]["maxLength"]) == (88, 88)


def test_ids_of_callbacks_are_opaque_and_sent_as_numbers(document):
    ids = {
        f"{name}.{key}": schema
        for name, key, schema in document.properties()
        if name.endswith("Callback")
        and key in {"transactionId", "referenceId", "roundId", "gameCode", "bonusId"}
    }

    assert len(ids) == 4 * 3 + 1 + 3
    assert {schema["x-opaque-id"] for schema in ids.values()} == {"number"}
    assert {schema["maximum"] for schema in ids.values()} == {2**63 - 1}
