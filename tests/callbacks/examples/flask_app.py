import os

from flask import Flask
from igamingace.callbacks import wallet_wsgi
from wallet import wallet
from werkzeug.middleware.dispatcher import DispatcherMiddleware

callbacks = wallet_wsgi(wallet, token=os.environ["IGAMINGACE_API_TOKEN"])

app = Flask(__name__)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/callbacks/igamingace": callbacks})
