"""The catalogue's providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.sandbox.handlers.registry import Call, handles
from igamingace.sandbox.store.catalogue import offered_provider, require_currency

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON
    from igamingace.sandbox.store.models import Provider


@handles("providers.list")
def list_providers(call: Call) -> JSON:
    """List the providers that the account may offer; assumed: those in maintenance too."""
    status = [call.number("Provider", "status", meaning) for meaning in ("normal", "maintenance")]
    return [
        {
            "providerId": provider.id,
            "providerName": provider.name,
            "logo": f"https://cdn.igamingace.com/providers/{provider.id}.png",
            "status": status[provider.in_maintenance],
        }
        for provider in offered(call)
    ]


@handles("providers.list_settings")
def list_settings(call: Call) -> JSON:
    """List each provider's setting in each currency of the account.

    Assumed here and in `settings`: a provider is enabled in the currencies that it can be played in.
    """
    return [
        _setting(provider, currency) for provider in offered(call) for currency in call.account.currencies
    ]


@handles("providers.settings")
def settings(call: Call) -> JSON:
    """Return one provider's setting in one currency of the account."""
    provider = offered_provider(call.state, call.account, call.path["providerId"])
    currency: str = call.path["currency"]
    require_currency(call.account, currency, "path.currency")
    return _setting(provider, currency)


def offered(call: Call) -> list[Provider]:
    """Return the providers that the account may offer."""
    known = call.state.providers
    return [known[provider_id] for provider_id in call.account.provider_ids if provider_id in known]


def _setting(provider: Provider, currency: str) -> JSON:
    return {"providerId": provider.id, "currency": currency, "enabled": currency in provider.currencies}
