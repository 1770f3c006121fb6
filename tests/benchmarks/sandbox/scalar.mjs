// Scalar's mock server: `node scalar.mjs CONTRACT PORT`, run where its packages are installed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { serve } = await import(require.resolve("@hono/node-server"));
const { createMockServer } = await import(`${process.cwd()}/node_modules/@scalar/mock-server/dist/index.js`);

const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
// Newer versions read `document`, older ones `specification`.
const app = await createMockServer({ document, specification: document });
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.argv[3]) });
