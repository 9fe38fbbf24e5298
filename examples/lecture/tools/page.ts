/** docs/lecture.md quotes what the examples print. */
import { fileURLToPath } from "node:url";

const DOCS = fileURLToPath(new URL("../../../docs", import.meta.url));
export const PAGE = `${DOCS}/lecture.md`;

const asked = process.argv.find((a) => a === "--docs" || a.startsWith("--docs="));
/** Where page and figures are to be written, if they are: --docs, or --docs=FOLDER. */
export const target: string | undefined = asked === undefined ? undefined : (asked.split("=")[1] ?? DOCS);

/** The page with its quotations replaced. Throws where an example is not quoted. */
export function quote(page: string, printed: ReadonlyMap<string, string>): string {
  let result = page;
  for (const [name, text] of printed) {
    const block = new RegExp(`(<!-- printed by ${name} -->\n\`\`\`text\n)[^]*?(\`\`\`)`);
    if (!block.test(result)) throw new Error(`docs/lecture.md does not quote ${name}`);
    result = result.replace(block, (_, before: string, after: string) => `${before}${text.trim()}\n${after}`);
  }
  return result;
}
