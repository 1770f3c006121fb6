import os

from fastapi import FastAPI
from igamingace.callbacks import wallet_app
from starlette.routing import Route
from wallet import wallet

callbacks = wallet_app(wallet, token=os.environ["IGAMINGACE_API_TOKEN"])

app = FastAPI(routes=[Route("/callbacks/igamingace", callbacks)])
