"""The OpenAPI contract, compiled: routes, validators, response codes, examples."""
