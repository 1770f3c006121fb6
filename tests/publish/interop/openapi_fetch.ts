// A partner's program: types from openapi-typescript, calls through openapi-fetch.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const client = createClient<paths>({
  baseUrl: process.env.BASE_URL!,
  headers: {
    Authorization: `Bearer ${process.env.TOKEN}`,
    Accept: "application/json",
    "Content-Type": "application/json",
  },
});

const providers = await client.GET("/v1/provider/list");
if (!providers.data) throw new Error(JSON.stringify(providers.error));
const named = (provider: components["schemas"]["Provider"]): string | undefined => provider.providerName;
const names: (string | undefined)[] = providers.data.data.map(named);

const launched = await client.POST("/v1/game/launch", {
  body: {
    playerId: "user123",
    providerId: 1,
    gameId: 655,
    language: "en",
    returnUrl: "https://casino.example/lobby",
    isStreamer: false,
  },
});
if (!launched.data) throw new Error(JSON.stringify(launched.error));
// A text, or with a sister deployment an object that has it.
const url = launched.data.data;
const address: string = typeof url === "string" ? url : url.gameUrl;

// @ts-expect-error -- a mistyped field is found before it is sent
const mistyped: components["schemas"]["LaunchGame"] = { ...({} as components["schemas"]["LaunchGame"]), playerID: "p" };
void mistyped;

const refused = await client.GET("/v1/game/list/{providerId}", { params: { path: { providerId: 999 } } });
// An answer of a proxy is text; the error of the API is an object.
const error = refused.error;
const code = typeof error === "object" ? error.code : undefined;

console.log(JSON.stringify({ names, address, code }));
