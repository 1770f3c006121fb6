"""The servers in Python that bench_sandbox.py measures: `servers.py NAME PORT`, each in its own process."""

import json
import sys
from importlib.resources import files

import jsonschema_rs
import uvicorn
from igamingace.sandbox import create_app
from igamingace.sandbox.server import bind, serve

TOKEN = "60349266c8d9487eab7531b1a15d2480"


def sandbox(*, checked):
    return create_app(token=TOKEN, raise_errors=False, validate_answers=checked)


def starlette():
    """Return what somebody would write by hand: token and body checked, answers constant."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    contract = json.loads(files("igamingace_bindings").joinpath("openapi.json").read_text())
    examples = [
        next(iter(media["examples"].values()))["value"]
        for media in (
            contract["paths"][path][method]["responses"]["200"]["content"]["application/json"]
            for path, method in (("/v1/provider/list", "get"), ("/v1/game/launch", "post"))
        )
    ]
    providers, launched = (json.dumps(example).encode() for example in examples)
    launch = jsonschema_rs.validator_for(
        contract["components"]["schemas"]["LaunchGame"], validate_formats=True
    )

    def refusal(request):
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"success": False, "message": "TOKEN_INVALID", "code": 1009}, 401)
        return None

    async def list_providers(request):
        return refusal(request) or Response(providers, media_type="application/json")

    async def launch_game(request):
        if refused := refusal(request):
            return refused
        if not launch.is_valid(await request.json()):
            return JSONResponse({"success": False, "message": "VALIDATION_ERROR", "code": 1002}, 400)
        return Response(launched, media_type="application/json")

    return Starlette(
        routes=[
            Route("/v1/provider/list", list_providers),
            Route("/v1/game/launch", launch_game, methods=["POST"]),
        ]
    )


def main(name, port):
    if name == "starlette":
        uvicorn.run(
            starlette(), port=port, http="httptools", log_level="error", access_log=False, lifespan="off"
        )
    else:
        listener, _ = bind("127.0.0.1", port)
        serve(sandbox(checked=name == "checked"), listener)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
