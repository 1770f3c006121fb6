"""A small contract to change: an operation that reads, one that writes, and a callback."""

from copy import deepcopy
from typing import Any

import pytest

SMALL: dict[str, Any] = {
    "openapi": "3.1.1",
    "info": {"title": "Small", "version": "1.2.3", "description": "A contract to change."},
    "servers": [{"url": "https://api.example"}],
    "security": [{"bearerToken": []}],
    "x-required-headers": [{"name": "Accept", "value": "application/json"}],
    "x-concurrency-limit": {"limit": 50, "per": "agent", "refusedWith": 1018, "then": "wait-for-in-flight"},
    "x-response-codes": [
        {"code": 0, "name": "OK", "resend": "done", "kind": "ok", "httpStatus": 200, "meaning": "Success."},
        {
            "code": 1018,
            "name": "BUSY",
            "resend": "drained",
            "kind": "busy",
            "httpStatus": 429,
            "meaning": "Busy.",
        },
    ],
    "paths": {
        "/games": {
            "get": {
                "operationId": "games.list",
                "tags": ["games"],
                "x-standing": "platform",
                "x-error-codes": [1018],
                "parameters": [
                    {
                        "name": "limit",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 1, "maximum": 100},
                    },
                    {
                        "name": "currency",
                        "in": "query",
                        "required": True,
                        "schema": {"type": "string", "enum": ["EUR", "USD"]},
                    },
                ],
                "responses": {
                    "200": {
                        "description": "The games.",
                        "headers": {"X-Total": {"required": True, "schema": {"type": "integer"}}},
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Game"}}
                            }
                        },
                    },
                    "429": {"$ref": "#/components/responses/Busy"},
                },
            }
        },
        "/games/launch": {
            "post": {
                "operationId": "games.launch",
                "tags": ["games"],
                "x-standing": "documented",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Launch"}}},
                },
                "responses": {
                    "200": {
                        "description": "The address.",
                        "content": {"application/json": {"schema": {"type": "string", "format": "uri"}}},
                    },
                    "429": {"$ref": "#/components/responses/Busy"},
                },
            }
        },
    },
    "webhooks": {
        "bet": {
            "post": {
                "operationId": "bet",
                "tags": ["callbacks"],
                "x-standing": "documented",
                "x-callback": {"answerWithin": 3, "retries": 0, "then": "cancel"},
                "x-status-codes": ["OK", "ERR_UNKNOWN"],
                "security": [],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Bet"}}},
                },
                "responses": {
                    "200": {
                        "description": "The balance.",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/BetAnswer"}}
                        },
                    }
                },
            }
        }
    },
    "components": {
        "responses": {
            "Busy": {
                "description": "Busy.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            }
        },
        "schemas": {
            "Game": {
                "type": "object",
                "required": ["id", "kind"],
                "properties": {
                    "id": {"type": "integer", "description": "Its id."},
                    "kind": {"type": "string", "enum": ["slot", "live"]},
                    "state": {"type": "integer", "x-known-values": {"1": "normal"}},
                    "name": {"type": "string", "maxLength": 100},
                    "variants": {"type": "array", "items": {"$ref": "#/components/schemas/Game"}},
                },
            },
            "Launch": {
                "type": "object",
                "additionalProperties": False,
                "required": ["playerId"],
                "properties": {
                    "playerId": {"type": "string", "minLength": 1, "maxLength": 128},
                    "gameId": {"type": ["string", "integer"]},
                    "mode": {"enum": ["real", "demo"]},
                    "stake": {"type": "number", "default": 1},
                    "device": {"oneOf": [{"const": "phone"}, {"const": "desk"}]},
                },
            },
            "Error": {"type": "object", "required": ["code"], "properties": {"code": {"type": "integer"}}},
            "Bet": {
                "type": "object",
                "required": ["amount"],
                "properties": {"amount": {"type": "number", "minimum": 0}, "bonus": {"type": "boolean"}},
            },
            "BetAnswer": {
                "type": "object",
                "required": ["balance"],
                "properties": {"balance": {"type": "number"}, "statusCode": {"enum": ["OK", "ERR_UNKNOWN"]}},
            },
        },
    },
}


@pytest.fixture
def small():
    """The small contract, a copy to change."""
    return deepcopy(SMALL)
