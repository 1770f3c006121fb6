import os

from django.core.asgi import get_asgi_application
from igamingace.callbacks import wallet_app
from wallet import wallet

django = get_asgi_application()
callbacks = wallet_app(wallet, token=os.environ["IGAMINGACE_API_TOKEN"])


async def application(scope, receive, send):
    ours = scope["type"] == "http" and scope["path"] == "/callbacks/igamingace"
    await (callbacks if ours else django)(scope, receive, send)
