import { answering, type Question } from "./session";

// the measuring page: it asks the server for questions, one after the other, and posts the answers
const answer = answering(async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer()));
let last: string | undefined;
for (;;) {
  const response = await fetch(`/next${location.search}`, { method: "POST", body: last ?? JSON.stringify({ agent: navigator.userAgent }) });
  if (!response.ok) break;
  last = JSON.stringify(await answer((await response.json()) as Question));
}
