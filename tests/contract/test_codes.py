"""The response codes of the facts, one by one."""

import pytest

# code, name, assumed HTTP status, what may be sent again, kind: api-facts section 3.
CODES = [
    (0, "OK", 200, "done", "ok"),
    (1, "UNDER_MAINTENANCE", 503, "later", "maintenance"),
    (1001, "INTERNAL_SERVER_ERROR", 500, "reads", "server-error"),
    (1002, "VALIDATION_ERROR", 400, "never", "invalid-request"),
    (1003, "SERVICE_EXCEPTION", 500, "reads", "server-error"),
    (1007, "TOKEN_NOT_FOUND", 401, "never", "authentication"),
    (1009, "TOKEN_INVALID", 401, "never", "authentication"),
    (1010, "PERMISSION_ERROR", 403, "never", "permission"),
    (1011, "PROVIDER_ERROR", 502, "reads", "server-error"),
    (1012, "PARAMETERS_INVALID", 400, "never", "invalid-request"),
    (1015, "CALLBACK_ERROR", 502, "never", "server-error"),
    (1018, "SERVER_IS_BUSY", 429, "drained", "busy"),
    (1020, "IP_NOT_ALLOWED", 403, "never", "address"),
    (2001, "AGENT_NOT_FOUND", 404, "never", "not-found"),
    (2002, "USER_NOT_FOUND", 404, "never", "not-found"),
    (2003, "GAME_NOT_FOUND", 404, "never", "not-found"),
    (2005, "POINT_NOT_ENOUGH", 402, "never", "funds"),
    (2006, "BALANCE_NOT_ENOUGH", 402, "never", "funds"),
    (2007, "PROVIDER_NOT_FOUND", 404, "never", "not-found"),
    (2011, "BONUSCALL_DOUBLE", 409, "never", "conflict"),
    (2012, "BONUSCALL_ALEADY_ENDED", 409, "never", "conflict"),
    (2013, "ROUND_NOT_FOUND", 404, "never", "not-found"),
    (2014, "CURRENCY_NOT_SUPPORTED", 400, "never", "invalid-request"),
]


@pytest.fixture
def codes(contract):
    """The codes of the facts."""
    known = {code for code, *_ in CODES}
    return [code for code in contract["x-response-codes"] if code["code"] in known]


def test_the_contract_lists_the_codes_of_the_facts_and_others_are_assumed(codes, contract):
    listed = [
        (code["code"], code["name"], code["httpStatus"], code["resend"], code["kind"]) for code in codes
    ]
    others = [code for code in contract["x-response-codes"] if code not in codes]

    assert listed == CODES
    assert {code["standing"] for code in others} <= {"assumed"}, others


def test_the_number_1018_is_documented_and_the_others_are_of_the_older_generation(codes):
    standings = {code["code"]: code["standing"] for code in codes}

    assert [code for code, standing in standings.items() if standing == "documented"] == [1018]
    assert set(standings.values()) == {"documented", "older"}


def test_the_names_are_those_of_a_sister_but_for_the_two_that_are_documented(codes):
    standings = {code["code"]: code["nameStanding"] for code in codes}

    assert [code for code, standing in standings.items() if standing == "documented"] == [0, 1018]
    assert set(standings.values()) == {"documented", "sister"}


def test_a_sister_states_the_categories_of_http_statuses_and_nobody_the_others(codes):
    by_standing = {}
    for code in codes:
        by_standing.setdefault(code["httpStatusStanding"], set()).add(code["httpStatus"])

    assert by_standing == {"sister": {400, 401, 404, 409, 500}, "assumed": {200, 402, 403, 429, 502, 503}}


def test_the_other_spelling_of_2012_is_known(codes):
    assert {code["code"]: code["aliases"] for code in codes if code["aliases"]} == {
        2012: ["BONUSCALL_ALREADY_ENDED"]
    }


def test_a_code_outside_the_list_is_legal(contract):
    code = contract["components"]["schemas"]["Error"]["properties"]["code"]

    assert "enum" not in code
    assert code["maximum"] == 2**31 - 1
