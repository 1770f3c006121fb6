import os

from django.core.wsgi import get_wsgi_application
from igamingace.callbacks import wallet_wsgi
from wallet import wallet

django = get_wsgi_application()
callbacks = wallet_wsgi(wallet, token=os.environ["IGAMINGACE_API_TOKEN"])


def application(environ, start_response):
    ours = environ["PATH_INFO"] == "/callbacks/igamingace"
    return (callbacks if ours else django)(environ, start_response)
