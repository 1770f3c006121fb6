"""A sandbox in its own process with thousands of agents; it prints its address, then serves."""

import sys

from igamingace.sandbox import create_app
from igamingace.sandbox.server import bind, serve
from igamingace.sandbox.store.models import Account


def token_of(number):
    return f"{number:032x}"


def main(agents):
    # Its answers are those of the contract, checked in other tests: here they are only to come quickly.
    app = create_app(validate_answers=False)
    parent = app.runtime.state.accounts["bigoperator"]
    for number in range(agents):
        app.runtime.state.add_account(
            Account(
                id=f"agent-{number}",
                name=f"Agent {number}",
                level="agent",
                token=token_of(number),
                currencies=("USD",),
                provider_ids=parent.provider_ids,
                parent_id=parent.id,
            )
        )
    listener, url = bind("127.0.0.1", 0)
    print(url, flush=True)
    serve(app, listener)


if __name__ == "__main__":
    main(int(sys.argv[1]))
