// Imports a Postman collection as Bruno does, and says what it found.
import { readFileSync } from "node:fs";
import converters from "@usebruno/converters";

const { collection } = await converters.postmanToBruno(JSON.parse(readFileSync(process.argv[2])));
const names = (items) => items.flatMap((item) => (item.items ? names(item.items) : [item.name]));
console.log(JSON.stringify({ name: collection.name, requests: names(collection.items) }));
