import os

from igamingace.callbacks import wallet_app
from starlette.applications import Starlette
from starlette.routing import Route
from wallet import wallet

callbacks = wallet_app(wallet, token=os.environ["IGAMINGACE_API_TOKEN"])

app = Starlette(routes=[Route("/callbacks/igamingace", callbacks)])
