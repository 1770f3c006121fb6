// A partner's program on the client that openapi-generator wrote (typescript-fetch).
import { Configuration, GamesApi, ProvidersApi } from "./client/index.js";

// OpenAPI has no way to ask for Content-Type on a GET, so no generator sends it: it is given here.
const headers = { Accept: "application/json", "Content-Type": "application/json" };
const configuration = new Configuration({ basePath: process.env.BASE_URL!, accessToken: process.env.TOKEN!, headers });
const providers = await new ProvidersApi(configuration).providersList();
const names: (string | undefined)[] = providers.data.map((provider) => provider.providerName);
const launched = await new GamesApi(configuration).gamesLaunch({
  launchGame: {
    playerId: "user123",
    providerId: 1,
    gameId: 655,
    language: "en",
    returnUrl: "https://casino.example/lobby",
    isStreamer: false,
  },
});
// A text, or with a sister deployment an object that has it.
const address: string = typeof launched.data === "string" ? launched.data : launched.data.gameUrl;
console.log(JSON.stringify({ names, address }));
