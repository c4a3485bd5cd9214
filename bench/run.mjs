// Prints the tables of the benches: all of them, or those that are named (`npm run bench -- volumes`).
import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
/** @type {Record<string, string>} */
const benches = {
    volumes: "benchVolumes",
    hosts: "benchHosts",
    freeze: "benchFreeze",
    traffic: "benchTraffic",
    pulumi: "benchPulumi",
};
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
    process.stderr.write(
        `no bench ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}\n`,
    );
    process.exit(2);
}

// Inside the tree, so that packages are found from there.
const out = mkdtempSync(join(here, "..", "node_modules", ".bench-"));
process.on("exit", () => rmSync(out, { recursive: true, force: true }));
// So that what a bench wants to do at the exit is done, whoever ends it.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
for (const name of wanted) {
    const outfile = join(out, `${name}.mjs`);
    await build({
        entryPoints: [join(here, `${name}.ts`)],
        outfile,
        bundle: true,
        platform: "node",
        format: "esm",
        target: "node22",
        packages: "external",
        // The tests' harness finds its files from its own folder.
        define: { __dirname: JSON.stringify(join(here, "..", "test", "e2e")) },
        logLevel: "error",
    });
    const started = performance.now();
    const bench = (await import(pathToFileURL(outfile).href))[benches[name] ?? ""];
    process.stdout.write(`${await bench()}\n\n`);
    process.stdout.write(`${name}: ${Math.round((performance.now() - started) / 1000)} s\n\n`);
}
