"""Signatures alone: a body, a token and a header, and whether the header is the body's signature.

They are made with nothing but `hmac`, from the text that is signed, which stands here: not by the code that
they test.
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, Final

from igamingace.walletcheck._level import level_of_standing

from . import TOKEN
from .scenario import as_body

if TYPE_CHECKING:
    from igamingace_bindings.contract import Standing

    from .scenario import Object

TITLE: Final = "Signatures alone: is the header the signature of the body?"
_EXAMPLE_TOKEN: Final = "my_super_secret_token"  # noqa: S105 -- the documented example's

# name, title, standing, body, the text that is signed
_VALID: Final[tuple[tuple[str, str, Standing, str, str], ...]] = (
    ("empty_object", "No fields: the empty text", "assumed", "{}", ""),
    ("one_field", "One field: no comma", "documented", '{"a":"b"}', "b"),
    ("sorted", "Values in the order of their keys", "documented", '{"b":2,"c":3,"a":1}', "1,2,3"),
    ("prefixes", "A key before the keys that it begins", "documented", '{"ab":2,"aa":1,"a":0,"b":3}', "0,1,2,3"),
    ("capitals", "Capitals before small letters", "documented", '{"a":1,"B":2,"b":3,"A":4}', "4,2,1,3"),
    ("digits", "Digits before letters, as characters and not as numbers", "documented", '{"a10":1,"a9":2,"10":3,"9":4}', "3,4,1,2"),
    ("underscore", "An underscore between capitals and small letters", "documented", '{"a_b":1,"aB":2,"ab":3}', "2,1,3"),
    ("key_outside_ascii", "A key outside ASCII behind z", "assumed", '{"é":1,"z":2,"a":3}', "3,2,1"),
    ("escaped_key", "A key is sorted as it is decoded", "assumed", r'{"\u0062":1,"a":2}', "2,1"),
    ("white_space", "White space is not signed", "documented", ' {\n "b" : 2 ,\t"a":\r\n1 } ', "1,2"),
    ("integer", "An integer", "documented", '{"n":1500}', "1500"),
    ("zero", "Zero", "documented", '{"n":0}', "0"),
    ("negative", "A negative number", "assumed", '{"n":-5}', "-5"),
    ("decimal", "A decimal", "documented", '{"n":10.5}', "10.5"),
    ("small_decimal", "A small decimal", "documented", '{"n":0.01}', "0.01"),
    ("zeros_behind", "1500.00 is signed as it stands", "assumed", '{"n":1500.00}', "1500.00"),
    ("zero_behind", "1.50 is signed as it stands", "assumed", '{"n":1.50}', "1.50"),
    ("exponent", "1e2 is signed as it stands", "assumed", '{"n":1e2}', "1e2"),
    ("capital_exponent", "1E+2 is signed as it stands", "assumed", '{"n":1E+2}', "1E+2"),
    ("negative_exponent", "1e-7 is signed as it stands", "assumed", '{"n":1e-7}', "1e-7"),
    ("milliseconds", "A timestamp in milliseconds", "documented", '{"timestamp":1586335186372}', "1586335186372"),
    ("beyond_double", "2^53 + 1 keeps its last digit", "documented", '{"n":9007199254740993}', "9007199254740993"),
    ("largest", "The largest 64-bit integer", "documented", '{"n":9223372036854775807}', "9223372036854775807"),
    ("beyond_64_bits", "More than 64 bits", "assumed", '{"n":123456789012345678901234567890}', "123456789012345678901234567890"),
    ("long_decimal", "More digits than a double has", "assumed", '{"n":123456789012345.678901}', "123456789012345.678901"),
    ("number_as_text", "A text of digits is signed like the number", "observed", '{"n":"10.50","m":"5"}', "5,10.50"),
    ("true", "true", "documented", '{"b":true}', "true"),
    ("false", "false", "documented", '{"b":false,"a":true}', "true,false"),
    ("null", "null is the empty text", "assumed", '{"a":1,"b":null,"c":2}', "1,,2"),
    ("only_null", "null alone", "assumed", '{"a":null}', ""),
    ("empty_text", "An empty text", "assumed", '{"a":"","b":"x"}', ",x"),
    ("text", "A text without its quotes", "documented", '{"playerId":"user123"}', "user123"),
    ("spaces", "Spaces in a text stay", "assumed", '{"a":"  x  "}', "  x  "),
    ("comma", "A comma in a text stays", "assumed", '{"a":"x,y","b":"z"}', "x,y,z"),
    ("escaped_quote", "An escaped quote is decoded", "assumed", r'{"a":"say \"hi\""}', 'say "hi"'),
    ("escaped_backslash", "An escaped backslash is decoded", "assumed", r'{"a":"c:\\x"}', "c:\\x"),
    ("escaped_slash", "An escaped slash is a slash", "assumed", r'{"a":"a\/b"}', "a/b"),
    ("escaped_controls", "Escaped control characters are decoded", "assumed", r'{"a":"x\n\t\r\b\fy"}', "x\n\t\r\b\fy"),
    ("escaped_unicode", "\\u00e9 is é", "assumed", r'{"a":"\u00e9\u4e2d"}', "é中"),
    ("escaped_surrogates", "A pair of escaped surrogates is one character", "assumed", r'{"a":"\ud83c\udfb0"}', "🎰"),
    ("escaped_ascii", "\\u0041 is A", "assumed", r'{"a":"\u0041"}', "A"),
    ("unicode", "Text outside ASCII, in UTF-8", "assumed", '{"a":"é中🎰"}', "é中🎰"),
    ("decomposed", "Text is not normalised: e and an accent stay two characters", "assumed", '{"a":"e\u0301"}', "e\u0301"),
    ("line_separator", "U+2028 stays", "assumed", '{"a":"x\u2028y"}', "x\u2028y"),
    ("byte_order_mark", "U+FEFF in a text stays", "assumed", '{"a":"\ufeffx"}', "\ufeffx"),
    ("colon_in_text", "What looks like a field in a text is text", "assumed", '{"a":"\\"b\\":1","c":2}', '"b":1,2'),
    ("number_in_text", "A number in a text is text", "assumed", '{"a":"1.50 -2e3"}', "1.50 -2e3"),
    ("html", "Nothing is escaped for HTML or URLs", "assumed", '{"a":"<b>&amp; %20+"}', "<b>&amp; %20+"),
    ("long_text", "A long text", "assumed", '{"a":"' + "0123456789" * 300 + '"}', "0123456789" * 300),
    (
        "documented_balance", "A balance", "documented",
        '{"command":"balance","playerId":"user123","timestamp":1586335186372}', "balance,user123,1586335186372",
    ),
    (
        "documented_bet", "A bet", "documented",
        '{"command":"bet","transactionId":7300120045001,"playerId":"user123","roundId":7300120045000,"providerId":1,'
        '"gameCode":655,"currency":"USD","amount":1.5,"isBonusBusy":false,"bonusId":0,"timestamp":1713792000}',
        "1.5,0,bet,USD,655,false,user123,1,7300120045000,1713792000,7300120045001",
    ),
    (
        "documented_win", "A win", "documented",
        '{"command":"win","transactionId":7300120045002,"playerId":"user123","roundId":7300120045000,"providerId":1,'
        '"gameCode":655,"amount":12.25,"isRoundFinished":true,"bonusId":0,"timestamp":1713792001}',
        "12.25,0,win,655,true,user123,1,7300120045000,1713792001,7300120045002",
    ),
    (
        "documented_betwin", "A betwin", "documented",
        '{"command":"betwin","transactionId":7300120045003,"playerId":"user123","roundId":7300120045010,'
        '"providerId":1,"gameCode":655,"betAmount":2,"winAmount":0.5,"bonusId":0,"timestamp":1713792002}',
        "2,0,betwin,655,user123,1,7300120045010,1713792002,7300120045003,0.5",
    ),
    (
        "documented_cancel", "A cancel", "documented",
        '{"command":"cancel","transactionId":7300120045004,"referenceId":7300120045001,"playerId":"user123",'
        '"roundId":7300120045000,"providerId":1,"gameCode":655,"timestamp":1713792003}',
        "cancel,655,user123,1,7300120045001,7300120045000,1713792003,7300120045004",
    ),
)  # fmt: skip

# name, title, standing, body, the text that a sender that is not JavaScript signs
_AS_JAVASCRIPT: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("javascript_zeros", "1500.00, signed as JavaScript writes it", '{"n":1500.00}', "1500"),
    ("javascript_zero", "1.50, signed as JavaScript writes it", '{"n":1.50}', "1.5"),
    ("javascript_exponent", "1e2, signed as JavaScript writes it", '{"n":1e2}', "100"),
    ("javascript_fraction", "125E-2, signed as JavaScript writes it", '{"n":125E-2}', "1.25"),
)

# name, title, body, what is signed of it in its place
_WRONG_TEXT: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("rounded_id", "2^53 + 1, signed as JavaScript's 2^53", '{"n":9007199254740993}', "9007199254740992"),
    ("other_value", "Another value", '{"amount":1500}', "1501"),
    ("body_order", "The order of the body", '{"b":2,"a":1}', "2,1"),
    ("case_insensitive", "An order without regard to case", '{"a":1,"B":2}', "1,2"),
    ("numeric_order", "Keys sorted as numbers", '{"10":1,"9":2}', "2,1"),
    ("quoted", "Texts with their quotes", '{"a":"x","b":1}', '"x",1'),
    ("null_word", "null as a word", '{"a":null,"b":1}', "null,1"),
    ("capital_booleans", "Booleans as Python writes them", '{"a":true}', "True"),
    ("boolean_number", "Booleans as numbers", '{"a":true}', "1"),
    ("without_commas", "No commas", '{"a":1,"b":2}', "12"),
    ("with_spaces", "A space behind each comma", '{"a":1,"b":2}', "1, 2"),
    ("with_names", "Names and values", '{"a":1,"b":2}', "a=1&b=2"),
    ("newline", "A newline at the end", '{"a":1,"b":2}', "1,2\n"),
    ("json", "The body itself", '{"a":1,"b":2}', '{"a":1,"b":2}'),
    ("undecoded", "An escape that was not decoded", r'{"a":"\u00e9"}', r"\u00e9"),
    ("skipped_null", "null left out", '{"a":1,"b":null,"c":2}', "1,2"),
    ("skipped_unknown", "An unknown field left out", '{"amount":1,"zNew":2}', "1"),
)


def _digest(text: str, token: str, name: str = "sha512") -> bytes:
    return hmac.digest(token.encode(), text.encode(), name)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _described(name: str, title: str, standing: Standing) -> Object:
    return {
        "id": f"signature.{name}",
        "title": title,
        "level": level_of_standing(standing).value,
        "standing": standing,
    }


def _valid(  # noqa: PLR0917 -- a row of the table
    name: str, title: str, standing: Standing, body: str, text: str, token: str = TOKEN
) -> Object:
    return {
        **_described(name, title, standing),
        "token": token,
        **as_body(body.encode()),
        "header": _base64(_digest(text, token)),
        "signed": text,
        "valid": True,
    }


def _wrong(name: str, title: str, body: bytes, header: str) -> Object:
    return {
        **_described(f"wrong_{name}", title, "documented"),
        "token": TOKEN,
        **as_body(body),
        "header": header,
        "valid": False,
    }


def vectors() -> list[Object]:
    """Return all of them."""
    example = '{"amount":1500,"currency":"USD","playerId":"user123","timestamp":1713792000}'
    text = "1500,USD,user123,1713792000"
    digest = _digest(text, TOKEN)
    right = _base64(digest)
    body = example.encode()
    return [
        _valid("documented", "The documented example", "documented", example, text, _EXAMPLE_TOKEN),
        _valid(
            "uuid_token",
            "A token that is a UUID",
            "sister",
            example,
            text,
            "60349266-c8d9-487e-ab75-31b1a15d2480",
        ),
        _valid(
            "long_token",
            "A token longer than a block of SHA-512",
            "assumed",
            example,
            text,
            "0123456789abcdef" * 9,
        ),
        *(_valid(*each) for each in _VALID),
        *(_valid(name, title, "assumed", of, written) for name, title, of, written in _AS_JAVASCRIPT),
        *(
            _wrong(name, title, of.encode(), _base64(_digest(signed, TOKEN)))
            for name, title, of, signed in _WRONG_TEXT
        ),
        _wrong("hexadecimal", "Hexadecimal", body, digest.hex()),
        _wrong("sha256", "SHA-256", body, _base64(_digest(text, TOKEN, "sha256"))),
        _wrong("of_hexadecimal", "base64 of hexadecimal", body, _base64(digest.hex().encode())),
        _wrong("unpadded", "base64 without padding", body, right.rstrip("=")),
        _wrong("url_safe", "The alphabet of URLs", body, base64.urlsafe_b64encode(digest).decode()),
        _wrong("other_token", "Another account's token", body, _base64(_digest(text, "0" * 32))),
        _wrong("token_with_newline", "The token with a newline", body, _base64(_digest(text, f"{TOKEN}\n"))),
        _wrong("twice", "Two signatures", body, f"{right}, {right}"),
        _wrong(
            "nested", "An object in the body", b'{"a":{"b":1}}', _base64(_digest("[object Object]", TOKEN))
        ),
        _wrong("list", "A list in the body", b'{"a":[1,2]}', _base64(_digest("1,2", TOKEN))),
        _wrong("duplicate_key", "A key that comes twice", b'{"a":1,"a":2}', _base64(_digest("2", TOKEN))),
        _wrong(
            "byte_order_mark",
            "A byte order mark before the body",
            b'\xef\xbb\xbf{"a":1}',
            _base64(_digest("1", TOKEN)),
        ),
        _wrong("not_utf8", "A body that is not UTF-8", b'{"a":"\xe9"}', _base64(_digest("é", TOKEN))),
    ]
