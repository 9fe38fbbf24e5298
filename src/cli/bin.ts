#!/usr/bin/env node
import { main } from "./main";

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  progress: (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text.slice(0, process.stderr.columns - 1)}`),
  colour: process.stdout.isTTY === true && process.stdout.hasColors(),
  env: process.env,
  cwd: process.cwd(),
});
