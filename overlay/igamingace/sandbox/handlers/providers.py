"""The catalogue's providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.sandbox._refusal import Refusal
from igamingace.sandbox.handlers._registry import Call, handles

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON
    from igamingace.sandbox._state import Account, Provider, State


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


def offered_provider(state: State, account: Account, provider_id: int) -> Provider:
    """Return a provider that the account may offer.

    Raises:
        Refusal: there is none (PROVIDER_NOT_FOUND), or the account may not offer it (PERMISSION_ERROR).
    """
    provider = state.provider(provider_id)
    if provider_id not in account.provider_ids:
        raise Refusal("PERMISSION_ERROR", f"provider {provider_id} is not among your account's providers")
    return provider


def require_currency(account: Account, currency: str, place: str) -> None:
    """Go on only with a currency of the account.

    Raises:
        Refusal: CURRENCY_NOT_SUPPORTED.
    """
    if currency not in account.currencies:
        raise Refusal(
            "CURRENCY_NOT_SUPPORTED",
            f"{place}: {account.id} has {', '.join(account.currencies)}, not {currency}",
        )


def _setting(provider: Provider, currency: str) -> JSON:
    return {"providerId": provider.id, "currency": currency, "enabled": currency in provider.currencies}
