import { readFile } from "node:fs/promises";
import { answering, type Question } from "./session";

// the measuring process under Node: questions come over the channel to its parent, and it ends when that closes
const answer = answering(async (address) => new Uint8Array(await readFile(new URL(address))));
process.on("message", async (question: Question) => process.send?.(await answer(question)));
